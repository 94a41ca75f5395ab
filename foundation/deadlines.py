"""Things that must happen at a moment: rows, leased by a worker, handled at least once."""

from __future__ import annotations

import logging
from collections.abc import Callable

from flask import current_app
from sqlalchemy import select, update

from . import audit, clock
from .db import db, insert_into, write
from .models import Deadline

log = logging.getLogger(__name__)
Handler = Callable[[int], None]
_handlers: dict[str, Handler] = {}


def handler(kind: str) -> Callable[[Handler], Handler]:
    """Register the rule for a kind; it gets `ref`, runs inside the write transaction and must be safe to run twice."""

    def add(rule: Handler) -> Handler:
        _handlers[kind] = rule
        return rule

    return add


def put(kind: str, ref: int, due_at: int, dedupe: str) -> None:
    """Set or move a deadline; `due_at` in UTC seconds, `dedupe` unique per deadline. A moved one is due again."""
    values = {"kind": kind, "ref": ref, "due_at": due_at, "dedupe": dedupe, "lease_until": 0, "tries": 0}
    again = {"due_at": due_at, "lease_until": 0, "tries": 0, "done_at": None}
    db.session.execute(
        insert_into(Deadline).values(**values).on_conflict_do_update(index_elements=["dedupe"], set_=again)
    )


def drop(dedupe: str) -> None:
    """Take a deadline back."""
    db.session.execute(
        update(Deadline).where(Deadline.dedupe == dedupe, Deadline.done_at.is_(None)).values(done_at=clock.seconds())
    )


def run_due(limit: int = 50) -> int:
    """Handle what is due; returns how many were handled. A failing one waits 30 s, 60 s, 120 s … and stays."""
    handled = 0
    for deadline_id in write(lambda: _lease(limit)):
        try:
            write(lambda deadline_id=deadline_id: _run(deadline_id))  # type: ignore[misc]
            handled += 1
        except Exception as failure:
            log.exception("deadline failed", extra={"deadline": deadline_id})
            reason = type(failure).__name__
            write(lambda deadline_id=deadline_id, reason=reason: _fail(deadline_id, reason))  # type: ignore[misc]
    return handled


def _lease(limit: int) -> list[int]:
    now = clock.seconds()
    due = (
        select(Deadline.id)
        .where(Deadline.done_at.is_(None), Deadline.due_at <= now, Deadline.lease_until <= now)
        .order_by(Deadline.due_at)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list(db.session.scalars(due))
    if ids:
        db.session.execute(
            update(Deadline).where(Deadline.id.in_(ids)).values(lease_until=now + current_app.config["VO"].lease)
        )
    return ids


def _run(deadline_id: int) -> None:
    deadline = db.session.get_one(Deadline, deadline_id, with_for_update=True)
    if deadline.done_at is not None:
        return
    with audit.acting_as("system"):
        _handlers[deadline.kind](deadline.ref)
    deadline.done_at = clock.seconds()


def _fail(deadline_id: int, reason: str) -> None:
    deadline = db.session.get_one(Deadline, deadline_id)
    deadline.tries += 1
    deadline.failure = reason
    deadline.lease_until = clock.seconds() + min(30 * 2**deadline.tries, 3600)
