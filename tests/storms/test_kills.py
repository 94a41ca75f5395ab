"""Web and worker die at any moment and at the worst ones: what was acknowledged stays, and each letter arrives."""

from __future__ import annotations

import http.client
import json
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from datetime import time as datetime_time
from email.message import EmailMessage
from uuid import uuid4

import pytest
from sqlalchemy import func, select

from booking.models import Appointment, AppointmentState
from foundation.db import db
from foundation.models import Letter
from tests.booking.world import World
from tests.postbox import Postbox, postbox
from tests.server import Server
from tests.storms.conftest import rows_of
from tests.storms.one_engine import SQLITE_FIRST
from tests.storms.test_storms import ZONE, Open, start, the_day, wish, world_of

SOAK = bool(os.environ.get("TEST_SOAK"))
KILLS = 50 if SOAK else 5
ROUNDS = 20 if SOAK else 1
LEASE = 3
A_DAY, DAYS = 28, 40 if SOAK else 2
"""Half hours that are open on a day, and days that people book on: enough that the soak does not sell out."""
PAUSE = 0.2
"""Seconds between two bookings of one person: four of them book at most 20 times a second, as research R-07 asks."""
DRAIN = 90.0
"""Seconds in which every letter must have left after the last kill; a generous ceiling."""

pytestmark = pytest.mark.timeout(1800 if SOAK else 240)


@pytest.fixture
def post() -> Iterator[Postbox]:
    with postbox() as box:
        yield box


def until(what: str, seen: Callable[[], bool], patience: float) -> None:
    """Look again until it is so."""
    ends = time.monotonic() + patience
    while not seen():
        assert time.monotonic() < ends, f"not in {patience} s: {what}"
        time.sleep(0.1)


@dataclass
class Booker:
    """Somebody who books one time after the other and asks again with the same key until there is an answer."""

    server: Server
    world: World
    number: int
    stop: threading.Event
    places: int
    acknowledged: dict[str, str] = field(default_factory=dict)
    """Address of the person → id of the appointment."""
    broken: Counter[int] = field(default_factory=Counter)

    def run(self) -> None:
        dice, count = random.Random(self.number), 0
        while not self.stop.is_set():
            address = f"b{self.number}-{count}@example.org"
            status, body = self.book_until_answered(address, _place(dice.randrange(self.places)))
            if status == 201:
                self.acknowledged[address] = body["id"]
            count += 1
            self.stop.wait(PAUSE)

    def book_until_answered(self, address: str, at: datetime, key: str = "") -> tuple[int, dict[str, str]]:
        """201 or 409, however often the line breaks; every other answer is counted."""
        ask = wish(self.world, at, self.number, key or uuid4().hex, email=address)
        while True:
            status, body = _post(self.server, ask.path, ask.body, ask.headers)
            if status in (201, 409):
                return status, body
            self.broken[status] += 1
            time.sleep(0.05)


@SQLITE_FIRST
def test_killed_at_random(open_server: Open, post: Postbox, dice: random.Random) -> None:
    server = open_server(VO_SMTP_URL=post.url, VO_LEASE=str(LEASE))
    world = world_of(server, 20, closes=23 * 60, days=7)
    stop = threading.Event()
    bookers = [Booker(server, world, number, stop, places=A_DAY * DAYS) for number in range(4)]
    threads = [threading.Thread(target=one.run, daemon=True) for one in bookers]
    for thread in threads:
        thread.start()
    killed: Counter[str] = Counter()
    victims = [("worker", "web")[number % 2] for number in range(KILLS)]
    dice.shuffle(victims)
    for name in victims:
        time.sleep(dice.uniform(0.2, 2.0))  # the moment of death is the point of this test
        server.wait_for_new(name, server.kill(name), patience=20)
        killed[name] += 1
        if SOAK:
            # Fifty in a row would find a service that never came up between two; CI's five also die while they start.
            before = _acknowledged(bookers)
            until("people book again", lambda before=before: _acknowledged(bookers) > before + 5, 30)  # type: ignore[misc]
    stop.set()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    server.wait_ready()
    acknowledged = {address: one for booker in bookers for address, one in booker.acknowledged.items()}
    broken = sum((booker.broken for booker in bookers), Counter[int]())
    everything_left(server)
    copies = Counter(message["To"] for message in list(post.got))
    print(
        f"\nkilled {dict(killed)}, {len(acknowledged)} acknowledged, answers lost {dict(broken)}, "
        f"{len(post.got)} letters of which {sum(copies.values()) - len(copies)} second copies"
    )
    assert len(acknowledged) > (5 * KILLS if SOAK else 0) and set(broken) <= {0, 503}
    nothing_lost(server, acknowledged)
    assert set(copies) >= set(acknowledged)
    for address in copies:
        one_letter(post.to(address), most=2)
    assert sum(copies.values()) - len(copies) <= killed["worker"]


@SQLITE_FIRST
@pytest.mark.parametrize(
    "place", ["before_commit", "after_commit_before_response", "between_hold_and_book", "after_smtp_before_mark"]
)
def test_killed_at_the_worst_moment(open_server: Open, post: Postbox, place: str) -> None:
    """Dies once at a named place in each round; the client asks again with the same key."""
    server = open_server(VO_SMTP_URL=post.url, VO_LEASE=str(LEASE), VO_TEST_FAILPOINT=place)
    world = world_of(server, 20, closes=19 * 60)
    booker = Booker(server, world, 1, threading.Event(), places=20)
    acknowledged = {}
    for number in range(ROUNDS):
        mark = server.folder / f"failpoint-{place}"
        mark.unlink(missing_ok=True)
        address = f"round{number}@example.org"
        if place == "between_hold_and_book":
            body = _held_and_booked(server, world, address, number)
        else:
            status, body = booker.book_until_answered(address, start(number % 20, 30))
            assert status == 201
        acknowledged[address] = body["id"]
        until("it died", mark.exists, 30)
        until("the letter is there", lambda address=address: bool(post.to(address)), DRAIN)  # type: ignore[misc]
        everything_left(server)
        expected = 2 if place == "after_smtp_before_mark" else 1
        assert len(post.to(address)) == expected
        one_letter(post.to(address), most=expected)
    server.wait_ready()
    nothing_lost(server, acknowledged)


def _place(number: int) -> datetime:
    """One of the half hours of one of the days, by the office's clock."""
    opens = datetime.combine(the_day() + timedelta(days=number // A_DAY), datetime_time(9), ZONE)
    return opens.astimezone(UTC) + timedelta(minutes=number % A_DAY * 30)


def _acknowledged(bookers: list[Booker]) -> int:
    return sum(len(one.acknowledged) for one in bookers)


def nothing_lost(server: Server, acknowledged: dict[str, str]) -> None:
    """Each acknowledged appointment stands, there is none besides, and all invariants hold."""
    with rows_of(server):
        standing = set(
            db.session.scalars(select(Appointment.public_id).where(Appointment.state == AppointmentState.BOOKED))
        )
    assert set(acknowledged.values()) == standing
    assert len(standing) == len(acknowledged)
    server.flask("check-invariants")


def everything_left(server: Server) -> None:
    """Wait until no letter that is due waits."""

    def none_waits() -> bool:
        with rows_of(server):
            due = (
                select(func.count()).select_from(Letter).where(Letter.state == "waiting", Letter.due_at <= time.time())
            )
            return db.session.scalar(due) == 0

    until("every letter has left", none_waits, DRAIN)


def one_letter(copies: list[EmailMessage], most: int) -> None:
    """All copies of somebody's confirmation are the same letter."""
    assert 1 <= len(copies) <= most
    assert len({copy["Message-ID"] for copy in copies}) == 1


def _held_and_booked(server: Server, world: World, address: str, number: int) -> dict[str, str]:
    at = start(number % 20, 30).isoformat()
    status, held = _post(
        server, "/api/v1/holds", {"service": world.service_public, "starts_at": at, "modality": "video"}
    )
    assert status == 201, held
    key = {"Idempotency-Key": uuid4().hex}
    asked = {"hold": held["hold"], "name": "Bo", "email": address, "language": "en"}
    for _ in range(200):
        status, body = _post(server, "/api/v1/appointments", asked, key)
        if status == 201:
            return body
        assert status in (0, 503), body
        time.sleep(0.05)
    raise AssertionError("no answer")


def _post(
    server: Server, path: str, body: dict[str, object], headers: dict[str, str] | None = None
) -> tuple[int, dict[str, str]]:
    """Status (0: the line broke) and body."""
    line = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    try:
        line.request("POST", path, json.dumps(body), {"Content-Type": "application/json", **(headers or {})})
        answer = line.getresponse()
        return answer.status, json.loads(answer.read() or b"{}")
    except (OSError, http.client.HTTPException, ValueError):
        return 0, {}
    finally:
        line.close()
