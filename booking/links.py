"""Links and codes that open one appointment for one purpose: derived, never stored, void with a new link version."""

from __future__ import annotations

import hmac
import string
from datetime import timedelta

from flask import current_app
from sqlalchemy import select

from foundation import clock
from foundation.db import db
from foundation.errors import NotFound
from foundation.security import digits, matches, sign

from .models import Appointment, WaitlistEntry
from .references import is_public_id
from .week_models import TimeOffer

MANAGE, JOIN, OFFER, TIMES = "manage", "join", "offer", "times"
LETTERS = string.digits + string.ascii_letters
SIGNED = 21
"""Letters of the signature in a short link: 6 bits each, 126 in all (a capability needs 122)."""


def manage_path(appointment: Appointment) -> str:
    """The address that shows, moves and cancels it."""
    return f"/m/{appointment.public_id}/{_token(appointment, MANAGE)}"


def join_path(appointment: Appointment) -> str:
    """The address that opens its meeting and nothing else."""
    return f"/j/{appointment.public_id}/{_token(appointment, JOIN)}"


def offer_path(entry: WaitlistEntry) -> str:
    """The address of the time that is offered to an entry of the waitlist."""
    return f"/o/{entry.public_id}/{sign(OFFER, entry.public_id)}"


def times_path(offer: TimeOffer) -> str:
    """The address of other times to choose from."""
    return f"/t/{offer.public_id}/{sign(TIMES, offer.public_id)}"


def short_manage(appointment: Appointment) -> str:
    """`manage_path` for a text message: 126 bits of signature behind the row's number, 24 to 27 letters, nothing stored."""
    return f"/m/{_short(MANAGE, appointment.id, appointment.public_id, appointment.link_version)}"


def short_offer(entry: WaitlistEntry) -> str:
    """`offer_path` for a text message."""
    return f"/o/{_short(OFFER, entry.id, entry.public_id)}"


def short_times(offer: TimeOffer) -> str:
    """`times_path` for a text message."""
    return f"/t/{_short(TIMES, offer.id, offer.public_id)}"


def open_short_manage(short: str) -> Appointment:
    """The appointment of a text message's link, or NotFound."""
    appointment = db.session.get(Appointment, _row_of(short))
    if appointment is None or not is_open(appointment) or not _same(short, short_manage(appointment)):
        raise NotFound
    return appointment


def open_short_offer(short: str) -> WaitlistEntry:
    """The waitlist entry of a text message's link, or NotFound."""
    entry = db.session.get(WaitlistEntry, _row_of(short))
    if entry is None or not _same(short, short_offer(entry)):
        raise NotFound
    return entry


def open_short_times(short: str) -> TimeOffer:
    """The other times of a text message's link, or NotFound."""
    offer = db.session.get(TimeOffer, _row_of(short))
    if offer is None or not _same(short, short_times(offer)):
        raise NotFound
    return offer


def code_of(appointment: Appointment) -> str:
    """Six digits that, with the reference, open it at `/join`, `/find` and at the office."""
    return digits("code", appointment.public_id, appointment.link_version)


def open_appointment(public_id: str, purpose: str, token: str) -> Appointment:
    """The appointment of a link. A wrong, old, foreign or late one raises the same NotFound."""
    appointment = (
        db.session.scalar(select(Appointment).where(Appointment.public_id == public_id))
        if is_public_id(public_id)
        else None
    )
    if appointment is None or not is_open(appointment) or not token_fits(appointment, purpose, token):
        raise NotFound
    return appointment


def open_manage(public_id: str, token: str) -> Appointment:
    """The appointment of a manage link, or NotFound."""
    return open_appointment(public_id, MANAGE, token)


def open_join(public_id: str, token: str) -> Appointment:
    """The appointment of a join link, or NotFound."""
    return open_appointment(public_id, JOIN, token)


def open_offer(public_id: str, token: str) -> WaitlistEntry:
    """The waitlist entry of an offer link, or NotFound."""
    entry = (
        db.session.scalar(select(WaitlistEntry).where(WaitlistEntry.public_id == public_id))
        if is_public_id(public_id)
        else None
    )
    if entry is None or not (token.isascii() and matches(token, OFFER, entry.public_id)):
        raise NotFound
    return entry


def open_times(public_id: str, token: str) -> TimeOffer:
    """The other times of a letter's link, or NotFound."""
    offer = (
        db.session.scalar(select(TimeOffer).where(TimeOffer.public_id == public_id))
        if is_public_id(public_id)
        else None
    )
    if offer is None or not (token.isascii() and matches(token, TIMES, offer.public_id)):
        raise NotFound
    return offer


def token_fits(appointment: Appointment, purpose: str, token: str) -> bool:
    """Whether a token is of this appointment, purpose and link version."""
    return token.isascii() and matches(token, purpose, appointment.public_id, appointment.link_version)


def is_open(appointment: Appointment) -> bool:
    """Whether its links still work: until `VO_LINK_DAYS` (at least one) after its end."""
    days = int(current_app.config["VO"].link_days) or 1
    return appointment.ends_at + timedelta(days=days) > clock.now()


def _short(purpose: str, number: int, *parts: object) -> str:
    row = ""
    while number:
        number, letter = divmod(number, len(LETTERS))
        row = LETTERS[letter] + row
    return row + sign(f"short:{purpose}", *parts)[:SIGNED]


def _row_of(short: str) -> int:
    """The row's number in front of the signature; 0, which no row has, for anything that is no link of ours."""
    row = short[:-SIGNED]
    if not 1 <= len(row) <= 5 or any(letter not in LETTERS for letter in row):
        return 0
    number = 0
    for letter in row:
        number = number * len(LETTERS) + LETTERS.index(letter)
    return number


def _same(short: str, path: str) -> bool:
    return hmac.compare_digest(short.encode(), path.rpartition("/")[2].encode())


def _token(appointment: Appointment, purpose: str) -> str:
    return sign(purpose, appointment.public_id, appointment.link_version)
