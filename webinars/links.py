"""The link that opens one registration: derived, never stored, void with a new link version."""

from __future__ import annotations

from datetime import timedelta

from flask import current_app
from sqlalchemy import select

from booking.references import is_public_id
from foundation import clock
from foundation.db import db
from foundation.errors import NotFound
from foundation.security import digits, matches, sign

from .models import Registration, Webinar

REGISTRATION, INVITATION = "registration", "invitation"


def path(registration: Registration) -> str:
    """The address that shows it, and from which one joins, withdraws and answers an offer."""
    return f"/w/{registration.public_id}/{sign(REGISTRATION, registration.public_id, registration.link_version)}"


def code_of(registration: Registration) -> str:
    """Six digits that, with the reference, open it for people without a link."""
    return digits(REGISTRATION, registration.public_id, registration.link_version)


def invitation_path(webinar: Webinar) -> str:
    """The address by which those who are invited see the webinar."""
    return f"/webinars/{webinar.public_id}/invitation/{sign(INVITATION, webinar.public_id)}"


def opened(public_id: str, token: str) -> Registration:
    """The registration of a link. A wrong, old, foreign or late one raises the same NotFound."""
    query = select(Registration).where(Registration.public_id == public_id)
    registration = db.session.scalar(query) if is_public_id(public_id) else None
    fits = registration is not None and token.isascii()
    if (
        registration is None
        or not fits
        or not matches(token, REGISTRATION, registration.public_id, registration.link_version)
    ):
        raise NotFound
    if not is_open(registration):
        raise NotFound
    return registration


def invited(webinar: Webinar, token: str) -> bool:
    """Whether a token is this webinar's invitation."""
    return token.isascii() and matches(token, INVITATION, webinar.public_id)


def is_open(registration: Registration) -> bool:
    """Whether its link still works: until `VO_LINK_DAYS` (at least one) after the end."""
    days = int(current_app.config["VO"].link_days) or 1
    return registration.webinar.ends_at + timedelta(days=days) > clock.now()
