"""Busy times of a person as absences of all their diaries: replaced as a whole, taken away as a whole. Only times are kept."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select

from accounts.access import Visitor
from foundation import audit, clock
from foundation.db import db, lock
from foundation.errors import NotFound

from .. import resources
from ..hours import FROM_CALENDAR
from ..models import Absence, Appointment, Resource


def count(resource: Resource) -> int:
    """How many of a diary's absences come from another calendar and are not over."""
    query = select(func.count()).select_from(Absence)
    query = query.where(
        Absence.resource_id == resource.id, Absence.reason == FROM_CALENDAR, Absence.ends_at > clock.now()
    )
    return db.session.scalar(query) or 0


def replace(resource: Resource, spans: Sequence[tuple[datetime, datetime]], by: int | None) -> list[Appointment]:
    """These instead of the former ones, in every diary of the same person; returns what this diary has booked in them, all kept.

    What another diary has is found on that diary's own page: only there it can be acted on.
    """
    for diary in _diaries(resource):
        lock(diary)
        _take_away(diary)
        for begins, ends in spans:
            db.session.add(
                Absence(resource_id=diary.id, starts_at=begins, ends_at=ends, reason=FROM_CALENDAR, created_by=by)
            )
        resources.touch(diary)
        audit.note("calendar.read", diary, after={"times": len(spans)}, office_id=diary.office_id)
    return [
        one
        for one in resources.coming(resource)
        if any(one.starts_at < ends and one.ends_at > begins for begins, ends in spans)
    ]


def may_remove(resource: Resource, visitor: Visitor) -> bool:
    """Whose times they are, or who leads every office where that person has a diary: they go from all of them."""
    if resource.person_id is not None and resource.person_id == visitor.person_id:
        return True
    return all(visitor.may(*resources.LEADS, office_id=diary.office_id) for diary in _diaries(resource))


def remove(resource: Resource) -> None:
    """No busy times from another calendar any more, in any diary of the person. Raises NotFound when there are none."""
    taken = 0
    for diary in _diaries(resource):
        lock(diary)
        gone = _take_away(diary)
        if gone:
            resources.touch(diary)
            audit.note("calendar.removed", diary, before={"times": gone}, office_id=diary.office_id)
        taken += gone
    if not taken:
        raise NotFound


def _diaries(resource: Resource) -> list[Resource]:
    if resource.person_id is None:
        return [resource]
    query = select(Resource).where(Resource.person_id == resource.person_id, Resource.active)
    return list(db.session.scalars(query.order_by(Resource.id)))


def _take_away(diary: Resource) -> int:
    gone = db.session.execute(delete(Absence).where(Absence.resource_id == diary.id, Absence.reason == FROM_CALENDAR))
    return int(gone.rowcount)  # type: ignore[attr-defined]
