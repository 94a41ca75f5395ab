"""The practice partner's line to one meeting, the other half of `realtime/meetings.py`, as `static/js/signalling.js` is for a page."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

import socketio
from socketio import exceptions

from .played import Played

NAMESPACE = "/meeting"
PATIENCE = 6.0
"""Seconds to wait for an answer."""
HEARD = ("signalled", "look_again", "ended", "taken_over", "removed")
Told = dict[str, Any]


class LineLost(Exception):
    """The line does not open, or does not answer any more."""


class SeatTaken(Exception):
    """Somebody real sits there."""


class Refused(Exception):
    """The meeting does not let us in."""


class Line:
    """One connection, opened and closed once. What it hears waits in order until somebody asks for it."""

    def __init__(self, played: Played, meeting: str, beat: float) -> None:
        self.played, self.meeting, self.beat = played, meeting, beat
        self._wire = socketio.AsyncClient(reconnection=False, http_session=played.browser, handle_sigint=False)
        self._heard: asyncio.Queue[tuple[str, Told]] = asyncio.Queue()
        self._beating: asyncio.Task[None] | None = None
        for name in HEARD:
            self._wire.on(name, self._hearing(name), namespace=NAMESPACE)
        self._wire.on("disconnect", self._hearing("lost"), namespace=NAMESPACE)

    async def open(self) -> Told:
        """Sit down and say how things stand. Raises SeatTaken, Refused, LineLost; never takes a seat from somebody."""
        await self.state()
        try:
            await self._wire.connect(
                self.played.address, namespaces=[NAMESPACE], transports=["websocket"], wait_timeout=PATIENCE
            )
        except exceptions.ConnectionError as why:
            raise LineLost from why
        state = await self.state()
        if any(one["here"] for one in state["people"] if one["id"] == state["me"]["id"]):
            raise SeatTaken
        answer = await self.ask("enter", {"meeting": self.meeting, "after": state["seq"]})
        if answer.get("code") == "consent_needed":
            await self.played.agree(f"/meetings/{self.meeting}/consent", f"/meetings/{self.meeting}")
            answer = await self.ask("enter", {"meeting": self.meeting, "after": state["seq"]})
        if not answer.get("ok"):
            raise Refused(answer.get("code", ""))
        self._beating = asyncio.create_task(self._beat())
        return answer

    async def ask(self, name: str, told: Told) -> Told:
        """Send a command and wait for its answer. Raises LineLost."""
        try:
            answer: Told = await self._wire.call(name, told, namespace=NAMESPACE, timeout=PATIENCE)
            return answer
        except exceptions.SocketIOError as why:
            raise LineLost from why

    async def hear(self, patience: float) -> tuple[str, Told]:
        """The next message, or `silence` when none came in time. Raises LineLost."""
        try:
            name, told = await asyncio.wait_for(self._heard.get(), patience)
        except TimeoutError:
            return "silence", {}
        if name == "lost":
            raise LineLost
        return name, told

    async def state(self) -> Told:
        """How things stand, over HTTP."""
        return await self.played.look(f"/meetings/{self.meeting}/events?after={2**31}")

    async def close(self) -> None:
        """Hang up."""
        if self._beating:
            self._beating.cancel()
        with contextlib.suppress(Exception):
            await self._wire.disconnect()

    def _hearing(self, name: str) -> Callable[..., None]:
        def hear(*told: Any) -> None:
            self._heard.put_nowait((name, told[0] if told and isinstance(told[0], dict) else {}))

        return hear

    async def _beat(self) -> None:
        with contextlib.suppress(exceptions.SocketIOError):
            while True:
                await self._wire.emit("beat", {}, namespace=NAMESPACE)
                await asyncio.sleep(self.beat)
