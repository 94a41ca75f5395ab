"""One way to write, on purpose hard to get around."""

from __future__ import annotations

import sqlite3
import threading
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from foundation import clock, events
from foundation.db import WriteOutsideTransaction, db, write, write_tx
from foundation.errors import Busy
from foundation.models import AuditEvent, Deadline
from tests.foundation.bare import bare_app


@pytest.fixture
def app(tmp_path: Path) -> Flask:
    return bare_app(tmp_path)


def deadline(ref: int) -> Deadline:
    return Deadline(kind="test", dedupe=f"test:{ref}", ref=ref, due_at=1)


def test_a_write_outside_the_write_transaction_is_refused(app: Flask) -> None:
    with app.app_context():
        db.session.add(deadline(1))
        with pytest.raises(WriteOutsideTransaction):
            db.session.commit()
        db.session.rollback()
        with pytest.raises(WriteOutsideTransaction):
            db.session.execute(update(Deadline).values(tries=1))


def test_an_act_is_all_or_nothing(app: Flask) -> None:
    with app.app_context():
        with pytest.raises(ZeroDivisionError), write_tx():
            db.session.add(deadline(1))
            db.session.flush()
            raise ZeroDivisionError
        assert db.session.scalars(select(Deadline)).all() == []
        with write_tx():
            db.session.add(deadline(2))
        assert [d.ref for d in db.session.scalars(select(Deadline))] == [2]


def test_acts_do_not_nest(app: Flask) -> None:
    with app.app_context(), write_tx(), pytest.raises(RuntimeError), write_tx():
        raise AssertionError("entered")


def test_another_process_that_holds_the_writer_makes_the_service_busy_not_broken(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("foundation.db.WRITE_WAIT", 0.2)
    other = sqlite3.connect(tmp_path / "office.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with app.app_context():
        with pytest.raises(Busy):
            write(lambda: db.session.add(deadline(1)))
        other.execute("ROLLBACK")
        write(lambda: db.session.add(deadline(2)))
        assert [d.ref for d in db.session.scalars(select(Deadline))] == [2]
    other.close()


def test_many_threads_write_without_losing_or_locking(app: Flask) -> None:
    failures: list[BaseException] = []

    def work(first: int) -> None:
        try:
            with app.app_context():
                for ref in range(first, first + 20):
                    write(lambda ref=ref: db.session.add(deadline(ref)))  # type: ignore[misc]
        except BaseException as failure:
            failures.append(failure)

    threads = [threading.Thread(target=work, args=(n * 100,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with app.app_context():
        assert failures == []
        assert len(db.session.scalars(select(Deadline)).all()) == 160


def test_a_naive_moment_is_refused_and_an_aware_one_comes_back_in_utc(app: Flask) -> None:
    with app.app_context():
        with write_tx():
            db.session.add(
                AuditEvent(act="a.b", actor_kind="system", thing_kind="", at=datetime(2026, 3, 29, 3, 0, tzinfo=UTC))
            )
        row = db.session.scalars(select(AuditEvent)).one()
        assert row.at == datetime(2026, 3, 29, 3, 0, tzinfo=UTC)
        assert row.at.tzinfo is UTC
        with pytest.raises(Exception, match="naive"):
            naive = datetime(2026, 3, 29, 3, 0)  # noqa: DTZ001
            write(lambda: db.session.add(AuditEvent(act="a.b", actor_kind="system", thing_kind="", at=naive)))


class Happened(events.Event):
    """Something of this test."""


def test_a_fact_is_told_after_the_commit_and_never_after_a_rollback(app: Flask) -> None:
    told: list[bool] = []

    @events.after_commit(Happened)
    def tell(_fact: Happened) -> None:
        told.append(bool(db.session().info.get("writing")))

    with app.app_context():
        with pytest.raises(ZeroDivisionError), write_tx():
            events.record(Happened())
            raise ZeroDivisionError
        assert told == []
        with write_tx():
            events.record(Happened())
            assert told == []
        assert told == [False]


def test_a_listener_that_fails_after_the_commit_changes_nothing(app: Flask) -> None:
    class Shaky(events.Event):
        """Its listener fails."""

    @events.after_commit(Shaky)
    def fail(_fact: Shaky) -> None:
        raise ZeroDivisionError

    with app.app_context():
        with write_tx():
            db.session.add(deadline(1))
            events.record(Shaky())
        assert len(db.session.scalars(select(Deadline)).all()) == 1


def test_time_stands_still_when_told(app: Flask) -> None:
    at = datetime(2027, 3, 28, 1, 0, tzinfo=UTC)
    with clock.frozen(at):
        assert clock.now() == at
        assert clock.seconds() == int(at.timestamp())
    assert clock.now() != at
