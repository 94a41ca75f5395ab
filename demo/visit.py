"""The practice partner in one meeting: sits down on the missing person's seat, lets in or waits, shows itself, makes room, leaves."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from typing import Any

from .line import Line, LineLost, SeatTaken, Told
from .peer import Peer
from .played import Played

log = logging.getLogger(__name__)
PAUSES = (0.3, 1.0, 2.0, 4.0, 7.0)
"""Seconds before the line is opened anew; media goes on meanwhile."""
TICK = 2.0
LOOK_EVERY = 10.0
"""Seconds after which things are looked at even if nobody said that they changed; also a sign of life of the sign-in."""
WELCOME = 2.5
"""Seconds that somebody sees the waiting room before the partner lets them in."""
ALONE = 20.0
"""Seconds that the partner stays when the other's line broke."""


class Visit:
    """One visit. `holds_seat` says whether the seat is still the partner's in the rows."""

    def __init__(self, played: Played, meeting: str, beat: float) -> None:
        self.played, self.meeting, self.beat = played, meeting, beat
        self.holds_seat = False
        self._line: Line | None = None
        self._peer: Peer | None = None
        self._other = ""
        self._connected = False
        self._flows = False
        self._looked = 0.0
        self._alone_since: float | None = None

    async def run(self) -> None:
        """Stay until the other leaves, the meeting ends or somebody real comes. Raises LineLost when the service stays away."""
        tries = 0
        try:
            while True:
                try:
                    await self._open()
                    tries = 0
                    await self._attend()
                    return
                except SeatTaken:
                    self.holds_seat = False
                    return
                except LineLost:
                    if tries >= len(PAUSES):
                        raise
                    await self._hang_up()
                    await asyncio.sleep(PAUSES[tries])
                    tries += 1
        finally:
            if self._peer:
                await self._peer.close()
            await self._leave()

    async def _open(self) -> None:
        self._line = Line(self.played, self.meeting, self.beat)
        state = await self._line.open()
        self.holds_seat = True
        await self._take(state)

    async def _attend(self) -> None:
        line = self._line
        assert line is not None
        while True:
            name, told = await line.hear(TICK)
            if name in {"taken_over", "removed"}:
                raise SeatTaken
            if name == "signalled":
                await self._signalled(told)
            elif name != "silence" or time.monotonic() - self._looked > LOOK_EVERY:
                await self._take(await line.state())
            else:
                await self._tend()
            if not self.holds_seat or self._is_alone():
                return

    async def _take(self, state: Told) -> None:
        """How things stand now, and what follows from it."""
        self._looked = time.monotonic()
        people = {one["id"]: one for one in state["people"]}
        me = people.get(state["me"]["id"])
        if state["phase"] == "ended" or me is None:
            self.holds_seat = False
            return
        if me["hosts"]:
            await self._let_in(state)
        other = next((one for one in people.values() if one["hosts"] != me["hosts"] and not one["text_only"]), None)
        inside = other is not None and other["here"] and other["standing"] in {"waiting", "admitted"}
        gone = other is None or other["standing"] in {"left", "expected"}
        now = time.monotonic()
        self._alone_since = None if inside else now - ALONE if gone else self._alone_since or now
        self._connected = inside and state["phase"] == "live" and me["standing"] == "admitted"
        self._connected = self._connected and other is not None and other["standing"] == "admitted"
        if self._connected and other is not None and state.get("media") == "p2p":
            self._other = other["id"]
            self._peer = self._peer or Peer(me["hosts"], self._signal)
            await self._show()
            await self._tend()

    async def _let_in(self, state: Told) -> None:
        """Everybody who waits, after a moment in which they see the waiting room."""
        waiting = {one["id"] for one in state["people"] if one["standing"] == "waiting"}
        if not waiting or self._line is None:
            return
        await asyncio.sleep(WELCOME)
        for one in (await self._line.state())["people"]:
            if one["id"] in waiting and one["standing"] == "waiting":
                await self._line.ask("admit", {"participant": one["id"]})

    async def _signalled(self, told: Told) -> None:
        if self._peer is None or told.get("from") != self._other:
            return
        try:
            await self._peer.receive(told["kind"], told.get("data"))
        except LineLost:
            raise
        except Exception:
            # A description that aiortc can not read must not end the visit: begin anew, as a page would.
            log.exception("negotiation failed")
            await self._peer.close()

    async def _tend(self) -> None:
        if self._peer is None or not self._connected:
            return
        flows = await self._peer.tend()
        if flows != self._flows:
            self._flows = flows
            await self._show()

    async def _show(self) -> None:
        await self._ask("show", {"microphone": True, "camera": True, "flows": self._flows})

    async def _signal(self, kind: str, data: dict[str, Any]) -> None:
        await self._ask("signal", {"to": self._other, "kind": kind, "data": data})

    async def _ask(self, name: str, told: Told) -> None:
        if self._line is None:
            raise LineLost
        await self._line.ask(name, told)

    def _is_alone(self) -> bool:
        return self._alone_since is not None and time.monotonic() - self._alone_since >= ALONE

    async def _leave(self) -> None:
        """Stand up if the seat is ours; when nobody answers, it stays ours in the rows."""
        if self.holds_seat and self._line is not None:
            with contextlib.suppress(LineLost, TimeoutError):
                answer = await asyncio.wait_for(self._line.ask("leave", {}), 1.0)
                self.holds_seat = not answer.get("ok")
        await self._hang_up()

    async def _hang_up(self) -> None:
        line, self._line = self._line, None
        if line is not None:
            await line.close()
