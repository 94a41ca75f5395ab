"""Opening hours around the days on which clocks change, case by case and against the oracle."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from booking import availability, joint
from booking.availability import DayWindow, ResourceRules, WeeklyWindow
from tests.booking import oracle
from tests.fuzz import worlds

MADRID, LORD_HOWE = ZoneInfo("Europe/Madrid"), ZoneInfo("Australia/Lord_Howe")
CASABLANCA, NEW_YORK, KOLKATA = ZoneInfo("Africa/Casablanca"), ZoneInfo("America/New_York"), ZoneInfo("Asia/Kolkata")
SPRING, AUTUMN = date(2027, 3, 28), date(2026, 10, 25)


def every_day(opens: str, closes: str, **more: object) -> ResourceRules:
    """The same window on each weekday."""
    return ResourceRules(
        tuple(WeeklyWindow(day, _minutes(opens), _minutes(closes), date(2020, 1, 6), **more) for day in range(7))  # type: ignore[arg-type]
    )


def _minutes(clock: str) -> int:
    hours, minutes = clock.split(":")
    return int(hours) * 60 + int(minutes)


def opened(rules: ResourceRules, zone: ZoneInfo, on: date, modality: str | None = None) -> list[tuple[str, str]]:
    """What is open on a date as pairs of UTC times."""
    origin = availability.first_tick(zone, on)
    mask = availability.open_mask(rules, zone, on, 1, modality)
    found: list[list[int]] = []
    for bit in availability.ticks(mask):
        if found and found[-1][1] == bit:
            found[-1][1] += 1
        else:
            found.append([bit, bit + 1])
    return [(_utc(origin + begin), _utc(origin + end)) for begin, end in found]


def _utc(tick: int) -> str:
    return f"{datetime.fromtimestamp(tick * 300, UTC):%d %H:%M}"


@pytest.mark.parametrize(
    ("zone", "on", "hours", "ticks"),
    [
        (MADRID, SPRING, ("01:30", "04:00"), 18),
        (MADRID, AUTUMN, ("01:30", "04:00"), 42),
        (LORD_HOWE, date(2026, 10, 4), ("01:00", "03:00"), 18),
        (LORD_HOWE, date(2027, 4, 4), ("01:00", "03:00"), 30),
        (CASABLANCA, date(2027, 2, 7), ("01:00", "05:00"), 60),
        (CASABLANCA, date(2027, 3, 14), ("01:00", "05:00"), 36),
        (NEW_YORK, date(2027, 3, 14), ("01:00", "04:00"), 24),
        (NEW_YORK, date(2026, 11, 1), ("00:00", "04:00"), 60),
        (KOLKATA, SPRING, ("01:30", "04:00"), 30),
        (ZoneInfo("Africa/Cairo"), date(2027, 4, 30), ("00:00", "02:00"), 12),
        (ZoneInfo("America/Santiago"), date(2027, 4, 3), ("22:00", "24:00"), 36),
    ],
)
def test_a_window_is_as_long_as_it_really_is(zone: ZoneInfo, on: date, hours: tuple[str, str], ticks: int) -> None:
    assert availability.open_mask(every_day(*hours), zone, on, 1, None).bit_count() == ticks


@pytest.mark.parametrize(
    ("zone", "on", "ticks"),
    [
        (MADRID, SPRING, 276),
        (MADRID, AUTUMN, 300),
        (LORD_HOWE, date(2026, 10, 4), 282),
        (LORD_HOWE, date(2027, 4, 4), 294),
        (KOLKATA, SPRING, 288),
    ],
)
def test_days_have_the_length_that_they_have(zone: ZoneInfo, on: date, ticks: int) -> None:
    starts = availability.day_starts(zone, on, 1)
    assert starts[1] - starts[0] == ticks


def test_a_start_in_the_gap_moves_to_its_end() -> None:
    assert opened(every_day("02:30", "04:00"), MADRID, SPRING) == [("28 01:00", "28 02:00")]
    assert opened(every_day("02:10", "02:50"), MADRID, SPRING) == []


def test_a_time_that_comes_twice_means_its_first_coming() -> None:
    assert opened(every_day("02:30", "04:00"), MADRID, AUTUMN) == [("25 00:30", "25 03:00")]
    assert opened(every_day("01:00", "02:30"), MADRID, AUTUMN) == [("24 23:00", "25 00:30")]


def test_each_window_has_its_own_grid() -> None:
    rules = ResourceRules(
        (WeeklyWindow(0, 545, 720, date(2020, 1, 6)), WeeklyWindow(0, 840, 1020, date(2020, 1, 6))),
    )
    monday = date(2026, 11, 23)
    origin = availability.first_tick(MADRID, monday)
    grid = availability.grid_mask(rules, MADRID, monday, 1, None, 12)
    assert [_utc(origin + bit) for bit in availability.ticks(grid)] == [
        *("23 08:05", "23 09:05", "23 10:05"),
        *("23 13:00", "23 14:00", "23 15:00"),
    ]


def test_weeks_are_counted_over_the_turn_of_the_year() -> None:
    rule = WeeklyWindow(4, 540, 600, date(2026, 12, 23), every_n_weeks=2)
    days = [date(2026, 12, 25), date(2027, 1, 1), date(2027, 1, 8), date(2027, 1, 15), date(2027, 1, 22)]
    assert [rule.on(day) for day in days] == [True, False, True, False, True]


def test_the_nth_and_the_last_weekday_of_a_month() -> None:
    mondays = [date(2026, 11, 2) + timedelta(days=7 * n) for n in range(5)]
    for nth, expected in ((1, [0]), (2, [1]), (5, [4]), (-1, [4]), (None, [0, 1, 2, 3, 4])):
        rule = WeeklyWindow(0, 540, 600, date(2020, 1, 6), nth=nth)
        assert [number for number, day in enumerate(mondays) if rule.on(day)] == expected


def test_dates_bound_a_rule_both_included() -> None:
    rule = WeeklyWindow(0, 540, 600, date(2026, 11, 9), date(2026, 11, 16))
    assert [day for day in (2, 9, 16, 23) if rule.on(date(2026, 11, day))] == [9, 16]


def test_an_override_replaces_the_day_and_an_empty_one_closes_it() -> None:
    monday = date(2026, 11, 23)
    weekly = every_day("09:00", "17:00").weekly
    other = ResourceRules(weekly, (DayWindow(monday, 600, 660), DayWindow(monday, 720, 780)))
    assert opened(other, MADRID, monday) == [("23 09:00", "23 10:00"), ("23 11:00", "23 12:00")]
    assert opened(ResourceRules(weekly, (DayWindow(monday),)), MADRID, monday) == []
    assert opened(ResourceRules(weekly, (DayWindow(monday, 600, 660), DayWindow(monday))), MADRID, monday) == []


def test_a_closed_day_closes_overrides_too() -> None:
    monday = date(2026, 11, 23)
    rules = ResourceRules((), (DayWindow(monday, 600, 660),), closed=frozenset({monday}))
    assert opened(rules, MADRID, monday) == []


def test_absences_take_each_tick_that_they_touch() -> None:
    monday = date(2026, 11, 23)
    begins = int(datetime(2026, 11, 23, 9, 1, 30, tzinfo=UTC).timestamp())
    rules = ResourceRules(every_day("09:00", "17:00").weekly, (), ((begins, begins + 240),))
    assert opened(rules, MADRID, monday) == [("23 08:00", "23 09:00"), ("23 09:10", "23 16:00")]


def test_windows_may_be_for_some_modalities_only() -> None:
    monday = date(2026, 11, 23)
    rules = every_day("09:00", "10:00", modalities=("phone",))
    assert opened(rules, MADRID, monday, "video") == []
    assert opened(rules, MADRID, monday, "phone") == opened(rules, MADRID, monday) == [("23 08:00", "23 09:00")]


@pytest.mark.parametrize("length", range(1, 14))
def test_runs_are_ticks_without_a_hole(length: int, dice: random.Random) -> None:
    mask = dice.getrandbits(400) | dice.getrandbits(400)
    expected = [bit for bit in range(400) if all(mask >> bit + n & 1 for n in range(length))]
    assert list(availability.ticks(availability.runs(mask, length))) == expected


def test_nobody_answers_two_needs_at_once(dice: random.Random) -> None:
    for _ in range(300):
        pools = [
            {one: dice.getrandbits(6) for one in dice.sample(range(6), dice.randint(0, 4))}
            for _ in range(dice.randint(1, 3))
        ]
        mask = joint.possible(pools)
        for bit in range(6):
            free = [{one for one, its in pool.items() if its >> bit & 1} for pool in pools]
            most = oracle.meetings(free)
            assert (mask >> bit & 1, joint.room(free)) == (most > 0, most), (pools, bit)
            chosen = joint.choices([sorted(some) for some in free])
            assert bool(chosen) == (most > 0)
            assert all(
                len(set(choice)) == len(choice) and all(map(set.__contains__, free, choice)) for choice in chosen
            )


def test_open_hours_equal_the_oracle_around_every_change(dice: random.Random) -> None:
    for number in range(120):
        world, _wish = worlds.make(dice)
        calendar = oracle.Calendar(world)
        for one in world.things:
            one.id = id(one)
            zone = ZoneInfo(one.zone)
            rules = rules_of(one, world)
            first = calendar.walls[one.zone][calendar.moments[300]].date()
            origin = availability.first_tick(zone, first)
            modality = world.modalities[0]
            got = {origin + bit for bit in availability.ticks(availability.open_mask(rules, zone, first, 5, modality))}
            last = availability.first_tick(zone, first + timedelta(days=5))
            expected = {int(at.timestamp()) // 300 for at in calendar.open(one, modality)}
            assert got == {tick for tick in expected if origin <= tick < last}, (number, one)


def rules_of(one: oracle.Thing, world: oracle.World) -> ResourceRules:
    """An oracle's thing as the finder has it."""
    weekly = tuple(WeeklyWindow(**vars(rule)) for rule in one.hours)
    overrides = tuple(
        DayWindow(on, *window)
        for on, windows in one.overrides.items()
        for window in (windows or [(None, None)])  # type: ignore[list-item]
    )
    absences = tuple((int(begins.timestamp()), int(ends.timestamp())) for begins, ends in one.absences)
    away = tuple(WeeklyWindow(**vars(rule)) for rule in one.away)
    always = one.kind == "place" and not weekly
    travel = ((0, 1, -(-world.way // 5)),)
    return ResourceRules(
        weekly, overrides, absences, frozenset(world.closed[one.office]), always, away, one.office, travel
    )
