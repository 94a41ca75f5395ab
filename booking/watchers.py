"""Whose open pages look again when something happens to an appointment."""

from __future__ import annotations

from sqlalchemy import select

from foundation.db import db
from foundation.events import record, within_transaction
from virtual_office.diary import DiaryChanged

from .events import AppointmentBooked, AppointmentCancelled, AppointmentMoved, AppointmentRestored, OutcomeRecorded
from .models import Appointment, AppointmentResource, Resource


@within_transaction(AppointmentBooked)
@within_transaction(AppointmentMoved)
@within_transaction(AppointmentCancelled)
@within_transaction(AppointmentRestored)
@within_transaction(OutcomeRecorded)
def tell(fact: AppointmentBooked | AppointmentMoved | AppointmentCancelled | AppointmentRestored | OutcomeRecorded) -> None:
    """The person, and everybody in whose diary it stands."""
    keepers = (
        select(Resource.person_id)
        .join(AppointmentResource, AppointmentResource.resource_id == Resource.id)
        .where(AppointmentResource.appointment_id == fact.appointment_id, Resource.person_id.is_not(None))
    )
    own = select(Appointment.person_id).where(Appointment.id == fact.appointment_id)
    record(DiaryChanged(tuple({*db.session.scalars(keepers), *db.session.scalars(own)} - {None})))  # type: ignore[arg-type]
