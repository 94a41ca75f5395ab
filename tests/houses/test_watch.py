"""What an operator sees of a running house: readiness while the database is stuck or gone, figures, and clean logs."""

from __future__ import annotations

import json
import sqlite3
import time
import urllib.request
from collections.abc import Iterator

import pytest

from tests.engines import postgres
from tests.server import Server, free_port

PUBLIC_ID = "abcdefghijklmnopqrstuv"
TOKEN = "Zm9vYmFyYmF6cXV4cXV1eGNvcmdlZ3Jh"


@pytest.fixture(scope="module")
def house() -> Iterator[Server]:
    with Server(env={"VO_METRICS_BIND": f"127.0.0.1:{free_port()}"}) as server:
        yield server


def red(server: Server) -> set[str]:
    """Names of the checks of /readyz that fail now."""
    status, body = server.get("/readyz")
    facts = json.loads(body)
    names = {name for name, check in facts["checks"].items() if not check["ok"]}
    assert status == (503 if names else 200)
    return names


def test_stuck_database_shows_in_time_and_the_house_recovers(house: Server) -> None:
    with sqlite3.connect(house.folder / "office.sqlite3", isolation_level=None) as stuck:
        stuck.execute("BEGIN IMMEDIATE")
        time.sleep(1.1)
        began = time.monotonic()
        assert "database" in red(house)
        assert time.monotonic() - began < 3.0, "all checks together have 2 s"
        assert house.get("/healthz")[0] == 200
        stuck.execute("ROLLBACK")
    stuck.close()
    house.wait_ready()


def test_figures_on_an_address_of_their_own(house: Server) -> None:
    assert house.get("/metrics")[0] == 404
    with urllib.request.urlopen(f"http://{house.env['VO_METRICS_BIND']}/metrics", timeout=5) as answer:
        page = answer.read().decode()
    assert 'route="/readyz"' in page
    assert "pes_outbox_oldest_seconds" in page


def test_no_address_and_no_secret_gets_into_the_log(house: Server) -> None:
    for path in (f"/m/{PUBLIC_ID}/{TOKEN}", f"/j/{PUBLIC_ID}/{TOKEN}", "/find?email=amal@example.org", f"/{TOKEN}"):
        house.get(path)
    house.get("/", headers={"X-Forwarded-For": "203.0.113.7", "User-Agent": "amal@example.org"})
    for _ in range(50):
        if house.log.count('"status": 404') >= 2:
            break
        time.sleep(0.05)
    lines = [json.loads(line) for line in house.log.splitlines() if line.startswith("{")]
    asked = [line for line in lines if line["event"] == "request"]
    assert asked
    assert all(
        {"at", "level", "process", "request_id", "method", "route", "status", "ms"} <= set(line) for line in asked
    )
    for secret in (PUBLIC_ID, TOKEN, "amal", "203.0.113.7"):
        assert secret not in house.log
    plain = [line for line in house.log.splitlines() if not line.startswith("{")]
    assert plain == [f"Open at {house.url}"]


def test_lost_postgres_is_told_and_web_stays_alive() -> None:
    with postgres() as cluster, Server(database_url=cluster.new_database()) as server:
        cluster.stop()
        time.sleep(1.1)
        began = time.monotonic()
        assert {"database", "migrations", "letters"} <= red(server)
        assert time.monotonic() - began < 3.0
        assert server.get("/healthz")[0] == 200
        cluster.start()
        server.wait_ready()
