"""Counted tries: exact, patient, forgotten in time, and safe against tries at once."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts import attempts
from accounts.models import Attempt
from foundation import clock, deadlines
from foundation.db import db, write
from foundation.errors import TooMany
from tests.application import running
from tests.engines import postgres

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


def test_the_limit_holds_within_the_window_only(app: Flask) -> None:
    with app.app_context():
        with clock.frozen(NOON):
            for _ in range(5):
                attempts.check("find", "REF", 5, 3600)
            with pytest.raises(TooMany):
                attempts.check("find", "REF", 5, 3600)
            attempts.check("find", "OTHER", 5, 3600)
        with clock.frozen(NOON + timedelta(seconds=3601)):
            attempts.check("find", "REF", 5, 3600)


def test_the_wait_grows_and_has_an_end(app: Flask) -> None:
    patience = attempts.Patience(free=3, window=86_400, longest=900)
    waits = []
    with app.app_context():
        now = NOON
        for _ in range(16):
            with clock.frozen(now):
                write(lambda: attempts.count_patiently("password", "a", patience))
                try:
                    write(lambda: attempts.count_patiently("password", "a", patience))
                except TooMany as no:
                    waits.append(no.extra["wait"])
                    now += timedelta(seconds=no.extra["wait"])
    assert waits[:4] == [1, 2, 4, 8] and waits[-1] == 900


def test_no_row_names_anybody_and_old_rows_go(app: Flask) -> None:
    with app.app_context():
        with clock.frozen(NOON):
            attempts.check("letter", "bo@example.org", 3, 3600)
            row = db.session.scalars(select(Attempt)).one()
            assert "bo" not in row.subject and len(row.subject) == 64
            db.session.rollback()
        with clock.frozen(NOON + timedelta(days=3)):
            assert deadlines.run_due() == 1
            assert db.session.scalar(select(func.count(Attempt.id))) == 0


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_tries_at_once_are_all_counted(tmp_path, engine: str) -> None:
    if engine == "sqlite":
        with running(tmp_path) as app:
            assert _race(app) == 5
        return
    with postgres() as server, running(tmp_path, VO_DATABASE_URL=server.new_database()) as app:
        assert _race(app) == 5


def _race(app: Flask) -> int:
    passed: list[int] = []

    def guess(number: int) -> None:
        with app.app_context():
            try:
                attempts.check("find", "REF", 5, 3600)
                passed.append(number)
            except TooMany:
                pass
            finally:
                db.session.remove()

    threads = [threading.Thread(target=guess, args=(number,)) for number in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(passed)
