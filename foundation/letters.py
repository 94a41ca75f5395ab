"""Letters: what to say is a row in the act's transaction; the words are made when it is sent."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update

from . import clock
from .db import db, insert_into, new_public_id
from .events import Event
from .models import Letter

EMAIL, SMS, PRINT = "email", "sms", "print"
UNWANTED = "not wanted"
"""Why a letter was taken back: the person wants none by this way."""
UNDELIVERED = "undelivered"
"""Not a state of the row: sent, and the gateway reported that it did not arrive."""


@dataclass(frozen=True)
class LetterPrinted(Event):
    """Somebody printed a letter for a person without e-mail and phone."""

    kind: str
    subject_kind: str
    subject_id: int | None


@dataclass(frozen=True)
class Rendered:
    """A letter in words. `to` is an address; `ics` an iCalendar text with its METHOD, sent inline."""

    to: str
    subject: str
    text: str
    html: str = ""
    ics: str = ""
    method: str = ""
    short: str = ""
    """The text message; `to` is then a phone number."""


class Stale(Exception):
    """Raised by a renderer when the letter has nothing to say any more (cancelled, over, no address)."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


Renderer = Callable[[Letter], Rendered]
_renderers: dict[str, Renderer] = {}
_labels: dict[str, Any] = {}


def renderer(kind: str, label: Any = "") -> Callable[[Renderer], Renderer]:
    """Register the function that puts a kind of letter into words; runs in the worker, in the letter's language.

    `label` (lazy) is how staff call this kind in their lists.
    """

    def add(render: Renderer) -> Renderer:
        _renderers[kind] = render
        if label:
            _labels[kind] = label
        return render

    return add


def label(kind: str) -> str:
    """How staff call a kind of letter; what has no name of its own is about an account."""
    return str(_labels.get(kind, _l("Letter about an account")))


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
    first = clock.seconds() if due_at is None else due_at
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
        "due_at": first,
        "first_due_at": first,
        "state": "waiting",
        "lease_until": 0,
        "tries": 0,
        "created_at": clock.now(),
    }
    # The plain table: one statement, compiled once, for what every act does.
    db.session.execute(insert_into(Letter.__table__).on_conflict_do_nothing(index_elements=["dedupe"]), values)


def withdraw(
    subject_kind: str, subject_id: int, kinds: list[str] | None, channel: str | None = None, why: str | None = None
) -> None:
    """Take back letters that have not left (an appointment moved or cancelled): of these kinds or all, by one channel or all."""
    query = update(Letter).where(
        Letter.subject_kind == subject_kind, Letter.subject_id == subject_id, Letter.state == "waiting"
    )
    if kinds is not None:
        query = query.where(Letter.kind.in_(kinds))
    if channel is not None:
        query = query.where(Letter.channel == channel)
    db.session.execute(query.values(state="withdrawn", failure=why))


def want_again(subject_kind: str, subject_id: int, kinds: list[str], channel: str) -> None:
    """What was taken back because nobody wanted it, and whose moment is still ahead, waits again."""
    mine = (Letter.subject_kind == subject_kind, Letter.subject_id == subject_id, Letter.kind.in_(kinds))
    unwanted = (Letter.channel == channel, Letter.state == "withdrawn", Letter.failure == UNWANTED)
    back = update(Letter).where(*mine, *unwanted, Letter.due_at > clock.seconds())
    db.session.execute(back.values(state="waiting", failure=None))


def resend(letter: Letter) -> None:
    """Send once more, at once; the Message-ID stays, so that mail programs show one letter."""
    letter.resends += 1
    letter.delivery = letter.delivery_at = None
    letter.due_at = letter.first_due_at = clock.seconds()
    letter.state, letter.lease_until, letter.tries, letter.failure = "waiting", 0, 0, None


def find(public_id: str) -> Letter | None:
    """One letter by its public id."""
    return db.session.scalar(select(Letter).where(Letter.public_id == public_id))


def report(letter: Letter, delivery: str, at: datetime) -> None:
    """What the gateway says about a text message that left: `delivered` or `failed`. What arrived has arrived."""
    if letter.delivery != "delivered":
        letter.delivery = delivery
    letter.delivery_at = at


def listed(
    state: str | None, office_ids: list[int] | None, limit: int = 100, before_id: int | None = None
) -> list[Letter]:
    """Letters for the staff page, newest first; `office_ids` None means all offices."""
    query = select(Letter).order_by(Letter.id.desc()).limit(limit)
    if state == UNDELIVERED:
        query = query.where(Letter.state == "sent", Letter.delivery == "failed")
    elif state:
        query = query.where(Letter.state == state)
    if office_ids is not None:
        query = query.where(Letter.office_id.in_(office_ids))
    if before_id:
        query = query.where(Letter.id < before_id)
    return list(db.session.scalars(query))
