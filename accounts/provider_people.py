"""Whom the provider's account belongs to here: a colleague by its own id; the first time by an e-mail address that both know."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from foundation import audit
from foundation.db import db, lock
from foundation.errors import Refusal

from . import people
from .factor_models import ProviderLink
from .models import Person
from .provider import Known


class NoColleague(Refusal):
    """The provider knows somebody whom we do not: nobody is made a colleague by signing in."""

    code = "no_colleague"
    status = 422
    message = _l(
        "This work account belongs to nobody here. Ask your administrator to invite you with its e-mail address."
    )


def colleague(known: Known) -> Person:
    """The active colleague; linked by the provider's own id from the first time on. Raises NoColleague; inside a write transaction."""
    link = db.session.scalar(
        select(ProviderLink).where(ProviderLink.issuer == known.issuer, ProviderLink.subject == known.subject)
    )
    person = link.person if link else _by_address(known)
    if person is None or not person.active or not person.grants:
        raise NoColleague
    if link is None:
        lock(person)
        other = select(ProviderLink.id).where(ProviderLink.issuer == known.issuer, ProviderLink.person_id == person.id)
        # An address that was given to somebody new at the provider does not open the old owner's account.
        if db.session.scalar(other) is not None:
            raise NoColleague
        link = ProviderLink(person_id=person.id, issuer=known.issuer, subject=known.subject)
        db.session.add(link)
        db.session.flush()
        audit.note("provider.linked", person)
    return person


def _by_address(known: Known) -> Person | None:
    return people.find_by_email(known.email) if known.email_verified else None
