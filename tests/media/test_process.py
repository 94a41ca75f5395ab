"""The real program on a web process's line: it answers, keeps, refuses without saying why to the log's readers, drains, and dies well."""

from __future__ import annotations

import json
import os
import queue
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from foundation import config
from realtime.media import kept, tokens
from realtime.media.kept import Kept
from realtime.media.refused import Refused
from realtime.media.tokens import Claims, Places
from realtime.media_line import Units
from tests.server import ROOT

PERSON = "participant-of-a-person"


class Process:
    """`python -m realtime.media 0` in a folder of its own, and a line to it; what it wrote is in `log`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.log = folder / "log"
        self.told: queue.Queue[tuple[str, dict[str, Any]]] = queue.Queue()
        self.key = tokens.key(config.secret_key(config.load({"VO_INSTANCE": str(folder)})))
        self.units = Units(folder, 1)
        self.units.hear(lambda _unit, event, data: self.told.put((event, data)))
        self.units.start()
        self.start()

    def start(self) -> None:
        """Start it and wait until it answers."""
        own = {name: value for name, value in os.environ.items() if not name.startswith("VO_")}
        own |= {"VO_INSTANCE": str(self.folder), "VO_MEDIA_UDP_PORT": "0"}
        with self.log.open("ab") as log:
            command = [sys.executable, "-m", "realtime.media", "0"]
            self.process = subprocess.Popen(command, cwd=ROOT, env=own, stdout=log, stderr=log)
        self.expect("back")

    def expect(self, event: str) -> dict[str, Any]:
        """The data of the next event, which must be this one."""
        name, data = self.told.get(timeout=20)
        assert name == event
        return data

    def token(self, **other: Any) -> str:
        """A good one, or with other claims."""
        said: dict[str, Any] = {"exp": int(time.time()) + 50, "jti": tokens.fresh_jti(), "unit": "media-0", **other}
        return tokens.mint(self.key, Claims("m1", PERSON, "counselor", (), Places(2, 2), echo=False, **said))

    def lines(self) -> list[dict[str, Any]]:
        """Its log."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]


@pytest.fixture
def unit(tmp_path: Path) -> Iterator[Process]:
    made = Process(tmp_path)
    yield made
    made.units.stop()
    made.process.kill()
    made.process.wait()


def test_the_program_on_the_line(unit: Process) -> None:
    ask = unit.units.ask
    assert stat.S_IMODE((unit.folder / "media-0.sock").stat().st_mode) == 0o600
    assert ask("media-0", "has", meeting="m1")["has"] is False
    assert ask("media-0", "has", meeting="m1", keep=True)["has"] is True
    figures = ask("media-0", "figures")
    assert (figures["peers"], figures["meetings"]) == (0, 1)

    token = unit.token()
    joined = ask("media-0", "join", token=token)
    assert joined["offer"].startswith("v=0")
    codes = []
    wrong = [token, unit.token(exp=int(time.time()) - 1), unit.token(unit="media-1"), "x" * 9_000, None]
    for shown in wrong:
        with pytest.raises(Refused) as no:
            ask("media-0", "join", token=shown)
        codes.append(no.value.code)
    assert codes == ["token_used", "token_expired", "token_elsewhere", "token_wrong", "token_wrong"]
    ask("media-0", "leave", peer=joined["peer"])
    while (event := unit.told.get(timeout=10))[0] != "left":
        pass
    assert event[1] == {"meeting": "m1", "participant": PERSON, "peer": joined["peer"], "reason": "left"}

    refusals = [line for line in unit.lines() if line["event"] == "refused"]
    assert [line["code"] for line in refusals] == codes, "one line each"
    assert all(len(json.dumps(line)) < 300 for line in refusals)
    text = unit.log.read_text()
    assert PERSON not in text and token not in text and "Traceback" not in text


def test_killed_and_started_again(unit: Process) -> None:
    life = unit.units.lines["media-0"].life
    unit.process.kill()
    unit.process.wait()
    unit.expect("gone")
    unit.start()
    assert unit.units.lines["media-0"].life != life
    assert unit.units.ask("media-0", "figures")["peers"] == 0


def test_told_to_stop_it_goes_and_takes_its_socket_along(unit: Process) -> None:
    unit.process.send_signal(signal.SIGTERM)
    assert unit.process.wait(10) == 0
    unit.expect("gone")
    assert not (unit.folder / "media-0.sock").exists()


def test_drained_it_ends_when_it_is_empty(unit: Process) -> None:
    unit.units.ask("media-0", "drain")
    assert unit.process.wait(10) == 0


def test_promises_end_and_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    promises = Kept()
    for number in range(5):
        promises.keep(f"m{number}", now=float(number))
    promises.keep("m0", now=10.0)
    assert promises.names(kept.KEEP + 2.5) == {"m0", "m3", "m4"}
    assert promises.names(kept.KEEP + 10.0) == set()
    monkeypatch.setattr(kept, "MOST", 3)
    for number in range(9):
        promises.keep(f"m{number}", now=100.0)
    assert promises.names(100.0) == {"m6", "m7", "m8"}
