"""What happens to webinars and registrations, as plain ids."""

from __future__ import annotations

from dataclasses import dataclass

from foundation.events import Event


@dataclass(frozen=True)
class WebinarMoved(Event):
    """It has another time."""

    webinar_id: int


@dataclass(frozen=True)
class WebinarCancelled(Event):
    webinar_id: int


@dataclass(frozen=True)
class RegistrationChanged(Event):
    """A registration is new, or has another state. `by`: person, office, or system (a turn of the waitlist)."""

    registration_id: int
    by: str
