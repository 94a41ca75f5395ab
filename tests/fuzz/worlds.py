"""Random worlds around the days on which clocks change, and their rows in a database."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import insert, update

from accounts.models import Person
from booking import claims
from booking.models import Absence, Claim, DayOverride, Resource, Service, ServiceResource, WorkingHours
from booking.week_models import RecurringAbsence, TravelTime
from foundation.db import db, write_tx
from tests.booking.oracle import Hours, Thing, Wish, World
from virtual_office.offices.models import Closure, Office

NEVER = 9_999_999_999
CHANGES = [
    ("Europe/Madrid", date(2027, 3, 28)),
    ("Europe/Madrid", date(2026, 10, 25)),
    ("Africa/Casablanca", date(2027, 2, 7)),
    ("Africa/Casablanca", date(2027, 3, 14)),
    ("Australia/Lord_Howe", date(2026, 10, 4)),
    ("Australia/Lord_Howe", date(2027, 4, 4)),
    ("Asia/Kolkata", date(2027, 3, 28)),
    ("America/New_York", date(2027, 3, 14)),
    ("America/New_York", date(2026, 11, 1)),
    ("Africa/Cairo", date(2027, 4, 30)),
    ("America/Santiago", date(2027, 4, 4)),
]
"""Zones and dates: spring, autumn, Ramadan, half an hour, none, and clocks that change at midnight."""
MODALITIES = ("video", "phone", "chat", "in_person")
LANGUAGES = ("ar", "uk", "sign-es", "sign-fr")


def make(dice: random.Random) -> tuple[World, Wish]:
    """A world and somebody's wish; offices, services and things have no ids of the database yet."""
    zone, change = dice.choice(CHANGES)
    wall = datetime.combine(change - timedelta(days=dice.randrange(4)), datetime.min.time(), ZoneInfo(zone))
    now = (wall + timedelta(seconds=dice.randrange(86_400))).astimezone(UTC)
    if dice.random() < 0.5:
        now = now.replace(minute=now.minute // 5 * 5, second=0)
    modalities = tuple(dice.sample(MODALITIES, dice.randint(1, 3)))
    zones = [zone, dice.choice(CHANGES)[0]]
    things = [_thing(dice, "counselor", zones, change, modalities) for _ in range(dice.randint(1, 3))]
    things += [_thing(dice, "interpreter", zones, change, modalities) for _ in range(dice.choice((0, 0, 1, 2)))]
    things += [_thing(dice, "place", zones, change, modalities) for _ in range(dice.choice((0, 0, 1, 2)))]
    world = World(
        now=now,
        zone=zone,
        office=0,
        modalities=modalities,
        needs=tuple(dice.sample(("place", "place:in_person", "interpreter"), dice.choice((0, 0, 1)))),
        minutes=dice.choice((5, 15, 20, 30, 45, 60, 90, 120)),
        before=dice.choice((0, 0, 5, 10, 15)),
        after=dice.choice((0, 0, 5, 10, 30)),
        step=dice.choice((5, 10, 15, 20, 30, 45, 60)),
        notice=dice.choice((0, 0, 30, 120, 1440)),
        horizon=dice.randint(1, 5),
        things=things,
        closed={0: _some_days(dice, change), 1: _some_days(dice, change)},
    )
    wish = Wish(
        modality=dice.choice(("", *modalities)),
        language=dice.choice(("", "ar", "uk", "ar-MA", "sign-es")),
        needs=tuple(
            dice.sample(("interpreter", "sign_interpreter", "step_free", "captions"), dice.choice((0, 0, 0, 1, 2)))
        ),
    )
    _work_at_two_places(dice, world)
    claim_some(dice, world)
    return world, wish


def _work_at_two_places(dice: random.Random, world: World) -> None:
    """Sometimes hours at the other office, sometimes two diaries of one person, and the way between the offices."""
    world.way = dice.choice((0, 5, 12, 30, 60, 90))
    counselors = [one for one in world.things if one.kind == "counselor"]
    for one in counselors:
        if dice.random() < 0.3:
            for rule in one.hours:
                rule.place = dice.choice((None, 0, 1))
    if len(counselors) > 1 and dice.random() < 0.5:
        for one in counselors[:2]:
            one.person = 1


def write_down(world: World) -> int:
    """Write the rows of a world, hide those of earlier ones, put the database's ids into it; returns the service's id."""
    with write_tx():
        db.session.execute(update(Resource).values(active=False))
        offices = {}
        for office in (0, 1):
            zone = next((one.zone for one in world.things if one.office == office), world.zone)
            row = Office(name=f"Office {office}", zone=zone if office else world.zone)
            db.session.add(row)
            db.session.flush()
            offices[office] = row.id
            db.session.add_all(Closure(office_id=row.id, first_day=on, last_day=on) for on in world.closed[office])
        db.session.add(TravelTime(one_id=min(offices.values()), other_id=max(offices.values()), minutes=world.way))
        service = Service(
            office_id=offices[world.office],
            name="Advice",
            minutes=world.minutes,
            before_minutes=world.before,
            after_minutes=world.after,
            step_minutes=world.step,
            notice_minutes=world.notice,
            horizon_days=world.horizon,
            modalities=list(world.modalities),
            needs=list(world.needs),
        )
        db.session.add(service)
        db.session.flush()
        persons: dict[int, int] = {}
        for one in world.things:
            if one.person is not None and one.person not in persons:
                person = Person(name="Two places", language="en", contacts=[], grants=[])
                db.session.add(person)
                db.session.flush()
                persons[one.person] = person.id
            for rule in one.hours:
                rule.place = None if rule.place is None else offices[rule.place]
            _write_thing(one, offices[one.office], service.id, persons)
        world.closed = {offices[office]: days for office, days in world.closed.items()}
        world.office = offices[world.office]
        for one in world.things:
            one.office = offices[one.office]
        return service.id


def claim_some(dice: random.Random, world: World) -> list[tuple[Thing, datetime]]:
    """Claim stretches of time of random things; returns what was claimed."""
    claimed = []
    for one in world.things:
        for _ in range(dice.choice((0, 1, 2, 5))):
            begins = world.now.replace(minute=0, second=0, microsecond=0) + timedelta(
                minutes=5 * dice.randrange(-300, 1500)
            )
            ends = dice.choice((None, None, world.now + timedelta(seconds=dice.randint(-600, 600))))
            for number in range(dice.randint(1, 60)):
                at = begins + timedelta(minutes=5 * number)
                if at not in one.claimed:
                    one.claimed[at] = ends
                    claimed.append((one, at))
    return claimed


def write_claims(claimed: list[tuple[Thing, datetime]]) -> None:
    """Write claims into the database as the kernel does: with a new version of their resources."""
    with write_tx():
        _write_claims(claimed)
        claims.bump({one.id for one, _at in claimed})


def _write_claims(claimed: list[tuple[Thing, datetime]]) -> None:
    rows = [
        {
            "resource_id": one.id,
            "tick": int(at.timestamp()) // 300,
            "kind": "booking",
            "holder": 1,
            "expires": NEVER if one.claimed[at] is None else int(one.claimed[at].timestamp()),  # type: ignore[union-attr]
        }
        for one, at in claimed
    ]
    if rows:
        db.session.execute(insert(Claim), rows)


def _thing(dice: random.Random, kind: str, zones: list[str], change: date, modalities: tuple[str, ...]) -> Thing:
    office = 0 if dice.random() < 0.7 else 1
    features = {
        "counselor": [f"language:{code}" for code in LANGUAGES[:2]],
        "interpreter": [f"language:{code}" for code in LANGUAGES],
        "place": ["step_free"],
    }[kind]
    one = Thing(
        0,
        kind,
        f"{kind} {dice.randrange(10**6)}",
        zones[office],
        office,
        {name for name in features if dice.random() < 0.6},
    )
    if kind == "counselor" and dice.random() < 0.3:
        one.modalities = tuple(dice.sample(modalities, 1))
    if kind != "place" or dice.random() < 0.3:
        one.hours = [_rule(dice, change, modalities) for _ in range(dice.randint(1, 12))]
    for on in sorted(_some_days(dice, change)):
        one.overrides[on] = [_window(dice) for _ in range(dice.choice((0, 1, 1, 2)))]
    for _ in range(dice.choice((0, 0, 0, 1, 2))):
        begins = datetime.combine(change, datetime.min.time(), UTC) + timedelta(
            seconds=dice.randint(-2 * 86_400, 4 * 86_400)
        )
        one.absences.append((begins, begins + timedelta(seconds=dice.choice((1, 1800, 7205, 50_000, 200_000)))))
    one.away = [_again(dice, change, modalities) for _ in range(dice.choice((0, 0, 1, 2)))]
    return one


def _again(dice: random.Random, change: date, modalities: tuple[str, ...]) -> Hours:
    """An absence that comes again: as hours, but for every way to meet."""
    rule = _rule(dice, change, modalities)
    rule.modalities = ()
    return rule


def _rule(dice: random.Random, change: date, modalities: tuple[str, ...]) -> Hours:
    opens, closes = _window(dice)
    return Hours(
        weekday=(change + timedelta(days=dice.choice((-1, 0, 0, 0, 1, 2, 3)))).weekday(),
        opens=opens,
        closes=closes,
        valid_from=change - timedelta(days=dice.choice((0, 1, 3, 8, 20, 40))),
        valid_to=dice.choice((None, None, None, change, change + timedelta(days=dice.randrange(4)))),
        every_n_weeks=dice.choice((1, 1, 1, 2, 3)),
        nth=dice.choice((None, None, None, None, 1, 2, 3, 4, 5, -1)),
        modalities=dice.choice(((), (), modalities[:1])),
    )


def _window(dice: random.Random) -> tuple[int, int]:
    """Often in the small hours, where clocks change."""
    opens = 5 * dice.choice(
        (dice.randrange(0, 48), dice.randrange(0, 48), dice.randrange(96, 200), 0, dice.randrange(260, 287))
    )
    closes = opens + 5 * dice.choice((1, 6, dice.randint(1, 40), dice.randint(1, 100), 288))
    return opens, min(closes, 1440)


def _some_days(dice: random.Random, change: date) -> set[date]:
    return {change + timedelta(days=dice.randint(-2, 4)) for _ in range(dice.choice((0, 0, 0, 1, 2)))}


def _write_thing(one: Thing, office_id: int, service_id: int, persons: dict[int, int]) -> None:
    row = Resource(
        kind=one.kind,
        person_id=None if one.person is None else persons[one.person],
        name=one.name,
        office_id=office_id,
        features=sorted(one.features),
        modalities=list(one.modalities),
    )
    db.session.add(row)
    db.session.flush()
    one.id = row.id
    if one.kind == "counselor":
        db.session.add(ServiceResource(service_id=service_id, resource_id=row.id))
    for rule in one.hours:
        values = {**vars(rule), "modalities": list(rule.modalities), "place_id": rule.place}
        values.pop("place")
        db.session.add(WorkingHours(resource_id=row.id, **values))
    for rule in one.away:
        values = {name: value for name, value in vars(rule).items() if name not in ("modalities", "place")}
        db.session.add(RecurringAbsence(resource_id=row.id, **values))
    for on, windows in one.overrides.items():
        if not windows:
            db.session.add(DayOverride(resource_id=row.id, on_day=on))
        for opens, closes in windows:
            db.session.add(DayOverride(resource_id=row.id, on_day=on, opens=opens, closes=closes))
    for begins, ends in one.absences:
        db.session.add(Absence(resource_id=row.id, starts_at=begins, ends_at=ends))
    db.session.flush()
    _write_claims([(one, at) for at in one.claimed])
