"""Domain facts and their two moments: within the transaction (rows), after the commit (may be lost, may not undo)."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeVar

from sqlalchemy import event as sa_event
from sqlalchemy.orm import Session

from .db import db

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Event:
    """A fact, in plain values: querying after the commit is not possible, so events carry no rows."""


E = TypeVar("E", bound=Event)
Listener = Callable[[Any], None]
_within: dict[type[Event], list[Listener]] = defaultdict(list)
_after: dict[type[Event], list[Listener]] = defaultdict(list)


def within_transaction(kind: type[E]) -> Callable[[Callable[[E], None]], Callable[[E], None]]:
    """Register a listener that writes rows beside the rule's own; its failure undoes the act."""

    def add(listener: Callable[[E], None]) -> Callable[[E], None]:
        if listener not in _within[kind]:
            _within[kind].append(listener)
        return listener

    return add


def after_commit(kind: type[E]) -> Callable[[Callable[[E], None]], Callable[[E], None]]:
    """Register a listener that runs once the act stands; its failure is logged and changes nothing."""

    def add(listener: Callable[[E], None]) -> Callable[[E], None]:
        if listener not in _after[kind]:
            _after[kind].append(listener)
        return listener

    return add


def record(fact: Event) -> None:
    """Say that something happened; called by rules, inside a write transaction. The same fact twice in one act is told once after it."""
    for listener in _within[type(fact)]:
        listener(fact)
    facts = db.session().info.setdefault("facts", [])
    if fact not in facts:
        facts.append(fact)


def listeners(kind: type[Event]) -> tuple[list[Listener], list[Listener]]:
    """The (within, after) listeners of a fact, for the test that counts them."""
    return _within[kind], _after[kind]


@sa_event.listens_for(Session, "after_commit")
def _collect(session: Session) -> None:
    facts = session.info.pop("facts", [])
    if facts:
        session.info.setdefault("after_write", []).append(lambda: _publish(facts))


@sa_event.listens_for(Session, "after_rollback")
def _forget(session: Session) -> None:
    session.info.pop("facts", None)


def _publish(facts: list[Event]) -> None:
    for fact in facts:
        for listener in _after[type(fact)]:
            try:
                listener(fact)
            except Exception:
                log.exception("after-commit listener failed", extra={"fact": type(fact).__name__})
