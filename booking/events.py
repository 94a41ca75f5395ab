"""What happens to appointments and waitlist entries, as plain ids."""

from __future__ import annotations

from dataclasses import dataclass

from foundation.events import Event


@dataclass(frozen=True)
class AppointmentBooked(Event):
    appointment_id: int


@dataclass(frozen=True)
class AppointmentMoved(Event):
    """`by`: person or office."""

    appointment_id: int
    by: str = "office"


@dataclass(frozen=True)
class AppointmentHandedOver(Event):
    """Somebody else has a part in it at the same time; `counselor`: it is another counselor."""

    appointment_id: int
    counselor: bool


@dataclass(frozen=True)
class TimesOffered(Event):
    """Other times go to the person by letter; the old one is kept until they pick."""

    offer_id: int


@dataclass(frozen=True)
class AppointmentCancelled(Event):
    """`by`: person or office."""

    appointment_id: int
    by: str = "office"


@dataclass(frozen=True)
class AppointmentRestored(Event):
    """A cancellation was taken back."""

    appointment_id: int


@dataclass(frozen=True)
class OutcomeRecorded(Event):
    appointment_id: int
    outcome: str


@dataclass(frozen=True)
class WaitlistJoined(Event):
    entry_id: int


@dataclass(frozen=True)
class SlotOffered(Event):
    """A freed time is kept for an entry of the waitlist."""

    entry_id: int
    hold_id: int


@dataclass(frozen=True)
class ArrivalChanged(Event):
    """Somebody has come to the office, was called in, or talks."""

    appointment_id: int


@dataclass(frozen=True)
class CallAttempted(Event):
    appointment_id: int


@dataclass(frozen=True)
class RunningLate(Event):
    """The counselor begins an appointment later than agreed."""

    appointment_id: int
    minutes: int


@dataclass(frozen=True)
class PersonTold(Event):
    """Somebody without a letter heard or saw what is booked."""

    appointment_id: int


@dataclass(frozen=True)
class PersonRunsLate(Event):
    """The person said that they come later than agreed."""

    appointment_id: int
    minutes: int


@dataclass(frozen=True)
class OtherTimeOffered(Event):
    """Somebody was not reached, or did not come, and is offered another time."""

    appointment_id: int
