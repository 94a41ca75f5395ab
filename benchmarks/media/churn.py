"""A unit through half an hour of people who come and go: what it holds on to. `python -m benchmarks.media.churn [MINUTES]`.

Meetings begin and end, publishers with layers change, viewers leave politely, fall silent, move, ask for keyframes, lost packets and
other layers, and come by WHEP as well. The last line is JSON.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.media.light import LightPeer
from benchmarks.media.measuring import resident
from benchmarks.media.unit import Asking, Broken, running
from benchmarks.report import tell

MEETINGS, WATCHING = 4, 10
"""Meetings at once, and viewers of each."""
STAYS = 20.0
"""Seconds that a publisher stays; viewers stay 15 on average."""


@dataclass
class Held:
    """`looks` are (seconds since the start, bytes of memory, open files); `log` is what the unit wrote."""

    looks: list[tuple[float, int, int]] = field(default_factory=list)
    joins: int = 0
    log: str = ""

    def lowest(self, start: float, end: float) -> tuple[int, int]:
        """Least memory in bytes and fewest files between two moments, as shares of the whole."""
        whole = self.looks[-1][0]
        within = [(memory, files) for at, memory, files in self.looks if start * whole <= at <= end * whole]
        return min(one[0] for one in within), min(one[1] for one in within)


async def _publisher(asking: Asking, meeting: str, dice: random.Random, held: Held) -> None:
    """One after the other, each with two layers and a voice."""
    while True:
        light = LightPeer("publisher")
        # Its meeting may be closed meanwhile, and a machine that others use may be too slow for a handshake.
        with contextlib.suppress(Broken, TimeoutError, ConnectionError):
            peer, offer = await asking.join(f"publisher-{dice.randrange(1000)}", ("audio", "video"), meeting)
            await asking.ask("answer", peer=peer, sdp=light.answer(offer, {"pa": (), "pv": ("h", "l")}))
            await light.connect(20)
            held.joins += 1
            await light.play(STAYS * dice.uniform(0.5, 1.5), ("h", "l"), packets=2, size=700)
            if dice.random() < 0.5:
                await asking.ask("leave", peer=peer)
        await light.close(politely=dice.random() < 0.5)
        if dice.random() < 0.2:
            with contextlib.suppress(Broken):
                await asking.ask("close", meeting=meeting)


async def _viewer(asking: Asking, meeting: str, dice: random.Random, held: Held) -> None:
    """One after the other, each with a mind of their own."""
    while True:
        light = LightPeer("viewer")
        try:
            if dice.random() < 0.2:
                told = await asking.ask(
                    "play", token=asking.token("program", (), meeting), sdp=light.propose((), ("audio", "video"))
                )
                peer = told["peer"]
                light.accept(told["answer"])
            else:
                peer, offer = await asking.join(f"viewer-{dice.randrange(10_000)}", (), meeting)
                await asking.ask("answer", peer=peer, sdp=light.answer(offer))
            await light.connect(20)
            held.joins += 1
            for _wish in range(dice.randrange(1, 6)):
                await asyncio.sleep(dice.uniform(0, 10))
                await _wishes(asking, light, peer, dice)
            if dice.random() < 0.3:
                await asking.ask("leave", peer=peer)
        except (Broken, TimeoutError, ConnectionError):
            # Its meeting was closed meanwhile.
            await asyncio.sleep(0.5)
        # Half of them fall silent: the unit has to notice by itself.
        await light.close(politely=dice.random() < 0.5)


async def _wishes(asking: Asking, light: LightPeer, peer: str, dice: random.Random) -> None:
    ssrcs = [one for one, heard in light.arrivals.items() if heard.packets]
    for ssrc in ssrcs:
        light.pli(ssrc)
        light.nack(ssrc, [light.heard(ssrc).highest - back & 0xFFFF for back in range(5, 0, -1)])
    if ssrcs:
        light.remb(dice.choice((100_000, 1_000_000)), ssrcs)
    if dice.random() < 0.3:
        light.move()
    await asking.ask("want", peer=peer, rest=dice.choice(("nothing", "audio", "small", "full")))


async def _look(pid: int, held: Held, minutes: float) -> None:
    began = time.monotonic()
    while (since := time.monotonic() - began) < minutes * 60:
        held.looks.append((since, resident(pid), len(os.listdir(f"/proc/{pid}/fd"))))
        await asyncio.sleep(1)


async def _churned(minutes: float, seed: int) -> Held:
    held, dice = Held(), random.Random(seed)
    with running() as (pid, line):
        asking = Asking(*await asyncio.open_unix_connection(str(line)))
        tasks = [
            asyncio.create_task(act(asking, f"meeting-{number}", random.Random(dice.random()), held))
            for number in range(MEETINGS)
            for act in (_publisher, *[_viewer] * WATCHING)
        ]
        looking = asyncio.create_task(_look(pid, held, minutes))
        done, _rest = await asyncio.wait([looking, *tasks], return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        for task in done:
            task.result()
        asking.close()
        held.log = (Path(line).parent / "log").read_text()
    return held


def measured(minutes: float, seed: int) -> Held:
    """Churn for so long. Raises whatever broke it."""
    return asyncio.run(_churned(minutes, seed))


def main() -> None:
    """Tell the figures."""
    minutes = float(sys.argv[1]) if len(sys.argv) > 1 else 30.0
    seed = random.SystemRandom().randrange(1_000_000)
    print(f"{minutes:g} minutes, seed {seed}", flush=True)
    held = measured(minutes, seed)
    early, late = held.lowest(1 / 3, 1 / 2), held.lowest(5 / 6, 1)
    tell(
        "churn",
        {
            "minutes": minutes,
            "joins": held.joins,
            "early_mib": round(early[0] / 2**20, 2),
            "late_mib": round(late[0] / 2**20, 2),
            "early_files": early[1],
            "late_files": late[1],
            "tracebacks": held.log.count("Traceback"),
        },
    )


if __name__ == "__main__":
    main()
