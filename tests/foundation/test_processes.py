"""Children of the supervisor: their groups end with them, and their pauses grow."""

from __future__ import annotations

import sys
import time
from pathlib import Path

import pytest

from foundation.processes import Child, pause_before


@pytest.mark.parametrize(
    ("failures", "by_signal", "seconds"),
    [
        (0, True, 0.0),
        (1, True, 0.2),
        (4, False, 2.0),
        (5, True, 2.0),
        (500, True, 2.0),
        (5, False, 4.0),
        (9, False, 30.0),
    ],
)
def test_pauses_grow_for_those_who_end_by_themselves(failures: int, by_signal: bool, seconds: float) -> None:
    assert pause_before(failures, by_signal) == seconds


def test_end_of_a_child_takes_its_own_children_along(tmp_path: Path) -> None:
    mark = tmp_path / "alive"
    grandchild = (
        f"import time, pathlib\nwhile True: pathlib.Path({str(mark)!r}).write_text(str(time.time())); time.sleep(0.02)"
    )
    program = f"import subprocess, sys, time\nsubprocess.Popen([sys.executable, '-c', {grandchild!r}])\ntime.sleep(0.6)"
    child = Child("parent", [sys.executable, "-c", program])
    child.start()
    until = time.monotonic() + 10
    while (code := child.reap()) is None and time.monotonic() < until:
        time.sleep(0.01)
    assert code == 0
    assert mark.exists()
    time.sleep(0.1)
    last = mark.read_text()
    time.sleep(0.2)
    assert mark.read_text() == last
    assert child.start_at is not None
    assert child.start_at - time.monotonic() <= 0, "the first restart is immediate"


def test_child_that_does_not_listen_is_killed() -> None:
    program = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"
    child = Child("deaf", [sys.executable, "-c", program])
    child.start()
    time.sleep(0.5)
    assert child.stop(patience=0.3) is False
    assert child.pid is None
