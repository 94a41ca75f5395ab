"""What a server spends on each packet that its viewers received, and how long people wait at its door."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.media.light import LightPeer, Swarm
from benchmarks.media.publisher import Publisher

CHECKED = 4
"""Viewers that decrypt and check everything, beside those that only count."""
WARM = 1.0
"""Seconds of media before the first figure: threads, caches and keyframes of the joins are behind it then."""
RATE = 230
"""Packets a second that each viewer is sent: 30 pictures of 6, and 50 of audio."""
LOAD = 0.8
"""Share of a core that may be busy where viewers per core are told."""


def spent(pid: int) -> float:
    """Seconds of CPU of all threads of a process since it began; softirq work inside of its system calls counts with it."""
    total = 0
    for task in Path(f"/proc/{pid}/task").iterdir():
        with suppress(FileNotFoundError):
            total += int((task / "schedstat").read_text().split()[0])
    return total / 1e9


def resident(pid: int) -> int:
    """Bytes of memory that a process holds."""
    for line in Path(f"/proc/{pid}/status").read_text().splitlines():
        if line.startswith("VmRSS"):
            return int(line.split()[1]) * 1024
    return 0


@dataclass
class Case:
    """One server with one number of viewers. Lists have one entry for each look."""

    name: str
    viewers: int
    us: list[float] = field(default_factory=list)
    """Microseconds of CPU for each packet that a viewer received."""
    core: list[float] = field(default_factory=list)
    """Share of one core."""
    delivered: list[float] = field(default_factory=list)
    """Packets received, of those that the publisher sent once for each viewer."""
    joins: list[float] = field(default_factory=list)
    """Seconds of each viewer from asking to keys agreed."""
    keyframes: list[float] = field(default_factory=list)
    """Seconds of each checked viewer from keys agreed to its first keyframe."""
    all_joined: list[float] = field(default_factory=list)
    """Seconds until the last viewer was in."""
    memory: list[float] = field(default_factory=list)
    """Bytes for each viewer: what the process grew by from before the first one until the last look."""
    bad: int = 0
    """Checked packets that are not what was sent, wild switches, jumps and broken pictures."""
    lost: int = 0
    """Checked packets that never came."""
    outside: int = 0
    """Viewers that did not get in within half a minute, all looks together."""
    profile: str = ""

    @property
    def viewers_per_core(self) -> float:
        """With `LOAD` of a core, at the middle cost."""
        return LOAD * 1e6 / (RATE * statistics.median(self.us))

    def figures(self) -> dict[str, float]:
        """All as flat numbers."""
        told = {
            "us": round(statistics.median(self.us), 2),
            "us_min": round(min(self.us), 2),
            "us_max": round(max(self.us), 2),
            "core_pct": round(100 * statistics.median(self.core), 1),
            "delivered": round(statistics.median(self.delivered), 4),
            "viewers_per_core": round(self.viewers_per_core),
            "bad": self.bad,
            "lost": self.lost,
            "outside": self.outside,
        }
        if self.joins:
            told |= {
                "join_p50_s": round(statistics.median(self.joins), 3),
                "join_p95_s": round(sorted(self.joins)[int(0.95 * (len(self.joins) - 1))], 3),
                "join_max_s": round(max(self.joins), 3),
                "all_joined_s": round(max(self.all_joined), 3),
                "keyframe_max_s": round(max(self.keyframes, default=-1.0), 3),
                "kib_per_viewer": round(statistics.median(self.memory) / 1024, 1),
            }
        return told


async def watch(
    case: Case, pid: int, publisher: Publisher, swarm: Swarm, checked: Sequence[LightPeer], looks: int, seconds: float
) -> None:
    """Look `looks` times at a server whose viewers are all there, `seconds` each, and add what is seen to `case`."""

    def received() -> int:
        swarm.look()
        return int(swarm.packets.sum()) + sum(one.packets for peer in checked for one in peer.arrivals.values())

    await asyncio.sleep(WARM)
    for _look in range(looks):
        began, cpu, packets, sent = time.monotonic(), spent(pid), received(), await publisher.sent()
        await asyncio.sleep(seconds)
        lasted, cpu, packets = time.monotonic() - began, spent(pid) - cpu, received() - packets
        sent = await publisher.sent() - sent
        case.us.append(cpu / max(1, packets) * 1e6)
        case.core.append(cpu / lasted)
        case.delivered.append(packets / max(1, sent * (len(swarm.peers) + len(checked))))
    for peer in checked:
        for one in peer.arrivals.values():
            case.bad += one.bad + one.jumps + one.wild_switches + one.broken_pictures
            case.lost += one.lost
        case.bad += peer.wire.refused
        if keyed := [one.first_keyframe_at for one in peer.arrivals.values() if one.first_keyframe_at]:
            case.keyframes.append(min(keyed) - peer.connected_at)
        case.profile = peer.profile
