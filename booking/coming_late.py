"""A person runs late and says so in one tap: shown to the counselor, held against nobody."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import lazy_gettext as _l

from foundation import audit, clock
from foundation.db import db, lock
from foundation.errors import InputWrong
from foundation.events import record, within_transaction

from .appointments import WrongState
from .events import AppointmentMoved, PersonRunsLate
from .models import Appointment, AppointmentState

CHOICES = (5, 10, 15)
"""Minutes that one tap can say."""
AHEAD = timedelta(hours=3)
"""How long before the start one can say it."""


def may_say(appointment: Appointment) -> bool:
    """Whether it is near enough and not over."""
    near = appointment.starts_at - AHEAD <= clock.now() < appointment.ends_at
    return near and appointment.state == AppointmentState.BOOKED


def say(appointment: Appointment, minutes: int) -> None:
    """Say how late one comes; said again, the last word counts. Refuses WrongState, InputWrong."""
    if minutes not in CHOICES:
        raise InputWrong(_l("Choose 5, 10 or 15 minutes"), field="minutes")
    lock(appointment)
    if not may_say(appointment):
        raise WrongState
    until = appointment.starts_at + timedelta(minutes=minutes)
    if appointment.late_until == until:
        return
    appointment.late_until = until
    db.session.flush()
    audit.note("appointment.person_late", appointment, after={"minutes": minutes})
    record(PersonRunsLate(appointment.id, minutes))


@within_transaction(AppointmentMoved)
def on_moved(fact: AppointmentMoved) -> None:
    """At another time nobody is late yet."""
    db.session.get_one(Appointment, fact.appointment_id).late_until = None
