"""A colleague leaves: their diaries close for booking, and what is booked is shown to be handed over; nothing is dropped."""

from __future__ import annotations

from sqlalchemy import select

from accounts import leaving
from accounts.access import Visitor
from accounts.events import AccessChanged
from accounts.models import Person
from foundation.db import db
from foundation.events import within_transaction

from . import resources
from .models import Resource


@leaving.add_source
def booked_with(person: Person, visitor: Visitor) -> list[leaving.Left]:
    """Coming appointments in each diary of theirs that the visitor leads."""
    found = []
    for diary in _diaries(person.id):
        coming = resources.coming(diary) if visitor.may(*resources.LEADS, office_id=diary.office_id) else []
        if coming:
            path = f"/staff/affected/{diary.public_id}?all=1"
            found.append(leaving.Left(len(coming), diary.office.name, path))
    return found


@within_transaction(AccessChanged)
def on_access_changed(fact: AccessChanged) -> None:
    """Whoever has left can not be booked any more."""
    if fact.left:
        for diary in _diaries(fact.person_id):
            if diary.active:
                resources.let_go(diary)


def _diaries(person_id: int) -> list[Resource]:
    query = select(Resource).where(Resource.person_id == person_id).order_by(Resource.office_id, Resource.id)
    return list(db.session.scalars(query))
