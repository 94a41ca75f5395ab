"""Letters: what to say is a row in the act's transaction; the words are made when it is sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select, update

from . import clock
from .db import db, insert_into, new_public_id
from .models import Letter


@dataclass(frozen=True)
class Rendered:
    """A letter in words. `to` is an address; `ics` an iCalendar text with its METHOD, sent inline."""

    to: str
    subject: str
    text: str
    html: str = ""
    ics: str = ""
    method: str = ""


class Stale(Exception):
    """Raised by a renderer when the letter has nothing to say any more (cancelled, over, no address)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


Renderer = Callable[[Letter], Rendered]
_renderers: dict[str, Renderer] = {}


def renderer(kind: str) -> Callable[[Renderer], Renderer]:
    """Register the function that puts a kind of letter into words; runs in the worker, in the letter's language."""

    def add(render: Renderer) -> Renderer:
        _renderers[kind] = render
        return render

    return add


def render(letter: Letter) -> Rendered:
    """Put a letter into words; raises Stale when it has nothing to say any more."""
    return _renderers[letter.kind](letter)


def post(
    kind: str,
    *,
    language: str,
    dedupe: str,
    channel: str = "email",
    person_id: int | None = None,
    contact_id: int | None = None,
    subject_kind: str = "",
    subject_id: int | None = None,
    office_id: int | None = None,
    details: dict[str, Any] | None = None,
    due_at: int | None = None,
) -> None:
    """Write a letter row in the act's transaction. A second one with the same `dedupe` is not written.

    `due_at` in UTC seconds, default now. `details` are ids and plain facts, never secrets or personal values.
    """
    values = {
        "public_id": new_public_id(),
        "kind": kind,
        "language": language,
        "dedupe": dedupe,
        "channel": channel,
        "person_id": person_id,
        "contact_id": contact_id,
        "subject_kind": subject_kind,
        "subject_id": subject_id,
        "office_id": office_id,
        "details": details or {},
        "due_at": clock.seconds() if due_at is None else due_at,
        "state": "waiting",
        "lease_until": 0,
        "tries": 0,
        "created_at": clock.now(),
    }
    # The plain table: one statement, compiled once, for what every act does.
    db.session.execute(insert_into(Letter.__table__).on_conflict_do_nothing(index_elements=["dedupe"]), values)


def withdraw(subject_kind: str, subject_id: int, kinds: list[str]) -> None:
    """Take back letters that have not left (an appointment moved or cancelled)."""
    db.session.execute(
        update(Letter)
        .where(
            Letter.subject_kind == subject_kind,
            Letter.subject_id == subject_id,
            Letter.kind.in_(kinds),
            Letter.state == "waiting",
        )
        .values(state="withdrawn")
    )


def resend(letter: Letter) -> None:
    """Send once more, at once; the Message-ID stays, so that mail programs show one letter."""
    letter.state, letter.due_at, letter.lease_until, letter.tries, letter.failure = (
        "waiting",
        clock.seconds(),
        0,
        0,
        None,
    )


def listed(
    state: str | None, office_ids: list[int] | None, limit: int = 100, before_id: int | None = None
) -> list[Letter]:
    """Letters for the staff page, newest first; `office_ids` None means all offices."""
    query = select(Letter).order_by(Letter.id.desc()).limit(limit)
    if state:
        query = query.where(Letter.state == state)
    if office_ids is not None:
        query = query.where(Letter.office_id.in_(office_ids))
    if before_id:
        query = query.where(Letter.id < before_id)
    return list(db.session.scalars(query))
