"""Links and codes that open one appointment for one purpose: derived, never stored, void with a new link version."""

from __future__ import annotations

from datetime import timedelta

from flask import current_app
from sqlalchemy import select

from foundation import clock
from foundation.db import db
from foundation.errors import NotFound
from foundation.security import digits, matches, sign

from .models import Appointment, WaitlistEntry
from .references import is_public_id

MANAGE, JOIN, OFFER = "manage", "join", "offer"


def manage_path(appointment: Appointment) -> str:
    """The address that shows, moves and cancels it."""
    return f"/m/{appointment.public_id}/{_token(appointment, MANAGE)}"


def join_path(appointment: Appointment) -> str:
    """The address that opens its meeting and nothing else."""
    return f"/j/{appointment.public_id}/{_token(appointment, JOIN)}"


def offer_path(entry: WaitlistEntry) -> str:
    """The address of the time that is offered to an entry of the waitlist."""
    return f"/o/{entry.public_id}/{sign(OFFER, entry.public_id)}"


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


def token_fits(appointment: Appointment, purpose: str, token: str) -> bool:
    """Whether a token is of this appointment, purpose and link version."""
    return token.isascii() and matches(token, purpose, appointment.public_id, appointment.link_version)


def is_open(appointment: Appointment) -> bool:
    """Whether its links still work: until `VO_LINK_DAYS` (at least one) after its end."""
    days = int(current_app.config["VO"].link_days) or 1
    return appointment.ends_at + timedelta(days=days) > clock.now()


def _token(appointment: Appointment, purpose: str) -> str:
    return sign(purpose, appointment.public_id, appointment.link_version)
