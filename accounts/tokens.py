"""Bearer tokens of staff and integrators: shown once, kept as fingerprints, with an end."""

from __future__ import annotations

import secrets

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from foundation import audit, clock
from foundation.db import db
from foundation.errors import InputWrong
from foundation.security import fingerprint

from .models import ApiToken, Person

LONGEST_LIFE = 366
"""Days."""


def create(person: Person, label: str, days: int = 90) -> str:
    """A new token for a person who works here, as the secret itself: this is the only time it can be seen."""
    if not person.active or not person.grants:
        raise InputWrong(_l("Only people who work here can have a token."))
    if not 1 <= days <= LONGEST_LIFE:
        raise InputWrong(_l("A token lasts from 1 to 366 days."))
    secret = f"vo_{secrets.token_urlsafe(32)}"
    expires = clock.seconds() + days * 86_400
    token = ApiToken(person_id=person.id, label=label[:80], fingerprint=fingerprint(secret), expires=expires)
    db.session.add(token)
    audit.note("token.created", token, after={"days": days})
    return secret


def revoke_all(person: Person) -> int:
    """End every token of a person; returns how many were live."""
    live = db.session.scalars(
        select(ApiToken).where(ApiToken.person_id == person.id, ApiToken.revoked_at.is_(None))
    ).all()
    for token in live:
        token.revoked_at = clock.now()
        audit.note("token.revoked", token)
    return len(live)
