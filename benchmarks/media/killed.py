"""The unit is killed by `kill -9` while many watch: how soon each has a picture again. `python -m benchmarks.media.killed [VIEWERS]`.

A supervisor's child (foundation/processes.py) starts it again; every page, and the publisher's, joins anew as soon as its line is
back, as the product's pages do. The last line is JSON.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
import statistics
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.media.light import LightPeer
from benchmarks.media.publisher import Publisher
from benchmarks.media.unit import NAME, PATIENCE, SECRET, Asking, Broken
from benchmarks.report import tell
from foundation.processes import Child

PAUSES = (0.0, 0.3, 1.0, 2.0)
"""Seconds between a page's tries, with up to as much again by chance (research, webinars 6.3)."""


@dataclass
class Back:
    """Seconds from the kill until a viewer's first keyframe."""

    seconds: list[float] = field(default_factory=list)

    def percentile(self, share: float) -> float:
        """The time by which that share of all was back."""
        return sorted(self.seconds)[min(len(self.seconds) - 1, int(share * len(self.seconds)))]


@contextlib.contextmanager
def supervised(folder: str) -> Iterator[tuple[Child, Path]]:
    """A unit that is started again whenever it ends; call `revive` often."""
    kept = dict(os.environ)
    os.environ |= {"VO_INSTANCE": folder, "VO_SECRET_KEY": SECRET, "VO_MEDIA_UDP_PORT": "0"}
    child = Child(NAME, [sys.executable, "-m", "realtime.media", "0"])
    child.start()
    try:
        yield child, Path(folder) / f"{NAME}.sock"
    finally:
        child.stop(5)
        os.environ.clear()
        os.environ |= kept


async def revive(child: Child) -> None:
    """What the supervisor does all the time."""
    while True:
        child.reap()
        if child.start_at is not None and child.start_at <= time.monotonic():
            child.start()
        await asyncio.sleep(0.02)


async def line_to(path: Path) -> Asking:
    """A control line, as soon as there is one."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            return Asking(*await asyncio.open_unix_connection(str(path)))
        await asyncio.sleep(0.05)
    raise Broken("no unit came")


async def viewer(asking: Asking, name: str) -> LightPeer:
    """Somebody who watches."""
    light = LightPeer(name)
    peer, offer = await asking.join(name)
    await asking.ask("answer", peer=peer, sdp=light.answer(offer))
    await light.connect(PATIENCE)
    return light


def picture(light: LightPeer) -> bool:
    """Whether a keyframe has come."""
    return any(one.keyframes for one in light.arrivals.values())


async def again(path: Path, name: str, killed_at: float, back: Back) -> LightPeer:
    """One page: join anew with growing pauses until there is a picture."""
    for turn in range(30):
        pause = PAUSES[min(turn, len(PAUSES) - 1)]
        await asyncio.sleep(pause + random.random() * pause)
        try:
            light = await viewer(await line_to(path), name)
            await light.until(lambda light=light: picture(light), 5)  # type: ignore[misc]
        except (Broken, OSError, TimeoutError):
            continue
        back.seconds.append(time.monotonic() - killed_at)
        return light
    raise Broken(f"{name} did not come back")


async def measured(viewers: int, folder: str) -> Back:
    """Kill it once in the middle."""
    back = Back()
    with supervised(folder) as (child, path):
        keeper = asyncio.create_task(revive(child))
        asking = await line_to(path)
        for_publisher = await _publishes(asking)
        lights = await asyncio.gather(*(viewer(asking, f"viewer-{n}") for n in range(viewers)))
        await asyncio.gather(*(light.until(lambda light=light: picture(light), 20) for light in lights))  # type: ignore[misc]
        await asyncio.sleep(3)
        assert child.pid is not None
        killed_at = time.monotonic()
        os.killpg(child.pid, signal.SIGKILL)
        for light in lights:
            await light.close(politely=False)
        await for_publisher.end()
        asking.close()

        async def publisher_again() -> Publisher:
            await asyncio.sleep(0)
            while not path.exists() or child.pid is None:
                await asyncio.sleep(0.02)
            return await _publishes(await line_to(path))

        new, *lights = await asyncio.gather(
            publisher_again(), *(again(path, f"viewer-{n}", killed_at, back) for n in range(viewers))
        )
        for light in lights:
            await light.close(politely=False)
        await new.end()
        keeper.cancel()
    return back


async def _publishes(asking: Asking) -> Publisher:
    publisher = await Publisher.started("127.0.0.1")
    peer, offer = await asking.join("publisher", ("audio", "video"))
    await asking.ask("answer", peer=peer, sdp=await publisher.answer(offer))
    await publisher.connect()
    await publisher.play()
    return publisher


def main() -> None:
    """Print how soon they were back."""
    viewers = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    with tempfile.TemporaryDirectory() as folder:
        back = asyncio.run(measured(viewers, folder))
    figures = {
        "viewers": len(back.seconds),
        "median_s": round(statistics.median(back.seconds), 2),
        "p95_s": round(back.percentile(0.95), 2),
        "max_s": round(max(back.seconds), 2),
    }
    print(f"killed before {viewers} viewers: a picture again after {figures}")
    tell("media-killed", figures)


if __name__ == "__main__":
    main()
