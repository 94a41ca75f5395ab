"""How due letters leave: leased in small batches, put into words, handed over, and marked."""

from __future__ import annotations

import logging
from dataclasses import dataclass

from flask import current_app
from sqlalchemy import select, update

from . import clock
from .db import db, write
from .failpoints import failpoint
from .languages import speaking
from .letters import Rendered, Stale, render
from .mailing import MailRefused, MailUnreachable, Post, compose
from .models import Letter

log = logging.getLogger(__name__)
GIVE_UP = 48 * 3600
"""Seconds after which a letter that never left is a failure that staff see."""


@dataclass(frozen=True)
class Fate:
    """What became of a try."""

    state: str
    failure: str | None = None
    again_in: int = 0
    rendered: Rendered | None = None


def carry_due(limit: int = 20) -> int:
    """Send what is due; returns how many letters were touched. A crash between SMTP's 250 and the mark makes one more copy with
    the same Message-ID, never none."""
    settings = current_app.config["VO"]
    if not settings.smtp_url and not settings.demo:
        return 0
    until, leased = write(lambda: _lease(limit, settings.lease))
    with Post(settings.smtp_url) as post:
        for position, letter_id in enumerate(leased):
            if clock.seconds() >= until:
                # A slow mail server ate the lease: another worker may have the rest by now.
                return position
            try:
                fate = _carry(letter_id, post)
            except MailUnreachable as reason:
                rest = leased[position:]
                write(lambda rest=rest, reason=reason: _wait(rest, f"mail server unreachable: {reason}"))  # type: ignore[misc]
                return position
            write(lambda letter_id=letter_id, fate=fate: _mark(letter_id, fate))  # type: ignore[misc]
    return len(leased)


def _lease(limit: int, seconds: int) -> tuple[int, list[int]]:
    now = clock.seconds()
    due = (
        select(Letter.id)
        .where(Letter.state == "waiting", Letter.due_at <= now, Letter.lease_until <= now)
        .order_by(Letter.due_at, Letter.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list(db.session.scalars(due))
    if ids:
        db.session.execute(update(Letter).where(Letter.id.in_(ids)).values(lease_until=now + seconds))
    return now + seconds, ids


def _carry(letter_id: int, post: Post) -> Fate:
    settings = current_app.config["VO"]
    letter = db.session.get_one(Letter, letter_id)
    try:
        with speaking(letter.language):
            rendered = render(letter)
        message = compose(rendered, letter.dedupe, letter.language, settings)
    except Stale as stale:
        return Fate("withdrawn", stale.reason)
    except Exception as failure:
        log.exception("letter can not be rendered", extra={"letter": letter_id, "kind": letter.kind})
        return Fate("failed", f"can not be put into words: {type(failure).__name__}")
    tries, created = letter.tries, letter.created_at
    db.session.rollback()
    if settings.smtp_url:
        try:
            post.send(message)
        except MailRefused as no:
            late = (clock.now() - created).total_seconds() > GIVE_UP
            return Fate("failed" if no.for_good or late else "waiting", no.reason, min(30 * 2**tries, 3600))
        failpoint("after_smtp_before_mark")
    return Fate("sent", rendered=rendered)


def _mark(letter_id: int, fate: Fate) -> None:
    letter = db.session.get_one(Letter, letter_id)
    letter.state, letter.failure, letter.lease_until = fate.state, fate.failure, 0
    letter.tries += 1
    if fate.state == "waiting":
        letter.due_at = clock.seconds() + fate.again_in
    if fate.rendered is not None:
        letter.sent_at = clock.now()
        letter.subject_line = fate.rendered.subject[:300]
        if current_app.config["VO"].demo:
            letter.body = fate.rendered.text


def _wait(letter_ids: list[int], reason: str) -> None:
    """Give the batch back for half a minute; a letter that waited too long becomes a failure."""
    for letter in db.session.scalars(select(Letter).where(Letter.id.in_(letter_ids))):
        late = (clock.now() - letter.created_at).total_seconds() > GIVE_UP
        letter.state = "failed" if late else "waiting"
        letter.failure, letter.lease_until, letter.due_at = reason, 0, clock.seconds() + 30
