"""Letters on paper: for people without e-mail and phone. Somebody at the office prints them; what says nothing true goes by itself."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, and_, select, update

from . import audit, clock
from .db import db, lock, write
from .errors import NotFound, Refusal
from .events import record
from .languages import speaking
from .letters import PRINT, LetterPrinted, Rendered, Stale, render
from .models import Letter

LOOK_AGAIN = 600
"""Seconds after which a letter that waits for a printer is asked again whether it still says something true."""
SHOWN = 40


class NotNeeded(Refusal):
    """It says nothing true any more, or a colleague has printed it."""

    code = "not_needed"
    message = _l("This letter is not needed any more, or somebody has printed it.")


@dataclass(frozen=True)
class Sheet:
    """One letter and its words."""

    letter: Letter
    words: Rendered


def due(office_ids: list[int] | None) -> list[Letter]:
    """Letters that wait for somebody to print them, oldest first; `office_ids` None means all offices."""
    query = select(Letter).where(_waits(), Letter.due_at <= clock.seconds())
    if office_ids is not None:
        query = query.where(Letter.office_id.in_(office_ids))
    return list(db.session.scalars(query.order_by(Letter.due_at, Letter.id).limit(SHOWN)))


def get(public_id: str, office_ids: list[int] | None) -> Letter:
    """One letter on paper, printed or not; NotFound for another office's and for what goes by another way."""
    letter = db.session.scalar(select(Letter).where(Letter.public_id == public_id, Letter.channel == PRINT))
    if letter is None or (office_ids is not None and letter.office_id not in office_ids):
        raise NotFound
    return letter


def sheet(letter: Letter) -> Sheet:
    """A letter in words, in its own language. Refuses NotNeeded."""
    try:
        with speaking(letter.language):
            return Sheet(letter, render(letter))
    except Stale:
        raise NotNeeded from None


def mark(letter: Letter) -> None:
    """Somebody printed it and gives it to the person: it has left. Refuses NotNeeded."""
    lock(letter)
    if letter.state != "waiting":
        raise NotNeeded
    sheet(letter)
    letter.state, letter.sent_at, letter.failure = "sent", clock.now(), None
    audit.note("letter.printed", letter, office_id=letter.office_id, on_behalf_of=letter.person_id)
    record(LetterPrinted(letter.kind, letter.subject_kind, letter.subject_id))


def tidy(limit: int = 20) -> int:
    """Take back what says nothing true any more, so that nobody prints it; returns how many."""
    letters = write(lambda: _look_again(limit))
    stale = {one: why for one in letters if (why := _stale(one))}
    for letter_id, why in stale.items():
        write(lambda letter_id=letter_id, why=why: _withdraw(letter_id, why))  # type: ignore[misc]
    return len(stale)


def _look_again(limit: int) -> list[int]:
    now = clock.seconds()
    query = select(Letter.id).where(_waits(), Letter.due_at <= now, Letter.lease_until <= now).limit(limit)
    ids = list(db.session.scalars(query.with_for_update(skip_locked=True)))
    if ids:
        db.session.execute(update(Letter).where(Letter.id.in_(ids)).values(lease_until=now + LOOK_AGAIN))
    return ids


def _stale(letter_id: int) -> str:
    letter = db.session.get_one(Letter, letter_id)
    try:
        with speaking(letter.language):
            render(letter)
    except Stale as stale:
        return stale.reason
    return ""


def _withdraw(letter_id: int, why: str) -> None:
    waiting = update(Letter).where(Letter.id == letter_id, Letter.state == "waiting")
    db.session.execute(waiting.values(state="withdrawn", failure=why))


def _waits() -> ColumnElement[bool]:
    return and_(Letter.state == "waiting", Letter.channel == PRINT)
