"""A thousand people want two hundred places: each is sold once, nobody gets a broken answer; on SQLite and PostgreSQL, worker running."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import func, select

from booking import holds, links
from booking.appointments import BookingWish, book
from booking.models import (
    Appointment,
    AppointmentResource,
    AppointmentState,
    Claim,
    Hold,
    HoldState,
    Service,
    WaitlistEntry,
)
from booking.waitlist import join
from foundation import clock
from foundation.db import db, write
from tests.booking.world import World, add_service, build
from tests.server import Server
from tests.storms.conftest import rows_of
from tests.storms.crowd import Ask, Storm, storm
from tests.storms.one_engine import POSTGRESQL_FIRST, SQLITE_FIRST

Open = Callable[..., Server]
ZONE = ZoneInfo("Europe/Madrid")
CLIENTS, PLACES = 1000, 200
CEILING = 30.0
"""Seconds of wall time at which a test gives up: three times the budget of 10."""


def the_day() -> date:
    """Three days from now."""
    return (datetime.now(UTC) + timedelta(days=3)).astimezone(ZONE).date()


def start(number: int, step: int = 30) -> datetime:
    """The start so many steps after nine o'clock of the day."""
    return datetime.combine(the_day(), time(9), ZONE).astimezone(UTC) + timedelta(minutes=number * step)


def wish(world: World, at: datetime, number: int, key: str = "", **more: object) -> Ask:
    body = {
        "service": world.service_public,
        "starts_at": at.isoformat(),
        "modality": "video",
        "name": f"Person {number}",
    }
    headers = {"Idempotency-Key": key} if key else {}
    return Ask("/api/v1/appointments", {**body, "email": f"p{number}@example.org", "language": "en", **more}, headers)


def thousand(world: World, dice: random.Random, starts: int, **more: object) -> list[Ask]:
    return [wish(world, start(dice.randrange(starts)), number, **more) for number in range(CLIENTS)]


def world_of(server: Server, *args: int, **more: object) -> World:
    with rows_of(server):
        return build(*args, first=the_day(), **more)  # type: ignore[arg-type]


def check(server: Server, said: Storm, name: str) -> None:
    """Print the figures, prove the invariants, and that nobody got a broken answer."""
    print(f"\n{name} [{'PostgreSQL' if 'VO_DATABASE_URL' in server.env else 'SQLite'}]: {said}")
    assert not [status for status in said.statuses if status >= 500 or status == 0], said.statuses
    assert said.wall < CEILING
    server.flask("check-invariants")


def live(server: Server) -> int:
    with rows_of(server):
        query = select(func.count()).select_from(Appointment).where(Appointment.state == AppointmentState.BOOKED)
        return int(db.session.scalar(query) or 0)


def test_two_hundred_places(open_server: Open, dice: random.Random) -> None:
    server = open_server()
    world = world_of(server, 10, closes=19 * 60)
    said = storm(server.url, thousand(world, dice, 20))
    check(server, said, "storm 1000 for 200")
    assert said.statuses == {201: PLACES, 409: CLIENTS - PLACES}
    assert len({answer.body["id"] for answer in said.with_status(201)}) == live(server) == PLACES
    assert all(len(answer.body["alternatives"]) == 3 for answer in said.with_status(409))


@SQLITE_FIRST
def test_the_storm_can_fail(open_server: Open, dice: random.Random) -> None:
    """Without the key the same crowd gets the same time twice: else the storm above proves nothing."""
    server = open_server(VO_TEST_CLAIMS_KEY="off")
    world = world_of(server, 10, closes=19 * 60)
    said = storm(server.url, thousand(world, dice, 20)[:300])
    found = server.flask("check-invariants", check=False)
    print(f"\nwithout the key: {said}; {found.stdout.count('resource_overlap')} overlaps")
    assert found.returncode == 1 and "resource_overlap" in found.stdout


@POSTGRESQL_FIRST
def test_counselor_interpreter_and_place_together(open_server: Open, dice: random.Random) -> None:
    server = open_server()
    world = world_of(server, 4, 2, 1, closes=19 * 60, needs=("interpreter", "place:in_person"))
    said = storm(server.url, thousand(world, dice, 20, modality="in_person", language="ar"))
    check(server, said, "joint storm, 20 possible")
    assert said.statuses == {201: 20, 409: CLIENTS - 20}
    with rows_of(server):
        each = db.session.scalars(
            select(func.count()).select_from(AppointmentResource).group_by(AppointmentResource.appointment_id)
        )
        assert set(each) == {3}


@POSTGRESQL_FIRST
def test_lengths_and_buffers_that_overlap(open_server: Open, dice: random.Random) -> None:
    server = open_server()
    world = world_of(server, 2, closes=19 * 60, minutes=30, step=5, before=5, after=10)
    with rows_of(server):
        others = [add_service(world, minutes, after_minutes=after) for minutes, after in ((20, 0), (45, 10), (60, 5))]
        services = [
            world.service_public,
            *(db.session.get_one(Service, query.service_id).public_id for query in others),
        ]
    asks = [wish(world, start(dice.randrange(110), 5), number, service=dice.choice(services)) for number in range(500)]
    said = storm(server.url, asks)
    check(server, said, "overlapping lengths")
    with rows_of(server):
        assert _overlaps_with_buffers() == []
    assert said.statuses[201] >= 15 and set(said.statuses) <= {201, 409, 422}


@SQLITE_FIRST
def test_one_expired_hold_three_hundred_racers(open_server: Open) -> None:
    server = open_server()
    world = world_of(server, 1)
    with rows_of(server), clock.frozen(clock.now() - timedelta(minutes=20)):
        first = write(lambda: holds.take(world.query(), start(2), "first")).public_id
    asks = [wish(world, start(2), number) for number in range(299)]
    asks.append(Ask("/api/v1/appointments", {"hold": first, "name": "First", "email": "first@example.org"}))
    said = storm(server.url, asks)
    check(server, said, "300 racers for one expired hold")
    assert said.statuses == {201: 1, 409: 299} and live(server) == 1


@POSTGRESQL_FIRST
def test_fifty_equal_retries_are_one_appointment(open_server: Open) -> None:
    server = open_server()
    world = world_of(server, 5)
    said = storm(server.url, [wish(world, start(1), 1, "the-key")] * 50)
    check(server, said, "50 equal retries")
    assert said.statuses == {201: 50} and live(server) == 1
    assert len({answer.body["id"] for answer in said.answers}) == 1
    other = storm(server.url, [wish(world, start(3), 1, "the-key")] * 10)
    assert other.statuses == {422: 10} and {answer.body["code"] for answer in other.answers} == {"idempotency_mismatch"}


@POSTGRESQL_FIRST
def test_fifty_cancellations_and_a_waitlist(open_server: Open) -> None:
    server = open_server()
    world = world_of(server, 5, closes=14 * 60)
    with rows_of(server):
        asks = [_cancellation(world, n) for n in range(50)]
        service = db.session.get_one(Service, world.service)
        for n in range(60):
            write(lambda n=n: join(service, name=f"Waits {n}", language="en", email=f"w{n}@example.org"))  # type: ignore[misc]
    said = storm(server.url, asks)
    check(server, said, "50 cancellations with a waitlist")
    assert said.statuses == {200: 50}
    with rows_of(server):
        kept = list(
            db.session.scalars(select(Hold).where(Hold.waitlist_entry_id.is_not(None), Hold.state == HoldState.HELD))
        )
        assert len(kept) == 50 == len({hold.waitlist_entry_id for hold in kept})
        assert max(Counter((one, hold.starts_at) for hold in kept for one in hold.resource_ids).values()) == 1
        states = Counter(db.session.scalars(select(WaitlistEntry.state)))
        assert states == {"offered": 50, "waiting": 10}


@POSTGRESQL_FIRST
def test_moves_and_cancellations_cross(open_server: Open, dice: random.Random) -> None:
    """People swap, leave and come at once: nothing overlaps, every stand is whole, no deadlock is told to anybody."""
    server = open_server()
    world = world_of(server, 3, closes=14 * 60)
    with rows_of(server):
        asks = []
        for n in range(24):
            booked = _book(world, n % 8, n)
            where, token = f"/api/v1/appointments/{booked.public_id}", _token(booked)
            asks += [
                Ask(f"{where}/move", {"token": token, "starts_at": start(dice.randrange(10)).isoformat()})
                for _ in range(4)
            ]
            asks.append(Ask(f"{where}/cancellation", {"token": token}))
    asks += [wish(world, start(dice.randrange(10)), number) for number in range(100)]
    dice.shuffle(asks)
    said = storm(server.url, asks)
    check(server, said, "moves, cancellations, bookings")
    assert set(said.statuses) <= {200, 201, 409}


def _book(world: World, slot: int, number: int) -> Appointment:
    query, email = world.query(), f"b{number}@example.org"
    return write(
        lambda: book(BookingWish(name=f"B {number}", language="en", query=query, starts_at=start(slot), email=email))
    )


def _cancellation(world: World, number: int) -> Ask:
    booked = _book(world, number % 10, number)
    return Ask(f"/api/v1/appointments/{booked.public_id}/cancellation", {"token": _token(booked)})


def _token(appointment: Appointment) -> str:
    return links.manage_path(appointment).split("/")[-1]


def _overlaps_with_buffers() -> list[tuple[int, int]]:
    """Claims are one row for each tick, so whoever lacks a tick of its window has lost it to somebody else."""
    query = select(Appointment, Service).join(Service, Service.id == Appointment.service_id)
    missing = []
    for appointment, service in db.session.execute(query):
        first = int(appointment.starts_at.timestamp()) // 300 - service.before_minutes // 5
        last = int(appointment.ends_at.timestamp()) // 300 + service.after_minutes // 5
        had = db.session.scalar(
            select(func.count())
            .select_from(Claim)
            .where(Claim.kind == "booking", Claim.holder == appointment.id, Claim.tick >= first, Claim.tick < last)
        )
        if had != last - first:
            missing.append((appointment.id, service.id))
    return missing


pytestmark = pytest.mark.timeout(180)
