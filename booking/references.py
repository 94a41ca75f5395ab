"""References for people's mouths: eight letters and digits without look-alikes, that open nothing alone."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Sequence

from sqlalchemy import bindparam, select

from accounts import people
from accounts.models import ContactKind
from foundation.db import Base, db, table
from foundation.errors import InputWrong

from .models import Appointment

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: no I, L, O or U."""
LENGTH = 8
_TAKEN = select(Appointment.__table__.c.id).where(Appointment.__table__.c.reference == bindparam("reference"))
_PUBLIC_ID = re.compile(r"[A-Za-z0-9_-]{22}")
_HEARD = str.maketrans({"I": "1", "L": "1", "O": "0", "-": None, " ": None, "\u00a0": None})


def new(model: type[Base] = Appointment) -> str:
    """A reference that no appointment, or no other row of `model`, has (of 10^12; the unique key decides)."""
    own = table(model).c
    taken = _TAKEN if model is Appointment else select(own.id).where(own.reference == bindparam("reference"))
    while True:
        reference = "".join(secrets.choice(ALPHABET) for _ in range(LENGTH))
        if db.session.scalar(taken, {"reference": reference}) is None:
            return reference


def clean(typed: str) -> str:
    """What somebody meant who typed it from paper: capitals, look-alikes put right, at most 40 characters read."""
    meant = typed[:40].upper().translate(_HEARD)
    return "".join(letter for letter in meant if letter in ALPHABET)


def is_public_id(raw: str) -> bool:
    """Whether this could be an id of ours at all; anything else is not worth a query (PostgreSQL refuses NUL in text)."""
    return _PUBLIC_ID.fullmatch(raw) is not None


def is_second_fact(typed: str, region: str, known: Sequence[str]) -> bool:
    """Whether what was typed beside a reference is one of these: a code, an e-mail address, a phone number as one writes it there."""
    typed = typed.strip()[:254]
    facts = {"".join(letter for letter in typed if letter.isdecimal())}
    for kind in ContactKind:
        try:
            facts.add(people.normal(kind, typed, region))
        except InputWrong:
            continue
    # Every pair is compared, in constant time: how long it takes says nothing.
    fits = [hmac.compare_digest(fact.encode(), value.encode()) for fact in facts for value in known]
    return any(fits)
