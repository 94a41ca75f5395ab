"""How much a publisher is told to send (REMB): it grows while nothing queues, whatever little they send, and falls when packets queue."""

from __future__ import annotations

import asyncio

from realtime.media import member

from .running import running


def test_who_sends_little_may_soon_send_much() -> None:
    """A picture that stood still for a while must not keep its camera small for ever."""

    async def case() -> None:
        async with running() as house:
            ana, name = await house.join("ana", {"pa": (), "pv": ()})
            told = house.unit.members[name]
            await ana.play(3.0, packets=1, size=200)
            little = told._bearable
            assert little is not None and little > member.FIRST
            await ana.play(4.0, packets=1, size=200)
            assert told._bearable is not None and told._bearable > little * 1.3, "about 50 kbit/s came in all the time"

    asyncio.run(case())
