"""Whoever sends rubbish, floods, replays, or pretends: nothing crashes, nobody else notices, nobody unknown gets an answer."""

from __future__ import annotations

import asyncio
import contextlib
import random
import socket
import struct
import time

import pylibsrtp
import pytest

from benchmarks.media.light import LightPeer
from realtime.media import packet, rtcp, stun
from realtime.media.refused import Refused
from realtime.media.tokens import Places

from .rubbish import MANY, mutated
from .running import Running, running, until

GOOD_STUN = [
    bytes.fromhex("0001000c2112a442") + bytes(12) + bytes.fromhex("0006000461623a6300080000"),
    bytes.fromhex("000100002112a442") + bytes(12),
]
GOOD_RTP = [
    packet.write(96, True, 7, 9, 5, bytes(40), 5, b"abc"),
    struct.pack("!BBHIIHH", 0x90, 96, 1, 2, 3, 0xBEDE, 1) + b"\x10a\0\0" + bytes(30),
]
GOOD_RTCP = [
    rtcp.nack(1, 2, [3, 9, 40]),
    rtcp.pli(1, 2),
    rtcp.remb(1, 300_000, [4, 5]),
    rtcp.receiver_report(1, [(2, 0.1, 3, 4, 5, 6)]),
    rtcp.sender_report(1, 2, 3, 4, 5) + rtcp.source(1, "ana"),
]


@pytest.mark.fuzz
def test_what_is_malformed_is_read_as_nothing(dice: random.Random) -> None:
    """The readers alone, on STUN, RTP and RTCP: none raises, none takes long."""
    began = time.monotonic()
    for raw in mutated(dice, GOOD_STUN, MANY):
        request = stun.read(raw)
        assert request is None or not request.by(b"some password")
    for raw in mutated(dice, GOOD_RTP, MANY):
        one = packet.read(raw)
        assert one is None or len(one.payload) <= len(raw)
    for raw in mutated(dice, GOOD_RTCP, MANY):
        told = rtcp.read(raw)
        assert all(len(lost) <= rtcp.MOST_LOST for _ssrc, lost in told.nacks)
    assert time.monotonic() - began < MANY / 100


@pytest.mark.fuzz
def test_a_port_full_of_rubbish_carries_the_call_all_the_same(dice: random.Random) -> None:
    """From strangers and from a member whose keys are right: STUN, DTLS, SRTP and RTCP that are none."""

    async def case() -> None:
        async with running() as house:
            ana, _ = await house.join("ana", {"pa": (), "pv": ()})
            bo, _ = await house.join("bo")
            eve, _ = await house.join("eve", {"pa": ()})
            plays = asyncio.create_task(ana.play(6))
            stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            stranger.connect(("127.0.0.1", house.unit.mux.port))
            stranger.setblocking(False)
            kinds = [GOOD_STUN, [b"\x16\xfe\xfd" + bytes(40)], GOOD_RTP, GOOD_RTCP]
            for count, raw in enumerate(mutated(dice, [one for kind in kinds for one in kind], MANY)):
                stranger.send(raw)
                eve.junk(raw)
                if len(raw) > 12 and raw[0] >> 6 == 2:
                    whole = bytes([0x80, raw[1] & 0x7F]) + raw[2:]
                    # Her own library refuses numbers that are too old.
                    with contextlib.suppress(pylibsrtp.Error):
                        eve.send_rtcp(raw) if 64 <= whole[1] & 127 <= 95 else eve.send(whole)
                if count % 50 == 0:
                    await asyncio.sleep(0.005)
            with pytest.raises(BlockingIOError):
                stranger.recv(2000)
            await plays
            stranger.close()
            seen = house.place(bo, "v0")
            assert seen.frames > 60 and (seen.bad, seen.broken_pictures) == (0, 0), seen
            assert not house.unit.members[next(iter(house.unit.members))].peer.ended

    asyncio.run(case())


def test_a_stranger_gets_no_answer_to_anything() -> None:
    """Not even with the right user name: without the password there is nothing to amplify with."""

    async def case() -> None:
        async with running() as house:
            _ana, name = await house.join("ana")
            ufrag = house.unit.members[name].peer.ufrag.encode()
            user = ufrag + b":x" + bytes(-(len(ufrag) + 2) % 4)
            body = struct.pack("!HH", 6, len(ufrag) + 2) + user + struct.pack("!HH", 8, 20) + bytes(20)
            request = struct.pack("!HHI", 1, len(body), stun.COOKIE) + bytes(12) + body
            assert stun.read(request) is not None
            stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            stranger.settimeout(0)
            stranger.sendto(request, ("127.0.0.1", house.unit.mux.port))
            before = house.unit.mux.dropped
            await until(lambda: house.unit.mux.dropped > before or house.unit.mux.dropped >= 1)
            with pytest.raises(BlockingIOError):
                stranger.recv(2000)
            stranger.close()

    asyncio.run(case())


def test_a_wrong_fingerprint_gets_no_media_and_the_unit_goes_on() -> None:
    async def case() -> None:
        async with running() as house:
            told = house.unit.join({"token": house.token("mallory")})
            peer = LightPeer("mallory")
            text = peer.answer(told["offer"])
            line = next(one for one in text.splitlines() if one.startswith("a=fingerprint:"))
            other = line[:-2] + ("00" if line[-2:] != "00" else "11")
            house.unit.answer({"peer": told["peer"], "sdp": text.replace(line, other)})
            with pytest.raises((TimeoutError, ConnectionError)):
                await peer.connect(2)
                await until(lambda: told["peer"] not in house.unit.members, 3)
                raise ConnectionError
            await until(lambda: told["peer"] not in house.unit.members, 3)
            ana, _ = await house.join("ana", {"pv": ()})
            bo, _ = await house.join("bo")
            await ana.play(1)
            await until(lambda: house.place(bo, "v0").frames > 5)

    asyncio.run(case())


async def _calm(house: Running, act: object) -> None:
    """While `act` happens, what Ana sends comes to Bo as ever."""
    ana, _ = await house.join("ana", {"pv": ()})
    bo, _ = await house.join("bo")
    plays = asyncio.create_task(ana.play(3))
    await until(lambda: house.place(bo, "v0").frames > 10)
    await act  # type: ignore[misc]
    await plays
    seen = house.place(bo, "v0")
    assert seen.frames > 45 and seen.bad == 0, seen


def test_a_publisher_of_a_hundred_megabits_is_cut_down() -> None:
    async def case() -> None:
        async with running() as house:
            eve, name = await house.join("eve", {"pv": ()}, meeting="other")
            fan, _ = await house.join("fan", meeting="other")

            sent = 0

            async def flood() -> None:
                nonlocal sent
                began = time.monotonic()
                while sent < 25_000_000 and time.monotonic() - began < 6:
                    eve.show(packets=8, size=1100)
                    for _one in range(10):
                        eve.replay(20)
                    sent += 208 * 1100
                    await asyncio.sleep(0.005)

            await _calm(house, flood())
            assert sent >= 25_000_000, "100 Mbit/s for two seconds"
            came = house.place(fan, "v0").size
            assert came < sent / 4, (came, sent)
            assert house.unit.members[name].peer.refused > 1000

    asyncio.run(case())


def test_a_thousand_wishes_for_a_keyframe_are_two_a_second() -> None:
    async def case() -> None:
        async with running() as house:
            ana, _ = await house.join("ana", {"pv": ()})
            bo, _ = await house.join("bo")
            plays = asyncio.create_task(ana.play(3))
            await until(lambda: house.place(bo, "v0").frames > 5)
            asked = len(ana.feedback)
            began = time.monotonic()
            for _one in range(1000):
                bo.pli(house.place(bo, "v0").ssrc)
                await asyncio.sleep(0.001)
            took = time.monotonic() - began
            await plays
            wished = [
                one
                for one in ana.feedback[asked:]
                if getattr(one, "fmt", 0) == 1 and type(one).__name__ == "RtcpPsfbPacket"
            ]
            assert 1 <= len(wished) <= took / 0.5 + 2, len(wished)

    asyncio.run(case())


def test_replays_come_to_nobody() -> None:
    async def case() -> None:
        async with running() as house:
            ana, name = await house.join("ana", {"pa": ()})
            bo, _ = await house.join("bo")
            for _one in range(20):
                ana.say()
                await asyncio.sleep(0.01)
            await until(lambda: house.place(bo, "a0").packets == 20)
            ana.replay(20)
            await until(lambda: house.unit.members[name].peer.refused >= 20)
            ana.say()
            await until(lambda: house.place(bo, "a0").packets == 21)
            assert house.place(bo, "a0").twice == 0

    asyncio.run(case())


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"exp": int(time.time()) - 1}, "token_expired"),
        ({"exp": int(time.time()) + 4000}, "token_wrong"),
        ({"unit": "media-7"}, "token_elsewhere"),
        ({"places": Places(40, 4)}, "token_wrong"),
    ],
)
def test_a_token_that_is_not_for_here_and_now_opens_nothing(more: dict[str, object], code: str) -> None:
    async def case() -> None:
        async with running() as house:
            with pytest.raises(Refused) as no:
                house.unit.join({"token": house.token("eve", **more)})
            assert no.value.code == code and not house.unit.members

    asyncio.run(case())


def test_a_token_is_good_once_and_for_its_meeting_alone() -> None:
    async def case() -> None:
        async with running() as house:
            token = house.token("eve", meeting="hers")
            told = house.unit.join({"token": token})
            with pytest.raises(Refused) as no:
                house.unit.join({"token": token})
            assert no.value.code == "token_used"
            assert house.unit.members[told["peer"]].meeting.name == "hers"
            ana, _ = await house.join("ana", {"pa": ()}, meeting="theirs")
            ana.say()
            assert not house.unit.meetings["hers"].of("ana")

    asyncio.run(case())


def test_what_was_not_allowed_is_not_carried() -> None:
    """A viewer who sends all the same, on a section of our offer that the token did not give."""

    async def case() -> None:
        async with running() as house:
            eve, _ = await house.join("eve", {"pa": ()})
            bo, _ = await house.join("bo")
            source = eve.source("pa")
            source.payload_type = 96
            for _one in range(30):
                eve.say()
                await asyncio.sleep(0.005)
            assert house.place(bo, "v0").packets == 0 and house.place(bo, "a0").packets == 0

    asyncio.run(case())


def test_who_falls_silent_is_gone_within_thirty_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    from realtime.media import peer

    assert peer.SILENCE + 1.5 < 30
    monkeypatch.setattr(peer, "SILENCE", 1.0)

    async def case() -> None:
        async with running() as house:
            bo, name = await house.join("bo")
            bo.go_silent()
            await until(lambda: name not in house.unit.members, 5)
            assert ("left", {"meeting": "m", "participant": "bo", "peer": name, "reason": "silent"}) in house.events
            assert not house.unit.meetings and not house.unit.mux.known and not house.unit.mux.awaited

    asyncio.run(case())


def test_another_address_goes_on_without_a_new_description() -> None:
    async def case() -> None:
        async with running() as house:
            ana, _ = await house.join("ana", {"pv": ()})
            bo, name = await house.join("bo")
            plays = asyncio.create_task(ana.play(3))
            await until(lambda: house.place(bo, "v0").frames > 10)
            before = house.unit.members[name].peer.address
            bo.move()
            await until(lambda: house.unit.members[name].peer.address != before)
            frames = house.place(bo, "v0").frames
            await until(lambda: house.place(bo, "v0").frames > frames + 10)
            await plays

    asyncio.run(case())


def test_what_is_lost_on_the_way_down_is_sent_again() -> None:
    async def case() -> None:
        async with running() as house:
            ana, _ = await house.join("ana", {"pv": ()})
            bo, _ = await house.join("bo")
            await ana.play(1)
            seen = house.place(bo, "v0")
            await until(lambda: seen.frames > 10)
            newest = seen.highest & 0xFFFF
            bo.nack(seen.ssrc, [newest - back & 0xFFFF for back in range(20, 10, -1)])
            await until(lambda: seen.twice >= 10)
            assert seen.bad == 0 and seen.repaired >= 10

    asyncio.run(case())
