"""The whole service as people run it: supervisor, gunicorn with gevent, worker; on a free port, with a folder of its own."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Self

from .tiers import SHELF

ROOT = Path(__file__).resolve().parent.parent


def free_port() -> int:
    """A TCP port of this machine that nobody listens on."""
    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


@contextlib.contextmanager
def _shelf(name: str) -> Iterator[Path]:
    """A folder of this test run under that name, for one process at a time."""
    shelf = Path(os.environ[SHELF])
    with open(shelf / f"{name}.lock", "w") as door:
        fcntl.flock(door, fcntl.LOCK_EX)
        yield shelf / name


class Server:
    """`with Server(env={"VO_DEMO": "1"}) as server:` starts everything and waits until `/readyz` says yes.

    `folder` is the instance folder (kept when given, else temporary); `database_url` empty means SQLite in it; `env` adds
    settings; `seed` runs `flask --app app seed …` with these words before the start. `url` has no slash at its end.
    """

    def __init__(
        self,
        folder: Path | None = None,
        *,
        database_url: str = "",
        env: dict[str, str] | None = None,
        seed: tuple[str, ...] | None = None,
        patience: float = 40.0,
    ) -> None:
        self._temporary = folder is None
        self.folder = folder or Path(tempfile.mkdtemp(prefix="office-"))
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.patience = patience
        self.seed = seed
        self.env = {key: value for key, value in os.environ.items() if not key.startswith("VO_")}
        self.env |= {"PORT": str(self.port), "VO_INSTANCE": str(self.folder), "PYTHONUNBUFFERED": "1"}
        # Many of these run at once on one machine: any port, and a forwarding unit only where a test asks for one.
        self.env |= {"VO_MEDIA_UDP_PORT": "0", "VO_MEDIA_PROCESSES": "0"}
        if database_url:
            self.env["VO_DATABASE_URL"] = database_url
        self.env |= env or {}
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        self.folder.mkdir(parents=True, exist_ok=True)
        if self.seed is not None:
            self._furnish(self.seed)
        try:
            self.start()
            self.wait_ready()
        except BaseException:
            self.end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, value: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
        if self._temporary:
            shutil.rmtree(self.folder, ignore_errors=True)

    def _furnish(self, seed: tuple[str, ...]) -> None:
        """Migrate and seed; what one test run has built once in SQLite is copied, for a town takes longer to build than many tests."""
        if SHELF not in os.environ or "VO_DATABASE_URL" in self.env or any(self.folder.iterdir()):
            self.upgrade()
            self.flask("seed", *seed)
            return
        with _shelf(self._recipe(seed)) as kept:
            if not (kept / "built").exists():
                shutil.rmtree(kept, ignore_errors=True)
                there, self.env["VO_INSTANCE"] = self.env["VO_INSTANCE"], str(kept)
                self.upgrade()
                self.flask("seed", *seed)
                self.env["VO_INSTANCE"] = there
                (kept / "built").touch()
            shutil.copytree(kept, self.folder, dirs_exist_ok=True, ignore=shutil.ignore_patterns("built"))

    def _recipe(self, seed: tuple[str, ...]) -> str:
        """What makes one town differ from another: words of the seed, settings, and the hour at which it is built."""
        own = {"PORT", "VO_INSTANCE", "VO_PUBLIC_URL", "VO_TEST_CLOCK_SHIFT"}
        settings = sorted((key, value) for key, value in self.env.items() if key.startswith("VO_") and key not in own)
        hour = (time.time() + int(self.env.get("VO_TEST_CLOCK_SHIFT", "0"))) // 3600
        return hashlib.sha256(repr((seed, settings, hour)).encode()).hexdigest()[:16]

    def start(self) -> None:
        """Start the supervisor; its words and its children's go to `log`."""
        with open(self._log_path, "ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "foundation.supervisor"],
                cwd=ROOT,
                env=self.env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def stop(self, patience: float = 45.0) -> int:
        """SIGTERM and wait; returns the exit code. Kills everything when it takes longer."""
        if self.process is None:
            return 0
        with contextlib.suppress(ProcessLookupError):
            self.process.terminate()
        try:
            return self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"the supervisor did not stop in {patience} s\n{self.log[-3000:]}") from None
        finally:
            self.process = None

    def end(self) -> None:
        """`kill -9` for everything: a test that is over needs no farewell. Those of the supervisor try the farewell (`stop`)."""
        if self.process is None:
            return
        children = [pid for name, pid in self.pids.items() if name != "supervisor"]
        self.process.kill()
        self.process.wait()
        self.process = None
        for pid in children:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(pid, signal.SIGKILL)

    def wait_ready(self) -> float:
        """Wait until `/readyz` answers 200; returns the seconds it took, raises AssertionError with the log otherwise."""
        began = time.monotonic()
        last: tuple[int, bytes] = (0, b"no answer")
        while time.monotonic() - began < self.patience:
            if self.process is not None and (code := self.process.poll()) is not None:
                raise AssertionError(f"the supervisor ended with {code}\n{self.log[-3000:]}")
            with contextlib.suppress(OSError):
                last = self.get("/readyz", timeout=5)
                if last[0] == 200:
                    return time.monotonic() - began
            time.sleep(0.05)
        raise AssertionError(f"not ready in {self.patience} s: {last}\n{self.log[-3000:]}")

    def get(self, path: str, timeout: float = 10, headers: dict[str, str] | None = None) -> tuple[int, bytes]:
        """Status and body of a GET; an error status is an answer, not an exception."""
        try:
            asked = urllib.request.Request(self.url + path, headers=headers or {})
            with urllib.request.urlopen(asked, timeout=timeout) as answer:
                return answer.status, answer.read()
        except urllib.error.HTTPError as answer:
            with answer:
                return answer.code, answer.read()

    @property
    def pids(self) -> dict[str, int]:
        """Process ids by name: supervisor, web, worker, media-0, and partner in the demo."""
        with contextlib.suppress(FileNotFoundError):
            pids: dict[str, int] = json.loads((self.folder / "processes.json").read_text())
            return pids
        return {}

    def kill(self, name: str, number: signal.Signals = signal.SIGKILL) -> int:
        """Send a signal (`kill -9` if none is named) to a whole child, by its name; returns the id it had.

        For "supervisor" only that process gets it; for a child its group, as when the machine takes it away.
        """
        pid = self.pids[name]
        if name == "supervisor":
            os.kill(pid, number)
        else:
            os.killpg(pid, number)
        return pid

    def wait_for_new(self, name: str, old: int, patience: float = 10.0) -> int:
        """Wait until a child has another process id than `old`; returns it."""
        until = time.monotonic() + patience
        while time.monotonic() < until:
            if (now := self.pids.get(name, old)) != old:
                return now
            time.sleep(0.02)
        raise AssertionError(f"{name} was not started again in {patience} s\n{self.log[-3000:]}")

    def upgrade(self) -> None:
        """Bring the database to the newest form, as the supervisor does before it starts anything."""
        command = [sys.executable, "-m", "foundation.upgrading"]
        done = subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        assert done.returncode == 0, done.stderr

    def flask(self, *words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `flask --app app …` on the same installation."""
        command = [sys.executable, "-m", "flask", "--app", "app", *words]
        done = subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        if check and done.returncode:
            raise AssertionError(f"flask {' '.join(words)} ended with {done.returncode}\n{done.stdout}{done.stderr}")
        return done

    @property
    def log(self) -> str:
        """All that the processes wrote so far."""
        return self._log_path.read_text(errors="replace") if self._log_path.exists() else ""

    @property
    def _log_path(self) -> Path:
        return self.folder / "server.log"
