"""Tables from another system: counselors, their weekly hours and what is booked already, row by row and by the rules of the house."""
