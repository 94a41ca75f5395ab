"""Picture and sound through the forwarding unit: who is let in there, who is told what, and who is sent out."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks.media.light import LightPeer
from foundation.errors import NotFound
from realtime import media_events
from realtime.seats import Seat, seats
from tests.application import running
from tests.security.world import build
from tests.server import Server

from .conftest import SETTINGS, House, Room
from .page import Page, until

WITH_UNIT = {**SETTINGS, "VO_MEDIA_PROCESSES": "1"}
OFFER = {"type": "offer", "sdp": "v=0\r\n"}
FULL = {"pa": (), "pv": ("h", "l")}


@pytest.fixture(scope="module")
def running_house(tmp_path_factory: pytest.TempPathFactory, _quick_hashes: None) -> Iterator[House]:
    """The service with a forwarding unit."""
    folder = Path(tmp_path_factory.mktemp("house"))
    server = Server(folder, env=WITH_UNIT)
    with running(folder, VO_PUBLIC_URL=server.url, VO_BIND=f"127.0.0.1:{server.port}", **WITH_UNIT) as app:
        world = build(app)
        with server:
            yield House(server, app, world)


def three_inside(house: House) -> tuple[Room, Page, Page, Page]:
    """Counselor, jobseeker and interpreter, let in."""
    room = house.room()
    host, guest = house.both_inside(room)
    third = house.enter("interpreter_a", room)
    host.fine("admit", {"participant": room.seats["interpreter"]})
    third.hears("happened", lambda one: one["kind"] == "admitted")
    return room, host, guest, third


async def connected(page: Page, publish: dict[str, tuple[str, ...]] | None = None) -> tuple[LightPeer, dict[str, Any]]:
    """A light peer that came in by a page's line, and what the page was told."""
    told = await asyncio.to_thread(page.fine, "media_join")
    peer = LightPeer(told["peer"][:6])
    sdp = peer.answer(told["offer"], publish)
    placed = await asyncio.to_thread(page.fine, "media_answer", {"peer": told["peer"], "sdp": sdp})
    assert set(placed) == {"ok", "audio", "video"}
    await peer.connect()
    return peer, told


def test_two_have_no_business_in_the_unit(house: House) -> None:
    room = house.room()
    host, guest = house.both_inside(room)
    for page in (host, guest):
        assert page.refused("media_join") == NotFound.code
    assert host.fine("enter", {"meeting": room.id, "after": 0})["way"] == "direct"


def test_three_come_in_and_who_is_removed_is_sent_out(house: House) -> None:
    room, host, guest, third = three_inside(house)
    state = host.fine("enter", {"meeting": room.id, "after": 0})
    to = {"to": room.seats["jobseeker"], "kind": "offer", "data": OFFER}
    assert host.refused("signal", to) == NotFound.code, "nobody is signalled to while the unit carries"
    assert state["way"] == "unit" and not any(one["text_only"] for one in state["people"])

    async def case() -> None:
        peer, told = await connected(third, FULL)
        assert "a=ice-lite" in told["offer"] and told["unit"] == "media-0"
        await peer.play(1.0, rids=("h", "l"))
        for page in (host, guest):
            await asyncio.to_thread(
                page.hears, "places", lambda one: room.seats["interpreter"] in one["audio"].values()
            )
        wants = {"peer": told["peer"], "wants": {room.seats["counselor"]: "small"}, "rest": "audio", "pinned": []}
        placed = await asyncio.to_thread(third.fine, "media_want", wants)
        assert list(placed["video"].values()) == [{"participant": room.seats["interpreter"], "kind": "camera"}]
        assert "a=ice-lite" in (await asyncio.to_thread(third.fine, "media_restart", {"peer": told["peer"]}))["offer"]
        viewer, own = await connected(guest)
        await asyncio.to_thread(host.fine, "remove", {"participant": room.seats["interpreter"]})
        await asyncio.to_thread(host.hears, "places", lambda one: not one["audio"] and not one["video"])
        # The unit does not know it any more; who asks is somebody else, for the removed one's line is closed.
        assert await asyncio.to_thread(host.refused, "media_restart", {"peer": told["peer"]}) == "gone"
        await asyncio.to_thread(guest.fine, "media_leave", {"peer": own["peer"]})
        await asyncio.to_thread(guest.hears, "media_gone", lambda one: one["peer"] == own["peer"])
        assert not any(one.get("peer") == own["peer"] for one in host.told("media_gone")), "its name is nobody else's"

    asyncio.run(case())


def test_who_waits_gets_no_token(house: House) -> None:
    room, host, guest, _third = three_inside(house)
    guest.fine("leave")
    again = house.enter("jobseeker_a", room)
    assert again.refused("media_join") == "not_admitted"
    assert host.fine("media_join")["offer"]


def test_the_end_of_the_meeting_ends_it_at_the_unit(house: House) -> None:
    _room, host, guest, _third = three_inside(house)

    async def case() -> None:
        _peer, told = await connected(guest)
        await asyncio.to_thread(host.fine, "end", {"reason": "completed"})
        await asyncio.to_thread(guest.hears, "media_gone", lambda one: one["peer"] == told["peer"])

    asyncio.run(case())


def test_a_page_that_found_no_direct_way_is_taken_through_the_unit(house: House) -> None:
    room = house.room()
    host, guest = house.both_inside(room)
    guest.fine("direct_failed")
    host.hears("look_again")
    assert until("through the unit", lambda: host.fine("enter", {"meeting": room.id, "after": 0})["way"] == "unit")
    assert guest.fine("media_join")["offer"]


def test_nonsense_is_refused(house: House) -> None:
    _room, host, _guest, _third = three_inside(house)
    peer = host.fine("media_join")["peer"]
    assert host.refused("media_answer", {"peer": peer, "sdp": "v=0\r\n"}) == "input_wrong"
    assert host.refused("media_answer", {"peer": peer, "sdp": "x" * 70_000}) == "input_wrong"
    assert host.refused("media_answer", {"peer": "somebody-elses", "sdp": "v=0\r\n"}) == "gone"
    many = {f"p{n}": "small" for n in range(40)}
    for wants in ({"a": "everything"}, {"a": ["full"]}, many, "x"):
        assert host.refused("media_want", {"peer": peer, "wants": wants}) != "too_many"


def test_a_unit_that_died_is_told_to_everybody_of_this_process() -> None:
    said: list[tuple[str, str, dict[str, Any]]] = []
    seats.take(Seat("sid", "meeting-x", 1, "participant-x", 1))
    try:
        for event, data in (
            ("gone", {}),
            ("back", {"life": "2", "same": False}),
            ("back", {"life": "2", "same": True}),
        ):
            media_events.hear("media-0", event, data, lambda *one: said.append(one))
    finally:
        seats.give_up("sid")
    assert said.count(("meeting:meeting-x", "media_gone", {"unit": "media-0"})) == 2
    said.clear()
    heard = {"meeting": "m", "participant": "ana", "of": "bo", "how": "badly"}
    media_events.hear("media-0", "heard", heard, lambda *one: said.append(one))
    assert said == [("participant:bo", "heard", {"from": "ana", "how": "badly"})]
