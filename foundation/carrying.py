"""How due letters leave: leased in small batches, put into words, handed over, and marked. E-mail and text messages alike."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from flask import current_app
from sqlalchemy import select, update

from . import clock, pace, reminders, sms
from .db import db, write
from .failpoints import failpoint
from .languages import speaking
from .letters import EMAIL, SMS, Rendered, Stale, render
from .mailing import MailRefused, MailUnreachable, Post, compose
from .models import Letter

log = logging.getLogger(__name__)
GIVE_UP = 48 * 3600
"""Seconds after which a letter that never left is a failure that staff see."""
PAUSE = 30
"""Seconds that a channel rests when its server does not answer."""
LONGEST_REST = 300
"""Seconds after which a letter is tried again at the latest that was under way when its server did not answer."""
AWAKE = 900
"""Seconds after an act in which its text message may ring at night; later the person may sleep."""
SLIPPED = 60
"""Seconds by which the clock must have gone back before we ask what was given up too soon."""
Hand = Callable[[Rendered, Letter], Callable[[], None]]
"""Makes the message of a letter while its row is at hand, and gives what sends it."""


@dataclass(frozen=True)
class Fate:
    """What became of a try."""

    state: str
    failure: str | None = None
    again_in: int = 0
    rendered: Rendered | None = None


def carry_due(limit: int = 20) -> int:
    """Send the e-mails that are due; returns how many were touched. A crash between SMTP's 250 and the mark makes one more copy with
    the same Message-ID, never none."""
    settings = current_app.config["VO"]
    _after_a_slip()
    if not settings.smtp_url and not settings.demo:
        return 0
    with Post(settings.smtp_url) as post:
        return _batch(EMAIL, limit, _by_mail(post))


def carry_texts(limit: int = 20) -> int:
    """Send the text messages that are due, with the same promises; the gateway drops a second copy by its id."""
    return _batch(SMS, limit, _by_text) if sms.available() else 0


def _batch(channel: str, limit: int, hand: Hand) -> int:
    settings = current_app.config["VO"]
    turns = pace.turns(channel, settings.mail_pace, limit)
    if not turns:
        return 0
    until, leased = write(lambda: _lease(channel, turns, settings.lease))
    pace.take(channel, len(leased))
    for position, letter_id in enumerate(leased):
        if clock.seconds() >= until:
            # A slow server ate the lease: another worker may have the rest by now.
            return position
        if not _one(letter_id, hand, leased[position:]):
            return position
    return len(leased)


def _one(letter_id: int, hand: Hand, rest: list[int]) -> bool:
    """Try one letter, the first of `rest`; False when its server does not answer, and then all of them wait."""
    try:
        fate = _carry(letter_id, hand)
    except (MailUnreachable, sms.GatewayUnreachable) as reason:
        whose = "mail server" if isinstance(reason, MailUnreachable) else "text gateway"
        why = f"{whose} unreachable: {reason}"
        write(lambda: _wait(rest, why))
        return False
    write(lambda: _mark(letter_id, fate))
    return True


def _lease(channel: str, limit: int, seconds: int) -> tuple[int, list[int]]:
    now = clock.seconds()
    due = (
        select(Letter.id)
        .where(Letter.state == "waiting", Letter.channel == channel, Letter.due_at <= now, Letter.lease_until <= now)
        .order_by(Letter.due_at, Letter.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
    )
    ids = list(db.session.scalars(due))
    if ids:
        db.session.execute(update(Letter).where(Letter.id.in_(ids)).values(lease_until=now + seconds))
    return now + seconds, ids


def _carry(letter_id: int, hand: Hand) -> Fate:
    letter = db.session.get_one(Letter, letter_id)
    if (wait := _quiet(letter)) > 0:
        return Fate("waiting", again_in=wait)
    try:
        with speaking(letter.language):
            rendered = render(letter)
        send = hand(rendered, letter)
    except Stale as stale:
        return Fate("withdrawn", stale.reason)
    except Exception as failure:
        log.exception("letter can not be rendered", extra={"letter": letter_id, "kind": letter.kind})
        return Fate("failed", f"can not be put into words: {type(failure).__name__}")
    tries, late = letter.tries, _is_late(letter)
    db.session.rollback()
    try:
        send()
    except (MailRefused, sms.TextRefused) as no:
        return Fate("failed" if no.for_good or late else "waiting", no.reason, _backoff(tries))
    return Fate("sent", rendered=rendered)


def _by_mail(post: Post) -> Hand:
    def hand(rendered: Rendered, letter: Letter) -> Callable[[], None]:
        settings = current_app.config["VO"]
        message = compose(rendered, letter.dedupe, letter.language, settings)

        def send() -> None:
            if settings.smtp_url:
                post.send(message)
                failpoint("after_smtp_before_mark")

        return send

    return hand


def _by_text(rendered: Rendered, letter: Letter) -> Callable[[], None]:
    message, settings = sms.message_of(rendered, letter), current_app.config["VO"]
    return lambda: sms.send(message, settings)


def _quiet(letter: Letter) -> int:
    """Seconds until a text message may ring, 0 for now. `details["zone"]` is the place whose night counts.

    Quiet hours hold back what comes unasked. Somebody who books at night is awake, and waits for the answer to what they did
    (`details["answers"]`): an hour of silence looks like a booking that failed. E-mail rings nobody and is never held.
    """
    zone = letter.details.get("zone")
    if letter.channel != SMS or not zone:
        return 0
    if letter.details.get("answers") and (clock.now() - letter.created_at).total_seconds() < AWAKE:
        return 0
    quiet = reminders.quiet_around(clock.now(), reminders.rule_of(letter.office_id), zone)
    if quiet is None:
        return 0
    ends = int(quiet[1].timestamp())
    # News of an appointment that begins as soon as the night is over can not wait for its end.
    if ends > letter.details.get("starts", ends + reminders.FEWEST * 60) - reminders.FEWEST * 60:
        return 0
    return ends - clock.seconds()


def _mark(letter_id: int, fate: Fate) -> None:
    letter = db.session.get_one(Letter, letter_id)
    letter.state, letter.failure, letter.lease_until = fate.state, fate.failure, 0
    if fate.state == "waiting":
        letter.due_at = clock.seconds() + fate.again_in
    letter.tries += 0 if fate.state == "waiting" and fate.failure is None else 1
    if fate.rendered is not None:
        letter.sent_at = clock.now()
        letter.subject_line = fate.rendered.subject[:300]
        if current_app.config["VO"].demo:
            letter.body = fate.rendered.short if letter.channel == SMS else fate.rendered.text


def _wait(letter_ids: list[int], reason: str) -> None:
    """Give the batch back, and let everything that is due by the same way rest; what waited too long becomes a failure.

    The first of them was tried. It waits longer each time: if it is what makes the server hang up, the others pass it.
    """
    now, channel = clock.seconds(), EMAIL
    for letter in db.session.scalars(select(Letter).where(Letter.id.in_(letter_ids))):
        channel, pause = letter.channel, PAUSE
        if letter.id == letter_ids[0]:
            pause, letter.tries = min(_backoff(letter.tries), LONGEST_REST), letter.tries + 1
        letter.state = "failed" if _is_late(letter) else "waiting"
        letter.failure, letter.lease_until, letter.due_at = reason, 0, now + pause
    others = update(Letter).where(
        Letter.state == "waiting", Letter.channel == channel, Letter.due_at <= now, Letter.lease_until <= now
    )
    db.session.execute(others.values(due_at=now + PAUSE, failure=reason))


def _backoff(tries: int) -> int:
    """Seconds until a letter that was tried so often is tried again: half a minute, then twice as long each time, an hour at most."""
    return int(min(PAUSE * 2**tries, 3600))


def _is_late(letter: Letter) -> bool:
    """Counted from when it was first to leave: a reminder is written weeks before."""
    return clock.seconds() - (letter.first_due_at or int(letter.created_at.timestamp())) > GIVE_UP


_seen = {"last": 0}


def _after_a_slip() -> None:
    """The clock was wrong and went back: what was given up as over before it was even due waits again."""
    now = clock.seconds()
    last, _seen["last"] = _seen["last"], now
    if now < last - SLIPPED:
        too_soon = (Letter.state == "withdrawn", Letter.failure == "over", Letter.due_at > now)
        write(lambda: db.session.execute(update(Letter).where(*too_soon).values(state="waiting", failure=None)))
