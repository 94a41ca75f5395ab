"""How much one connection may send: counted by messages, by frames and by bytes; beyond it the line is closed, not queued."""

from __future__ import annotations

import time
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Any

WINDOW = 10.0
"""Seconds over which everything is counted."""
LARGEST = 100_000
"""Bytes of one message; an SDP is at most 64 KB."""
FRAMES = 300
"""Frames of one connection in a window: messages, answers to pings, and whatever else somebody may send."""
BYTES = 4_000_000
"""Bytes of one connection in a window."""
HANDSHAKES = 300
"""Connections that one address may open in a window; a whole office or library may share an address."""


class Counter:
    """Counts by key over a window that slides."""

    def __init__(self) -> None:
        self._seen: dict[str, deque[float]] = defaultdict(deque)

    def add(self, key: str, most: int) -> int:
        """Count one more and say how many there are now; no more than `most` + 1 are kept in mind."""
        now = time.monotonic()
        seen = self._seen[key]
        while seen and seen[0] < now - WINDOW:
            seen.popleft()
        if len(seen) <= most:
            seen.append(now)
        return len(seen)

    def forget(self, key: str) -> None:
        """Nobody counts under this key any more."""
        self._seen.pop(key, None)

    def tidy(self) -> None:
        """Forget every key that was silent for a whole window."""
        before = time.monotonic() - WINDOW
        for key in [key for key, seen in self._seen.items() if not seen or seen[-1] < before]:
            del self._seen[key]


class Paced:
    """A TCP socket that lets others have their turn after each read, and breaks when too much comes.

    Under gevent a read that finds bytes does not yield: without this one sender could keep the whole process to itself.
    """

    def __init__(self, socket: Any, rest: Callable[[float], None]) -> None:
        self._socket = socket
        self._rest = rest
        self._until = time.monotonic() + WINDOW
        self._taken = 0

    def recv(self, most: int) -> bytes:
        """Bytes as they come. Raises ConnectionResetError beyond BYTES in a window."""
        got: bytes = self._socket.recv(most)
        now = time.monotonic()
        if now > self._until:
            self._until, self._taken = now + WINDOW, 0
        self._taken += len(got)
        if self._taken > BYTES:
            raise ConnectionResetError
        self._rest(0)
        return got

    def __getattr__(self, name: str) -> Any:
        return getattr(self._socket, name)


def limited(door: type[Any], rest: Callable[[float], None]) -> type[Any]:
    """Engine.IO's WebSocket class, with a limit on the size of a message while it arrives, on frames and on bytes."""

    class Limited(door):
        """One WebSocket."""

        def __init__(self, handler: Any, server: Any) -> None:
            super().__init__(handler, server)
            # Engine.IO looks at the size only when the whole message is in memory.
            self.server_args["max_message_size"] = LARGEST
            self._frames = Counter()

        def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
            for name in ("gunicorn.socket", "werkzeug.socket"):
                if name in environ:
                    environ[name] = Paced(environ[name], rest)
            return super().__call__(environ, start_response)

        def wait(self) -> Any:
            """The next frame, or None: closed, or one too many."""
            frame = super().wait()
            return frame if self._frames.add("", FRAMES) <= FRAMES else None

    return Limited
