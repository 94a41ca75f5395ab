"""Several colleagues in one appointment: who comes beside the counselor, and what a time must be looked for with."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import select

from accounts.access import Visitor
from accounts.models import Role
from foundation.db import db

from .models import Appointment, AppointmentResource, Resource
from .season import Query

MOST = 3
"""Colleagues beside the counselor."""
_BESIDE = (
    select(Resource)
    .join(AppointmentResource, AppointmentResource.resource_id == Resource.id)
    .where(Resource.kind == "counselor")
    .order_by(Resource.id)
)


def beside(appointment: Appointment) -> list[Resource]:
    """The other counselors of an appointment."""
    query = _BESIDE.where(AppointmentResource.appointment_id == appointment.id, Resource.id != appointment.counselor_id)
    return list(db.session.scalars(query))


def query_of(appointment: Appointment) -> Query:
    """What a new time for this appointment must be looked for with."""
    needs, others = tuple(appointment.needs), tuple(one.id for one in beside(appointment))
    return Query(appointment.service_id, appointment.modality, appointment.language, needs, beside=others)


def moving(query: Query, appointment: Appointment | None) -> Query:
    """The query with everybody who belongs to the appointment that would move."""
    return replace(query, beside=query_of(appointment).beside) if appointment is not None else query


def colleagues(visitor: Visitor, office_id: int) -> list[Resource]:
    """Counselors of an office who can be asked in, by name; nobody for somebody who does not work there."""
    if not visitor.may(Role.OPERATOR, Role.COUNSELOR, Role.TEAM_LEADER, Role.ADMIN, office_id=office_id):
        return []
    query = select(Resource).where(Resource.kind == "counselor", Resource.office_id == office_id, Resource.active)
    return list(db.session.scalars(query.order_by(Resource.name, Resource.id)))
