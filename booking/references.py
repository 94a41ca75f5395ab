"""References for people's mouths: eight letters and digits without look-alikes, that open nothing alone."""

from __future__ import annotations

import re
import secrets

from sqlalchemy import bindparam, select

from foundation.db import db

from .models import Appointment

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U."""
LENGTH = 8
_TAKEN = select(Appointment.__table__.c.id).where(Appointment.__table__.c.reference == bindparam("reference"))
_PUBLIC_ID = re.compile(r"[A-Za-z0-9_-]{22}")
_HEARD = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, " ": None, "\u00a0": None})


def new() -> str:
    """A reference that no appointment has (of 10^12; the unique key decides)."""
    while True:
        reference = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        if db.session.scalar(_TAKEN, {"reference": reference}) is None:
            return reference


def clean(typed: str) -> str:
    """What somebody meant who typed it from paper: capitals, look-alikes put right, at most 40 characters read."""
    meant = typed[:40].upper().translate(_HEARD)
    return "".join(letter for letter in meant if letter in ALPHABET)


def is_public_id(raw: str) -> bool:
    """Whether this could be an id of ours at all; anything else is not worth a query (PostgreSQL refuses NUL in text)."""
    return _PUBLIC_ID.fullmatch(raw) is not None
