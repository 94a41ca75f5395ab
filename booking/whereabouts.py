"""A person with several diaries is in one place at a time: which other diaries bind a diary, and how long the way is.

Whatever is claimed in one of them is blocked in the others, with the travel time before and after it. A diary counts with its own
office and every place that its hours name, and the longest way between two diaries is taken: nobody is ever offered a time that can
not be reached.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import NamedTuple

from sqlalchemy import bindparam, select
from sqlalchemy.orm import aliased

from foundation.db import db

from . import travel
from .models import Resource, WorkingHours


class Other(NamedTuple):
    """Another diary of the same person, and the ticks that the way there takes."""

    id: int
    person_id: int
    ticks: int


_MINE, _THEIRS = aliased(Resource), aliased(Resource)
_OTHERS = (
    select(_MINE.id, _MINE.person_id, _MINE.office_id, _THEIRS.id.label("other"), _THEIRS.office_id.label("there"))
    .join(_THEIRS, (_THEIRS.person_id == _MINE.person_id) & (_THEIRS.id != _MINE.id))
    .where(_MINE.id.in_(bindparam("ids", expanding=True)))
    .where(_MINE.apart.is_not(True), _THEIRS.apart.is_not(True))
    .order_by(_MINE.id, _THEIRS.id)
)


def others(ids: Collection[int]) -> dict[int, tuple[Other, ...]]:
    """The other diaries of the same person, by resource; only those that have some. Diaries that are given up count too."""
    rows = db.session.execute(_OTHERS, {"ids": list(ids)}).all() if ids else []
    if not rows:
        return {}
    places = {row.id: {row.office_id} for row in rows} | {row.other: {row.there} for row in rows}
    at = select(WorkingHours.resource_id, WorkingHours.place_id).where(WorkingHours.place_id.is_not(None))
    for owner, place in db.session.execute(at.where(WorkingHours.resource_id.in_(places)).distinct()):
        places[owner].add(place)
    known = travel.table()
    found: dict[int, list[Other]] = defaultdict(list)
    for row in rows:
        ticks = travel.ticks(places[row.id], places[row.other], known)
        found[row.id].append(Other(row.other, row.person_id, ticks))
    return {owner: tuple(its) for owner, its in found.items()}
