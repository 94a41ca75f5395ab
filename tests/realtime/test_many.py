"""Two web processes on one PostgreSQL and one Redis: people of one meeting sit on both, and nobody notices."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.application import running
from tests.realtime.conftest import SETTINGS, House
from tests.realtime.page import DESK, until
from tests.security.world import build
from tests.server import Server

KEY = "the same for every process of an installation"


@pytest.fixture(scope="module")
def houses(
    tmp_path_factory: pytest.TempPathFactory, migrated: object, redis_url: str, _quick_hashes: None
) -> Iterator[tuple[House, House]]:
    """One installation, two boxes."""
    shared = {**SETTINGS, "VO_DATABASE_URL": migrated(), "VO_REDIS_URL": redis_url, "VO_SECRET_KEY": KEY}  # type: ignore[operator]
    folders = [Path(tmp_path_factory.mktemp(name)) for name in ("first", "second")]
    servers = [Server(folder, env=shared) for folder in folders]
    with ExitStack() as opened:
        # This process only runs rules; the one Socket.IO server of a process remembers a message queue for good.
        here = {name: value for name, value in shared.items() if name != "VO_REDIS_URL"}
        app = opened.enter_context(running(folders[0], VO_PUBLIC_URL=servers[0].url, **here))
        world = build(app)
        yield tuple(House(opened.enter_context(server), app, world) for server in servers)  # type: ignore[misc]


def test_people_on_two_processes_meet(houses: tuple[House, House]) -> None:
    first, second = houses
    room = first.room()
    host = first.enter("counselor_a", room)
    guest = second.enter("jobseeker_a", room)
    host.hears("look_again")
    host.fine("admit", {"participant": room.seats["jobseeker"]})
    guest.hears("happened", lambda one: one["kind"] == "admitted")
    host.fine("say", {"text": "Good morning", "key": "1"})
    assert guest.hears("happened", lambda one: one["kind"] == "said")["data"] == {"text": "Good morning"}
    guest.fine("signal", {"to": room.seats["counselor"], "kind": "restart", "data": {"epoch": 1}})
    assert host.hears("signalled")["from"] == room.seats["jobseeker"]
    assert len(guest.told("happened")) == len({one["seq"] for one in guest.told("happened")})


def test_a_second_device_on_another_process_takes_over(houses: tuple[House, House]) -> None:
    first, second = houses
    room = first.room()
    old = first.enter("jobseeker_a", room)
    other = second.page("jobseeker_a").fine("enter", {"meeting": room.id, "after": 0, "page": "another"})
    assert other["took_over"], "and knows it"
    old.hears("taken_over")
    assert first.here(room) == {"jobseeker"}


def test_whoever_is_shut_out_loses_the_line_on_the_other_process(houses: tuple[House, House]) -> None:
    first, second = houses
    room = first.room()
    host, guest = first.enter("counselor_a", room), second.enter("jobseeker_a", room)
    host.fine("remove", {"participant": room.seats["jobseeker"]})
    until("the line is closed", lambda: not guest.open)


def test_a_desk_on_either_process_looks_again_once(houses: tuple[House, House]) -> None:
    first, second = houses
    room = first.room()
    desks = [house.page("counselor_a", DESK) for house in houses]
    second.enter("jobseeker_a", room)
    for desk in desks:
        desk.hears("look_again")
        assert len(desk.told("look_again")) == 1
