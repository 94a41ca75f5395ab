"""Ready or not: each check turns red for its own reason and for no other."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import text

from foundation import clock, health, letters, metrics, worker
from foundation.db import db, write_tx
from foundation.errors import NotFound
from tests.foundation.bare import bare_app


def well(folder: Path, **environ: str) -> Flask:
    """An installation on which everything is as it should be."""
    app = bare_app(folder, **environ)
    for part in (metrics, health):
        part.register(app)
    app.register_error_handler(NotFound, lambda _: ("", 404))
    heads = app.extensions["readiness"]["heads"]
    with app.app_context(), write_tx():
        db.session.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32) PRIMARY KEY)"))
        for head in heads:
            db.session.execute(text("INSERT INTO alembic_version VALUES (:head)"), {"head": head})
    worker.look(app)
    return app


def red(app: Flask) -> tuple[int, set[str]]:
    """Status of /readyz and the names of the checks that failed."""
    answer = app.test_client().get("/readyz")
    facts: dict[str, Any] = answer.get_json()
    assert set(facts) == {"ok", "checks"}
    assert all(set(check) == {"ok", "ms"} for check in facts["checks"].values())
    assert facts["ok"] is (answer.status_code == 200)
    return answer.status_code, {name for name, check in facts["checks"].items() if not check["ok"]}


def test_all_is_well(tmp_path: Path) -> None:
    assert red(well(tmp_path)) == (200, set())


def test_silent_worker(tmp_path: Path) -> None:
    app = well(tmp_path)
    worker.heartbeat_path(tmp_path).write_text(str(clock.seconds() - 31))
    assert red(app) == (503, {"worker"})


def test_missing_worker_counts_on_one_box_only(tmp_path: Path) -> None:
    app = well(tmp_path)
    worker.heartbeat_path(tmp_path).unlink()
    assert red(app) == (503, {"worker"})
    many = well(tmp_path / "many", VO_REDIS_URL="redis://127.0.0.1:1/0")
    worker.heartbeat_path(tmp_path / "many").unlink()
    assert red(many) == (200, set())


@pytest.mark.parametrize(("late", "names"), [(299, set()), (310, {"letters"})])
def test_late_letters(tmp_path: Path, late: int, names: set[str]) -> None:
    app = well(tmp_path)
    with app.app_context(), write_tx():
        letters.post("any", language="en", dedupe="one", due_at=clock.seconds() - late)
    assert red(app) == (200, names), "told, and nobody is sent away"


def test_database_of_another_form(tmp_path: Path) -> None:
    app = well(tmp_path)
    with app.app_context(), write_tx():
        db.session.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    assert red(app) == (503, {"migrations"})


def test_answer_is_remembered_for_a_second(tmp_path: Path) -> None:
    app = well(tmp_path)
    assert red(app) == (200, set())
    worker.heartbeat_path(tmp_path).unlink()
    assert red(app) == (200, set()), "asked again within the second"
    app.extensions["readiness"]["at"] -= health.REMEMBERED
    assert red(app) == (503, {"worker"})


def test_alive_asks_nobody(tmp_path: Path) -> None:
    app = well(tmp_path)
    (tmp_path / "office.sqlite3").unlink()
    answer = app.test_client().get("/healthz")
    assert (answer.status_code, answer.get_json()) == (200, {"ok": True})


def test_figures_need_the_token(tmp_path: Path) -> None:
    people = well(tmp_path, VO_METRICS_TOKEN="a-long-token-for-figures").test_client()
    assert people.get("/metrics").status_code == 404
    assert people.get("/metrics", headers={"Authorization": "Bearer another"}).status_code == 404
    people.get("/nowhere/amal@example.org")
    page = people.get("/metrics", headers={"Authorization": "Bearer a-long-token-for-figures"})
    assert page.status_code == 200
    assert 'pes_http_request_duration_seconds_count{method="GET",route="/metrics",status="404"}' in page.text
    assert 'route="unmatched"' in page.text
    assert "pes_outbox_pending 0.0" in page.text
    assert "amal" not in page.text


def test_without_a_token_there_are_no_figures(tmp_path: Path) -> None:
    people = well(tmp_path).test_client()
    assert people.get("/metrics").status_code == 404
    assert people.get("/metrics", headers={"Authorization": "Bearer "}).status_code == 404


def test_every_answer_has_its_request_id(tmp_path: Path) -> None:
    people = well(tmp_path).test_client()
    ids = {people.get("/healthz").headers["X-Request-ID"] for _ in range(3)}
    assert len(ids) == 3
    assert all(len(one) == 16 for one in ids)
