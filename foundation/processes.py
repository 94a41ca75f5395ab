"""One child process: in a group of its own, ended with its parent, started again after growing pauses."""

from __future__ import annotations

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Sequence

STEADY = 5.0
"""Seconds after which a life counts as a good one: the next start is immediate again."""
PAUSES = (0.0, 0.2, 0.5, 1.0, 2.0)
"""Seconds before the 1st, 2nd … restart in a row; somebody's kill never waits longer than the last."""
LONGEST_PAUSE = 30.0
"""Ceiling for a process that keeps ending by itself."""
_PR_SET_PDEATHSIG = 1

_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with(parent: int) -> None:
    """Ask Linux to kill this process when the thread that made it ends; elsewhere nothing is promised."""
    if _libc is not None:
        _libc.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL))
        if os.getppid() != parent:
            os._exit(1)


def pause_before(failures: int, by_signal: bool) -> float:
    """Seconds to wait before the restart after `failures` short lives in a row (0 = the last life was a good one)."""
    if failures < len(PAUSES):
        return PAUSES[failures]
    if by_signal:
        return PAUSES[-1]
    return min(PAUSES[-1] * 2.0 ** (failures - len(PAUSES) + 1), LONGEST_PAUSE)


class Child:
    """A program that must run: `start()`, `reap()` in a loop, `stop()` and `kill()` reach its whole group."""

    def __init__(self, name: str, command: Sequence[str], pass_fds: Sequence[int] = ()) -> None:
        self.name = name
        self.command = list(command)
        self.pass_fds = tuple(pass_fds)
        self.process: subprocess.Popen[bytes] | None = None
        self.start_at: float | None = 0.0
        self.failures = 0
        self.lived = False
        self._began = 0.0

    @property
    def pid(self) -> int | None:
        """The running process, also the id of its group."""
        return self.process.pid if self.process else None

    def start(self) -> None:
        """Start it now, in a session and group of its own, so that a terminal's Ctrl-C reaches only the supervisor."""
        parent = os.getpid()
        self.process = subprocess.Popen(
            self.command,
            stdin=subprocess.DEVNULL,
            pass_fds=self.pass_fds,
            start_new_session=True,
            preexec_fn=lambda: die_with(parent),
        )
        self._began = time.monotonic()
        self.start_at = None

    def reap(self) -> int | None:
        """Its exit code (negative: the signal) if it has ended; clears what is left of its group and plans the restart."""
        if self.process is None or (code := self.process.poll()) is None:
            return None
        _signal_group(self.process.pid, signal.SIGKILL)
        self.process = None
        now = time.monotonic()
        if now - self._began >= STEADY:
            self.failures, self.lived = 0, True
        self.start_at = now + pause_before(self.failures, by_signal=code < 0)
        self.failures += 1
        return code

    def tell(self, number: signal.Signals) -> None:
        """Send a signal to the first process of the group."""
        if self.process is not None:
            with contextlib.suppress(ProcessLookupError):
                self.process.send_signal(number)

    def stop(self, patience: float) -> bool:
        """SIGTERM, wait up to `patience` seconds, then SIGKILL for the group; True when it went by itself."""
        self.tell(signal.SIGTERM)
        return self.wait(patience)

    def wait(self, patience: float) -> bool:
        """Wait for its end up to `patience` seconds, then kill the group; True when it went by itself."""
        if self.process is None:
            return True
        try:
            self.process.wait(patience)
            in_time = True
        except subprocess.TimeoutExpired:
            in_time = False
        self.kill()
        return in_time

    def kill(self) -> None:
        """SIGKILL for the whole group."""
        if self.process is not None:
            _signal_group(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.process = None


def _signal_group(group: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, number)
