"""What happens to appointments and waitlist entries, as plain ids."""

from __future__ import annotations

from dataclasses import dataclass

from foundation.events import Event


@dataclass(frozen=True)
class AppointmentBooked(Event):
    appointment_id: int


@dataclass(frozen=True)
class AppointmentMoved(Event):
    appointment_id: int


@dataclass(frozen=True)
class AppointmentCancelled(Event):
    appointment_id: int


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
