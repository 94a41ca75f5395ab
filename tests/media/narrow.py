"""A narrow line between one viewer and the unit: a UDP relay that lets so many bits a second down, and drops what queues for too long."""

from __future__ import annotations

import re
import select
import socket
import threading
import time
from collections import deque
from types import TracebackType
from typing import Self

QUEUE = 0.25
"""Seconds that a packet may wait, as in a router of a mobile network; what comes later is dropped."""
CANDIDATE = re.compile(r"(a=candidate:\S+ 1 udp \d+ )\S+ \d+( typ host)")


class Narrow:
    """`with Narrow(port) as line`: give the viewer `line.offer(sdp)`; `line.bits` a second go down, None for all."""

    def __init__(self, port: int) -> None:
        self._unit = ("127.0.0.1", port)
        self._viewer: tuple[str, int] | None = None
        self._near, self._far = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _one in range(2))
        for one in (self._near, self._far):
            one.bind(("127.0.0.1", 0))
            one.setblocking(False)
        self.bits: float | None = None
        self.dropped = 0
        self._queue: deque[tuple[float, bytes]] = deque()
        self._free = 0.0
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def offer(self, sdp: str) -> str:
        """The unit's offer as one whose only candidate is this line's near end."""
        first, lines = True, []
        for line in sdp.splitlines():
            if line.startswith("a=candidate:"):
                if not first:
                    continue
                first = False
                line = CANDIDATE.sub(rf"\g<1>127.0.0.1 {self._near.getsockname()[1]}\g<2>", line)
            lines.append(line)
        return "\r\n".join(lines) + "\r\n"

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, value: BaseException | None, at: TracebackType | None) -> None:
        self._stop.set()
        self._thread.join()
        self._near.close()
        self._far.close()

    def _run(self) -> None:
        while not self._stop.is_set():
            now = time.monotonic()
            wait = min(0.05, max(0.0, self._queue[0][0] - now)) if self._queue else 0.05
            for ready in select.select([self._near, self._far], [], [], wait)[0]:
                self._take(ready)
            while self._queue and self._queue[0][0] <= time.monotonic():
                self._down(self._queue.popleft()[1])

    def _take(self, ready: socket.socket) -> None:
        try:
            data, source = ready.recvfrom(2048)
        except OSError:
            return
        if ready is self._near:
            self._viewer = source
            self._far.sendto(data, self._unit)
            return
        now = time.monotonic()
        if self.bits is None:
            self._down(data)
        elif max(self._free, now) - now > QUEUE:
            self.dropped += 1
        else:
            self._free = max(self._free, now) + len(data) * 8 / self.bits
            self._queue.append((self._free, data))

    def _down(self, data: bytes) -> None:
        if self._viewer:
            self._near.sendto(data, self._viewer)
