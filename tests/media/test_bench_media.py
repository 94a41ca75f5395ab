"""The benchmark of the forwarding unit measures what it says it measures."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from benchmarks.media import limit
from benchmarks.media.measuring import Case, resident, spent

BUSY = """
import time, sys

def burns():
    while True:
        sum(range(1000))

def sleeps():
    time.sleep(0.01)

print("ready", flush=True)
burns()
"""


def test_the_cpu_of_every_thread_counts() -> None:
    burnt, enough = threading.Event(), threading.Event()

    def burn() -> None:
        while time.thread_time() < 0.1:
            pass
        burnt.set()
        enough.wait(10)

    before = spent(os.getpid())
    thread = threading.Thread(target=burn)
    thread.start()
    assert burnt.wait(10)
    assert spent(os.getpid()) - before >= 0.09
    enough.set()
    thread.join()


def test_memory_that_is_touched_counts() -> None:
    before = resident(os.getpid())
    kept = b"x" * (32 << 20)
    assert resident(os.getpid()) - before > 16 << 20
    del kept


def test_the_figures_of_a_case() -> None:
    case = Case("unit", 200, us=[5.0, 4.0, 3.0], core=[0.2, 0.1, 0.3], delivered=[1.0, 0.99, 1.0], memory=[2048.0])
    case.joins, case.all_joined = [index / 100 for index in range(101)], [1.0]
    told = case.figures()
    assert (told["us_min"], told["us"], told["us_max"]) == (3.0, 4.0, 5.0)
    assert told["viewers_per_core"] == 870
    assert (told["join_p50_s"], told["join_p95_s"], told["join_max_s"]) == (0.5, 0.95, 1.0)
    assert (told["core_pct"], told["kib_per_viewer"]) == (20.0, 2.0)


def test_the_profile_finds_the_function_that_burns(tmp_path: Path) -> None:
    (tmp_path / "busy.py").write_text(BUSY)
    out = tmp_path / "samples"
    path = os.pathsep.join([str(tmp_path), str(Path(__file__).resolve().parents[2])])
    program = [sys.executable, "-m", "benchmarks.media.profiled", str(out), "busy"]
    process = subprocess.Popen(program, env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE)
    assert process.stdout is not None
    try:
        assert process.stdout.readline() == b"ready\n"
        process.send_signal(signal.SIGUSR1)
        before = spent(process.pid)
        until = time.monotonic() + 20
        while spent(process.pid) - before < 0.3 and time.monotonic() < until:
            time.sleep(0.01)
        process.send_signal(signal.SIGUSR2)
        while not out.exists() and time.monotonic() < until:
            time.sleep(0.01)
    finally:
        process.kill()
        process.wait()
        process.stdout.close()
    rows = json.loads(out.read_text())
    share = sum(row[3] for row in rows if row[1] == "burns") / sum(row[3] for row in rows)
    assert share > 0.8


def test_without_a_compiler_the_limit_is_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    with pytest.raises(limit.Absent, match="compiler"), limit.built():
        pass
