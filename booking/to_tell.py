"""People with an appointment whom no letter reaches and nobody has told yet: somebody at the desk tells them."""

from __future__ import annotations

from sqlalchemy import select

from accounts.access import Visitor
from foundation import clock
from foundation.db import db
from foundation.errors import NotFound
from virtual_office.callbacks.callbacks import DESK

from . import appointments
from .models import Appointment, AppointmentState

TO_TELL = "to_tell"
"""`told_how` of an appointment while `told_at` is empty."""
SHOWN = 200


def put(appointment: Appointment) -> None:
    """Somebody must tell this person."""
    appointment.told_at, appointment.told_how = None, TO_TELL
    db.session.flush()


def listed(visitor: Visitor) -> list[Appointment]:
    """Whom to tell at the visitor's offices, soonest appointment first."""
    offices = visitor.offices(*DESK)
    query = select(Appointment).where(
        Appointment.told_how == TO_TELL,
        Appointment.told_at.is_(None),
        Appointment.state == AppointmentState.BOOKED,
        Appointment.ends_at > clock.now(),
    )
    if offices is not None:
        query = query.where(Appointment.office_id.in_(offices))
    return list(db.session.scalars(query.order_by(Appointment.starts_at, Appointment.id).limit(SHOWN)))


def done(public_id: str, visitor: Visitor) -> None:
    """Somebody has told the person. NotFound for an appointment of another office."""
    appointment = db.session.scalar(select(Appointment).where(Appointment.public_id == public_id))
    if appointment is None or not visitor.may(*DESK, office_id=appointment.office_id):
        raise NotFound
    if appointment.told_at is None:
        appointments.mark_told(appointment, "read_aloud")
