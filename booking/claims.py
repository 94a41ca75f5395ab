"""The guard: 5-minute ticks of resources and persons under a primary key, for holds, bookings and cooling-off alike."""

from __future__ import annotations

import random
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from flask import current_app
from sqlalchemy import ColumnElement, Delete, TextClause, Update, and_, bindparam, delete, or_, select, text, update

from foundation import clock
from foundation.db import db, table

from . import whereabouts
from .models import Claim, PersonClaim, Resource, Service
from .terms import Terms
from .week_models import WorkClaim

TICK = 300
"""Seconds of a tick."""
TRIES = 5
"""Sets of resources tried within one act before it says that the time has gone."""
NEVER = 9_999_999_999
"""`expires` of a booking."""
HOLD, BOOKING, COOLING = "hold", "booking", "cooling"

_CLAIM = Claim.__table__.c
_BUSY = (
    select(_CLAIM.resource_id)
    .where(_CLAIM.resource_id.in_(bindparam("resources", expanding=True)), _CLAIM.expires > bindparam("now"))
    .where(_CLAIM.tick >= bindparam("first"), _CLAIM.tick < bindparam("stop"))
    .distinct()
)
_R = Resource.__table__.c
_BEHIND = select(_R.person_id).where(_R.id.in_(bindparam("mine", expanding=True)), _R.person_id.is_not(None))
_TOUCHED = or_(_R.id.in_(bindparam("ids", expanding=True)), _R.person_id.in_(_BEHIND))
"""These resources, and the other diaries of the people behind them."""
_BUMP = update(table(Resource)).where(_TOUCHED).values(version=_R.version + 1)
# Statements that every booking needs are made once: making them costs more than running them.

Holder = tuple[str, int]
"""Who has a claim: its kind and the id of the hold or appointment."""
Spot = tuple[int, int]
"""(resource or person id, tick)."""


def window(service: Service | Terms, starts_at: datetime, ends_at: datetime) -> range:
    """The ticks that an appointment takes of each of its resources, time before and after it included."""
    first = int(starts_at.timestamp()) - service.before_minutes * 60
    last = int(ends_at.timestamp()) + service.after_minutes * 60
    return range(first // TICK, -(-last // TICK))


def presence(starts_at: datetime, ends_at: datetime) -> range:
    """The ticks that an appointment takes of the person who comes: no time before or after."""
    return range(int(starts_at.timestamp()) // TICK, -(-int(ends_at.timestamp()) // TICK))


def take(
    spots: Iterable[Spot],
    holder: Holder,
    expires: int,
    own: Sequence[Holder] = (),
    leave: Holder | None = None,
) -> bool:
    """Claim spots of resources, all or (False) not all: then the caller must roll back.

    What `own` holders have counts as free, and what `leave` has stays with it. One statement, sorted, so that two acts never wait
    for each other in a ring. The time of a person with several diaries is claimed too, whichever diary it is.
    """
    wanted = set(spots)
    return _take("claim", "resource_id", wanted, holder, expires, own) and _bind(wanted, holder, expires, own, leave)


def take_person(person_id: int, ticks: Iterable[int], holder: Holder, expires: int, own: Sequence[Holder] = ()) -> bool:
    """Claim a person's time; the same promise as `take`."""
    return _take("person_claim", "person_id", [(person_id, tick) for tick in ticks], holder, expires, own)


def take_first(
    choices: Sequence[tuple[int, ...]],
    ticks: range,
    holder: Holder,
    expires: int,
    own: Sequence[Holder] = (),
    leave: Holder | None = None,
) -> tuple[int, ...] | None:
    """Claim the first of these sets of resources that is still free; None when all are gone.

    What `leave` has stays with it: a hold that moves a booking claims only what the booking does not have yet.
    """
    left = spots_of(leave) if leave else set()
    mine = [*own, leave] if leave else own
    db.session.flush()
    for choice in still_free(choices, ticks, mine)[:TRIES]:
        attempt = db.session.connection().begin_nested()
        if take({(one, tick) for one in choice for tick in ticks} - left, holder, expires, own, leave):
            attempt.commit()
            return choice
        attempt.rollback()
    return None


def still_free(
    choices: Sequence[tuple[int, ...]], ticks: range, own: Sequence[Holder] = (), beside: Collection[int] = ()
) -> list[tuple[int, ...]]:
    """The sets of resources of which nobody else has any, as far as this transaction sees (on SQLite: for sure).

    No set has two diaries of one person: nobody is counselor and interpreter of one meeting. Nor has it one together with those
    `beside`, who are in the meeting already: their own time is not looked at.
    """
    if not guarded():
        return list(choices)
    busy, others = _taken({one for choice in choices for one in choice}, ticks, own)
    behind = {one: its[0].person_id for one, its in others.items()}
    there = {its[0].person_id for its in whereabouts.others(beside).values()}
    fine = [choice for choice in choices if busy.isdisjoint(choice) and _differ(behind, choice)]
    return [choice for choice in fine if there.isdisjoint(behind.get(one) for one in choice)]


def taken(resource_ids: Iterable[int], ticks: range, own: Sequence[Holder] = ()) -> set[int]:
    """Which of the resources somebody else has within the ticks, as far as this transaction sees.

    A diary is taken too while its person is needed in another one, or on the way there.
    """
    return _taken(set(resource_ids), ticks, own)[0]


def widened(ticks: range, by: int) -> range:
    """The ticks and so many more to either side."""
    return range(ticks.start - by, ticks.stop + by)


def spots_of(holder: Holder) -> set[Spot]:
    """The spots of resources that a holder has now."""
    rows = db.session.execute(select(Claim.resource_id, Claim.tick).where(_held_by(Claim, [holder])))
    return {(row.resource_id, row.tick) for row in rows}


def release(holder: Holder) -> set[int]:
    """Let go all that a holder has; returns the ids of its resources."""
    resources = _lock(holder)
    for kept in (Claim, PersonClaim, WorkClaim):
        _write(delete(kept).where(_held_by(kept, [holder])))
    return resources


def trim(holder: Holder, resource_ids: Iterable[int], ticks: range, person_ticks: range) -> set[int]:
    """Let go what a holder has outside these resources and ticks; returns the ids of the resources it had."""
    resources = _lock(holder)
    kept = and_(Claim.resource_id.in_(set(resource_ids)), Claim.tick >= ticks.start, Claim.tick < ticks.stop)
    _write(delete(Claim).where(_held_by(Claim, [holder]), ~kept))
    inside = and_(PersonClaim.tick >= person_ticks.start, PersonClaim.tick < person_ticks.stop)
    _write(delete(PersonClaim).where(_held_by(PersonClaim, [holder]), ~inside))
    behind = select(Resource.person_id).where(Resource.id.in_(set(resource_ids)), Resource.person_id.is_not(None))
    working = and_(WorkClaim.person_id.in_(behind), WorkClaim.tick >= ticks.start, WorkClaim.tick < ticks.stop)
    _write(delete(WorkClaim).where(_held_by(WorkClaim, [holder]), ~working))
    return resources


def cool(holder: Holder, cooled: Holder, expires: int) -> set[int]:
    """Keep what a holder lets go from everybody until `expires`; the person's own time is free at once."""
    resources = _lock(holder)
    kind, number = cooled
    _write(update(Claim).where(_held_by(Claim, [holder])).values(kind=kind, holder=number, expires=expires))
    for kept in (PersonClaim, WorkClaim):
        _write(delete(kept).where(_held_by(kept, [holder])))
    return resources


def bump(resource_ids: Iterable[int]) -> None:
    """Tell cached masks that claims changed. The last write of an act on claims: rows are locked after them, in order."""
    ids = sorted(set(resource_ids))
    if not ids:
        return
    if db.engine.dialect.name == "postgresql":
        ordered = select(_R.id).where(_TOUCHED).order_by(_R.id).with_for_update(key_share=True)
        db.session.execute(ordered, {"ids": ids, "mine": ids})
    db.session.execute(_BUMP, {"ids": ids, "mine": ids})


def guarded() -> bool:
    """Whether the key decides; off only in the test that proves that the storm can fail."""
    return bool(current_app.config["VO"].test_claims_key)


def dawdle() -> None:
    """With the guard off: wait between looking and taking, so that the race which the key decides really happens."""
    if not guarded():
        time.sleep(random.uniform(0, 0.05))


def _taken(
    asked: set[int], ticks: range, own: Sequence[Holder]
) -> tuple[set[int], dict[int, tuple[whereabouts.Other, ...]]]:
    """Which of them somebody has, and the other diaries of the people behind those that nobody has themselves."""
    found = _busy(asked, ticks, own)
    others = whereabouts.others(asked - found)
    for one, its in others.items():
        if any(_busy([other.id], widened(ticks, other.ticks), own) for other in its):
            found.add(one)
    return found, others


def _differ(behind: Mapping[int, int], resource_ids: Iterable[int]) -> bool:
    """Whether no two of these diaries are of one person; `behind` has the person of those who have several."""
    people = [behind[one] for one in resource_ids if one in behind]
    return len(set(people)) == len(people)


def _busy(resource_ids: Collection[int], ticks: range, own: Sequence[Holder]) -> set[int]:
    query = _BUSY.where(~_held_by(Claim, own)) if own else _BUSY
    asked = {"resources": list(resource_ids), "first": ticks.start, "stop": ticks.stop, "now": clock.seconds()}
    return set(db.session.scalars(query, asked))


def _bind(wanted: set[Spot], holder: Holder, expires: int, own: Sequence[Holder], leave: Holder | None) -> bool:
    """Claim the time of those behind these resources who have other diaries too; False when they are needed elsewhere.

    The key decides who has the tick; the way between two places is looked at after it, one act after the other for each person.
    """
    others = whereabouts.others({one for one, _tick in wanted})
    if not others:
        return True
    behind = {one: its[0].person_id for one, its in others.items()}
    if not _differ(behind, behind):
        return False
    left = _work_of(leave) if leave else set()
    spots = {(behind[one], tick) for one, tick in wanted if one in behind} - left
    if not _take("work_claim", "person_id", spots, holder, expires, own):
        return False
    if not guarded():
        return True
    _one_by_one(set(behind.values()))
    mine = [holder, *own, *([leave] if leave else [])]
    for one, its in others.items():
        ticks = [tick for owner, tick in wanted if owner == one]
        span = range(min(ticks), max(ticks) + 1)
        if any(_busy([other.id], widened(span, other.ticks), mine) for other in its):
            return False
    return True


def _one_by_one(person_ids: Iterable[int]) -> None:
    """Wait for other acts on the time of these persons; on SQLite there is one writer anyhow."""
    if db.engine.dialect.name == "postgresql":
        for person_id in sorted(person_ids):
            key = {"key": f"work:{person_id}"}
            db.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), key)


def _work_of(holder: Holder) -> set[Spot]:
    rows = db.session.execute(select(WorkClaim.person_id, WorkClaim.tick).where(_held_by(WorkClaim, [holder])))
    return {(row.person_id, row.tick) for row in rows}


def _take(table: str, key: str, spots: Iterable[Spot], holder: Holder, expires: int, own: Sequence[Holder]) -> bool:
    wanted = sorted(set(spots))
    if not wanted:
        return True
    values: dict[str, Any] = {"kind": holder[0], "holder": holder[1], "expires": expires, "now": clock.seconds()}
    for number, (owner, tick) in enumerate(wanted):
        values[f"o{number}"], values[f"t{number}"] = owner, tick
    for number, (kind, its_id) in enumerate(own):
        values[f"k{number}"], values[f"h{number}"] = kind, its_id
    done = db.session.execute(_statement(table, key, len(wanted), len(own), guarded()), values)
    return bool(done.rowcount == len(wanted))  # type: ignore[attr-defined]


@lru_cache(maxsize=256)
def _statement(table: str, key: str, spots: int, own: int, guard: bool) -> TextClause:
    # Written by hand: the ORM's many-row insert can not be cached and costs more than the database.
    rows = ", ".join(f"(:o{n}, :t{n}, :kind, :holder, :expires)" for n in range(spots))
    free = "".join(f" OR ({table}.kind = :k{n} AND {table}.holder = :h{n})" for n in range(own))
    where = f" WHERE {table}.expires <= :now{free}" if guard else ""
    return text(
        f"INSERT INTO {table} ({key}, tick, kind, holder, expires) VALUES {rows} "
        f"ON CONFLICT ({key}, tick) DO UPDATE SET kind = excluded.kind, holder = excluded.holder, expires = excluded.expires{where}"
    )


def _held_by(
    table: type[Claim] | type[PersonClaim] | type[WorkClaim], holders: Sequence[Holder]
) -> ColumnElement[bool]:
    return or_(*(and_(table.kind == kind, table.holder == number) for kind, number in holders))


def _lock(holder: Holder) -> set[int]:
    """The holder's resources; on PostgreSQL its claims are locked in the order in which everybody claims."""
    query = select(Claim.resource_id).where(_held_by(Claim, [holder]))
    return set(db.session.scalars(query.order_by(Claim.resource_id, Claim.tick).with_for_update()))


def _write(change: Update | Delete) -> None:
    db.session.execute(change.execution_options(synchronize_session=False))
