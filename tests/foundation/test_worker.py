"""The worker: several at once, faults in the rows, a crash in the middle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path

from sqlalchemy import select

from foundation import clock, deadlines, worker
from foundation.db import db, write_tx
from foundation.models import Deadline
from tests.foundation.bare import bare_app
from tests.server import ROOT

PROGRAM = """
import os, pathlib, sys, threading, time
from tests.foundation.bare import bare_app
from foundation import clock, deadlines, worker
folder, url, how = sys.argv[1:4]
app = bare_app(pathlib.Path(folder), VO_DATABASE_URL=url)

@deadlines.handler("count")
def count(ref):
    with open(pathlib.Path(folder) / "handled", "a") as book:
        book.write(f"{ref}\\n")
    if how == "dies":
        os._exit(9)
    if how == "slow":
        time.sleep(0.5)

@deadlines.handler("broken")
def broken(ref):
    raise ValueError("amal@example.org")

if how == "late":
    clock.shift(app.config["VO"].lease + 1)
if how == "slow":
    app.cli.add_command(worker.worker_command)
    with app.app_context():
        worker.worker_command([])
while worker.look(app)[0]:
    pass
"""


def start(folder: Path, url: str, how: str = "") -> subprocess.Popen[str]:
    """A worker process that handles what is due and ends."""
    command = [sys.executable, "-c", PROGRAM, str(folder), url, how]
    return subprocess.Popen(command, cwd=ROOT, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def put(folder: Path, url: str, kinds: list[str]) -> None:
    """One due deadline of each kind, in this order."""
    app = bare_app(folder, VO_DATABASE_URL=url)
    with app.app_context(), write_tx():
        for ref, kind in enumerate(kinds):
            deadlines.put(kind, ref, clock.seconds() - 5, f"{kind}:{ref}")


def left(folder: Path, url: str) -> list[Deadline]:
    """Deadlines that are not done, but for the daily run of the retention rules, which every worker sets."""
    app = bare_app(folder, VO_DATABASE_URL=url)
    with app.app_context():
        return list(
            db.session.scalars(
                select(Deadline).where(Deadline.done_at.is_(None), Deadline.kind != "retention").order_by(Deadline.id)
            )
        )


def handled(folder: Path) -> Counter[int]:
    """How often each reference was handled."""
    return Counter(map(int, (folder / "handled").read_text().split()))


def test_three_workers_handle_each_row_once(tmp_path: Path, database_url: str) -> None:
    put(tmp_path, database_url, ["count"] * 150)
    workers = [start(tmp_path, database_url) for _ in range(3)]
    for process in workers:
        words = process.communicate(timeout=60)[0]
        assert process.returncode == 0, words
    assert left(tmp_path, database_url) == []
    assert handled(tmp_path) == Counter(range(150))


def test_a_fault_in_one_row_stops_nothing_and_is_kept_on_the_row(tmp_path: Path) -> None:
    put(tmp_path, "", ["count", "broken", "count"])
    process = start(tmp_path, "")
    words = process.communicate(timeout=60)[0]
    assert process.returncode == 0, words
    assert handled(tmp_path) == Counter([0, 2])
    (stays,) = left(tmp_path, "")
    assert (stays.kind, stays.tries, stays.failure) == ("broken", 1, "ValueError")
    assert stays.lease_until > clock.seconds()


def test_a_killed_worker_loses_nothing_once_its_lease_is_over(tmp_path: Path) -> None:
    put(tmp_path, "", ["count"])
    assert start(tmp_path, "", "dies").wait(60) == 9
    assert start(tmp_path, "").wait(60) == 0
    assert handled(tmp_path) == Counter([0]), "nobody else takes it while the lease runs"
    assert start(tmp_path, "", "late").wait(60) == 0
    assert left(tmp_path, "") == []
    assert handled(tmp_path) == Counter([0, 0]), "the dead one's work was rolled back and done again"


def test_term_finishes_the_row_in_hand(tmp_path: Path) -> None:
    put(tmp_path, "", ["count"])
    process = start(tmp_path, "", "slow")
    until = time.monotonic() + 20
    while not (tmp_path / "handled").exists() and time.monotonic() < until:
        time.sleep(0.02)
    os.kill(process.pid, signal.SIGTERM)
    words = process.communicate(timeout=10)[0]
    assert process.returncode == 0, words
    assert left(tmp_path, "") == []


def test_every_look_leaves_a_heartbeat(tmp_path: Path) -> None:
    app = bare_app(tmp_path)
    assert worker.look(app) == (0, True)
    assert abs(int(worker.heartbeat_path(tmp_path).read_text()) - clock.seconds()) <= 2
