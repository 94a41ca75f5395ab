"""At which offices the hours of a diary may be: those where its person has a diary, and those that the visitor leads."""

from __future__ import annotations

from sqlalchemy import or_, select

from accounts.access import Visitor
from foundation.db import db
from foundation.errors import NotFound
from virtual_office.offices.models import Office

from . import resources
from .models import Resource, WorkingHours


def at(resource: Resource, visitor: Visitor) -> list[Office]:
    """Other offices than the diary's own, by name; nothing for a place, which stays where it is."""
    if resource.person_id is None:
        return []
    diaries = select(Resource.office_id).where(Resource.person_id == resource.person_id)
    used = select(WorkingHours.place_id).where(WorkingHours.resource_id == resource.id)
    led = visitor.offices(*resources.LEADS)
    mine = or_(Office.id.in_(diaries), Office.id.in_(used), Office.id.in_(led) if led is not None else Office.active)
    query = select(Office).where(mine, Office.id != resource.office_id).order_by(Office.name, Office.id)
    return list(db.session.scalars(query.limit(100)))


def choices(resource: Resource, visitor: Visitor) -> list[tuple[str, str]]:
    """For a form: the own office first."""
    return [("", resource.office.name), *((one.public_id, one.name) for one in at(resource, visitor))]


def chosen(resource: Resource, visitor: Visitor, public_id: str) -> int | None:
    """The row id of a chosen place; None for the diary's own office. Raises NotFound for another one."""
    if not public_id:
        return None
    found = next((one for one in at(resource, visitor) if one.public_id == public_id), None)
    if found is None:
        raise NotFound
    return found.id
