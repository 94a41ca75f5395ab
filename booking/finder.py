"""Free times, computed and never stored: which days, which times, who, the nearest others, and other ways that are true."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from sqlalchemy import and_, or_, select

from foundation.db import db
from foundation.errors import InputWrong
from virtual_office.offices.models import Office

from . import availability, joint, season, without_voice, wording
from .models import Claim, Service
from .season import Option, Query, Season

__all__ = [
    "DayCount",
    "Query",
    "Slot",
    "Way",
    "alternatives",
    "candidates",
    "days",
    "first_free",
    "offered",
    "other_ways",
    "slots",
]

LONGEST_RANGE = 400
"""Days that one call may ask for."""
LOOKED_AT = 6
"""Other services of each kind that are looked at for other ways."""
SHOWN = 3
"""Other ways of each kind, the soonest first."""


@dataclass(frozen=True)
class DayCount:
    """How many different times are free on a local date of the office."""

    on: date
    free: int


@dataclass(frozen=True)
class Slot:
    """A time that can be had. `free` counts the meetings that fit beside each other; `counselors` are names, if they are shown."""

    starts_at: datetime
    ends_at: datetime
    free: int
    counselors: tuple[str, ...] = ()


@dataclass(frozen=True)
class Way:
    """Another way with a free time: kind `modality`, `office` or `service`; `label` names it."""

    kind: str
    label: str
    query: Query
    first: Slot


def days(query: Query, first: date, last: date) -> list[DayCount]:
    """Every date from `first` to `last`, also those with nothing. Raises NotFound, InputWrong for more than 400 days."""
    number = (last - first).days + 1
    if number > LONGEST_RANGE:
        raise InputWrong(field="to")
    look = season.look(query)
    free = look.free()
    shown_from = max(first, look.today)
    shown = max(0, (min(last, look.last_day) - shown_from).days + 1)
    starts = (
        [tick - look.frame.origin for tick in availability.day_starts(look.zone, shown_from, shown)] if shown else []
    )
    counts = {
        shown_from + timedelta(days=n): (free >> starts[n] & (1 << starts[n + 1] - starts[n]) - 1).bit_count()
        for n in range(shown)
    }
    return [DayCount(on, counts.get(on, 0)) for on in (first + timedelta(days=n) for n in range(number))]


def slots(query: Query, on: date) -> list[Slot]:
    """The times of a local date, earliest first. Raises NotFound."""
    look = season.look(query)
    return _slots(look, look.free() & look.day(on))


def first_free(query: Query) -> Slot | None:
    """The soonest time. Raises NotFound."""
    return _first(season.look(query))


def alternatives(query: Query, starts_at: datetime, limit: int = 3) -> list[Slot]:
    """The free times nearest to a moment, before and after it, in the order of time. Raises NotFound."""
    look = season.look(query)
    wanted = min(max(look.frame.bit(int(starts_at.timestamp())), 0), look.frame.bits)
    nearest: list[int] = []
    below, above = look.free() & Season.span(0, wanted), look.free() & ~Season.span(0, wanted + 1)
    while len(nearest) < limit and (below or above):
        before, after = below.bit_length() - 1, (above & -above).bit_length() - 1
        if not above or (below and wanted - before <= after - wanted):
            nearest.append(before)
            below ^= 1 << before
        else:
            nearest.append(after)
            above ^= 1 << after
    return _slots(look, sum(1 << bit for bit in nearest))


def candidates(
    query: Query,
    starts_at: datetime,
    preferred_counselor_id: int | None = None,
    own: Sequence[tuple[str, int]] = (),
    since: int | None = None,
) -> list[tuple[int, ...]]:
    """Sets of resource ids that can be claimed for a start, the counselor first in each; [] when there is none. Writes nothing.

    The preferred counselor comes first, then who speaks the language, then who has least to do that day, that week, then the lower
    id. What `own` holders (kind, id) have claimed counts as free. An empty modality takes the first one that works.
    The notice counts from `since` (UTC seconds; None: now).
    """
    look = season.look(query)
    bit = look.bit(starts_at, since)
    if bit is None:
        return []
    mine = _own(look, own)
    for option in look.options:
        counselors = [
            one
            for one in option.counselors
            if one.open_starts(option.shape, option.modality) >> bit & 1
            and one.free_at(bit, option.shape, option.modality, mine)
        ]
        counselors.sort(
            key=lambda one: (
                one.id != preferred_counselor_id,
                not season.speaks(one, query.language),
                season.load(one, look, bit),
                one.id,
            )
        )
        pools = [[one.id for one in counselors]]
        for pool in option.pools:
            members = [one for one in pool.members if one.free_at(bit, option.shape, option.modality, mine)]
            members.sort(key=lambda one: (one.office_id != look.terms.office_id, season.load(one, look, bit), one.id))
            pools.append([one.id for one in members])
        found = joint.choices(pools)
        if found:
            return found
    return []


def offered(query: Query, starts_at: datetime) -> bool:
    """Whether a meeting could start then if nobody had claimed anything. Raises NotFound."""
    look = season.look(query)
    bit = look.bit(starts_at)
    return bit is not None and any(option.offered() >> bit & 1 for option in look.options)


def other_ways(query: Query) -> list[Way]:
    """Other modalities of the service, the same service at other offices, other services of the office: only with a free time."""
    terms = season.look(query).terms
    ways = []
    if query.modality:
        others = without_voice.proposed(terms.modalities, query.needs)
        others = [code for code in others if code != query.modality]
        ways += _ways("modality", [(wording.modality(code), replace(query, modality=code)) for code in others])
    columns = select(Service.id, Service.name, Office.name.label("office")).join(Service.office)
    columns = (
        columns.where(Service.active, Office.active, Service.id != query.service_id)
        .order_by(Service.id)
        .limit(LOOKED_AT)
    )
    for kind, where in (
        ("office", and_(Service.office_id != terms.office_id, Service.name == terms.name)),
        ("service", Service.office_id == terms.office_id),
    ):
        rows = db.session.execute(columns.where(where)).all()
        ways += _ways(
            kind, [(row.office if kind == "office" else row.name, replace(query, service_id=row.id)) for row in rows]
        )
    return ways


def _ways(kind: str, asked: list[tuple[str, Query]]) -> list[Way]:
    found = [
        Way(kind, label, query, first) for label, query in asked if (first := _first(season.look(query))) is not None
    ]
    return sorted(found, key=lambda way: way.first.starts_at)[:SHOWN]


def _first(look: Season) -> Slot | None:
    free = look.free()
    return _slots(look, free & -free)[0] if free else None


def _slots(look: Season, starts: int) -> list[Slot]:
    """The slots of these bits, which must be free."""
    if not starts:
        return []
    room: dict[int, int] = {}
    names: dict[int, dict[int, str]] = {}
    for option in look.options:
        for bit, pools in _free_ids(option, starts):
            most = joint.room(pools)
            room[bit] = max(room.get(bit, 0), most)
            if look.terms.shows_counselor and most:
                names.setdefault(bit, {}).update((one.id, one.name) for one in option.counselors if one.id in pools[0])
    length = timedelta(minutes=look.terms.minutes)
    return [
        Slot(look.at(bit), look.at(bit) + length, room[bit], tuple(sorted(names.get(bit, {}).values())))
        for bit in sorted(room)
        if room[bit]
    ]


def _free_ids(option: Option, starts: int) -> Iterator[tuple[int, list[set[int]]]]:
    """For each of these bits, the ids that are free in each pool, counselors first."""
    pools = [option.counselors_free(), *(option.members_free(pool) for pool in option.pools)]
    free: dict[int, list[set[int]]] = {bit: [set() for _ in pools] for bit in availability.ticks(starts)}
    for number, pool in enumerate(pools):
        for one, mask in pool.items():
            for bit in availability.ticks(mask & starts):
                free[bit][number].add(one)
    yield from free.items()


def _own(look: Season, own: Sequence[tuple[str, int]]) -> dict[int, int]:
    """The bits that these holders have, by resource."""
    masks: dict[int, int] = {}
    if own:
        mine = or_(*(and_(Claim.kind == kind, Claim.holder == holder) for kind, holder in own))
        for resource_id, tick in db.session.execute(select(Claim.resource_id, Claim.tick).where(mine)):
            if tick >= look.frame.origin:
                masks[resource_id] = masks.get(resource_id, 0) | 1 << tick - look.frame.origin
    return masks
