"""Real PostgreSQL and Redis for tests: throw-away servers on free ports, made and removed in seconds.

A machine without them skips the tests that need them and says which Debian package is missing; `make test` then fails.
"""

from __future__ import annotations

import contextlib
import glob
import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
import redis

from tests.server import free_port


class Postgres:
    """A cluster of its own in `folder`; `new_database()` makes an empty database, `stop()` and `start()` play an outage."""

    def __init__(self, programs: Path, folder: Path, owner: str | None) -> None:
        self.port = free_port()
        self._programs = programs
        self._folder = folder
        self._owner = owner
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers; fsync stays on."""
        settings = {
            "port": self.port,
            "listen_addresses": "127.0.0.1",
            "unix_socket_directories": self._folder,
            "max_connections": 200,
            "log_min_messages": "warning",
        }
        options = [word for name, value in settings.items() for word in ("-c", f"{name}={value}")]
        log = self._folder / "log"
        with open(log, "ab") as words:
            self._process = subprocess.Popen(
                [self._programs / "postgres", "-D", self._folder / "data", *options],
                user=self._owner,
                cwd=self._folder,
                stdin=subprocess.DEVNULL,
                stdout=words,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        _wait_until(lambda: psycopg.connect(self._url("postgres")).close(), self._process, log)

    def stop(self) -> None:
        """Stop it at once, cutting every connection."""
        if self._process is not None:
            _end(self._process, signal.SIGINT)
            self._process = None

    def new_database(self) -> str:
        """URL of a new, empty database, for VO_DATABASE_URL."""
        name = f"office_{uuid4().hex[:8]}"
        with psycopg.connect(self._url("postgres"), autocommit=True) as line:
            line.execute(f'CREATE DATABASE "{name}"')
        return self._url(name)

    def _url(self, name: str) -> str:
        return f"postgresql://office@127.0.0.1:{self.port}/{name}"


@contextlib.contextmanager
def postgres() -> Iterator[Postgres]:
    """A running PostgreSQL cluster; as root it runs as the user postgres, since it refuses root."""
    programs = _postgres_programs()
    folder = Path(tempfile.mkdtemp(prefix="office-pg-"))
    owner = "postgres" if os.getuid() == 0 else None
    if owner:
        account = pwd.getpwnam(owner)
        os.chown(folder, account.pw_uid, account.pw_gid)
    words = ["--pgdata", str(folder / "data"), "--username", "office", "--auth", "trust", "--no-sync"]
    words += ["--encoding", "UTF8", "--locale", "C.UTF-8"]
    subprocess.run([programs / "initdb", *words], check=True, user=owner, cwd=folder, stdout=subprocess.DEVNULL)
    cluster = Postgres(programs, folder, owner)
    try:
        cluster.start()
        yield cluster
    finally:
        cluster.stop()
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def redis_server() -> Iterator[str]:
    """A Redis server that keeps nothing; gives its URL."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("needs the Debian package redis-server")
    folder = Path(tempfile.mkdtemp(prefix="office-redis-"))
    port = free_port()
    log = folder / "log"
    with open(log, "wb") as words_of_server:
        process = subprocess.Popen(
            [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)],
            stdin=subprocess.DEVNULL,
            stdout=words_of_server,
            start_new_session=True,
        )
    url = f"redis://127.0.0.1:{port}/0"
    try:
        _wait_until(lambda: _ping(url), process, log)
        yield url
    finally:
        _end(process, signal.SIGTERM)
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def cluster() -> Iterator[Postgres]:
    """One PostgreSQL cluster for the whole run (of this test process)."""
    with postgres() as running:
        yield running


@pytest.fixture
def postgres_url(cluster: Postgres) -> str:
    """URL of a new, empty PostgreSQL database."""
    return cluster.new_database()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """For VO_DATABASE_URL: once empty (SQLite in the instance folder), once a new PostgreSQL database."""
    return "" if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """A Redis server for the whole run (of this test process)."""
    with redis_server() as url:
        yield url


def _ping(url: str) -> None:
    with redis.Redis.from_url(url) as line:
        line.ping()


def _postgres_programs() -> Path:
    found = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"), key=lambda path: int(path.split("/")[4]))
    program = found[-1] if found else shutil.which("initdb")
    if program is None:
        pytest.skip("needs the Debian package postgresql")
    return Path(program).parent


def _wait_until(
    answers: Callable[[], None], process: subprocess.Popen[bytes], log: Path, patience: float = 20.0
) -> None:
    until = time.monotonic() + patience
    while True:
        try:
            answers()
            return
        except (psycopg.OperationalError, redis.ConnectionError):
            if process.poll() is not None or time.monotonic() > until:
                raise AssertionError(f"the server did not start\n{log.read_text()[-2000:]}") from None
            time.sleep(0.05)


def _end(process: subprocess.Popen[bytes], number: signal.Signals) -> None:
    process.send_signal(number)
    try:
        process.wait(10)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
