"""Whose open pages look again when something happens to an appointment."""

from __future__ import annotations

from typing import get_args

from sqlalchemy import bindparam, select

from foundation.db import db
from foundation.events import record, within_transaction
from virtual_office.diary import DiaryChanged

from .events import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentHandedOver,
    AppointmentMoved,
    AppointmentRestored,
    ArrivalChanged,
    CallAttempted,
    OutcomeRecorded,
    PersonRunsLate,
    RunningLate,
)
from .models import Appointment, AppointmentResource, Resource

CONCERNED = (
    select(Resource.person_id)
    .join(AppointmentResource, AppointmentResource.resource_id == Resource.id)
    .where(AppointmentResource.appointment_id == bindparam("appointment"))
    .union(select(Appointment.person_id).where(Appointment.id == bindparam("appointment")))
)


AppointmentFact = (
    AppointmentBooked
    | AppointmentMoved
    | AppointmentHandedOver
    | AppointmentCancelled
    | AppointmentRestored
    | OutcomeRecorded
    | ArrivalChanged
    | CallAttempted
    | RunningLate
    | PersonRunsLate
)


def tell(fact: AppointmentFact) -> None:
    """The person, and everybody in whose diary it stands."""
    people = db.session.scalars(CONCERNED, {"appointment": fact.appointment_id})
    record(DiaryChanged(tuple(person_id for person_id in people if person_id is not None)))


for kind in get_args(AppointmentFact):
    within_transaction(kind)(tell)
