"""The web process's ends of the control lines: one open line to each forwarding unit of this box, that comes back by itself.

Plain blocking sockets and threads, which gevent makes cooperative; docs/media-protocol.md has the requests and events.

Where a meeting is, the units themselves are asked (`has`): they alone know it for sure, after a restart of theirs and after one of
ours, and a question costs less than a millisecond. A file would have to be mended after every crash of either. A unit that is chosen
is told to keep the meeting for those who are on their way; the choosing is done by one at a time on a box (a lock on
`media.lock`), so that two people who enter at once can not be sent to two units.
"""

from __future__ import annotations

import contextlib
import fcntl
import logging
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from flask import Flask, current_app

from foundation import metrics
from foundation.config import Settings
from realtime.media.refused import Refused

from . import media_figures
from .unit_line import PATIENCE, UnitAway, UnitLine

log = logging.getLogger(__name__)

Hear = Callable[[str, str, dict[str, Any]], None]
NAME = "media"
FULL = 500
"""Connections of one unit beyond which those who only watch are sent to a sibling (DESIGN 7); publishers still come in."""
MOMENT = 0.5
"""Seconds for the figures of all units together."""


class Units:
    """Every forwarding unit of this box, by name ("media-0", "media-1" …)."""

    def __init__(self, folder: Path, many: int) -> None:
        self.lines = {f"media-{n}": UnitLine(folder / f"media-{n}.sock", self._tell) for n in range(many)}
        self._lock_path = folder / "media.lock"
        self._choosing = threading.Lock()
        self._hear: list[Hear] = []

    def start(self) -> None:
        """Open the lines and keep them open, in the background."""
        for line in self.lines.values():
            line.start()

    def stop(self) -> None:
        """Close the lines for good."""
        for line in self.lines.values():
            line.stop()

    def hear(self, call: Hear) -> None:
        """Have `call(unit, event, data)` called for every event, one after another; it may take its time.

        Besides the events of the protocol: `gone {}` when a unit died or no longer answers: all its peers are lost; and
        `back {"life", "same"}` when its line is up: with `same` true the unit never went away, only what it told
        meanwhile was missed; with false it is new and empty, and its meetings have to be offered again.
        """
        self._hear.append(call)

    def ask(self, unit: str, do: str, patience: float = PATIENCE, **data: Any) -> dict[str, Any]:
        """One request to one unit; gives the answer's fields. Raises Refused (the unit says no), UnitAway (no answer in time)."""
        line = self.lines.get(unit)
        if line is None:
            raise UnitAway(unit)
        return line.ask(do, patience, **data)

    def alive(self) -> list[str]:
        """Units that answer now."""
        return [unit for unit, line in self.lines.items() if line.alive]

    def place(self, meeting: str, *, watches: bool = False) -> str:
        """The unit in which a meeting is, else the least loaded one, which keeps it from now on. Raises UnitAway when none answers.

        Who only `watches`, while that unit has its fill, is sent to a sibling that follows the meeting there.
        """
        if len(self.lines) == 1:
            (unit,) = self.lines
            if not self.lines[unit].alive:
                raise UnitAway(unit)
            return unit
        with self._alone():
            found = self._ask_all("has", PATIENCE, meeting=meeting)
            home = next((unit for unit, answer in found.items() if answer.get("has")), None)
            if home is None:
                home = self._begin(meeting, found)
            for unit, answer in found.items():
                if answer.get("follows") not in (None, "", home):
                    # It was at home in a unit that died.
                    self._follow(unit, meeting, home)
            if watches and found[home].get("peers", 0) >= FULL:
                return self._sibling(meeting, home, found)
            return home

    def _begin(self, meeting: str, found: dict[str, dict[str, Any]]) -> str:
        """A home for a meeting that is nowhere. A unit that still follows it could not be that: its viewers wait for another's publishers."""
        figures = self.figures(PATIENCE)
        free = [unit for unit, told in figures.items() if not told.get("draining") and unit in found]
        for unit in sorted(free, key=lambda unit: _load(figures[unit])):
            if not found[unit].get("follows"):
                with contextlib.suppress(UnitAway, Refused):
                    self.ask(unit, "has", meeting=meeting, keep=True)
                    return unit
        raise UnitAway("media")

    def _sibling(self, meeting: str, home: str, found: dict[str, dict[str, Any]]) -> str:
        """One that follows the meeting already and has room, else the least loaded; where none has room, the home itself."""
        others = [unit for unit, answer in found.items() if unit != home and answer.get("peers", 0) < FULL]
        for unit in sorted(others, key=lambda unit: (not found[unit].get("follows"), found[unit].get("peers", 0))):
            if self._follow(unit, meeting, home):
                return unit
        return home

    def _follow(self, unit: str, meeting: str, home: str) -> bool:
        with contextlib.suppress(UnitAway, Refused):
            self.ask(unit, "follow", meeting=meeting, home=home)
            return True
        return False

    def figures(self, patience: float = MOMENT) -> dict[str, dict[str, Any]]:
        """The figures of every unit that answers in time, asked all at once; `patience` is for all together."""
        return self._ask_all("figures", patience)

    def _ask_all(self, do: str, patience: float, **data: Any) -> dict[str, dict[str, Any]]:
        until = time.monotonic() + patience
        asked = {}
        for unit, line in self.lines.items():
            with contextlib.suppress(UnitAway):
                asked[unit] = line.begin(do, **data)
        answers = {}
        for unit, question in asked.items():
            with contextlib.suppress(UnitAway, Refused):
                answers[unit] = question.wait(max(0.0, until - time.monotonic()))
        return answers

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """One greenlet of one process at a time. The lock of the file is tried, not waited for: that would stop every greenlet."""
        until = time.monotonic() + PATIENCE
        if not self._choosing.acquire(timeout=PATIENCE):
            raise UnitAway("media")
        try:
            with open(self._lock_path, "w") as lock:
                while True:
                    try:
                        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                        break
                    except BlockingIOError:
                        if time.monotonic() > until:
                            raise UnitAway("media") from None
                        time.sleep(0.005)
                yield
        finally:
            self._choosing.release()

    def _tell(self, unit: str, event: str, data: dict[str, Any]) -> None:
        for call in self._hear:
            try:
                call(unit, event, data)
            except Exception:
                log.exception("event of a unit was not taken", extra={"unit": unit, "event_name": event})


def _load(figures: dict[str, Any]) -> tuple[float, float]:
    """People first; of two units without any, the one that keeps fewer meetings for those who are on their way."""
    return float(figures.get("peers", 0)), float(figures.get("meetings", 0))


def units() -> Units:
    """The units of the current application."""
    found: Units = current_app.extensions[NAME]
    return found


def register(app: Flask) -> None:
    """Know the units; no line is opened before `start`, which only the web process calls."""
    settings: Settings = app.config["VO"]
    app.extensions[NAME] = Units(settings.media_path, settings.media_processes)
    metrics.source(app, lambda: media_figures.families(units()))


def start(app: Flask) -> None:
    """Open the lines; called once by the web process."""
    app.extensions[NAME].start()
