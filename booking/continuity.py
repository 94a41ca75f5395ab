""" "My counselor": told only to somebody who is known, by sign-in or by a manage link that this browser opened."""

from __future__ import annotations

from dataclasses import dataclass, replace

from sqlalchemy import exists, select

from accounts import people
from accounts.access import Visitor
from foundation.db import db

from . import finder, links
from .models import CANCELLED, Appointment, Resource, Service, ServiceResource
from .parties import party_for


@dataclass(frozen=True)
class Mine:
    """The counselor, the first free time with them, and the first with anybody when that is sooner; both may be None."""

    counselor: Resource
    first: finder.Slot | None
    sooner: finder.Slot | None


def counselor_of(visitor: Visitor, service: Service) -> Resource | None:
    """Whom a known person met or meets last and who gives this service; None for somebody unknown, or for a caller."""
    ids = _known(visitor, service)
    if not ids or not service.shows_counselor:
        return None
    gives = exists().where(ServiceResource.service_id == service.id, ServiceResource.resource_id == Resource.id)
    query = (
        select(Resource)
        .join(Appointment, Appointment.counselor_id == Resource.id)
        .where(Appointment.person_id.in_(ids), Appointment.state.not_in(CANCELLED), Resource.active, gives)
        .order_by(Appointment.starts_at.desc(), Appointment.id.desc())
        .limit(1)
    )
    return db.session.scalar(query)


def offer(visitor: Visitor, service: Service, query: finder.Query) -> Mine | None:
    """Both dates, side by side and true; None for somebody unknown."""
    counselor = counselor_of(visitor, service)
    if counselor is None:
        return None
    first = finder.first_free(replace(query, only=counselor.id))
    anybody = finder.first_free(replace(query, only=0))
    sooner = anybody if anybody and (first is None or anybody.starts_at < first.starts_at) else None
    return Mine(counselor, first, sooner)


def _known(visitor: Visitor, service: Service) -> set[int]:
    if party_for(visitor, service.office_id).on_behalf:
        return set()
    ids = set(people.same_person_ids(visitor.person)) if visitor.person else set()
    opened = {one: held[links.MANAGE] for one, held in visitor.links.items() if links.MANAGE in held}
    if opened:
        query = select(Appointment).where(Appointment.public_id.in_(opened))
        for appointment in db.session.scalars(query):
            if links.is_open(appointment) and opened[appointment.public_id] == appointment.link_version:
                ids.add(appointment.person_id)
    return ids
