"""Opening hours as people say them, turned into a big integer with one bit for each open 5 minutes: pure, reads nothing.

A wall-clock time stands for the first moment at which the clock on the wall shows it or a later one. So a window that opens in the
gap of a clock change opens where the gap ends, a time that comes twice means its first coming, and a window is as long as it
really is. The meeting must lie in open hours; the buffers around it may stick out of them, but nobody else may have claimed them.
A closed day (closure or holiday) closes every window of that date, also those of an override.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

TICK = 300
"""Seconds of a tick."""
TICK_MINUTES = 5
REGULAR_DAY = 288
"""Ticks of a day on which the clocks do not change."""
DAY_MINUTES = 24 * 60
WEEK = 7
IN_PERSON = "in_person"


@dataclass(frozen=True, slots=True)
class WeeklyWindow:
    """From `opens` to `closes` (minutes of the wall clock) on a weekday (0 is Monday) between two dates, both included.

    `every_n_weeks` counts ISO weeks from the week of `valid_from`; `nth` keeps the nth such weekday of a month (-1: the last).
    Empty `modalities` mean all; `place` is the office worked at, None the diary's own.
    """

    weekday: int
    opens: int
    closes: int
    valid_from: date
    valid_to: date | None = None
    every_n_weeks: int = 1
    nth: int | None = None
    modalities: tuple[str, ...] = ()
    place: int | None = None

    def on(self, day: date) -> bool:
        """Whether the window opens on that date."""
        if (
            day.weekday() != self.weekday
            or day < self.valid_from
            or (self.valid_to is not None and day > self.valid_to)
        ):
            return False
        if self.every_n_weeks > 1 and (_monday(day) - _monday(self.valid_from)).days // WEEK % self.every_n_weeks:
            return False
        if self.nth is None:
            return True
        if self.nth == -1:
            return (day + timedelta(days=WEEK)).month != day.month
        return (day.day - 1) // 7 + 1 == self.nth


@dataclass(frozen=True, slots=True)
class DayWindow:
    """A window of one date instead of the weekly ones; without times the date is closed, whatever other windows it has."""

    on: date
    opens: int | None = None
    closes: int | None = None


@dataclass(frozen=True, slots=True)
class ResourceRules:
    """All that decides when one resource is open. `absences` are pairs of UTC seconds; `always` opens every day in full.

    `away` are windows of recurring absences; `place` is the diary's own office, `travel` the ticks between two offices.
    """

    weekly: tuple[WeeklyWindow, ...] = ()
    overrides: tuple[DayWindow, ...] = ()
    absences: tuple[tuple[int, int], ...] = ()
    closed: frozenset[date] = frozenset()
    always: bool = False
    away: tuple[WeeklyWindow, ...] = ()
    place: int | None = None
    travel: tuple[tuple[int, int, int], ...] = ()


def open_mask(rules: ResourceRules, zone: ZoneInfo, first_day: date, days: int, modality: str | None) -> int:
    """Bit i is set when tick `first_tick(zone, first_day) + i` is open; `modality` None asks for any."""
    starts = day_starts(zone, first_day, days)
    mask = 0
    for begin, end in windows(rules, zone, first_day, days, modality):
        mask |= ((1 << end - begin) - 1) << begin - starts[0]
    for began, ended in rules.absences:
        begin = max(began // TICK, starts[0])
        end = min(-(-ended // TICK), starts[-1])
        if begin < end:
            mask &= ~(((1 << end - begin) - 1) << begin - starts[0])
    if rules.away:
        for begin, end in _windows(rules.away, (), frozenset(), False, zone, first_day, days):
            mask &= ~(((1 << end - begin) - 1) << begin - starts[0])
    return mask


def grid_mask(rules: ResourceRules, zone: ZoneInfo, first_day: date, days: int, modality: str | None, step: int) -> int:
    """The ticks at which a meeting may start: every `step` ticks from the start of each window, each with its own grid."""
    origin = first_tick(zone, first_day)
    mask = 0
    for begin, end in windows(rules, zone, first_day, days, modality):
        mask |= _comb(step, -(-(end - begin) // step)) << begin - origin
    return mask


def windows(
    rules: ResourceRules, zone: ZoneInfo, first_day: date, days: int, modality: str | None
) -> Sequence[tuple[int, int]]:
    """The windows of those dates as pairs of UTC ticks, the second not included, without regard to absences."""
    if any(one.place is not None for one in rules.weekly):
        placed = _placed(rules.weekly, rules.overrides, rules.closed, rules.place, rules.travel, zone, first_day, days)
        return [(begin, end) for begin, end, window in placed if _serves(window, modality, rules.place)]
    mine = tuple(one for one in rules.weekly if modality is None or not one.modalities or modality in one.modalities)
    return _windows(mine, rules.overrides, rules.closed, rules.always, zone, first_day, days)


@lru_cache(maxsize=128)
def _windows(
    weekly: tuple[WeeklyWindow, ...],
    overrides: tuple[DayWindow, ...],
    closed: frozenset[date],
    always: bool,
    zone: ZoneInfo,
    first_day: date,
    days: int,
) -> tuple[tuple[int, int], ...]:
    # Kept, because many resources have the same hours, and because the grid asks for them too.
    special: dict[date, list[DayWindow]] = {}
    for override in overrides:
        special.setdefault(override.on, []).append(override)
    by_weekday: list[list[WeeklyWindow]] = [[] for _ in range(WEEK)]
    for window in weekly:
        by_weekday[window.weekday].append(window)
    found = []
    for number in range(days):
        day = first_day + timedelta(days=number)
        if day in closed:
            continue
        for opens, closes in _hours(day, special.get(day), by_weekday[day.weekday()], always):
            begin, end = span(zone, first_day, days, number, opens, closes)
            if begin < end:
                found.append((begin, end))
    return tuple(found)


@lru_cache(maxsize=128)
def _placed(
    weekly: tuple[WeeklyWindow, ...],
    overrides: tuple[DayWindow, ...],
    closed: frozenset[date],
    home: int | None,
    travel: tuple[tuple[int, int, int], ...],
    zone: ZoneInfo,
    first_day: date,
    days: int,
) -> tuple[tuple[int, int, WeeklyWindow], ...]:
    """The windows of a diary with several places: of one date, each begins when its place can be reached from the earlier ones."""
    minutes = {(one, other): by for one, other, by in travel}
    special: dict[date, list[DayWindow]] = {}
    for override in overrides:
        special.setdefault(override.on, []).append(override)
    found = []
    for number in range(days):
        day = first_day + timedelta(days=number)
        mine = [] if day in closed else _windows_of(day, special.get(day), weekly)
        spans = [(*span(zone, first_day, days, number, one.opens, one.closes), one) for one in mine]
        spans = [one for one in spans if one[0] < one[1]]
        for opens, end, window in spans:
            place, begin = _at(window, home), opens
            for sooner, left, other in spans:
                there = _at(other, home)
                if there != place and (sooner, there) < (opens, place):
                    begin = max(begin, left + minutes.get((min(there, place), max(there, place)), 0))
            if begin < end:
                found.append((begin, end, window))
    return tuple(found)


def _at(window: WeeklyWindow, home: int | None) -> int:
    return window.place if window.place is not None else home or 0


def _serves(window: WeeklyWindow, modality: str | None, home: int | None) -> bool:
    """Whether people may come by this way in a window; away from the diary's own office nobody is received in person."""
    if modality is None:
        return True
    elsewhere = window.place is not None and window.place != home
    return (not window.modalities or modality in window.modalities) and not (elsewhere and modality == IN_PERSON)


def span(zone: ZoneInfo, first_day: date, days: int, number: int, opens: int, closes: int) -> tuple[int, int]:
    """The ticks of a window on the date `number` days after the first one, the second not included."""
    starts = day_starts(zone, first_day, days)
    if starts[number + 1] - starts[number] == REGULAR_DAY:
        return starts[number] + opens // TICK_MINUTES, starts[number] + closes // TICK_MINUTES
    day = first_day + timedelta(days=number)
    return tick_at(zone, day, opens), tick_at(zone, day, closes)


def first_tick(zone: ZoneInfo, day: date) -> int:
    """The tick with which a date begins in a zone."""
    return tick_at(zone, day, 0)


@lru_cache(maxsize=256)
def day_starts(zone: ZoneInfo, first_day: date, days: int) -> tuple[int, ...]:
    """The first ticks of `days` dates in a zone, and the tick after the last of them."""
    return tuple(first_tick(zone, first_day + timedelta(days=number)) for number in range(days + 1))


def tick_at(zone: ZoneInfo, day: date, minutes: int) -> int:
    """The first tick at which the wall clock shows that many minutes after midnight of `day`, or a later time."""
    wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minutes)  # noqa: DTZ001
    at = int(wall.replace(tzinfo=zone).timestamp())
    if _wall(at, zone) != wall:
        before = int(wall.replace(tzinfo=zone, fold=1).timestamp())
        while at - before > 1:
            middle = (before + at) // 2
            if _wall(middle, zone) >= wall:
                at = middle
            else:
                before = middle
    return -(-at // TICK)


def runs(mask: int, length: int) -> int:
    """The ticks from which on `length` ticks are set without a hole, by log2(length) shifts."""
    done = 1
    while done < length:
        shift = min(done, length - done)
        mask &= mask >> shift
        done += shift
    return mask


def widened(mask: int, by: int) -> int:
    """The set bits and `by` bits to either side of each, by log(by) shifts."""
    done = 0
    while done < by:
        shift = min(2 * done + 1, by - done)
        mask |= mask << shift | mask >> shift
        done += shift
    return mask


def ticks(mask: int) -> Iterator[int]:
    """The positions of the set bits, lowest first."""
    while mask:
        lowest = mask & -mask
        yield lowest.bit_length() - 1
        mask ^= lowest


def _hours(
    day: date, special: list[DayWindow] | None, weekly: list[WeeklyWindow], always: bool
) -> list[tuple[int, int]]:
    if special is not None:
        hours = [
            (window.opens, window.closes)
            for window in special
            if window.opens is not None and window.closes is not None
        ]
        return hours if len(hours) == len(special) else []
    if always:
        return [(0, DAY_MINUTES)]
    return [(window.opens, window.closes) for window in weekly if window.on(day)]


def _windows_of(day: date, special: list[DayWindow] | None, weekly: tuple[WeeklyWindow, ...]) -> list[WeeklyWindow]:
    """The windows of a date as weekly ones; those of a single day are at the diary's own office."""
    if special is None:
        return [window for window in weekly if window.on(day)]
    return [WeeklyWindow(day.weekday(), *hours, day) for hours in _hours(day, special, [], False)]


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _wall(at: int, zone: ZoneInfo) -> datetime:
    return datetime.fromtimestamp(at, zone).replace(tzinfo=None)


@lru_cache(maxsize=1024)
def _comb(step: int, teeth: int) -> int:
    return sum(1 << tooth * step for tooth in range(teeth))
