"""The trail of who did what: ids, states and field names, never personal values."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import insert, or_, select

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


@dataclass(frozen=True)
class Wanted:
    """Which rows of the trail: filters that are empty filter nothing; `offices` None means everywhere."""

    person_id: int | None = None
    """Who did it, for whom, or to whom."""
    act: str = ""
    thing: str = ""
    office_id: int | None = None
    begins: datetime | None = None
    ends: datetime | None = None
    offices: frozenset[int] | None = None


def listed(wanted: Wanted, limit: int, before_id: int = 0) -> list[AuditEvent]:
    """Rows of the trail, newest first, older than `before_id`."""
    query = select(AuditEvent).order_by(AuditEvent.id.desc()).limit(limit)
    if before_id:
        query = query.where(AuditEvent.id < before_id)
    if wanted.offices is not None:
        query = query.where(AuditEvent.office_id.in_(wanted.offices))
    if wanted.office_id is not None:
        query = query.where(AuditEvent.office_id == wanted.office_id)
    if wanted.act:
        query = query.where(AuditEvent.act == wanted.act)
    if wanted.thing:
        query = query.where(AuditEvent.thing_kind == wanted.thing)
    if wanted.begins is not None:
        query = query.where(AuditEvent.at >= wanted.begins)
    if wanted.ends is not None:
        query = query.where(AuditEvent.at < wanted.ends)
    if wanted.person_id is not None:
        one = wanted.person_id
        query = query.where(
            or_(
                (AuditEvent.actor_kind == "person") & (AuditEvent.actor_id == one),
                AuditEvent.on_behalf_of == one,
                (AuditEvent.thing_kind == "person") & (AuditEvent.thing_id == one),
            )
        )
    return list(db.session.scalars(query))


def acts() -> list[str]:
    """Every act that the trail has, by name."""
    return sorted(db.session.scalars(select(AuditEvent.act).distinct()))
