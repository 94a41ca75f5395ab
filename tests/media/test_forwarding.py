"""Packets through the whole unit: what one sends comes to the others whole, in order, under numbers that never go wrong."""

from __future__ import annotations

import asyncio

import pytest

from realtime.media import native

from .running import running, until


def test_a_picture_and_a_voice_come_to_everybody_else() -> None:
    async def case() -> None:
        async with running() as house:
            ana, _ = await house.join("ana", {"pa": (), "pv": ()})
            viewers = [(await house.join(f"viewer{n}"))[0] for n in range(40)]
            await ana.play(1.5)
            for viewer in viewers:
                seen, heard = house.place(viewer, "v0"), house.place(viewer, "a0")
                await until(lambda seen=seen: seen.keyframes >= 1 and seen.frames > 15)
                assert heard.packets > 50
                for one in (seen, heard):
                    assert (one.bad, one.lost, one.twice, one.jumps, one.broken_pictures) == (0, 0, 0, 0, 0), one
            assert house.place(ana, "v0").packets == 0, "nobody gets their own picture"
            assert (
                "places",
                {"meeting": "m", "audio": {"0": "ana"}, "video": {"0": {"participant": "ana", "kind": "camera"}}},
            ) in house.events

    asyncio.run(case())


@pytest.mark.parametrize("way", ["gso", "batch", "plain"])
def test_every_way_of_sending_carries_the_same(way: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Trains that the kernel cuts; many with one call where it can not; one by one where there is no such call."""
    if way == "plain":
        monkeypatch.setattr(native, "BATCH", False)

    async def case() -> None:
        async with running() as house:
            house.unit.sender.out.segmenting = way == "gso"
            assert house.unit.figures({})["way"] == way
            ana, _ = await house.join("ana", {"pa": (), "pv": ()})
            viewers = [(await house.join(f"viewer{n}"))[0] for n in range(3)]
            plays = asyncio.create_task(ana.play(20, packets=8, size=900))
            for viewer in viewers:
                seen, heard = house.place(viewer, "v0"), house.place(viewer, "a0")
                await until(lambda seen=seen, heard=heard: seen.frames > 15 and heard.packets > 20)
                assert (seen.bad, seen.twice, seen.jumps, seen.broken_pictures, heard.bad) == (0, 0, 0, 0, 0), seen
            plays.cancel()

    asyncio.run(case())


def test_who_comes_later_begins_with_a_keyframe_that_was_asked_for() -> None:
    async def case() -> None:
        async with running() as house:
            ana, _ = await house.join("ana", {"pa": (), "pv": ()})
            plays = asyncio.create_task(ana.play(4))
            await asyncio.sleep(1)
            late, _ = await house.join("late")
            began = asyncio.get_running_loop().time()
            await until(lambda: house.place(late, "v0").keyframes > 0, 3)
            took = asyncio.get_running_loop().time() - began
            plays.cancel()
            seen = house.place(late, "v0")
            assert took < 1.0, took
            assert seen.wild_switches == 0 and seen.lost == 0 and seen.bad == 0
            assert seen.lowest & 0xFFFF < 32768

    asyncio.run(case())


def test_layers_change_on_a_keyframe_and_numbers_go_on() -> None:
    async def case() -> None:
        async with running() as house:
            ana, _ = await house.join("ana", {"pv": ("h", "l")})
            bo, name = await house.join("bo")
            plays = asyncio.create_task(ana.play(7, rids=("h", "l"), packets=4))
            await until(lambda: house.place(bo, "v0").frames > 20)
            for level in ("small", "full", "small", "full"):
                before = len(house.place(bo, "v0").streams)
                house.unit.want({"peer": name, "wants": {"ana": level}})
                await until(lambda before=before: len(house.place(bo, "v0").streams) > before, 4)
                await asyncio.sleep(0.3)
            plays.cancel()
            seen = house.place(bo, "v0")
            assert (seen.bad, seen.lost, seen.twice, seen.wild_switches, seen.broken_pictures) == (0, 0, 0, 0, 0), seen

    asyncio.run(case())
