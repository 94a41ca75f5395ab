"""The whole service on gevent with two towns in it, meetings that are open now, and people's lines."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask

from accounts import passwords
from accounts.models import Person
from foundation import clock
from foundation.db import db, write, write_tx
from tests.application import Browser, running
from tests.security.world import World, build
from tests.server import Server
from virtual_office.meetings import meetings
from virtual_office.meetings.models import Meeting, MeetingEvent, Presence

from .page import MEETING, Page

SETTINGS = {"VO_DEMO": "1", "VO_RATE_LIMITS": "off", "VO_BEAT": "0.5", "VO_GRACE": "2"}


@dataclass
class Room:
    """A meeting and its seats: participant ids by `counselor`, `jobseeker`, `interpreter`."""

    id: str
    seats: dict[str, str] = field(default_factory=dict)


class House:
    """The running service, its rows, and who is at a line."""

    def __init__(self, server: Server, app: Flask, world: World) -> None:
        self.server, self.app, self.world = server, app, world
        self.pages: list[Page] = []

    def room(self, town: str = "a", *, opens: float = -5, closes: float = 60, media: str = "p2p") -> Room:
        """A new meeting of a town's jobseeker, counselor and interpreter; minutes from now."""
        people = (self.world.a if town == "a" else self.world.b).people
        with self.app.app_context(), write_tx():
            now = clock.now()
            seated = [(people[role], role) for role in ("jobseeker", "counselor", "interpreter")]
            meeting = meetings.arrange(
                "test", media, now + timedelta(minutes=opens), now + timedelta(minutes=closes), None, seated
            )
            return Room(meeting.public_id, {seat.role: seat.public_id for seat in meeting.participants})

    def cookie(self, who: str) -> str:
        """What the browser of somebody sends."""
        jar = self.world.browsers[who].client._cookies
        return "; ".join(f"{one.key}={one.value}" for one in jar.values())

    def again(self, who: str) -> Browser:
        """Somebody signs in in another browser."""
        name, _underline, town = who.rpartition("_")
        people = (self.world.a if town == "a" else self.world.b).people
        with self.app.app_context():
            public_id = db.session.get_one(Person, people[name]).public_id
        browser = Browser(self.app)
        assert browser.post("/demo/sign-in", {"person": public_id}, follow=False).status_code == 302
        return browser

    def page(self, who: str, namespace: str = MEETING, cookie: str | None = None) -> Page:
        """A line of somebody (`counselor_a`)."""
        page = Page(self.server.url, self.cookie(who) if cookie is None else cookie, namespace)
        self.pages.append(page)
        return page

    def enter(self, who: str, room: Room, after: int = 0) -> Page:
        """A line with a seat."""
        page = self.page(who)
        page.fine("enter", {"meeting": room.id, "after": after})
        return page

    def both_inside(self, room: Room) -> tuple[Page, Page]:
        """Counselor and jobseeker, let in."""
        host, guest = self.enter("counselor_a", room), self.enter("jobseeker_a", room)
        host.fine("admit", {"participant": room.seats["jobseeker"]})
        guest.hears("happened", lambda one: one["kind"] == "admitted")
        return host, guest

    def within(self, act: Callable[[], Any]) -> Any:
        """Run a rule in this process, as the worker or a page would."""
        with self.app.app_context():
            return write(act)

    def meeting(self, room: Room) -> Meeting:
        """The row; inside an application context."""
        return db.session.query(Meeting).filter_by(public_id=room.id).one()

    def here(self, room: Room) -> set[str]:
        """Roles of who is connected."""
        with self.app.app_context():
            meeting = self.meeting(room)
            connected = meetings.connected(meeting)
            return {seat.role for seat in meeting.participants if seat.id in connected}

    def standings(self, room: Room) -> dict[str, str]:
        """Standing by role."""
        with self.app.app_context():
            return {seat.role: str(seat.standing) for seat in self.meeting(room).participants}

    def happened(self, room: Room) -> list[tuple[int, str, dict[str, Any]]]:
        """Number, kind and data of everything that happened."""
        with self.app.app_context():
            rows = db.session.query(MeetingEvent).filter_by(meeting_id=self.meeting(room).id)
            return [(row.seq, row.kind, row.data) for row in rows.order_by(MeetingEvent.seq)]

    def presence(self, room: Room) -> list[Presence]:
        """Every connection there was, oldest first."""
        with self.app.app_context():
            rows = db.session.query(Presence).filter_by(meeting_id=self.meeting(room).id).order_by(Presence.id).all()
            db.session.expunge_all()
            return rows


@pytest.fixture(scope="session")
def _quick_hashes() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(passwords, "hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        yield


@pytest.fixture(scope="module")
def running_house(tmp_path_factory: pytest.TempPathFactory, _quick_hashes: None) -> Iterator[House]:
    folder = Path(tmp_path_factory.mktemp("house"))
    server = Server(folder, env=SETTINGS)
    with running(folder, VO_PUBLIC_URL=server.url, VO_BIND=f"127.0.0.1:{server.port}", **SETTINGS) as app:
        world = build(app)
        with server:
            yield House(server, app, world)


@pytest.fixture
def house(running_house: House) -> Iterator[House]:
    """The running service; lines that a test leaves open are closed."""
    yield running_house
    while running_house.pages:
        with contextlib.suppress(OSError):
            running_house.pages.pop().close()


@pytest.fixture
def quick_server(tmp_path: Path, _quick_hashes: None) -> Iterator[Callable[..., House]]:
    """`quick_server(VO_GRACE="30")`: a house of one's own with other settings."""
    with contextlib.ExitStack() as opened:

        def start(**settings: str) -> House:
            server = Server(tmp_path / "own", env=SETTINGS | settings)
            more = {"VO_PUBLIC_URL": server.url, "VO_BIND": f"127.0.0.1:{server.port}"}
            app = opened.enter_context(running(tmp_path / "own", **{**SETTINGS, **settings, **more}))
            house = House(server, app, build(app))
            opened.enter_context(server)
            opened.callback(lambda: [page.close() for page in house.pages])
            return house

        yield start
