"""Who stands in which place, and what becomes of a connection whose browser came again."""

from __future__ import annotations

import asyncio

from .running import Running, running, until


def placed(house: Running) -> tuple[dict[str, str], dict[str, str]]:
    """Who stands where now, as told last: voices and cameras by number."""
    told = [data for event, data in house.events if event == "places"][-1]
    return told["audio"], {number: one["participant"] for number, one in told["video"].items()}


def test_voice_and_camera_of_one_person_have_one_number() -> None:
    """Browsers play the sound and the picture of one number in step: with two people's the one would wait for the other."""

    async def case() -> None:
        async with running() as house:
            ana, _ = await house.join("ana", {"pa": ()})
            await ana.play(0.3, rids=())
            bo, _ = await house.join("bo", {"pv": ()})
            await bo.play(0.3)
            cy, _ = await house.join("cy", {"pa": (), "pv": ()})
            await cy.play(0.3)
            voices, cameras = placed(house)
            assert voices["0"] == "ana" and cameras.get("0") is None, "ana's other half stays free for her camera"
            owner = {who: number for number, who in voices.items()}
            for number, who in cameras.items():
                assert owner.get(who, number) == number, (voices, cameras)

    asyncio.run(case())


def test_who_comes_again_takes_the_old_connections_place() -> None:
    async def case() -> None:
        async with running() as house:
            ana, old = await house.join("ana", {"pa": (), "pv": ()})
            await ana.play(0.3)
            viewer, _ = await house.join("viewer")
            again, new = await house.join("ana", {"pa": (), "pv": ()})
            await until(lambda: old not in house.unit.members)
            await again.play(0.6)
            assert set(house.unit.members) >= {new} and placed(house) == ({"0": "ana"}, {"0": "ana"})
            left = [data for event, data in house.events if event == "left"]
            assert [(one["peer"], one["reason"]) for one in left] == [(old, "replaced")]
            assert house.place(viewer, "v0").bad == 0

    asyncio.run(case())


def test_a_probe_and_a_call_of_one_person_stand_side_by_side() -> None:
    async def case() -> None:
        async with running() as house:
            _call, first = await house.join("ana", {"pa": ()})
            _probe, second = await house.join("ana", {"pa": ()}, echo=True)
            await asyncio.sleep(0.1)
            assert {first, second} <= set(house.unit.members)

    asyncio.run(case())
