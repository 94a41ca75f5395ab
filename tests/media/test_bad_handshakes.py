"""Handshakes that are none: each ends itself alone."""

from __future__ import annotations

import asyncio
import itertools
import random

import pytest

from benchmarks.media.light import LightPeer
from realtime.media.member import Member

from .rubbish import MANY, mutated
from .running import Running, running, until


async def _flights(house: Running) -> list[bytes]:
    """The datagrams of an honest handshake, as a browser's end sends them."""
    told = house.unit.join({"token": house.token("honest")})
    peer = LightPeer("honest")
    house.unit.answer({"peer": told["peer"], "sdp": peer.answer(told["offer"])})
    sent: list[bytes] = []
    send = peer.wire.send
    peer.wire.send = lambda data: (sent.append(data), send(data))[1]  # type: ignore[method-assign]
    await peer.connect()
    await peer.close()
    return [one for one in sent if 20 <= one[0] < 64]


async def _on_the_way(house: Running) -> tuple[LightPeer, Member]:
    """Somebody whose address is proved and whose handshake has not begun."""
    told = house.unit.join({"token": house.token("eve")})
    eve = LightPeer("eve")
    house.unit.answer({"peer": told["peer"], "sdp": eve.answer(told["offer"])})
    eve.wire.read()
    await eve.wire.reach(5)
    return eve, house.unit.members[told["peer"]]


@pytest.mark.fuzz
def test_a_malformed_handshake_ends_itself_alone(dice: random.Random) -> None:
    """From members on their way in, whose address is proved: flights that are changed, cut, repeated or out of turn, each read by OpenSSL."""

    async def case() -> None:
        async with running() as house:
            flights = await _flights(house)
            assert len(flights) >= 3
            ana, _ = await house.join("ana", {"pv": ()})
            bo, _ = await house.join("bo")
            plays = asyncio.create_task(ana.play(600))
            rubbish, read = mutated(dice, flights, 50 * MANY), 0
            while read < MANY:
                eve, member = await _on_the_way(house)
                for raw in itertools.islice(rubbish, 40):
                    eve.wire.send(bytes([raw[0] % 44 + 20]) + raw[1:])
                    await asyncio.sleep(0)
                    if member.peer.ended:
                        break
                    read += 1
                member.peer.end("left")
                await eve.close(politely=False)
            # What is no record at all is passed over: the honest handshake behind it is heard.
            eve, member = await _on_the_way(house)
            for _one in range(40):
                eve.wire.send(bytes([dice.randrange(20, 64)]) + dice.randbytes(60))
                await asyncio.sleep(0)
            await eve.wire.secure("client", 5)
            await until(lambda: member.peer.keys)
            seen = house.place(bo, "v0")
            frames = seen.frames
            await until(lambda: seen.frames > frames + 10)
            assert (seen.bad, seen.broken_pictures) == (0, 0), seen
            assert len(house.unit.members) == 3
            plays.cancel()

    asyncio.run(case())
