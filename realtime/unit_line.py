"""One open line to one forwarding unit: asks, hears, notices when the unit dies, and connects again."""

from __future__ import annotations

import contextlib
import itertools
import logging
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from foundation.unix_path import address_of
from realtime.media.frames import Frames, Malformed, decode, encode
from realtime.media.refused import Refused

log = logging.getLogger(__name__)

PATIENCE = 5.0
"""Seconds for an answer."""
SILENCE = 2.0
"""Seconds without a frame after which the unit is asked whether it is there."""
DEAF = 6.0
"""Seconds without a frame, though asked, after which it counts as gone: it hangs, and a line to it is worth nothing."""
PAUSES = (0.05, 0.1, 0.2, 0.5, 1.0)
"""Seconds between tries to connect; a unit that was killed is there again within the first three."""
MOST_UNHEARD = 10_000
"""Events that wait for somebody to take them; a page that misses one looks again at its next."""
HELLO = 0
"""Number of the request that only this module asks."""

Tell = Callable[[str, str, dict[str, Any]], None]


class UnitAway(Exception):
    """No unit answers: it is being started again, it hangs, or there is none. Ask again in a second."""


class Question:
    """A request that was sent."""

    def __init__(self, line: UnitLine, number: int) -> None:
        self._line = line
        self._number = number
        self._answered = threading.Event()
        self._answer: dict[str, Any] | None = None

    def answer(self, said: dict[str, Any] | None) -> None:
        """Called by the line; None: the unit is gone."""
        self._answer = said
        self._answered.set()

    def wait(self, patience: float = PATIENCE) -> dict[str, Any]:
        """The answer's fields. Raises Refused, or UnitAway when none came in time; a later one is thrown away."""
        self._answered.wait(patience)
        self._line.forget(self._number)
        said = self._answer
        if said is None:
            raise UnitAway(self._line.unit)
        if said.get("ok") is not True:
            raise Refused(str(said.get("code", "broken")), str(said.get("message", "")))
        return {name: value for name, value in said.items() if name not in {"id", "ok"}}


class UnitLine:
    """A line to the unit that listens at `path`; `tell(unit, event, data)` is called for each event, from one thread."""

    def __init__(self, path: Path, tell: Tell) -> None:
        self.unit = path.stem
        self.life = ""
        """Which life of the unit is connected; "" before the first."""
        self._path = path
        self._tell = tell
        self._line: socket.socket | None = None
        self._met = False
        self._told_gone = False
        self._asked: dict[int, Question] = {}
        self._numbers = itertools.count(1)
        self._sending = threading.Lock()
        self._events: queue.Queue[tuple[str, dict[str, Any]]] = queue.Queue(MOST_UNHEARD)
        self._stopped = threading.Event()

    @property
    def alive(self) -> bool:
        """Whether the unit answered our greeting and its line is up."""
        return self._met

    def start(self) -> None:
        """Connect and stay connected, in the background."""
        for work, name in ((self._stay, "line"), (self._hand_over, "events")):
            threading.Thread(target=work, name=f"{self.unit} {name}", daemon=True).start()

    def stop(self) -> None:
        """Hang up for good."""
        self._stopped.set()
        self._hang_up()

    def ask(self, do: str, patience: float = PATIENCE, **data: Any) -> dict[str, Any]:
        """One request and its answer's fields; raises Refused, UnitAway."""
        return self.begin(do, **data).wait(patience)

    def begin(self, do: str, **data: Any) -> Question:
        """Send a request whose answer is waited for later; raises UnitAway. Requests arrive in the order they were begun."""
        number = next(self._numbers)
        question = Question(self, number)
        frame = encode({**data, "id": number, "do": do})
        if not self._met:
            raise UnitAway(self.unit)
        self._asked[number] = question
        if not self._send(frame):
            self.forget(number)
            raise UnitAway(self.unit)
        return question

    def forget(self, number: int) -> None:
        """Nobody waits for this answer any more."""
        self._asked.pop(number, None)

    def _send(self, frame: bytes) -> bool:
        with self._sending:
            line = self._line
            if line is None:
                return False
            try:
                line.sendall(frame)
            except OSError:
                # Perhaps half a frame went out: what follows on this line would not be understood.
                self._hang_up()
                return False
        return True

    def _hang_up(self) -> None:
        if (line := self._line) is not None:
            with contextlib.suppress(OSError):
                line.shutdown(socket.SHUT_RDWR)

    def _stay(self) -> None:
        tries = 0
        while not self._stopped.is_set():
            try:
                with self._connected() as line:
                    self._read(line)
            except (OSError, Malformed) as why:
                if self._met:
                    log.warning("line of a unit broke", extra={"unit": self.unit, "why": type(why).__name__})
            tries = 0 if self._met else tries + 1
            self._met = False
            for question in list(self._asked.values()):
                question.answer(None)
            if tries and self.life and not self._told_gone and not self._stopped.is_set():
                self._told_gone = True
                self._put("gone", {})
            self._stopped.wait(PAUSES[min(tries, len(PAUSES) - 1)] if tries else 0.0)

    @contextlib.contextmanager
    def _connected(self) -> Iterator[socket.socket]:
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            line.settimeout(SILENCE)
            with address_of(self._path) as address:
                line.connect(address)
            self._line = line
            yield line
        finally:
            self._line = None
            line.close()

    def _read(self, line: socket.socket) -> None:
        """Hear until the line ends; raises OSError or Malformed."""
        frames = Frames()
        heard_at = time.monotonic()
        self._send(encode({"id": HELLO, "do": "hello"}))
        while not self._stopped.is_set():
            try:
                data = line.recv(65_536)
            except TimeoutError:
                if not self._met or time.monotonic() - heard_at >= DEAF:
                    raise
                self._send(encode({"id": HELLO, "do": "hello"}))
                continue
            if not data:
                return
            heard_at = time.monotonic()
            for raw in frames.take(data):
                self._take(decode(raw))

    def _take(self, said: dict[str, Any]) -> None:
        number = said.pop("id", None)
        if number == HELLO:
            if not self._met:
                self._meet(str(said.get("life", "")))
        elif number is not None:
            if question := self._asked.pop(number, None):
                question.answer(said)
        elif self._met:
            self._put(str(said.pop("event", "")), said)

    def _meet(self, life: str) -> None:
        same = life == self.life and not self._told_gone
        if self.life and life != self.life and not self._told_gone:
            self._put("gone", {})
        self.life, self._told_gone, self._met = life, False, True
        self._put("back", {"life": life, "same": same})

    def _put(self, event: str, data: dict[str, Any]) -> None:
        try:
            self._events.put_nowait((event, data))
        except queue.Full:
            log.warning("event of a unit was dropped: nobody takes them", extra={"unit": self.unit})

    def _hand_over(self) -> None:
        """Events are told from a thread of their own: whoever takes long must not keep the line from being read."""
        while not self._stopped.is_set():
            with contextlib.suppress(queue.Empty):
                event, data = self._events.get(timeout=1.0)
                self._tell(self.unit, event, data)
