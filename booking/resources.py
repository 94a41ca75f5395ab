"""Resources: counselors, interpreters and places, added, changed and let go by leaders; who may edit whose hours."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select

from accounts import staffing
from accounts.access import Visitor
from accounts.models import Person, Role
from foundation import audit, clock
from foundation.db import db, lock
from foundation.errors import NotFound, Refusal
from virtual_office.offices.models import Office
from virtual_office.offices.offices import ChangedMeanwhile

from .models import Appointment, AppointmentResource, AppointmentState, Resource, ServiceResource

LEADS = (Role.ADMIN, Role.TEAM_LEADER)
COUNSELOR, INTERPRETER, PLACE = "counselor", "interpreter", "place"
KINDS = (COUNSELOR, INTERPRETER, PLACE)
ROLE_OF = {COUNSELOR: Role.COUNSELOR, INTERPRETER: Role.INTERPRETER}
LANGUAGE = "language:"


class AlreadyHere(Refusal):
    """The person has a diary of this kind at this office."""

    code = "already_here"
    field = "email"
    message = _l("This person already works at this office")


def listed(visitor: Visitor, kind: str = "", *, active: bool = True) -> list[Resource]:
    """Resources of the offices that the visitor leads, and their own; by office, kind and name."""
    offices = visitor.offices(*LEADS)
    query = (
        select(Resource)
        .where(Resource.active == active)
        .order_by(Resource.office_id, Resource.kind, Resource.name, Resource.id)
    )
    if kind:
        query = query.where(Resource.kind == kind)
    if offices is not None:
        query = query.where(Resource.office_id.in_(offices) | (Resource.person_id == visitor.person_id))
    return list(db.session.scalars(query))


def get(public_id: str, visitor: Visitor, *, own: bool = False) -> Resource:
    """A resource of an office that the visitor leads; with `own` also their own diary. NotFound for others."""
    resource = db.session.scalar(select(Resource).where(Resource.public_id == public_id))
    if resource is None or not (
        visitor.may(*LEADS, office_id=resource.office_id)
        or (own and resource.person_id is not None and resource.person_id == visitor.person_id)
    ):
        raise NotFound
    return resource


def add_person(
    visitor: Visitor,
    office: Office,
    kind: str,
    name: str,
    email: str,
    language: str,
    speaks: Iterable[str],
    modalities: Iterable[str],
) -> Resource:
    """A counselor or interpreter with a diary, and an invite letter when they have no password yet."""
    person = staffing.invite(visitor, name, email, language, ROLE_OF[kind], office.id)
    return add_diary(person, office, kind, speaks, modalities)


def add_diary(
    person: Person, office: Office, kind: str, speaks: Iterable[str], modalities: Iterable[str] = ()
) -> Resource:
    """A diary for somebody who works here; a former one comes back. Refuses AlreadyHere."""
    query = select(Resource).where(
        Resource.person_id == person.id, Resource.office_id == office.id, Resource.kind == kind
    )
    resource = db.session.scalar(query)
    if resource is not None and resource.active:
        raise AlreadyHere
    if resource is None:
        resource = Resource(kind=kind, name=person.name, person_id=person.id, office_id=office.id, version=1)
        db.session.add(resource)
    resource.active, resource.name = True, person.name
    resource.features = [LANGUAGE + code for code in speaks]
    resource.modalities = list(modalities)
    db.session.flush()
    touch(resource)
    audit.note("resource.added", resource, after={"kind": kind}, office_id=office.id)
    return resource


def add_place(office: Office, name: str, step_free: bool) -> Resource:
    """A place where people are received."""
    place = Resource(
        kind=PLACE, name=name, office_id=office.id, features=["step_free"] if step_free else [], modalities=[]
    )
    db.session.add(place)
    db.session.flush()
    audit.note("resource.added", place, after={"kind": PLACE}, office_id=office.id)
    return place


def details_print(resource: Resource) -> str:
    """Stands for the details as they are now. Not the row's version: that grows with every booking."""
    return sha256(repr((resource.name, resource.features, resource.modalities)).encode()).hexdigest()[:16]


def change(
    resource: Resource, name: str, features: Sequence[str], modalities: Sequence[str], seen: str | None = None
) -> None:
    """New name, languages or features, and modalities; with `seen` refuses when a colleague saved since that print was taken."""
    lock(resource)
    if seen is not None and seen != details_print(resource):
        raise ChangedMeanwhile
    fields = {"name": name, "features": list(features), "modalities": list(modalities)}
    changed = [field for field, value in fields.items() if getattr(resource, field) != value]
    for field in changed:
        setattr(resource, field, fields[field])
    if changed:
        touch(resource)
        audit.note("resource.changed", resource, after={"fields": changed}, office_id=resource.office_id)


def let_go(resource: Resource) -> list[Appointment]:
    """No new bookings from now on; what is booked stays and is returned, so that somebody takes it over."""
    lock(resource)
    resource.active = False
    touch(resource)
    db.session.execute(delete(ServiceResource).where(ServiceResource.resource_id == resource.id))
    audit.note("resource.let_go", resource, office_id=resource.office_id)
    return coming(resource)


def coming(resource: Resource) -> list[Appointment]:
    """Booked appointments of a resource that are still ahead, soonest first."""
    query = (
        select(Appointment)
        .join(AppointmentResource, AppointmentResource.appointment_id == Appointment.id)
        .where(AppointmentResource.resource_id == resource.id, Appointment.state == AppointmentState.BOOKED)
        .where(Appointment.ends_at > clock.now())
        .order_by(Appointment.starts_at)
    )
    return list(db.session.scalars(query))


def touch(resource: Resource) -> None:
    """Its rules changed: the finder's masks must be made anew."""
    resource.version += 1
    db.session.flush()
