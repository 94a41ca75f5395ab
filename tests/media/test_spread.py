"""One meeting over two units: who watches at the sibling gets what is published at the home, and asks for what they need."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from aiortc import rtp as rtcp

from benchmarks.media.light import LightPeer
from realtime.media.followed import Followed
from realtime.media.refused import Refused

from .running import Running, running, until


@contextlib.asynccontextmanager
async def two() -> AsyncIterator[tuple[Running, Running]]:
    """A home and a sibling that is to follow the meeting "m"."""
    async with running() as home, running("media-1", home) as sibling:
        sibling.unit.follow({"meeting": "m", "home": "media-0"})
        yield home, sibling


def keyframes_asked(publisher: LightPeer) -> int:
    return sum(isinstance(one, rtcp.RtcpPsfbPacket) and one.fmt == rtcp.RTCP_PSFB_PLI for one in publisher.feedback)


def test_what_is_published_at_home_is_seen_at_the_sibling() -> None:
    async def case() -> None:
        async with two() as (home, sibling):
            far = [(await sibling.join(f"far{n}"))[0] for n in range(5)]
            ana, _ = await home.join("ana", {"pa": (), "pv": ()})
            near, _ = await home.join("near")
            plays = asyncio.create_task(ana.play(30))
            for viewer, unit in [(near, home), *((one, sibling) for one in far)]:
                seen, heard = unit.place(viewer, "v0"), unit.place(viewer, "a0")
                await until(lambda seen=seen, heard=heard: seen.frames > 20 and heard.packets > 40)
                for one in (seen, heard):
                    assert (one.bad, one.lost, one.twice, one.jumps, one.broken_pictures) == (0, 0, 0, 0, 0), one
            assert sibling.unit.meetings["m"].placed() == home.unit.meetings["m"].placed() != {"audio": {}, "video": {}}
            assert not [event for event, _data in sibling.events if event in ("places", "speaking")], "the home tells"
            assert home.unit.has({"meeting": "m"})["has"] and not sibling.unit.has({"meeting": "m"})["has"]
            # Who comes late asks for a keyframe all the way to the publisher.
            asked = keyframes_asked(ana)
            late, _ = await sibling.join("late")
            began = asyncio.get_running_loop().time()
            await until(lambda: sibling.place(late, "v0").keyframes > 0, 3)
            assert asyncio.get_running_loop().time() - began < 1.0
            assert keyframes_asked(ana) > asked
            plays.cancel()

    asyncio.run(case())


def test_each_viewer_at_the_sibling_has_a_layer_of_their_own() -> None:
    async def case() -> None:
        async with two() as (home, sibling):
            ana, _ = await home.join("ana", {"pv": ("h", "l")})
            bo, name = await sibling.join("bo")
            plays = asyncio.create_task(ana.play(30, rids=("h", "l"), packets=4))
            seen = sibling.place(bo, "v0")
            await until(lambda: seen.frames > 20)
            for level in ("small", "full", "small"):
                before = len(seen.streams)
                sibling.unit.want({"peer": name, "wants": {"ana": level}})
                await until(lambda before=before: len(seen.streams) > before, 4)
            told = [data["layer"] for event, data in sibling.events if event == "layer"]
            assert told[-3:] == ["small", "full", "small"]
            assert (seen.bad, seen.lost, seen.twice, seen.wild_switches, seen.broken_pictures) == (0, 0, 0, 0, 0), seen
            plays.cancel()

    asyncio.run(case())


def test_a_publisher_goes_and_another_comes_in_a_meeting_made_anew() -> None:
    async def case() -> None:
        async with two() as (home, sibling):
            bo, _ = await sibling.join("bo")
            for who in ("ana", "cem"):
                one, name = await home.join(who, {"pv": ()})
                plays = asyncio.create_task(one.play(30))
                seen = sibling.place(bo, "v0")
                before = seen.frames
                await until(lambda seen=seen, before=before: seen.frames > before + 15)
                assert sibling.unit.meetings["m"].placed()["video"] == {"0": {"participant": who, "kind": "camera"}}
                plays.cancel()
                home.unit.leave({"peer": name})
                await until(lambda: "m" not in home.unit.meetings)
                await until(lambda: not sibling.unit.meetings["m"].placed()["video"])
            assert (seen.bad, seen.twice, seen.wild_switches) == (0, 0, 0)

    asyncio.run(case())


def test_the_home_dies_and_the_meeting_is_found_at_another() -> None:
    async def case() -> None:
        async with running("media-2") as third, running("media-1", third) as sibling:
            async with running("media-0", third) as home:
                sibling.unit.follow({"meeting": "m", "home": "media-0"})
                bo, _ = await sibling.join("bo")
                ana, _ = await home.join("ana", {"pv": ()})
                plays = asyncio.create_task(ana.play(30))
                await until(lambda: sibling.place(bo, "v0").frames > 10)
                plays.cancel()
            await until(lambda: not sibling.unit.meetings["m"].placed()["video"])
            again, _ = await third.join("ana", {"pv": ()})
            plays = asyncio.create_task(again.play(30))
            sibling.unit.follow({"meeting": "m", "home": "media-2"})
            assert sibling.unit.has({"meeting": "m"})["follows"] == "media-2"
            before = sibling.place(bo, "v0").frames
            await until(lambda: sibling.place(bo, "v0").frames > before + 10)
            plays.cancel()

    asyncio.run(case())


def test_nobody_publishes_at_a_sibling_and_the_line_ends_with_the_last_viewer() -> None:
    async def case() -> None:
        async with two() as (home, sibling):
            ana, _ = await home.join("ana", {"pv": ()})
            bo, name = await sibling.join("bo", {"pv": ()})
            await bo.play(0.5)
            assert isinstance(sibling.unit.meetings["m"], Followed)
            assert not sibling.unit.meetings["m"].placed()["video"]
            await until(lambda: home.unit.meetings["m"].feeds)
            sibling.unit.leave({"peer": name})
            await until(lambda: not home.unit.meetings["m"].feeds)
            assert "m" not in sibling.unit.meetings

    asyncio.run(case())


def test_what_can_not_be_followed_is_refused() -> None:
    async def case() -> None:
        async with two() as (home, sibling):
            await home.join("ana", {"pv": ()})
            for unit, wrong in (
                (sibling.unit, {"meeting": "m", "home": "media-1"}),
                (sibling.unit, {"meeting": "m", "home": "../media-0"}),
                (sibling.unit, {"meeting": "m"}),
                (home.unit, {"meeting": "m", "home": "media-1"}),
            ):
                with pytest.raises(Refused) as no:
                    unit.follow(wrong)
                assert no.value.code == "wrong"
            sibling.unit.drain({})
            with pytest.raises(Refused) as no:
                sibling.unit.follow({"meeting": "new", "home": "media-0"})
            assert no.value.code == "busy", "whoever is sent there would never come in"
            for odd in ({"ssrc": "x"}, {"participant": 7}, {"ssrc": 5, "participant": "ana", "kind": "camera"}):
                assert home.unit.keyframe({"meeting": "m", **odd}) == {}
            with pytest.raises(Refused):
                home.unit.keyframe({"meeting": "elsewhere"})

    asyncio.run(case())
