"""What masks are made of, read as plain columns: rules, absences, and claims already added up by the database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from datetime import UTC, date, datetime
from typing import NamedTuple

from sqlalchemy import BigInteger, Integer, Row, cast, func, literal, select

from foundation.db import db
from virtual_office.offices.models import Office

from .availability import DayWindow, WeeklyWindow
from .models import Absence, Claim, DayOverride, Resource, WorkingHours
from .week_models import RecurringAbsence

WORD = 48
"""Ticks that the database adds up to one number; they fit a signed 64-bit integer."""


class Claims(NamedTuple):
    """Claimed ticks as a mask, and the UTC seconds at which the first of them ends."""

    mask: int
    ends: int


def resources(ids: Collection[int]) -> Sequence[Row[int, str, str, int, list[str], list[str], str]]:
    """Their names, features and zones."""
    columns = (
        Resource.id,
        Resource.kind,
        Resource.name,
        Resource.office_id,
        Resource.features,
        Resource.modalities,
        Office.zone,
    )
    return db.session.execute(
        select(*columns).join(Office, Resource.office_id == Office.id).where(Resource.id.in_(ids))
    ).all()


def weekly(ids: Collection[int]) -> dict[int, tuple[WeeklyWindow, ...]]:
    """Weekly windows by resource."""
    hours = WorkingHours
    found: dict[int, list[WeeklyWindow]] = defaultdict(list)
    columns = (
        hours.weekday,
        hours.opens,
        hours.closes,
        hours.valid_from,
        hours.valid_to,
        hours.every_n_weeks,
        hours.nth,
        hours.modalities,
        hours.place_id,
    )
    query = select(hours.resource_id, *columns).where(hours.resource_id.in_(ids)).order_by(hours.id)
    for owner, weekday, opens, closes, since, until, every, nth, modalities, place in db.session.execute(query):
        window = WeeklyWindow(weekday, opens, closes, since, until, every, nth, tuple(modalities), place)
        found[owner].append(window)
    return {owner: tuple(windows) for owner, windows in found.items()}


def overrides(ids: Collection[int], first: date, last: date) -> dict[int, tuple[DayWindow, ...]]:
    """Windows of single dates between two dates, by resource."""
    found: dict[int, list[DayWindow]] = defaultdict(list)
    query = select(DayOverride.resource_id, DayOverride.on_day, DayOverride.opens, DayOverride.closes)
    query = query.where(DayOverride.resource_id.in_(ids), DayOverride.on_day.between(first, last)).order_by(
        DayOverride.id
    )
    for owner, on, opens, closes in db.session.execute(query):
        found[owner].append(DayWindow(on, opens, closes))
    return {owner: tuple(windows) for owner, windows in found.items()}


def absences(ids: Collection[int], first: int, last: int) -> dict[int, tuple[tuple[int, int], ...]]:
    """Absences that touch the time between two UTC seconds, as pairs of UTC seconds, by resource."""
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    query = select(Absence.resource_id, Absence.starts_at, Absence.ends_at).where(Absence.resource_id.in_(ids))
    query = query.where(
        Absence.starts_at < datetime.fromtimestamp(last, UTC), Absence.ends_at > datetime.fromtimestamp(first, UTC)
    )
    for owner, starts_at, ends_at in db.session.execute(query.order_by(Absence.id)):
        # A part of a second still takes its tick.
        found[owner].append((int(starts_at.timestamp()), -int(-ends_at.timestamp() // 1)))
    return {owner: tuple(spans) for owner, spans in found.items()}


def away(ids: Collection[int]) -> dict[int, tuple[WeeklyWindow, ...]]:
    """Windows of recurring absences by resource."""
    rule = RecurringAbsence
    found: dict[int, list[WeeklyWindow]] = defaultdict(list)
    columns = (rule.weekday, rule.opens, rule.closes, rule.valid_from, rule.valid_to, rule.every_n_weeks, rule.nth)
    query = select(rule.resource_id, *columns).where(rule.resource_id.in_(ids)).order_by(rule.id)
    for owner, weekday, opens, closes, since, until, every, nth in db.session.execute(query):
        found[owner].append(WeeklyWindow(weekday, opens, closes, since, until, every, nth))
    return {owner: tuple(windows) for owner, windows in found.items()}


def claimed(ids: Collection[int], origin: int, bits: int, now: int) -> dict[int, Claims]:
    """Live claims by resource; bit 0 is the tick `origin`. The database adds 48 ticks to one number: ten times fewer rows."""
    word = Claim.tick // WORD
    bit = literal(1, BigInteger).op("<<")(cast(Claim.tick % WORD, Integer))
    query = select(Claim.resource_id, word, cast(func.sum(cast(bit, BigInteger)), BigInteger), func.min(Claim.expires))
    query = query.where(
        Claim.resource_id.in_(ids), Claim.tick >= origin, Claim.tick < origin + bits, Claim.expires > now
    )
    found: dict[int, Claims] = {}
    for owner, number, value, ends in db.session.execute(query.group_by(Claim.resource_id, word)):
        place = number * WORD - origin
        part = value << place if place >= 0 else value >> -place
        mask, first_end = found.get(owner, (0, ends))
        found[owner] = Claims(mask | part, min(first_end, ends))
    return found
