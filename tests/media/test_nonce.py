"""AES-GCM's nonce is SSRC and sequence number: no change of layer, publisher or line may ever put other bytes under a used one (U5)."""

from __future__ import annotations

import asyncio
import contextlib

import pytest

from realtime.media import dtls, fanout, seat
from realtime.media.seat import Shift

from .ledger import Ledger
from .running import running, until


@pytest.fixture
def ledger(monkeypatch: pytest.MonkeyPatch) -> Ledger:
    made = Ledger(dtls.lib)
    monkeypatch.setattr(fanout, "lib", made)
    monkeypatch.setattr(dtls, "lib", made)
    return made


async def a_restless_meeting() -> None:
    """Layers change, a publisher goes and another stands in the same place, packets are lost, come late, and are asked for again."""
    async with running() as house:
        ana, first = await house.join("ana", {"pa": (), "pv": ("h", "l")})
        bo, bo_id = await house.join("bo")
        cleo, _ = await house.join("cleo")
        # Both layers count from the same number, so that a wrong shift is one.
        ana.source("pv", "l").sequence = ana.source("pv", "h").sequence
        plays = asyncio.create_task(ana.play(5, rids=("h", "l"), packets=4))
        await until(lambda: house.place(bo, "v0").frames > 10)
        ssrc = house.place(bo, "v0").ssrc
        for level in ("small", "full", "small", "nothing", "full"):
            house.unit.want({"peer": bo_id, "wants": {"ana": level}})
            await asyncio.sleep(0.7)
            newest = house.place(bo, "v0").highest & 0xFFFF
            bo.nack(ssrc, [newest - back & 0xFFFF for back in range(30, 1, -3)])
        await plays
        house.unit.leave({"peer": first})
        dora, _ = await house.join("dora", {"pv": ("h", "l")})
        before = house.place(cleo, "v0").frames
        await dora.play(1.5, rids=("h", "l"), packets=4)
        await until(lambda: house.place(cleo, "v0").frames > before + 10)
        # What was lost on the way up and comes late is for those alone who were here when it should have come.
        skipped = dora.source("video", "h").frame(4, 1000)
        for packet in skipped[1:]:
            dora.send(packet)
        dora.show("h", 4)
        house.unit.want({"peer": bo_id, "wants": {"dora": "small"}})
        await asyncio.sleep(0.1)
        dora.send(skipped[0])
        await dora.play(0.5, rids=("h", "l"), packets=4)


def test_no_number_is_used_for_two_plaintexts(ledger: Ledger) -> None:
    asyncio.run(a_restless_meeting())
    assert ledger.packets > 2000
    assert ledger.twice == []


def test_the_ledger_finds_a_shift_that_goes_wrong(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control: seats that do not go on where they were, so that a viewer's own replay check soon throws all of it away."""
    monkeypatch.setattr(seat, "Shift", lambda *_numbers: Shift(0, 0, 0, 0))
    with contextlib.suppress(TimeoutError):
        asyncio.run(a_restless_meeting())
    assert ledger.twice
