"""The thread that writes, so that a slow disk never holds up the line: what it can not keep up with is dropped and counted."""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable

from realtime.media.recorder.recording import Recording

log = logging.getLogger(__name__)

MOST = 16 << 20
"""Bytes that may wait for the disk: 6 s of 12 cameras at 1.6 Mbit/s."""
LOOK = 0.1
"""Seconds between two looks at what waits in vain."""
SYNC = 2.0
"""Seconds between two times that the disk is made to keep everything."""
_LOST, _BACK = object(), object()


def microseconds() -> int:
    """Now, in microseconds since 1970."""
    return time.time_ns() // 1000


class Writing:
    """Feeds a `Recording` from a bounded queue, on a thread of its own."""

    def __init__(self, recording: Recording, most: int = MOST, sync: float = SYNC) -> None:
        self.failed = threading.Event()
        """Set when the thread ended because of a mistake in it; nothing is written any more."""
        self.when_failed: Callable[[], None] = lambda: None
        self.recording = recording
        self.most = most
        self.sync = sync
        self._queue: deque[bytes | object] = deque()
        self._waiting = 0
        self._dropped = 0
        self._stopping = False
        self._changed = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="writing")
        self._arrived = 0
        self._heard = 0.0

    def start(self) -> None:
        """Begin to write."""
        self._thread.start()

    def offer(self, frame: bytes) -> bool:
        """Take a frame of the feed; False when it was dropped because too much waits already. Never blocks for the disk."""
        with self._changed:
            if self._waiting + len(frame) > self.most:
                self._dropped += 1
                return False
            self._queue.append(frame)
            self._waiting += len(frame)
            self._changed.notify()
        return True

    def line(self, *, lost: bool) -> None:
        """Tell that the line to the unit was lost, or is back."""
        with self._changed:
            self._queue.append(_LOST if lost else _BACK)
            self._changed.notify()

    def stop(self) -> None:
        """Write what waits, end all files well and come back when that is done."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
        self._thread.join()

    def _run(self) -> None:
        try:
            self._write()
        except Exception:
            log.exception("nothing can be written any more")
            self.failed.set()
            self.when_failed()

    def _write(self) -> None:
        looked = synced = time.monotonic()
        while True:
            with self._changed:
                if not self._queue and not self._stopping:
                    self._changed.wait(LOOK)
                batch, self._queue = self._queue, deque()
                stopping = self._stopping
                dropped, self._dropped = self._dropped, 0
            if dropped:
                self.recording.dropped(dropped)
            for frame in batch:
                self._take(frame)
            now = time.monotonic()
            if now - looked >= LOOK:
                self.recording.look(self._now(now))
                looked = now
            if now - synced >= self.sync:
                self.recording.sync(microseconds())
                synced = time.monotonic()
            if stopping and not self._queue:
                self.recording.close(microseconds())
                return

    def _take(self, frame: bytes | object) -> None:
        now = microseconds()
        if not isinstance(frame, bytes):
            if frame is _LOST:
                self.recording.line_lost(now)
            else:
                self.recording.line_back(now)
            return
        try:
            self._arrived, self._heard = max(self._arrived, self.recording.take(frame, now)), time.monotonic()
        finally:
            # Room is given back only now: what was taken out of the queue but not written yet counts as waiting.
            with self._changed:
                self._waiting -= len(frame)

    def _now(self, monotonic: float) -> int:
        """The time on the clock of arrivals, which goes on when nothing arrives."""
        if not self._arrived:
            return microseconds()
        return self._arrived + round((monotonic - self._heard) * 1_000_000)
