"""One webinar over two units: `python -m benchmarks.media.spread [VIEWERS]`. The publisher and half of the viewers are at the home, half at a sibling.

Prints what a packet costs at each, what arrives at each, and what feeding the sibling costs the home. The last line is JSON.
"""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from pathlib import Path

from benchmarks.media.light import LightPeer, Swarm
from benchmarks.media.measuring import CHECKED, Case, resident, watch
from benchmarks.media.publisher import Publisher
from benchmarks.media.unit import AT_ONCE, MEETING, Asking, running, viewer
from benchmarks.report import tell

LOOKS, SECONDS = 3, 3.0


async def _watching(asking: Asking, case: Case) -> tuple[Swarm, Sequence[LightPeer]]:
    """`case.viewers` at one unit; the checked ones apart."""
    swarm, gate = Swarm(), asyncio.Semaphore(AT_ONCE)

    async def one(index: int) -> LightPeer:
        async with gate:
            light = await viewer(asking, f"{asking.unit}-{index}", case)
        light.keep() if index < CHECKED else swarm.add(light)
        return light

    swarm.start()
    lights = await asyncio.gather(*map(one, range(case.viewers)))
    case.all_joined.append(max(case.joins))
    return swarm, [light for light in lights if light not in swarm.peers]


async def _measured(each: int) -> dict[str, float]:
    home, sibling = Case("home", each), Case("sibling", each)
    with running() as (pid, line), running(number=1, beside=line) as (far_pid, far_line):
        near = Asking(*await asyncio.open_unix_connection(str(line)))
        far = Asking(*await asyncio.open_unix_connection(str(far_line)), unit="media-1")
        publisher = await Publisher.started("127.0.0.1")
        try:
            peer, offer = await near.join("publisher", ("audio", "video"))
            await near.ask("answer", peer=peer, sdp=await publisher.answer(offer))
            await publisher.connect()
            await publisher.play()
            await far.ask("follow", meeting=MEETING, home=Path(line).stem)
            crowds = []
            for case, asking, number in ((home, near, pid), (sibling, far, far_pid)):
                before = resident(number)
                crowds.append((case, number, *await _watching(asking, case)))
                case.memory.append((resident(number) - before) / each)
            # In turn, so that each is asked what it spends while all the others watch as well.
            for case, number, swarm, checked in crowds:
                await watch(case, number, publisher, swarm, checked, LOOKS, SECONDS)
            for _case, _number, swarm, checked in crowds:
                await swarm.stop()
                for light in [*swarm.peers, *checked]:
                    await light.close(politely=False)
        finally:
            await publisher.end()
            near.close()
            far.close()
    told = {}
    for case in (home, sibling):
        figures = case.figures()
        print(f"{case.name:<8} {case.viewers} viewers: {figures}")
        told |= {f"{case.name}_{name}": value for name, value in figures.items()}
    return told


def main() -> None:
    """Tell the figures."""
    viewers = int(sys.argv[1]) if len(sys.argv) > 1 else 800
    tell("media_spread", {"viewers": viewers, **asyncio.run(_measured(viewers // 2))})


if __name__ == "__main__":
    main()
