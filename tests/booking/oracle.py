"""The slow truth about free times: walks through real time in steps of 5 minutes and looks at the clock on the wall.

Shares nothing with the finder: no masks, no local time turned into UTC. A window is open while the furthest time that the wall clock
has shown lies in it; that one sentence says what happens in the gap and in the hour that comes twice.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import product
from zoneinfo import ZoneInfo

STEP = timedelta(minutes=5)


@dataclass
class Hours:
    """A weekly rule; times in minutes of the wall clock."""

    weekday: int
    opens: int
    closes: int
    valid_from: date
    valid_to: date | None = None
    every_n_weeks: int = 1
    nth: int | None = None
    modalities: tuple[str, ...] = ()
    place: int | None = None


@dataclass
class Thing:
    """A counselor, interpreter or place. `claimed` maps the beginning of 5 minutes to the moment at which the claim ends.

    `away` are absences that come again; things with the same `person` are diaries of one person.
    """

    id: int
    kind: str
    name: str
    zone: str
    office: int
    features: set[str] = field(default_factory=set)
    modalities: tuple[str, ...] = ()
    hours: list[Hours] = field(default_factory=list)
    overrides: dict[date, list[tuple[int, int]]] = field(default_factory=dict)
    absences: list[tuple[datetime, datetime]] = field(default_factory=list)
    claimed: dict[datetime, datetime | None] = field(default_factory=dict)
    away: list[Hours] = field(default_factory=list)
    person: int | None = None

    @property
    def places(self) -> set[int]:
        """Every office at which its person may have to be."""
        return {self.office, *(rule.place for rule in self.hours if rule.place is not None)}


@dataclass
class World:
    """One service with all that it may need. `closed` has the closed dates of each office."""

    now: datetime
    zone: str
    office: int
    modalities: tuple[str, ...]
    needs: tuple[str, ...]
    minutes: int
    before: int
    after: int
    step: int
    notice: int
    horizon: int
    things: list[Thing]
    closed: dict[int, set[date]]
    way: int = 0
    """Minutes between its two offices."""


@dataclass
class Wish:
    modality: str = ""
    language: str = ""
    needs: tuple[str, ...] = ()


@dataclass
class Truth:
    """`fits` maps each start to the largest number of meetings beside each other; `who` to the counselors free at it."""

    fits: dict[datetime, int]
    who: dict[datetime, set[int]]


def truth(calendar: Calendar, wish: Wish, claims: bool = True) -> Truth:
    """All starts that can be had now; `claims=False` as if nobody had claimed anything."""
    world = calendar.world
    fits: dict[datetime, int] = {}
    who: dict[datetime, set[int]] = {}
    for modality in world.modalities:
        if wish.modality in ("", modality):
            kinds = needed(world, wish, modality)
            for at, counselors in calendar.beginnings(modality, claims).items():
                if at not in calendar.bookable():
                    continue
                most = meetings([counselors, *(calendar.answering(at, modality, kind, wish, claims) for kind in kinds)])
                if most:
                    fits[at] = max(fits.get(at, 0), most)
                    who.setdefault(at, set()).update(counselors)
    return Truth(fits, who)


def needed(world: World, wish: Wish, modality: str) -> list[str]:
    """Kinds that must be there beside the counselor."""
    kinds = set()
    for need in world.needs:
        kind, _, only = need.partition(":")
        if only in ("", modality):
            kinds.add(kind)
    for need in wish.needs:
        if need in ("interpreter", "sign_interpreter"):
            kinds.add(need)
    return sorted(kinds)


def meetings(free: list[set[int]]) -> int:
    """How many meetings can take place at once, each with one of every set and nobody in two: tried out."""
    best = 0
    for crew in product(*free):
        if len(set(crew)) == len(crew):
            best = max(best, 1 + meetings([some - set(crew) for some in free]))
            if best == min(map(len, free)):
                return best
    return best


class Calendar:
    """What the wall clocks of all zones show, and who works then."""

    def __init__(self, world: World, *, closures: bool = True, absences: bool = True) -> None:
        self.world = world
        self.closures = closures
        self.absences = absences
        self.begins = world.now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=50)
        self.moments = [self.begins + number * STEP for number in range((world.horizon + 6) * 288)]
        self.walls = {
            zone: furthest(zone, self.begins, len(self.moments))
            for zone in {world.zone, *(one.zone for one in world.things)}
        }
        self._others: dict[tuple[bool, bool], Calendar] = {}
        self._windows: dict[tuple[int, str], dict[datetime, set[datetime]]] = {}
        self._open: dict[tuple[int, str], set[datetime]] = {}
        self._bookable: dict[bool, set[datetime]] = {}
        self._beginnings: dict[tuple[str, bool], dict[datetime, set[int]]] = {}

    def without(self, *, closures: bool = True, absences: bool = True) -> Calendar:
        """The same if nothing were closed, or nobody away."""
        if (closures, absences) not in self._others:
            self._others[closures, absences] = Calendar(self.world, closures=closures, absences=absences)
        return self._others[closures, absences]

    def day(self, at: datetime) -> date:
        """The date of a moment at the service's office."""
        return self.walls[self.world.zone][at].date()

    def today(self) -> date:
        return self.world.now.astimezone(ZoneInfo(self.world.zone)).date()

    def bookable(self, notice: bool = True) -> set[datetime]:
        """Moments that lie after now and the notice, within the horizon, on days on which the office is open."""
        if notice in self._bookable:
            return self._bookable[notice]
        world = self.world
        last = self.today() + timedelta(days=world.horizon)
        soonest = world.now + timedelta(minutes=world.notice)
        self._bookable[notice] = {
            at
            for at in self.moments
            if self.day(at) <= last
            and not (self.closures and self.day(at) in world.closed[world.office])
            and (not notice or (at > world.now and at >= soonest))
        }
        return self._bookable[notice]

    def counselors(self, at: datetime, modality: str, claims: bool) -> set[int]:
        """Who can begin a meeting then, on the grid of one of their windows."""
        return self.beginnings(modality, claims).get(at, set())

    def beginnings(self, modality: str, claims: bool) -> dict[datetime, set[int]]:
        """Each moment at which somebody can begin a meeting, with who can."""
        if (modality, claims) not in self._beginnings:
            found: dict[datetime, set[int]] = {}
            for one in self.world.things:
                if one.kind == "counselor" and (not one.modalities or modality in one.modalities):
                    for at in self._started(one, modality):
                        if self._on_grid(one, at, modality) and self._can(one, at, modality, claims):
                            found.setdefault(at, set()).add(one.id)
            self._beginnings[modality, claims] = found
        return self._beginnings[modality, claims]

    def answering(self, at: datetime, modality: str, need: str, wish: Wish, claims: bool) -> set[int]:
        """What can answer a need for a meeting that begins then."""
        return {one.id for one in able(self.world, need, wish) if self._can(one, at, modality, claims)}

    def _can(self, one: Thing, at: datetime, modality: str, claims: bool) -> bool:
        world = self.world
        if not all(at + number * STEP in self.open(one, modality) for number in range(world.minutes // 5)):
            return False
        around = [at + number * STEP for number in range(-world.before // 5, (world.minutes + world.after) // 5)]
        return not claims or not any(self._claimed(one, moment) for moment in around)

    def _claimed(self, one: Thing, moment: datetime) -> bool:
        return self._has(one, moment) or any(
            self._has(other, moment + number * STEP)
            for other in self.world.things
            if other is not one and one.person is not None and other.person == one.person
            for reach in [steps_between(self.world, one, other)]
            for number in range(-reach, reach + 1)
        )

    def _has(self, one: Thing, moment: datetime) -> bool:
        if moment not in one.claimed:
            return False
        ends = one.claimed[moment]
        return ends is None or ends > self.world.now

    def _on_grid(self, one: Thing, at: datetime, modality: str) -> bool:
        """Whether a whole number of steps has passed since the start of a window that the moment lies in."""
        starts = self._started(one, modality).get(at, set())
        return any((at - began) % timedelta(minutes=self.world.step) == timedelta() for began in starts)

    def open(self, one: Thing, modality: str) -> set[datetime]:
        """The moments in its windows at which it is not away."""
        key = (one.id, modality)
        if key not in self._open:
            away = one.absences if self.absences else []
            started = self._started(one, modality)
            again = self._away_again(one) if self.absences else set()
            self._open[key] = {
                at
                for at in started
                if at not in again and not any(begins < at + STEP and at < ends for begins, ends in away)
            }
        return self._open[key]

    def _started(self, one: Thing, modality: str) -> dict[datetime, set[datetime]]:
        """For each moment within windows: when those windows began."""
        key = (one.id, modality)
        if key not in self._windows:
            found: dict[datetime, set[datetime]] = {}
            for on, moments in by_day(one.zone, self.begins, len(self.moments)).items():
                there = [(rule, inside(rule, moments)) for rule in self._hours_of(one, on)]
                there = [(rule, its) for rule, its in there if its]
                for rule, its in there:
                    place = where(rule, one)
                    if not comes(rule, modality, place == one.office):
                        continue
                    reached = [
                        at
                        for at in its
                        if not any(
                            elsewhere != place
                            and (others[0], elsewhere) < (its[0], place)
                            and at < others[-1] + STEP + math.ceil(self.world.way / 5) * STEP
                            for other, others in there
                            for elsewhere in [where(other, one)]
                        )
                    ]
                    for at in reached:
                        found.setdefault(at, set()).add(reached[0])
            self._windows[key] = found
        return self._windows[key]

    def _away_again(self, one: Thing) -> set[datetime]:
        return {
            at
            for on, moments in by_day(one.zone, self.begins, len(self.moments)).items()
            for rule in one.away
            if valid(rule, on)
            for at in inside(rule, moments)
        }

    def _hours_of(self, one: Thing, on: date) -> list[Hours]:
        if self.closures and on in self.world.closed[one.office]:
            return []
        if on in one.overrides:
            return [Hours(on.weekday(), opens, closes, on) for opens, closes in one.overrides[on]]
        if one.kind == "place" and not one.hours:
            return [Hours(on.weekday(), 0, 1440, on)]
        return [rule for rule in one.hours if valid(rule, on)]


@lru_cache(maxsize=64)
def furthest(zone: str, begins: datetime, number: int) -> dict[datetime, datetime]:
    """The furthest time that a wall clock has shown, for each moment."""
    place = ZoneInfo(zone)
    last = begins.astimezone(place).replace(tzinfo=None)
    shown = {}
    for step in range(number):
        at = begins + step * STEP
        last = max(last, at.astimezone(place).replace(tzinfo=None))
        shown[at] = last
    return shown


@lru_cache(maxsize=64)
def by_day(zone: str, begins: datetime, number: int) -> dict[date, list[tuple[datetime, int]]]:
    """The same by date: moments, with the minutes that the clock on the wall has reached."""
    days: dict[date, list[tuple[datetime, int]]] = {}
    for at, wall in furthest(zone, begins, number).items():
        days.setdefault(wall.date(), []).append((at, wall.hour * 60 + wall.minute))
    return days


def inside(rule: Hours, moments: list[tuple[datetime, int]]) -> list[datetime]:
    """The moments of a date at which the clock on the wall is within a rule's hours."""
    return [at for at, minutes in moments if rule.opens <= minutes < rule.closes]


def where(rule: Hours, one: Thing) -> int:
    """The office of some hours."""
    return one.office if rule.place is None else rule.place


def comes(rule: Hours, modality: str, at_home: bool) -> bool:
    """Whether people may come by this way in these hours."""
    return (not rule.modalities or modality in rule.modalities) and (at_home or modality != "in_person")


def steps_between(world: World, one: Thing, other: Thing) -> int:
    """5-minute steps for the longest way between two diaries."""
    apart = any(here != there for here in one.places for there in other.places)
    return math.ceil(world.way / 5) if apart else 0


def able(world: World, need: str, wish: Wish) -> list[Thing]:
    """What could answer a need at all."""
    if need == "interpreter":
        asked = {f"language:{wish.language}", f"language:{wish.language.split('-')[0]}"} if wish.language else set()
        return [one for one in world.things if one.kind == "interpreter" and asked & one.features]
    if need == "sign_interpreter":
        signs = {wish.language} if wish.language.startswith("sign-") else {"sign-es", "sign-fr"}
        asked = {f"language:{code}" for code in signs}
        return [one for one in world.things if one.kind == "interpreter" and asked & one.features]
    places = [one for one in world.things if one.kind == need and one.office == world.office]
    return [one for one in places if "step_free" not in wish.needs or "step_free" in one.features]


def valid(rule: Hours, on: date) -> bool:
    """Whether a rule is for that date: counts weeks and weekdays one by one."""
    if on.weekday() != rule.weekday or on < rule.valid_from or (rule.valid_to and on > rule.valid_to):
        return False
    week, number = rule.valid_from, 0
    while week.isocalendar()[:2] != on.isocalendar()[:2]:
        week += timedelta(days=7)
        number += 1
    if number % rule.every_n_weeks:
        return False
    same = [
        on.replace(day=day)
        for day in range(1, 32)
        if _is_day(on, day) and on.replace(day=day).weekday() == on.weekday()
    ]
    if rule.nth is None:
        return True
    return same.index(on) == (len(same) - 1 if rule.nth == -1 else rule.nth - 1)


def _is_day(on: date, day: int) -> bool:
    try:
        on.replace(day=day)
    except ValueError:
        return False
    return True
