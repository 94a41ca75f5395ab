"""The line to the forwarding unit: asks for a meeting's packets, and asks again until it is told to stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from realtime.media.frames import Frames, Malformed, decode, encode
from realtime.media.recorder.writing import Writing

log = logging.getLogger(__name__)

SOONEST, LATEST = 0.2, 2.0
"""Seconds before the first and between later tries to reach the unit again."""
FEED = 1
"""The number of the only request that a recorder makes."""
_READ = 256 << 10


class Refused(Exception):
    """The unit does not give this feed."""


async def follow(path: Path, meeting: str, writing: Writing, stop: asyncio.Event) -> None:
    """Hand every frame of the meeting's feed to `writing` until `stop` is set; a unit that is away is tried again."""
    stopped = asyncio.ensure_future(stop.wait())
    pause = SOONEST
    try:
        while not stop.is_set():
            try:
                reader, writer = await asyncio.open_unix_connection(path, limit=_READ)
            except OSError:
                writing.line(lost=True)
            else:
                try:
                    if await _until(stopped, _listen(reader, writer, meeting, writing)):
                        pause = SOONEST
                finally:
                    writer.close()
                    with contextlib.suppress(OSError):
                        await writer.wait_closed()
                if stop.is_set():
                    return
                log.warning("the line to the unit is lost")
                writing.line(lost=True)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(asyncio.shield(stopped), pause)
            pause = min(2 * pause, LATEST)
    finally:
        stopped.cancel()


async def _until(stopped: asyncio.Future[Any], listening: Coroutine[Any, Any, bool]) -> bool:
    """Listen until told to stop; whether the unit gave its feed."""
    task = asyncio.ensure_future(listening)
    await asyncio.wait({task, stopped}, return_when=asyncio.FIRST_COMPLETED)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        return bool(await task)
    return True


async def _listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, meeting: str, writing: Writing) -> bool:
    """Read one connection to its end. Gives whether the unit agreed to feed."""
    agreed = False
    try:
        _ask(writer, meeting)
        frames = Frames()
        while data := await reader.read(_READ):
            for frame in frames.take(data):
                if frame[:1] == b"{":
                    said = decode(frame)
                    if _agrees(said) and not agreed:
                        agreed = True
                        log.info("the unit feeds this recorder")
                        writing.line(lost=False)
                    if said.get("event") == "joined" and said.get("meeting") == meeting:
                        # The first one to come may be in a meeting that was made anew.
                        _ask(writer, meeting)
                if agreed:
                    writing.offer(frame)
    except (Refused, Malformed) as error:
        log.warning("no feed: %s", error)
    except OSError:
        pass
    return agreed


def _ask(writer: asyncio.StreamWriter, meeting: str) -> None:
    writer.write(encode({"id": FEED, "do": "feed", "meeting": meeting}))


def _agrees(said: dict[str, Any]) -> bool:
    """Whether this is an answer to the request, and says yes. Raises `Refused` when the feed will never come on this line."""
    if said.get("id") != FEED:
        return False
    # A meeting that nobody is in yet (or any more) is not there; it is asked for again when somebody joins.
    if said.get("ok") is not True and said.get("code") != "gone":
        raise Refused("the unit said no")
    return said.get("ok") is True
