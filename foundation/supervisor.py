"""`python -m foundation.supervisor`: migrates, owns the listening socket, keeps web, worker and media alive, and drains on SIGTERM.

It imports nothing of the product, so that a fault in a feature can stop a child but never the parent that restarts it.

Signals: SIGTERM and SIGINT stop cleanly (a second one at once); SIGHUP starts web anew without refusing anybody (from a
terminal it stops, since the terminal is gone). Exit codes: 0 stopped, 69 the address or the folder is taken, 70 the
migration failed or web can not start, 78 settings are unknown or unsafe.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import logging
import os
import select
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import IO

from . import config, logs
from .processes import Child, die_with

log = logging.getLogger(__name__)

ROOT = Path(__file__).resolve().parent.parent
BACKLOG = 2048
"""Connections that wait in the socket while web is being started again."""
WEB_PATIENCE = 9.0
"""Seconds for web to finish its requests (it cuts open sockets itself after 5)."""
WORKER_PATIENCE = 30.0
"""Seconds for the worker to finish the letter it is sending: one lease."""
MEDIA_PATIENCE = 5.0
"""Seconds for the forwarding units to say goodbye to their peers."""
HOPELESS = 3
"""Times that web may end by itself before it ever lived, until the supervisor gives up."""
STOP = (signal.SIGTERM, signal.SIGINT)


class Supervisor:
    """The parent of every process of one installation on one box."""

    def __init__(self, settings: config.Settings) -> None:
        self.settings = settings
        self.children: list[Child] = []
        self.wanted: list[signal.Signals] = []
        self.announced = False
        self.hang_up_stops = os.isatty(0)
        self._caller: socket.socket | None = None
        self._bell, self._wake = socket.socketpair()

    def run(self) -> int:
        """Live until told to stop; returns the exit code."""
        config.ensure_folder(self.settings)
        config.secret_key(self.settings)
        try:
            self._lock = self._take_folder()
            self.listener = self._listen()
        except OSError as taken:
            complain(f"{taken.filename or self.settings.bind}: {taken.strerror or taken}")
            return os.EX_UNAVAILABLE
        self._catch_signals()
        if code := self._migrate():
            complain(f"The database could not be brought to the newest form (exit code {code}). Nothing was started.")
            return os.EX_SOFTWARE
        self.children = self._plan()
        code = self._keep_alive()
        self._drain()
        self._list_path.unlink(missing_ok=True)
        return code

    @property
    def _list_path(self) -> Path:
        return self.settings.folder / "processes.json"

    def _take_folder(self) -> IO[str]:
        lock = open(self.settings.folder / "supervisor.lock", "w")  # noqa: SIM115 - held until the process ends
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as taken:
            lock.close()
            raise OSError(
                taken.errno, "another Virtual Office is running from this folder", self.settings.instance
            ) from None
        return lock

    def _listen(self) -> socket.socket:
        host, _, port = self.settings.bind.rpartition(":")
        host = host.strip("[]")
        listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind((host, int(port)))
        except OSError as taken:
            listener.close()
            raise OSError(taken.errno, f"{taken.strerror} (choose another with PORT=…)", self.settings.bind) from None
        listener.listen(BACKLOG)
        return listener

    def _catch_signals(self) -> None:
        self._bell.setblocking(False)
        self._wake.setblocking(False)
        signal.set_wakeup_fd(self._wake.fileno(), warn_on_full_buffer=False)
        for number in (*STOP, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, self._hear)

    def _hear(self, number: int, _frame: FrameType | None) -> None:
        if number == signal.SIGHUP and self.hang_up_stops:
            number = signal.SIGTERM
        if number != signal.SIGCHLD:
            self.wanted.append(signal.Signals(number))

    def _migrate(self) -> int:
        parent = os.getpid()
        return subprocess.run(
            [sys.executable, "-m", "foundation.upgrading"],
            stdin=subprocess.DEVNULL,
            start_new_session=True,
            preexec_fn=lambda: die_with(parent),
            check=False,
        ).returncode

    def _plan(self) -> list[Child]:
        python = sys.executable
        door = self.listener.fileno()
        gunicorn = [
            python,
            "-m",
            "gunicorn",
            "--config",
            "python:foundation.web_server",
            "--bind",
            f"fd://{door}",
            "wsgi:app",
        ]
        children = [
            Child("web", gunicorn, pass_fds=[door]),
            Child("worker", [python, "-m", "flask", "--app", "app", "worker"]),
        ]
        for n in range(0 if self.settings.media_folder else self.settings.media_processes):
            children.append(Child(f"media-{n}", [python, "-m", "realtime.media", str(n)]))
        if self.settings.demo and (ROOT / "demo" / "partner.py").exists():
            children.append(Child("partner", [python, "-m", "demo.partner"]))
        return children

    def _keep_alive(self) -> int:
        while not any(number in STOP for number in self.wanted):
            changed = self._start_due()
            for child in self.children:
                code = child.reap()
                if code is None:
                    continue
                changed = True
                log.warning("process ended", extra={"child": child.name, "exit_code": code})
                if child.name == "web" and code > 0 and not child.lived and child.failures >= HOPELESS:
                    complain("The web process does not start; its reasons are above.")
                    return os.EX_SOFTWARE
            if changed:
                self._write_list()
            if not self.announced:
                self._announce()
            self._sleep()
            if signal.SIGHUP in self.wanted:
                self.wanted.remove(signal.SIGHUP)
                log.info("web starts anew")
                next(child for child in self.children if child.name == "web").tell(signal.SIGHUP)
        return os.EX_OK

    def _start_due(self) -> bool:
        started = False
        for child in self.children:
            if child.start_at is not None and child.start_at <= time.monotonic():
                child.start()
                started = True
        return started

    def _sleep(self) -> None:
        due = [child.start_at - time.monotonic() for child in self.children if child.start_at is not None]
        callers = [self._caller] if self._caller else []
        select.select([self._bell, *callers], [], [], max(0.0, min([1.0, *due])))
        with contextlib.suppress(BlockingIOError):
            self._bell.recv(4096)

    def _announce(self) -> None:
        """Say once that web answers; asked over one connection that waits in the queue until somebody takes it."""
        try:
            if self._caller is None:
                self._caller = socket.create_connection(self._own_address(), timeout=1)
                self._caller.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            elif select.select([self._caller], [], [], 0)[0]:
                caller, self._caller = self._caller, None
                with caller:
                    self.announced = caller.recv(16).startswith(b"HTTP/1.1 200")
        except OSError:
            self._caller = None
        if self.announced:
            say(f"Open at {self.settings.public_url}")

    def _own_address(self) -> tuple[str, int]:
        host, port = self.listener.getsockname()[:2]
        return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host), port

    def _write_list(self) -> None:
        pids = {"supervisor": os.getpid()} | {child.name: child.pid for child in self.children if child.pid}
        fresh = self._list_path.with_suffix(".new")
        fresh.write_text(json.dumps(pids))
        fresh.replace(self._list_path)

    def _drain(self) -> None:
        """Web stops first, so that no act is taken whose letter nobody would carry; a second signal kills at once.

        Then whoever talks through a forwarding unit, then the units, all of them together.
        """
        self.listener.close()
        self.wanted.clear()
        for number in STOP:
            signal.signal(number, self._kill_all)
        order = {"web": WEB_PATIENCE, "partner": 2.0, "media": MEDIA_PATIENCE, "worker": WORKER_PATIENCE}
        for kind, patience in order.items():
            those = [child for child in self.children if child.name.partition("-")[0] == kind]
            for child in those:
                child.tell(signal.SIGTERM)
            until = time.monotonic() + patience
            for child in those:
                if not child.wait(max(0.0, until - time.monotonic())):
                    log.warning("process had to be killed", extra={"child": child.name})

    def _kill_all(self, _number: int, _frame: FrameType | None) -> None:
        for child in self.children:
            if child.pid:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(child.pid, signal.SIGKILL)


def say(text: str) -> None:
    """A line for the person at the terminal."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


def complain(text: str) -> None:
    """A line on standard error for the person at the terminal."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def main() -> int:
    """Check the settings (`--check` stops there), then supervise."""
    os.chdir(ROOT)
    try:
        settings = config.load()
    except config.UnsafeSettings as wrong:
        complain("Settings:\n  " + "\n  ".join(wrong.problems))
        return os.EX_CONFIG
    if "--check" in sys.argv[1:]:
        return os.EX_OK
    logs.set_up("supervisor", readable=settings.demo)
    return Supervisor(settings).run()


if __name__ == "__main__":
    sys.exit(main())
