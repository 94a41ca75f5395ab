"""The line of a unit to its sibling: hears a meeting that is there, as a recorder does but in every layer, and asks for keyframes.

Both ends run on one box, so nothing is lost on the way that is not lost at the sibling already. A line that ends is made again.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from pathlib import Path
from typing import Any, Protocol

from . import arrival
from .arrival import Arrival
from .frames import Frames, Malformed, decode, encode
from .rtcp import Sent

log = logging.getLogger(__name__)

SOONEST, LATEST = 0.1, 1.0
"""Seconds before the first and between later tries to reach the sibling."""
FEED, KEYFRAME = 1, 2
"""Numbers of the requests; only the answer to the first is read."""
_READ = 256 * 1024


class Hears(Protocol):
    """Who is told what comes over the line."""

    def arrived(self, one: Arrival) -> None:
        """A packet of a publisher."""

    def stands(self, audio: dict[str, str], video: dict[str, dict[str, str]]) -> None:
        """Who stands where, as in the event `places`."""

    def speaks(self, participants: list[str]) -> None:
        """Somebody else speaks now; empty: nobody."""

    def reported(self, participant: str, kind: str, sent: Sent) -> None:
        """A publisher's clock."""


class Relay:
    """Follows one meeting at the unit that listens on `path`, from `start` until `stop`."""

    def __init__(self, path: Path, meeting: str, hears: Hears) -> None:
        self.path = path
        self._meeting, self._hears = meeting, hears
        self._writer: asyncio.StreamWriter | None = None
        self._task: asyncio.Task[None] | None = None
        self._fed = False

    def start(self) -> None:
        """Begin, in the background."""
        self._task = asyncio.get_running_loop().create_task(self._stay())

    def stop(self) -> None:
        """Hang up."""
        if self._task:
            self._task.cancel()

    def want_keyframe(self, participant: str, kind: str, ssrc: int) -> None:
        """Ask for the next picture of a layer to be whole; the other side asks the publisher not too often."""
        self._ask(KEYFRAME, "keyframe", participant=participant, kind=kind, ssrc=ssrc)

    def _ask(self, number: int, do: str, **data: Any) -> None:
        if self._writer is not None:
            self._writer.write(encode({"id": number, "do": do, "meeting": self._meeting, **data}))

    async def _stay(self) -> None:
        pause = SOONEST
        while True:
            with contextlib.suppress(OSError):
                reader, self._writer = await asyncio.open_unix_connection(self.path, limit=_READ)
                try:
                    self._ask(FEED, "feed", layers="all")
                    await self._listen(reader)
                finally:
                    self._writer.close()
                    self._writer, self._fed = None, False
                    # Its publishers may be gone with it; if they are not, they are told again.
                    self._hears.stands({}, {})
                pause = SOONEST
            await asyncio.sleep(pause)
            pause = min(2 * pause, LATEST)

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        """Read the line to its end."""
        frames = Frames()
        try:
            while data := await reader.read(_READ):
                for frame in frames.take(data):
                    if frame[:1] == b"{":
                        self._told(decode(frame))
                    else:
                        self._hears.arrived(arrival.read(frame))
        except (Malformed, arrival.Malformed) as why:
            log.warning("line to a sibling broke", extra={"why": str(why)})

    def _told(self, said: dict[str, Any]) -> None:
        if said.get("id") == FEED and said.get("ok") is True:
            self._fed = True
            self._hears.stands(said["audio"], said["video"])
        if said.get("meeting") != self._meeting:
            return
        if said["event"] == "places":
            # The first to publish may do so in a meeting that was made anew, which knows nothing of us.
            if not self._fed:
                self._ask(FEED, "feed", layers="all")
            self._fed = self._fed and bool(said["audio"] or said["video"])
            self._hears.stands(said["audio"], said["video"])
        elif said["event"] == "speaking":
            self._hears.speaks(said["participants"])
        elif said["event"] == "report":
            self._hears.reported(said["participant"], said["kind"], Sent(said["ssrc"], said["ntp"], said["rtp"]))
