"""When a light peer sends what: pictures cut into packets with a gap between them, and audio every 20 ms."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from benchmarks.media.light import LightPeer

PICTURES, SOUNDS = 30, 50
"""Frames a second of video and of audio."""


async def play(peer: LightPeer, seconds: float, rids: Sequence[str], packets: int, size: int, gap: float) -> None:
    """Send for `seconds`; what the loop was late for goes out as soon as it can."""
    loop = asyncio.get_running_loop()
    audible = any(one.kind == "audio" for one in peer.sources.values())
    began = loop.time()
    due: list[tuple[float, bytes]] = []
    pictures = sounds = 0
    while (now := loop.time() - began) < seconds or due:
        while now < seconds and pictures / PICTURES <= now:
            for rid in rids:
                made = peer.source("video", rid).frame(packets, size)
                due += [(pictures / PICTURES + index * gap, packet) for index, packet in enumerate(made)]
            pictures += 1
        while now < seconds and sounds / SOUNDS <= now:
            if audible:
                due.append((sounds / SOUNDS, peer.source("audio").sound()))
            sounds += 1
        due.sort(key=lambda one: one[0])
        while due and due[0][0] <= now:
            peer.send(due.pop(0)[1])
        following = min([pictures / PICTURES, sounds / SOUNDS, *(moment for moment, _packet in due[:1])])
        await asyncio.sleep(max(0.0, began + following - loop.time()))
