"""A counselor runs late: one tap tells the next person, by letter and wherever they wait."""

from __future__ import annotations

from datetime import timedelta

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from accounts.models import Person
from foundation import audit, clock
from foundation.db import db, lock
from foundation.errors import InputWrong, Refusal
from foundation.events import record
from virtual_office.meetings.models import Phase

from .desk_models import Arrival, Lateness
from .events import RunningLate
from .models import Appointment, AppointmentResource, AppointmentState, Resource

CHOICES = (5, 10, 20)
"""Minutes that one tap can say."""
AHEAD = timedelta(hours=3)
BEHIND = timedelta(minutes=45)


class NobodyNext(Refusal):
    code = "nobody_next"
    message = _l("Nobody comes in the next three hours. There is nobody to tell.")


def tell_next(counselor: Person, minutes: int) -> Appointment:
    """Tell whoever comes next to this counselor. Said again, the last word counts. Refuses NobodyNext, InputWrong."""
    if minutes not in CHOICES:
        raise InputWrong(_l("Choose 5, 10 or 20 minutes"), field="minutes")
    appointment = next_of(counselor)
    if appointment is None:
        raise NobodyNext
    lock(appointment)
    late = db.session.get(Lateness, appointment.id)
    if late is not None and (late.minutes, late.starts_at) == (minutes, appointment.starts_at):
        return appointment
    if late is None:
        late = Lateness(appointment_id=appointment.id)
        db.session.add(late)
    late.minutes, late.said_by, late.said_at = minutes, counselor.id, clock.now()
    late.starts_at = appointment.starts_at
    db.session.flush()
    audit.note("appointment.runs_late", appointment, after={"minutes": minutes}, on_behalf_of=appointment.person_id)
    record(RunningLate(appointment.id, minutes))
    return appointment


def next_of(counselor: Person) -> Appointment | None:
    """Who waits for this counselor or comes next: booked, not in a talk, and not far away."""
    query = (
        select(Appointment)
        .join(AppointmentResource, AppointmentResource.appointment_id == Appointment.id)
        .join(Resource, Resource.id == AppointmentResource.resource_id)
        .where(Resource.person_id == counselor.id, Appointment.state == AppointmentState.BOOKED)
        .where(Appointment.starts_at > clock.now() - BEHIND, Appointment.starts_at < clock.now() + AHEAD)
        .order_by(Appointment.starts_at, Appointment.id)
    )
    for appointment in db.session.scalars(query):
        arrival = db.session.get(Arrival, appointment.id)
        talks = arrival is not None and arrival.talk_at is not None
        live = appointment.meeting is not None and appointment.meeting.phase != Phase.LOBBY
        if not (talks or live or appointment.ends_at <= clock.now()):
            return appointment
    return None


def of(appointment: Appointment) -> Lateness | None:
    """What was said about the time that the appointment has now, while it matters; else None."""
    late = db.session.get(Lateness, appointment.id)
    if late is None or late.starts_at != appointment.starts_at or appointment.state != AppointmentState.BOOKED:
        return None
    return late if appointment.ends_at > clock.now() else None
