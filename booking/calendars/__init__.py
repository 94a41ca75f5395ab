"""Busy times out of another calendar: an .ics file, read in a process of its own with hard limits; only times are kept."""
