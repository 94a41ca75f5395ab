"""What this process knows of every resource, as bit masks that are read again only when the resource's version says so.

All masks of a frame begin at the same tick. A resource is known as of its `version` (rules or claims changed), its office's `version`
(closures, zone) and a moment: a hold ends without a new version, so what was read is good until the first of its holds ends.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from flask import current_app
from sqlalchemy import event
from sqlalchemy.orm import ORMExecuteState, Session

from foundation.db import db
from virtual_office.offices import offices
from virtual_office.offices.models import Closure, Office

from . import availability, mask_rows, travel, whereabouts
from .availability import TICK, ResourceRules
from .models import Absence, Claim, DayOverride, Resource, Service, ServiceResource, WorkingHours
from .week_models import RecurringAbsence, TravelTime

KEPT = 5000
"""Resources that a process remembers; the ones read longest ago go first."""
KEPT_SHAPES = 24
MARGIN_DAYS = 3
"""Beyond the week and the horizon: today may be tomorrow east of UTC, and the end of its last day a day later still where the counselor is."""
SPAN_STEP = 7
WEEK = 7
CHUNK = 50
"""Resources read by one statement, so that a cold start lets others run in between."""
GOOD = 7 * 86_400
"""Seconds after which even an unchanged resource is read again."""
ALWAYS_OPEN = frozenset({"place", "van"})
"""Kinds that are open all day unless somebody gave them hours: the counselor's hours limit them anyway."""
WATCHED = (
    *(Absence, Claim, Closure, DayOverride, Office, RecurringAbsence, Resource, Service, ServiceResource),
    *(TravelTime, WorkingHours),
)
NAMES = frozenset(row.__tablename__ for row in WATCHED)


class Wanted(NamedTuple):
    """A resource as the database has it now."""

    id: int
    version: int
    office_version: int


class Shape(NamedTuple):
    """What a meeting takes, in ticks: its length, the buffers around it, and the step of its grid."""

    length: int
    before: int
    after: int
    step: int


@dataclass(frozen=True)
class Frame:
    """The dates `monday` to `monday + days - 1`, in every zone; bit 0 is the tick `origin`, a day before that Monday in UTC."""

    monday: date
    days: int

    @cached_property
    def origin(self) -> int:
        """The tick of bit 0."""
        midnight = datetime(self.monday.year, self.monday.month, self.monday.day, tzinfo=UTC)
        return int(midnight.timestamp()) // TICK - availability.REGULAR_DAY

    @cached_property
    def bits(self) -> int:
        """Bits of a mask, a day of margin at each end."""
        return (self.days + 2) * availability.REGULAR_DAY

    @cached_property
    def full(self) -> int:
        """A mask of all bits."""
        return (1 << self.bits) - 1

    def bit(self, at: int) -> int:
        """The position of the first tick at or after UTC seconds; may lie outside the frame."""
        return -(-at // TICK) - self.origin

    def seconds(self, bit: int) -> int:
        """UTC seconds at which a bit begins."""
        return (bit + self.origin) * TICK

    def place(self, mask: int, zone: ZoneInfo) -> int:
        """Move a mask that begins with the local `monday` of a zone to where it belongs."""
        return mask << availability.first_tick(zone, self.monday) - self.origin

    def day(self, zone: ZoneInfo, on: date) -> tuple[int, int]:
        """First bit of a date and first bit after it."""
        return availability.first_tick(zone, on) - self.origin, availability.first_tick(
            zone, on + timedelta(days=1)
        ) - self.origin


@dataclass(eq=False)
class Known:
    """One resource as it was read; masks are computed when somebody asks, and kept."""

    id: int
    kind: str
    name: str
    office_id: int
    zone: ZoneInfo
    features: frozenset[str]
    modalities: frozenset[str]
    version: int
    office_version: int
    frame: Frame
    rules: ResourceRules
    claimed: int
    read_at: int
    good_until: int
    elsewhere: tuple[tuple[int, int, int], ...] = ()
    """Other diaries of the same person: id, claimed ticks, ticks of the way there."""
    hours: dict[Any, int] = field(default_factory=dict)
    starts: dict[Any, int] = field(default_factory=dict)
    by_modality: bool = field(init=False)
    """Whether some hours are for certain modalities only, so that masks differ by modality."""

    def __post_init__(self) -> None:
        self.by_modality = any(window.modalities or window.place is not None for window in self.rules.weekly)

    def current(self, wanted: Wanted, now: int) -> bool:
        """Whether nothing has changed since it was read."""
        return (
            self.version >= wanted.version
            and self.office_version >= wanted.office_version
            and self.read_at <= now < self.good_until
        )

    def open(self, modality: str) -> int:
        """Open ticks for a modality."""
        return self._hours(
            ("open", self._by(modality)), lambda: self._mask(availability.open_mask, self.rules, modality)
        )

    def grid(self, modality: str, step: int) -> int:
        """Ticks at which a meeting may start."""
        return self._hours(
            ("grid", self._by(modality), step), lambda: self._mask(availability.grid_mask, self.rules, modality, step)
        )

    def open_starts(self, shape: Shape, modality: str) -> int:
        """Ticks at which a meeting could start if nobody had claimed anything."""
        key = ("starts", self._by(modality), shape.length, shape.step)
        return self._hours(key, lambda: self.grid(modality, shape.step) & self.open_runs(shape, modality))

    def free_starts(self, shape: Shape, modality: str) -> int:
        """Ticks of its grid at which a meeting can start now."""
        key = (shape, self._by(modality))
        found = self.starts.get(key)
        if found is None:
            if len(self.starts) >= KEPT_SHAPES:
                self.starts.clear()
            found = self.starts[key] = self.open_starts(shape, modality) & self._unclaimed(shape)
        return found

    def free_runs(self, shape: Shape, modality: str) -> int:
        """Ticks, on any grid, from which on it can take part in a meeting."""
        key = ("joins", shape, self._by(modality))
        found = self.starts.get(key)
        if found is None:
            found = self.starts[key] = self.open_runs(shape, modality) & self._unclaimed(shape)
        return found

    def open_runs(self, shape: Shape, modality: str) -> int:
        """Ticks, on any grid, from which on it is open long enough."""
        return self._hours(
            ("runs", self._by(modality), shape.length), lambda: availability.runs(self.open(modality), shape.length)
        )

    def free_at(self, bit: int, shape: Shape, modality: str, own: Mapping[int, int]) -> bool:
        """Whether it can take part from this bit on, when the `own` ticks (by resource) count as free."""
        meeting = (1 << shape.length) - 1
        around = ((1 << shape.before + shape.length + shape.after) - 1) << bit - shape.before
        return self.open(modality) >> bit & meeting == meeting and not self.taken(own) & around

    def taken(self, own: Mapping[int, int] | None = None) -> int:
        """Claimed ticks, and those at which its person is needed in another diary or on the way; without what is `own`."""
        own = own or {}
        mask = self.claimed & ~own.get(self.id, 0)
        for other, claimed, ticks in self.elsewhere:
            mask |= availability.widened(claimed & ~own.get(other, 0), ticks)
        return mask

    def hours_without(self, shape: Shape, modality: str, *, closed: bool, absences: bool) -> int:
        """`open_starts` as they would be without closed days, absences, or both."""
        rules = replace(
            self.rules,
            absences=() if absences else self.rules.absences,
            away=() if absences else self.rules.away,
            closed=frozenset() if closed else self.rules.closed,
        )
        grid = self._mask(availability.grid_mask, rules, modality, shape.step)
        return grid & availability.runs(self._mask(availability.open_mask, rules, modality), shape.length)

    def booked(self, first: int, last: int) -> int:
        """How many ticks of these bits are claimed."""
        return (self.claimed >> first & (1 << last - first) - 1).bit_count()

    def _unclaimed(self, shape: Shape) -> int:
        free = self.frame.full & ~self.taken()
        return availability.runs(free, shape.before + shape.length + shape.after) << shape.before

    def _by(self, modality: str) -> str:
        return modality if self.by_modality else ""

    def _hours(self, key: tuple[Any, ...], make: Callable[[], int]) -> int:
        found = self.hours.get(key)
        if found is None:
            if len(self.hours) >= KEPT_SHAPES:
                self.hours.clear()
            found = self.hours[key] = make()
        return found

    def _mask(self, make: Callable[..., int], rules: ResourceRules, modality: str, *more: int) -> int:
        return self.frame.place(make(rules, self.zone, self.frame.monday, self.frame.days, modality, *more), self.zone)


class Memory:
    """All that is known within one frame."""

    def __init__(self, frame: Frame) -> None:
        self.frame = frame
        self.turn = threading.Lock()
        self.known: dict[int, Known] = {}
        self.closed: dict[tuple[int, int], frozenset[date]] = {}

    def find(self, wanted: Iterable[Wanted], now: int, found: dict[int, Known]) -> list[Wanted]:
        """Put those that are still current into `found`; returns those that must be read again."""
        stale = []
        for one in wanted:
            have = self.known.get(one.id)
            if have is not None and have.current(one, now):
                found[one.id] = have
            else:
                stale.append(one)
        return stale

    def keep(self, read: dict[int, Known]) -> None:
        """Remember what was read, and forget the oldest above `KEPT`."""
        for number, one in read.items():
            self.known.pop(number, None)
            self.known[number] = one
        for number in list(self.known)[: max(0, len(self.known) - KEPT)]:
            self.known.pop(number, None)


def memory(now: int, horizon_days: int) -> Memory:
    """The memory whose frame holds today and so many days more in every zone; a new one each week, or for a longer horizon."""
    yesterday = datetime.fromtimestamp(now, UTC).date() - timedelta(days=1)
    monday = yesterday - timedelta(days=yesterday.weekday())
    days = -(-(WEEK + MARGIN_DAYS + horizon_days) // SPAN_STEP) * SPAN_STEP
    held: Memory | None = current_app.extensions.get("booking.masks")
    if held is None:
        held = current_app.extensions["booking.masks"] = Memory(Frame(monday, days))
    elif held.frame.monday != monday or held.frame.days < days:
        held = current_app.extensions["booking.masks"] = Memory(Frame(monday, max(days, held.frame.days)))
    return held


def look_up(memory: Memory, wanted: Sequence[Wanted], now: int) -> dict[int, Known]:
    """Every wanted resource by id, as it is now in this transaction. Those that changed are read, by four statements together."""
    found: dict[int, Known] = {}
    stale = memory.find(wanted, now, found)
    if stale and db.session.info.get("masks_unsure"):
        found.update(_read(memory, stale, now))
    elif stale:
        # One reads, the others wait and find it done. A writer never waits, because others wait for the writer.
        patient = not db.session.info.get("writing")
        if patient:
            memory.turn.acquire()
        try:
            read = _read(memory, memory.find(stale, now, found), now)
            memory.keep(read)
        finally:
            if patient:
                memory.turn.release()
        found.update(read)
    return found


def forget() -> None:
    """Know nothing any more (after a restored backup)."""
    current_app.extensions.pop("booking.masks", None)


@event.listens_for(Session, "do_orm_execute")
def _notice_statement(state: ORMExecuteState) -> None:
    """What a transaction has changed itself may still be rolled back: it is used, but not remembered for others."""
    if not state.is_select:
        table = getattr(state.statement, "table", None)
        if table is None or table.name in NAMES:
            state.session.info["masks_unsure"] = True


@event.listens_for(Session, "after_flush")
def _notice_flush(session: Session, _context: Any) -> None:
    if any(isinstance(row, WATCHED) for row in (*session.new, *session.dirty, *session.deleted)):
        session.info["masks_unsure"] = True


@event.listens_for(Session, "after_transaction_end")
def _notice_end(session: Session, transaction: Any) -> None:
    if transaction.parent is None:
        for name in ("masks_unsure", "season", "season_key"):
            session.info.pop(name, None)


def closed_days(memory: Memory, office_id: int, office_version: int) -> frozenset[date]:
    """Closures and public holidays of an office within the frame."""
    key = (office_id, office_version)
    found = memory.closed.get(key)
    if found is None:
        office = db.session.get_one(Office, office_id)
        last = memory.frame.monday + timedelta(days=memory.frame.days)
        found = frozenset(offices.closed_days(office, memory.frame.monday, last))
        if not db.session.info.get("masks_unsure"):
            memory.closed[key] = found
    return found


def _read(memory: Memory, stale: Sequence[Wanted], now: int) -> dict[int, Known]:
    read: dict[int, Known] = {}
    for start in range(0, len(stale), CHUNK):
        read.update(_read_some(memory, {one.id: one for one in stale[start : start + CHUNK]}, now))
    return read


def _read_some(memory: Memory, stale: dict[int, Wanted], now: int) -> Iterator[tuple[int, Known]]:
    frame = memory.frame
    last = frame.monday + timedelta(days=frame.days)
    weekly = mask_rows.weekly(stale)
    overrides = mask_rows.overrides(stale, frame.monday, last)
    absences = mask_rows.absences(stale, frame.seconds(0), frame.seconds(frame.bits))
    away = mask_rows.away(stale)
    others = whereabouts.others(stale)
    elsewhere = {other.id for its in others.values() for other in its}
    claimed = mask_rows.claimed({*stale, *elsewhere}, frame.origin, frame.bits, now)
    ways = _ways(weekly)
    for row in mask_rows.resources(stale):
        wanted = stale[row.id]
        rules = ResourceRules(
            weekly.get(row.id, ()),
            overrides.get(row.id, ()),
            absences.get(row.id, ()),
            closed_days(memory, row.office_id, wanted.office_version),
            row.kind in ALWAYS_OPEN and row.id not in weekly,
            away.get(row.id, ()),
            row.office_id,
            travel.within({row.office_id, *ways[row.id]}, travel.table()) if row.id in ways else (),
        )
        mine = others.get(row.id, ())
        mask = claimed[row.id].mask if row.id in claimed else 0
        ends = min((claimed[i].ends for i in (row.id, *(other.id for other in mine)) if i in claimed), default=None)
        one = Known(
            *(
                row.id,
                row.kind,
                row.name,
                row.office_id,
                ZoneInfo(row.zone),
                frozenset(row.features),
                frozenset(row.modalities),
            ),
            *(wanted.version, wanted.office_version, frame, rules, mask, now, ends or now + GOOD),
            tuple((other.id, claimed[other.id].mask, other.ticks) for other in mine if other.id in claimed),
        )
        before = memory.known.get(row.id)
        if before is not None and (before.rules, before.zone) == (rules, one.zone):
            one.hours = before.hours
        yield row.id, one


def _ways(weekly: Mapping[int, tuple[availability.WeeklyWindow, ...]]) -> dict[int, set[int]]:
    """The places that hours name, by resource; only those with some."""
    return {
        owner: places
        for owner, windows in weekly.items()
        if (places := {window.place for window in windows if window.place is not None})
    }
