"""`flask --app app worker`: once a second, handles the deadlines and carries the letters that are due.

Rows are leased, so any number of workers may run on any number of boxes; one that is killed loses nothing, another takes its
rows over when the lease ends. A clean stop (SIGTERM) finishes the row in hand.
"""

from __future__ import annotations

import contextlib
import logging
import signal
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import FrameType

import click
from flask import Flask, current_app
from sqlalchemy.exc import SQLAlchemyError

from . import carrying, clock, deadlines, logs, printing, retention
from .db import write
from .errors import Refusal

log = logging.getLogger(__name__)
TICK = 1.0
"""Seconds between looks at the rows."""
LONGEST_PAUSE = 15.0
"""Seconds between looks while the database does not answer."""
CHORES: tuple[tuple[str, Callable[[], int]], ...] = (
    ("deadlines", lambda: deadlines.run_due()),
    ("letters", lambda: carrying.carry_due()),
    ("texts", lambda: carrying.carry_texts()),
    ("paper", lambda: printing.tidy()),
)


def heartbeat_path(folder: Path) -> Path:
    """The file in which the worker writes the UTC second of its last look."""
    return folder / "worker.beat"


def look(app: Flask) -> tuple[int, bool]:
    """One look at everything that is due: (rows handled, whether every chore could look)."""
    handled, well = 0, True
    for name, chore in CHORES:
        try:
            with app.app_context():
                handled += chore()
        except Exception:
            well = False
            log.exception("chore failed", extra={"chore": name})
    heartbeat_path(app.config["VO"].folder).write_text(str(clock.seconds()))
    return handled, well


def work(app: Flask, stop: threading.Event) -> None:
    """Look every second until `stop`; at once again while there was something to do."""
    pause = TICK
    while not stop.is_set():
        began = time.monotonic()
        handled, well = look(app)
        pause = TICK if well else min(pause * 2, LONGEST_PAUSE)
        if not (handled and well):
            stop.wait(max(0.0, pause - (time.monotonic() - began)))


@click.command("worker")
@click.option("--once", is_flag=True, help="Handle what is due now, then end.")
def worker_command(once: bool) -> None:
    """Carry letters and handle deadlines as they fall due."""
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]
    logs.set_up("worker", readable=app.config["VO"].demo)
    if once:
        while look(app)[0]:
            continue
        return
    stop = threading.Event()

    def finish(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, finish)
    signal.signal(signal.SIGINT, finish)
    with app.app_context(), contextlib.suppress(SQLAlchemyError, Refusal):
        write(retention.schedule)
    work(app, stop)


def register(app: Flask) -> None:
    """The command."""
    app.cli.add_command(worker_command)
