"""How long a person needs from one office to another: a table, and a default for pairs that nobody measured."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import combinations

from flask import current_app
from flask_babel import lazy_gettext as _l
from sqlalchemy import or_, select, update

from foundation import audit
from foundation.db import db
from foundation.errors import InputWrong
from virtual_office.offices.models import Office

from .availability import TICK_MINUTES
from .models import Resource, WorkingHours
from .week_models import TravelTime

LONGEST = 720
"""Minutes that a way may take."""

Pair = tuple[int, int]


def table() -> dict[Pair, int]:
    """Minutes by pair of office ids, the lower first, as somebody wrote them down."""
    rows = db.session.execute(select(TravelTime.one_id, TravelTime.other_id, TravelTime.minutes))
    return {(one, other): minutes for one, other, minutes in rows}


def default() -> int:
    """Minutes between two offices of which nobody wrote it down."""
    return int(current_app.config["VO"].travel_minutes)


def ticks(places: Iterable[int], others: Iterable[int], known: dict[Pair, int]) -> int:
    """Ticks for the longest way between two sets of offices; 0 when both are the same single office."""
    others = set(others)
    ways = {pair(one, other) for one in set(places) for other in others if one != other}
    longest = max((known.get(way, default()) for way in ways), default=0)
    return -(-longest // TICK_MINUTES)


def within(places: Iterable[int], known: dict[Pair, int]) -> tuple[tuple[int, int, int], ...]:
    """(lower office, higher office, ticks) for every two of these offices."""
    return tuple((*way, ticks(way[:1], way[1:], known)) for way in combinations(sorted(set(places)), 2))


def pair(one: int, other: int) -> Pair:
    """The key of two offices."""
    return (one, other) if one < other else (other, one)


def set_minutes(one: Office, other: Office, minutes: int) -> None:
    """Write down a way; diaries that work at one of them are computed anew. Refuses the same office twice, and more than 12 hours."""
    if one.id == other.id:
        raise InputWrong(_l("Choose two different offices"), field="other")
    if not 0 <= minutes <= LONGEST:
        raise InputWrong(_l("Enter minutes from 0 to 720"), field="minutes")
    key = pair(one.id, other.id)
    way = db.session.get(TravelTime, key)
    if way is None:
        way = TravelTime(one_id=key[0], other_id=key[1], minutes=minutes)
        db.session.add(way)
    before, way.minutes = way.minutes, minutes
    # Whoever works at one of them, by a diary or by hours of it, may have a diary at a third office: every person's diaries count.
    hours_there = select(WorkingHours.resource_id).where(WorkingHours.place_id.in_(key))
    there = or_(Resource.office_id.in_(key), Resource.id.in_(hours_there))
    mine = select(Resource.person_id).where(there, Resource.person_id.is_not(None))
    touched = or_(there, Resource.person_id.in_(mine))
    db.session.flush()
    db.session.execute(update(Resource).where(touched).values(version=Resource.version + 1))
    audit.note("travel.set", one, before={"minutes": before}, after={"other": other.id, "minutes": minutes})
