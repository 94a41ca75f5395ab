"""Peers that come with a description of their own (WHIP, WHEP), and probes that hear themselves."""

from __future__ import annotations

import asyncio
import time

import pytest

from benchmarks.media import descriptions
from benchmarks.media.light import LightPeer
from realtime.media import roster
from realtime.media.refused import Refused

from .running import Running, running, until


async def _send(house: Running, who: str = "obs") -> tuple[LightPeer, dict[str, str]]:
    peer = LightPeer(who)
    offer = peer.propose(send=("audio", "video"))
    told = house.unit.publish({"token": house.token(who, ("audio", "video")), "sdp": offer})
    peer.accept(told["answer"])
    await peer.connect()
    return peer, told


async def _watch(house: Running, who: str = "player") -> LightPeer:
    peer = LightPeer(who)
    told = house.unit.play({"token": house.token(who), "sdp": peer.propose(receive=("audio", "video"))})
    peer.accept(told["answer"])
    await peer.connect()
    await until(lambda: bool(house.unit.members[told["peer"]].peer.keys))
    return peer


def test_what_one_sends_the_other_sees_and_an_ice_restart_does_not_stop_it() -> None:
    async def case() -> None:
        async with running() as house:
            player = await _watch(house)
            obs, told = await _send(house)
            assert player.offer is not None
            seen = player.heard(player.offer.section("1").ssrcs[0])
            plays = asyncio.create_task(obs.play(3))
            await until(lambda: seen.frames > 20)
            before = house.unit.ice({"peer": told["peer"]})
            assert before == {"meeting": "m", "participant": "obs", "ufrag": told["ufrag"]}

            again = house.unit.restart({"peer": told["peer"]})
            assert again["ufrag"] != told["ufrag"] == before["ufrag"]
            read = descriptions.read(again["fragment"])
            assert (read.ufrag, read.lite) == (again["ufrag"], True)
            assert read.candidates == [("127.0.0.1", house.unit.mux.port)]
            assert [(one.kind, one.mid) for one in read.sections] == [("audio", "0")]
            obs.wire.theirs.ufrag, obs.wire.theirs.password = read.ufrag, read.password
            obs.wire.checked.clear()
            await obs.reconnect()
            shown = seen.frames
            await until(lambda: seen.frames > shown + 20)
            await plays
            assert (seen.bad, seen.lost, seen.twice, seen.broken_pictures) == (0, 0, 0, 0), seen

    asyncio.run(case())


@pytest.mark.parametrize(
    ("change", "code"),
    [
        (lambda sdp: "v=1\r\n", "description_wrong"),
        (lambda sdp: sdp.replace("VP8/90000", "VP9/90000").replace("opus/48000", "other/48000"), "description_unfit"),
        (lambda sdp: sdp.replace("m=video 9", "m=audio 9"), "too_many_tracks"),
    ],
)
def test_an_offer_that_can_not_be_used_is_refused_and_leaves_nobody_behind(change, code) -> None:  # type: ignore[no-untyped-def]
    async def case() -> None:
        async with running() as house:
            token = house.token("obs", ("audio", "video"))
            offer = change(LightPeer("obs").propose(send=("audio", "video")))
            with pytest.raises(Refused) as refused:
                house.unit.publish({"token": token, "sdp": offer})
            assert refused.value.code == code
            assert not house.unit.members
            assert not house.unit.meetings

    asyncio.run(case())


def test_a_token_that_lets_nobody_publish_is_refused() -> None:
    async def case() -> None:
        async with running() as house:
            with pytest.raises(Refused) as refused:
                house.unit.publish({"token": house.token("obs"), "sdp": LightPeer("obs").propose(send=("audio",))})
            assert refused.value.code == "token_wrong"
            assert not house.unit.members

    asyncio.run(case())


def test_a_probe_gets_itself_back_and_ends_by_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(roster, "ECHO", 1.5)

    async def case() -> None:
        async with running() as house:
            began = time.monotonic()
            probe, name = await house.join("probe", {"pa": (), "pv": ()}, meeting="probe-1", echo=True)
            other, _other = await house.join("ana", {"pa": (), "pv": ()}, meeting="m")
            plays = asyncio.create_task(probe.play(1.2))
            seen = house.place(probe, "v0")
            await until(lambda: seen.frames > 5 and house.place(probe, "a0").packets > 5)
            await plays
            await until(lambda: name not in house.unit.members, 5)
            assert 1.4 < time.monotonic() - began < 4
            assert [data["reason"] for event, data in house.events if event == "left"] == ["over"]
            assert "probe-1" not in house.unit.meetings
            assert list(house.unit.meetings) == ["m"]
            assert other.wire.refused == 0

    asyncio.run(case())
