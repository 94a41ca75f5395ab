"""Look again: from another process to the one with the sockets, and never a fault when nobody listens."""

from __future__ import annotations

import os
import queue
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask

from foundation import nudge
from tests.server import ROOT

Heard = queue.SimpleQueue[tuple[str, str, dict[str, Any]]]
SENDER = """
import sys, pathlib, types
from flask import Flask
from foundation import nudge
app = Flask("worker")
app.config["VO"] = types.SimpleNamespace(folder=pathlib.Path(sys.argv[1]))
with app.app_context():
    nudge.nudge("meeting:7", "waiting", {"ticket": 12})
"""


@pytest.fixture
def heard() -> Iterator[Heard]:
    box: Heard = queue.SimpleQueue()
    nudge.deliver_by(lambda channel, name, data: box.put((channel, name, data)))
    yield box
    nudge.deliver_by(None)


def elsewhere(folder: Path) -> None:
    """Nudge from another process, as the worker does."""
    subprocess.run([sys.executable, "-c", SENDER, str(folder)], cwd=ROOT, check=True, env=os.environ)


def here(folder: Path) -> Flask:
    app = Flask("web")
    app.config["VO"] = SimpleNamespace(folder=folder)
    return app


def test_nudge_from_another_process_arrives(tmp_path: Path, heard: Heard) -> None:
    nudge.listen(tmp_path)
    elsewhere(tmp_path)
    assert heard.get(timeout=5) == ("meeting:7", "waiting", {"ticket": 12})
    assert (tmp_path / "nudge.sock").stat().st_mode & 0o777 == 0o600


def test_the_process_with_the_sockets_delivers_itself(tmp_path: Path, heard: Heard) -> None:
    nudge.listen(tmp_path)
    with here(tmp_path).app_context():
        nudge.nudge("desk:1", "changed", {})
    assert heard.get_nowait() == ("desk:1", "changed", {})


def test_the_newest_listener_takes_the_name_over(tmp_path: Path, heard: Heard) -> None:
    nudge.listen(tmp_path)
    nudge.listen(tmp_path)
    elsewhere(tmp_path)
    assert heard.get(timeout=5)[1] == "waiting"
    assert heard.empty()


def test_a_long_folder_name_works(tmp_path: Path, heard: Heard) -> None:
    folder = tmp_path / ("a" * 120)
    folder.mkdir()
    nudge.listen(folder)
    elsewhere(folder)
    assert heard.get(timeout=5)[0] == "meeting:7"


def test_nobody_listening_and_rubbish_are_no_fault(
    tmp_path: Path, heard: Heard, caplog: pytest.LogCaptureFixture
) -> None:
    nudge.deliver_by(None)
    with here(tmp_path).app_context():
        nudge.nudge("desk:1", "changed", {})
        (tmp_path / "nudge.sock").touch()
        nudge.nudge("desk:1", "changed", {})
    assert caplog.records == []


def test_rubbish_in_the_socket_does_not_end_the_listener(tmp_path: Path, heard: Heard) -> None:
    nudge.listen(tmp_path)
    program = "import socket, sys\nsocket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).sendto(b'{nonsense', sys.argv[1])"
    subprocess.run([sys.executable, "-W", "ignore", "-c", program, str(tmp_path / "nudge.sock")], check=True)
    elsewhere(tmp_path)
    assert heard.get(timeout=5)[1] == "waiting"


def test_too_much_is_refused_loudly(tmp_path: Path, heard: Heard, caplog: pytest.LogCaptureFixture) -> None:
    nudge.deliver_by(None)
    with here(tmp_path).app_context():
        nudge.nudge("desk:1", "changed", {"text": "x" * nudge.LARGEST})
    assert "nudge failed" in caplog.text
