"""The trail of who did what: ids, states and field names, never personal values."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from sqlalchemy import insert

from .db import Row, db, table
from .models import AuditEvent

_actor: ContextVar[tuple[str, int | None]] = ContextVar("actor", default=("system", None))


def act_as(kind: str, actor_id: int | None = None) -> None:
    """Name the actor for the rest of this context: `person`, `link`, `visitor`, `token`, `command` or `system`."""
    _actor.set((kind, actor_id))


@contextmanager
def acting_as(kind: str, actor_id: int | None = None) -> Iterator[None]:
    """Name the actor for a block."""
    token = _actor.set((kind, actor_id))
    try:
        yield
    finally:
        _actor.reset(token)


def actor() -> tuple[str, int | None]:
    """Who acts now, as (kind, id)."""
    return _actor.get()


def note(
    act: str,
    thing: Row | None = None,
    *,
    before: dict[str, Any] | None = None,
    after: dict[str, Any] | None = None,
    on_behalf_of: int | None = None,
    office_id: int | None = None,
) -> None:
    """Write one audit row beside the act, in its transaction. `act` is `noun.participle`."""
    kind, actor_id = _actor.get()
    if thing in db.session.new:
        db.session.flush()
    values = {
        "act": act,
        "actor_kind": kind,
        "actor_id": actor_id,
        "on_behalf_of": on_behalf_of,
        "thing_kind": getattr(thing, "__tablename__", ""),
        "thing_id": None if thing is None else thing.id,
        "office_id": office_id if office_id is not None else getattr(thing, "office_id", None),
        "before": before or {},
        "after": after or {},
    }
    # The plain table: nobody reads the row back, and every act writes one.
    db.session.execute(insert(table(AuditEvent)), values)
