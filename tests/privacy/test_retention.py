"""What the dry run shows is what then goes, on both engines; what is younger stays."""

from __future__ import annotations

import json
from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from booking.models import Appointment
from foundation import clock, deadlines, retention
from foundation.db import Base, db, write
from foundation.models import Deadline, RetentionRun
from tests.privacy.conftest import Somebody
from virtual_office.meetings.models import MeetingEvent


def keys(name: str) -> set[tuple[object, ...]]:
    """Primary keys of every row of a table."""
    table = Base.metadata.tables[name]
    return {tuple(row) for row in db.session.execute(select(*table.primary_key))}


TABLES = {"codes": "sign_in_code", "tries": "attempt", "keys": "idempotency_key", "sign_ins": "sign_in", "audit": "audit_event",
          "commands": "meeting_command", "calls": "presence", "callbacks": "callback", "appointments": "appointment",
          "wishes": "waitlist_entry", "guests": "person"}  # fmt: skip


def test_the_dry_run_is_what_goes(both: Flask, somebody: Somebody) -> None:
    with both.app_context():
        for days in (10, 200, 500, 800):
            with clock.frozen(clock.now() + timedelta(days=days)):
                planned = retention.plan()
                before = {name: keys(table) for name, table in TABLES.items()}
                db.session.rollback()
                counts = retention.run()
                assert counts == {key: len(rows) for key, rows in planned.items()}
                for name in TABLES:
                    gone = before[name] - keys(TABLES[name])
                    assert set(planned[name]) <= gone, name
                    if name not in {"commands", "calls", "callbacks", "wishes"}:
                        grew = name == "audit"
                        assert gone == set(planned[name]) or grew, (days, name)
                assert retention.last() is not None
                assert all(not rows for key, rows in retention.plan().items() if key != "guests"), days
                db.session.rollback()
        assert db.session.scalars(select(Appointment)).all() == []


def test_what_is_young_stays(both: Flask, somebody: Somebody) -> None:
    with both.app_context():
        assert not any(retention.plan().values())
        with clock.frozen(clock.now() + timedelta(days=120)):
            retention.run()
        said = db.session.scalars(select(MeetingEvent).where(MeetingEvent.kind == "unheard")).all()
        assert said and all(row.data == {} for row in said)
        assert db.session.query(Appointment).filter_by(public_id=somebody.appointment).count() == 1


def test_the_worker_does_it_every_day(both: Flask, somebody: Somebody) -> None:
    with both.app_context():
        noon = clock.now().replace(hour=12)
        with clock.frozen(noon):
            write(retention.schedule)
            write(retention.schedule)
        assert db.session.query(Deadline).filter_by(kind=retention.KIND).count() == 1
        for day in (1, 2):
            with clock.frozen(noon + timedelta(days=day + 1)):
                deadlines.run_due()
        assert db.session.query(RetentionRun).filter(RetentionRun.ended.is_not(None)).count() == 2


def test_the_command(app: Flask) -> None:
    runner = app.test_cli_runner()
    dry = json.loads(runner.invoke(args=["retention", "--dry-run"]).output.splitlines()[-1])
    gone = json.loads(runner.invoke(args=["retention", "--run"]).output.splitlines()[-1])
    assert dry == gone and "appointments" in dry
