"""A forwarding unit that runs in the test's own loop, and light peers that come in through its real doors: tokens, SDP, UDP, DTLS, SRTP."""

from __future__ import annotations

import asyncio
import contextlib
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.media.light import Arrivals, LightPeer
from realtime.media import tokens
from realtime.media.settings import Settings
from realtime.media.tokens import Claims, Places
from realtime.media.unit import Unit

KEY = bytes(range(32))
PLACES = Places(4, 4)


class Running:
    """The unit, what it told, and a way in."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self._tell = unit._tell
        self.events: list[tuple[str, dict[str, Any]]] = []
        unit._tell = self._told  # type: ignore[method-assign]

    def _told(self, event: str, **data: Any) -> None:
        self.events.append((event, data))
        self._tell(event, **data)

    def token(self, who: str, publish: Sequence[str] = (), meeting: str = "m", **more: Any) -> str:
        """A good token; `more` makes it another one."""
        said = {"places": PLACES, "echo": False, "exp": int(time.time()) + 50, "unit": self.unit.settings.name, **more}
        return tokens.mint(KEY, Claims(meeting, who, "counselor", tuple(publish), jti=tokens.fresh_jti(), **said))

    async def join(
        self, who: str, publish: dict[str, Sequence[str]] | None = None, *, meeting: str = "m", **more: Any
    ) -> tuple[LightPeer, str]:
        """A light peer in a meeting. `publish`: sections ("pa", "pv", "ps") → rids. Returns it and the unit's name for it."""
        names = {"pa": "audio", "pv": "video", "ps": "screen"}
        token = self.token(who, [names[mid] for mid in publish or {}], meeting, **more)
        told = self.unit.join({"token": token})
        peer = LightPeer(who)
        self.unit.answer({"peer": told["peer"], "sdp": peer.answer(told["offer"], publish)})
        await peer.connect()
        await until(lambda: told["peer"] in self.unit.members and bool(self.unit.members[told["peer"]].peer.keys))
        return peer, told["peer"]

    def place(self, peer: LightPeer, mid: str) -> Arrivals:
        """What a peer hears on a place."""
        assert peer.offer is not None
        section = peer.offer.section(mid)
        return peer.heard(section.ssrcs[0])


@contextlib.asynccontextmanager
async def running(name: str = "media-0", beside: Running | None = None) -> AsyncIterator[Running]:
    """A unit on any free port; `beside` another it is its sibling."""
    with tempfile.TemporaryDirectory() as folder:
        control = beside.unit.settings.control.parent if beside else Path(folder)
        unit = Unit(Settings(name, 0, ("127.0.0.1",), control / f"{name}.sock", KEY))
        stop = asyncio.Event()
        task = asyncio.create_task(unit.run(stop))
        try:
            yield Running(unit)
        finally:
            stop.set()
            await task


async def until(true: Any, patience: float = 10.0) -> None:
    """Wait until it is true; looked at often."""
    async with asyncio.timeout(patience):
        while not true():
            await asyncio.sleep(0.005)
