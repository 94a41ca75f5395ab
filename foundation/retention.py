"""Nothing is kept for ever: rules of what goes after how many days, run once a day by the worker, in small bites.

A run first writes down which rows are due (`plan`, what the dry run shows), then takes exactly those, a bite in each transaction.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from flask import current_app
from sqlalchemy import Select, select

from . import audit, clock, deadlines
from .db import db, write
from .events import Event, after_commit, record
from .models import RetentionRun
from .privacy_sources import delete_rows

log = logging.getLogger(__name__)
DAY = 86_400
KIND = "retention"
BITE = 200
"""Rows in one transaction: some milliseconds, so that nobody who books has to wait."""
Keys = list[tuple[Any, ...]]


@dataclass(frozen=True)
class Rule:
    """What goes when, and how: `due` selects primary keys, `take` deletes or blanks some of them."""

    key: str
    setting: str
    """Name of the setting with the days."""
    what: Any
    """In lazy words, for the pages."""
    how: Any
    due: Callable[[int], Select[Any]]
    """The limit in UTC seconds → the rows older than it."""
    take: Callable[[Keys], None]

    @property
    def days(self) -> int:
        """How long these are kept here."""
        days: int = getattr(current_app.config["VO"], self.setting)
        return days


@dataclass(frozen=True)
class RetentionDue(Event):
    """The day's run may begin, outside of the deadline's own transaction."""

    day: int


_rules: dict[str, Rule] = {}


def rule(made: Rule) -> Rule:
    """Register a rule; run in the order of registration."""
    _rules[made.key] = made
    return made


def rules() -> list[Rule]:
    """Every rule."""
    return list(_rules.values())


def plan() -> dict[str, Keys]:
    """The dry run: which rows each rule would take now."""
    now = clock.seconds()
    return {
        one.key: [tuple(row) for row in db.session.execute(one.due(now - one.days * DAY))] for one in _rules.values()
    }


def run() -> dict[str, int]:
    """Take what is due, bite by bite; rows by rule. Call it outside of a write transaction."""
    doomed = plan()
    db.session.rollback()
    run_id = write(_begin)
    counts: dict[str, int] = {}
    for key, keys in doomed.items():
        for start in range(0, len(keys), BITE):
            some = keys[start : start + BITE]
            write(lambda key=key, some=some: _rules[key].take(some))  # type: ignore[misc]
        counts[key] = len(keys)
    write(lambda: _end(run_id, counts))
    return counts


def last() -> RetentionRun | None:
    """The newest run that came to its end."""
    query = select(RetentionRun).where(RetentionRun.ended.is_not(None)).order_by(RetentionRun.id.desc()).limit(1)
    return db.session.scalar(query)


def schedule() -> None:
    """Make sure that a run is set for tomorrow's small hours; the worker says so when it starts, and each run for the next."""
    day = clock.seconds() // DAY + 1
    deadlines.put(KIND, day, day * DAY + 3 * 3600, f"{KIND}:{day}")


@deadlines.handler(KIND)
def _run_today(day: int) -> None:
    schedule()
    record(RetentionDue(day))


@after_commit(RetentionDue)
def _run_now(_fact: RetentionDue) -> None:
    with audit.acting_as("system"):
        run()


def older_than(limit: int) -> Any:
    """The limit as a moment, for columns that hold moments."""
    return clock.now() - timedelta(seconds=clock.seconds() - limit)


def deletes(model: Any) -> Callable[[Keys], None]:
    """The act of a rule that deletes rows of a table."""
    return lambda keys: _delete(model, keys)


def _delete(model: Any, keys: Keys) -> None:
    delete_rows(model.__table__, keys)
    db.session.expire_all()


def _begin() -> int:
    row = RetentionRun(counts={})
    db.session.add(row)
    db.session.flush()
    return row.id


def _end(run_id: int, counts: dict[str, int]) -> None:
    row = db.session.get_one(RetentionRun, run_id)
    row.ended, row.counts = clock.seconds(), counts
    audit.note("retention.run", row, after=counts)
