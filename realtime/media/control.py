"""The control line: a Unix socket on which web processes ask for things and hear what happens, and on which a recorder is fed.

Every frame is four bytes of length (big endian) and that many bytes: a JSON object in UTF-8 of at most 256 KiB, or, from the unit to
a recorder only, a binary frame (docs/media-protocol.md). A line that sends anything else is closed with one log line.

Nothing here may hold up media: what a line has not read yet is held for it up to a limit. One that reads nothing for 5 s, or for which
more than 4 MiB would be held, is closed, and comes back by itself; a recorder that is slow misses frames, and is told how many.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import secrets
import socket
import stat
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from foundation.unix_path import address_of

from .frames import Frames, Malformed, decode, encode, framed
from .refused import Refused

log = logging.getLogger(__name__)

MOST_HELD = 4 * 1024 * 1024
"""Bytes held for a line that does not read; 10,000 answers, so only a process that hangs gets there."""
MOST_FED = 2 * 1024 * 1024
"""Bytes held for a line beyond which the feed is dropped: 10 s of one camera, and half of the room is left for events."""
PATIENCE = 5.0
"""Seconds in which a line must take at least something of what is held for it."""
LOOK = 0.5
"""Seconds between two looks at a line that reads slowly."""
GATHER = 0.01
"""Seconds that the feed is gathered, so that one call to the kernel carries many packets."""
MOST_ASKED = 256
"""Requests of one line at work at once."""

Act = Callable[["Line", str, dict[str, Any]], Awaitable[dict[str, Any]]]


class Line(asyncio.Protocol):
    """One connected process. `dropped` counts the frames of the feed that it was too slow for."""

    def __init__(self, control: Control) -> None:
        self.dropped = 0
        self.open = False
        self._control = control
        self._transport: asyncio.Transport | None = None
        self._frames = Frames()
        self._held: list[bytes] = []
        self._held_bytes = 0
        self._given = 0
        self._flush_at: asyncio.TimerHandle | asyncio.Handle | None = None
        self._flushing_soon = False
        self._watch: asyncio.TimerHandle | None = None
        self._untold = 0
        self._asked: set[asyncio.Task[None]] = set()
        self._when_closed: list[Callable[[Line], None]] = []

    def tell(self, event: str, **data: Any) -> None:
        """Send one event to this line only."""
        self._send(encode({"event": event, **data}))

    def feed(self, frame: bytes) -> bool:
        """Send a binary frame (without its length); False if it was dropped because the line is slow or closed. Never blocks.

        Before the next frame that is sent after a gap comes the event `dropped {"frames": n}`.
        """
        if not self.open or self.behind + len(frame) > MOST_FED:
            self.dropped += 1
            self._untold += 1
            return False
        if self._untold:
            self._hold(encode({"event": "dropped", "frames": self._untold}))
            self._untold = 0
        self._hold(framed(frame))
        if self._flush_at is None:
            self._flush_at = asyncio.get_running_loop().call_later(GATHER, self._flush)
        return True

    def when_closed(self, call: Callable[[Line], None]) -> None:
        """Have `call(line)` called once when this line is gone, as by a recorder's end."""
        self._when_closed.append(call)

    @property
    def behind(self) -> int:
        """Bytes that are held for this line."""
        return self._held_bytes + (self._transport.get_write_buffer_size() if self._transport else 0)

    def close(self, why: str = "") -> None:
        """End it. With a reason: at once, and with one log line; without: after what is held. What it asked for goes on."""
        if self._transport is None or not self.open:
            return
        self._flush()
        self.open = False
        if why:
            log.warning("control line closed", extra={"why": why})
            self._transport.abort()
        else:
            self._transport.close()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.set_write_buffer_limits(high=0)
        self.open = True
        self._control.lines.add(self)

    def connection_lost(self, _why: Exception | None) -> None:
        """Called by asyncio."""
        self.open = False
        self._control.lines.discard(self)
        for timer in (self._watch, self._flush_at):
            if timer is not None:
                timer.cancel()
        for call in self._when_closed:
            call(self)
        self._when_closed.clear()

    def pause_writing(self) -> None:
        """Called by asyncio when the kernel takes no more: from now on we look whether the line reads at all."""
        self._look(self._taken(), time.monotonic())

    def resume_writing(self) -> None:
        """Called by asyncio when nothing is held any more."""
        if self._watch is not None:
            self._watch.cancel()
            self._watch = None

    def data_received(self, data: bytes) -> None:
        """Called by asyncio."""
        try:
            for raw in self._frames.take(data):
                if not self.open:
                    return
                self._hear(*_request(raw))
        except Malformed as why:
            self.close(str(why))

    def _hear(self, number: int, do: str, request: dict[str, Any]) -> None:
        if len(self._asked) >= MOST_ASKED:
            self._answer(number, {"ok": False, "code": "busy", "message": "Too many requests at once."})
            return
        # Tasks begin in the order in which they are made: what an act does before its first await happens in the order asked.
        task = asyncio.get_running_loop().create_task(self._do(number, do, request))
        self._asked.add(task)
        task.add_done_callback(self._asked.discard)

    async def _do(self, number: int, do: str, request: dict[str, Any]) -> None:
        try:
            act = self._control.hello if do == "hello" else self._control.act
            answer = {**await act(self, do, request), "ok": True}
            self._send(encode({**answer, "id": number}))
        except Refused as no:
            log.info("refused", extra={"do": do[:20], "code": no.code})
            self._answer(number, {"ok": False, "code": no.code, "message": no.message})
        except Exception:
            log.exception("request broken")
            self._answer(number, {"ok": False, "code": "broken", "message": "The unit could not do this."})

    def _answer(self, number: int, answer: dict[str, Any]) -> None:
        self._send(encode({**answer, "id": number}))

    def _send(self, frame: bytes) -> None:
        """Frames that are waited for go out in this turn of the loop, together and in order with what the feed has gathered."""
        if not self.open:
            return
        if self.behind + len(frame) > MOST_HELD:
            self.close("it does not read: 4 MiB are held for it")
            return
        self._hold(frame)
        if not self._flushing_soon:
            if self._flush_at is not None:
                self._flush_at.cancel()
            self._flush_at = asyncio.get_running_loop().call_soon(self._flush)
            self._flushing_soon = True

    def _hold(self, part: bytes) -> None:
        self._held.append(part)
        self._held_bytes += len(part)

    def _flush(self) -> None:
        self._flush_at, self._flushing_soon = None, False
        if self._transport is not None and self.open:
            self._given += self._held_bytes
            gathered = b"".join(self._held)
            self._held.clear()
            self._held_bytes = 0
            self._transport.write(gathered)

    def _taken(self) -> int:
        """Bytes that the other side's kernel has taken so far."""
        assert self._transport is not None
        return self._given - self._transport.get_write_buffer_size()

    def _look(self, taken: int, since: float) -> None:
        now = time.monotonic()
        if self._taken() > taken:
            taken, since = self._taken(), now
        elif now - since >= PATIENCE:
            self.close("it does not read")
            return
        self._watch = asyncio.get_running_loop().call_later(LOOK, self._look, taken, since)


class Control:
    """The listening end. `act(line, do, request)` does what a line asks and gives the answer's fields, or raises Refused."""

    def __init__(self, path: Path, act: Act) -> None:
        self.act = act
        self.life = secrets.token_hex(8)
        self.lines: set[Line] = set()
        self._path = path
        self._server: asyncio.Server | None = None
        self._made: tuple[int, int] | None = None

    async def serve(self) -> None:
        """Listen from now on, in the background. Only our own account may enter: the file is 0600 from its first moment.

        Raises OSError when the folder or the file can not be used; a socket that a dead process left is replaced.
        """
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with contextlib.suppress(FileNotFoundError):
            if stat.S_ISSOCK(self._path.lstat().st_mode):
                self._path.unlink()
        door = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        before = os.umask(0o177)
        try:
            with address_of(self._path) as address:
                door.bind(address)
        except OSError:
            door.close()
            raise
        finally:
            os.umask(before)
        found = self._path.lstat()
        self._made = (found.st_dev, found.st_ino)
        self._server = await asyncio.get_running_loop().create_unix_server(lambda: Line(self), sock=door)

    def tell(self, event: str, **data: Any) -> None:
        """Send an event to every line. Raises ValueError if it is longer than a frame may be."""
        frame = encode({"event": event, **data})
        for line in list(self.lines):
            line._send(frame)

    async def hello(self, _line: Line, _do: str, _request: dict[str, Any]) -> dict[str, Any]:
        """The one request that every unit answers by itself: its name and this life of it, by which a restart is known."""
        return {"unit": self._path.stem, "life": self.life}

    async def close(self) -> None:
        """Stop listening and end every line; the file goes, unless a newer process has put its own there."""
        if self._server is not None:
            self._server.close()
        for line in list(self.lines):
            line.close()
        with contextlib.suppress(FileNotFoundError):
            found = self._path.lstat()
            if (found.st_dev, found.st_ino) == self._made:
                self._path.unlink()
        await asyncio.sleep(0)


def _request(raw: bytes) -> tuple[int, str, dict[str, Any]]:
    """Number, verb and fields of a request; raises Malformed."""
    said = decode(raw)
    number, do = said.pop("id", None), said.pop("do", None)
    if type(number) is not int or not 0 <= number < 2**53 or not isinstance(do, str):
        raise Malformed("a frame that is no request")
    return number, do, said
