"""Which appointments somebody may see, change or serve; what they may not is absent."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from datetime import time as wall_time
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from accounts import attempts, people
from accounts.access import Visitor
from accounts.models import Person, Role
from foundation import clock
from foundation.db import db, write
from foundation.errors import NotFound

from . import links, references
from .models import Appointment, AppointmentResource, AppointmentState, Resource

DESK = (Role.OPERATOR, Role.COUNSELOR, Role.TEAM_LEADER, Role.ADMIN)
"""Who sees and changes every appointment of their office."""
LEADS = (Role.TEAM_LEADER, Role.ADMIN)
TRIES, WINDOW = 5, 3600


class NoSuchAppointment(NotFound):
    """The same answer whatever is wrong with reference or second fact."""

    message = _l("We found no appointment with these two. Check both, or call us.")


def get_visible(public_id: str, visitor: Visitor, act: str) -> Appointment:
    """An appointment for somebody to `see`, `manage` (move, cancel) or `serve` (outcome, notes, admit). Raises NotFound.

    See and manage: its person, the manage link, the desk of its office. See: the join link too. Serve and see: those in whose
    diary it is, the leaders of its office.
    """
    query = select(Appointment).where(Appointment.public_id == public_id)
    appointment = db.session.scalar(query) if references.is_public_id(public_id) else None
    if appointment is None or not may(appointment, visitor, act):
        raise NotFound
    return appointment


def find(reference: str, second_fact: str) -> Appointment:
    """By reference and a second fact: its code, or the e-mail or phone it was booked with. 5 tries an hour for each reference.

    Counts in a transaction of its own: call it outside `write_tx()`. Raises NoSuchAppointment or TooMany.
    """
    reference = references.clean(reference)
    attempts.check("find", reference, TRIES, WINDOW)
    appointment = db.session.scalar(select(Appointment).where(Appointment.reference == reference))
    if not _fact_fits(appointment, second_fact) or appointment is None or not links.is_open(appointment):
        raise NoSuchAppointment
    write(lambda: attempts.forgive("find", reference))
    return appointment


def for_day(resource_id: int, on: date) -> list[Appointment]:
    """All appointments of a resource that begin on a day of its office, cancelled ones too, in order."""
    resource = db.session.get_one(Resource, resource_id)
    begins = datetime.combine(on, wall_time(), ZoneInfo(resource.office.zone))
    ends = datetime.combine(on + timedelta(days=1), wall_time(), ZoneInfo(resource.office.zone))
    query = (
        select(Appointment)
        .join(AppointmentResource, AppointmentResource.appointment_id == Appointment.id)
        .where(AppointmentResource.resource_id == resource_id)
        .where(Appointment.starts_at >= begins, Appointment.starts_at < ends)
        .options(joinedload(Appointment.person), joinedload(Appointment.service))
        .order_by(Appointment.starts_at, Appointment.id)
    )
    return list(db.session.scalars(query))


def coming_of(person_id: int) -> list[Appointment]:
    """What stands and is not over for a person, soonest first; what they booked as a guest with a proven address too."""
    person = db.session.get(Person, person_id)
    if person is None:
        return []
    return coming_of_any(people.same_person_ids(person))


def coming_of_any(person_ids: Iterable[int]) -> list[Appointment]:
    """The same for exactly these person rows."""
    query = (
        select(Appointment)
        .where(Appointment.person_id.in_(set(person_ids)), Appointment.state == AppointmentState.BOOKED)
        .where(Appointment.ends_at > clock.now())
        .options(joinedload(Appointment.service), joinedload(Appointment.office), joinedload(Appointment.meeting))
        .order_by(Appointment.starts_at, Appointment.id)
    )
    return list(db.session.scalars(query))


def may(appointment: Appointment, visitor: Visitor, act: str) -> bool:
    """Whether the visitor may `see`, `manage` or `serve` it, as in `get_visible`."""
    if visitor.person is not None and _may_person(appointment, visitor, act):
        return True
    if act == "serve" or not links.is_open(appointment):
        return False
    purposes = (links.MANAGE,) if act == "manage" else (links.MANAGE, links.JOIN)
    return any(visitor.link(appointment.public_id, purpose) == appointment.link_version for purpose in purposes)


def _may_person(appointment: Appointment, visitor: Visitor, act: str) -> bool:
    person = visitor.person
    assert person is not None
    if visitor.may(*(LEADS if act == "serve" else DESK), office_id=appointment.office_id):
        return True
    if act != "manage" and any(resource.person_id == person.id for resource in appointment.resources):
        return True
    return act != "serve" and appointment.person_id in people.same_person_ids(person)


def _fact_fits(appointment: Appointment | None, typed: str) -> bool:
    """Compares as much for an unknown reference as for a known one."""
    known = [links.code_of(appointment) if appointment else links.code_of(Appointment(public_id="", link_version=0))]
    if appointment is not None:
        known += [contact.value for contact in (appointment.contact, appointment.phone) if contact is not None]
    region = appointment.office.region if appointment else ""
    return references.is_second_fact(typed, region, known) and appointment is not None
