"""A person's yes to one purpose: given with the version of the text that was shown, withdrawn at any time, never rewritten."""

from __future__ import annotations

from sqlalchemy import select

from foundation import audit, clock
from foundation.db import db
from foundation.errors import NotFound
from foundation.events import record

from . import people
from .events import ConsentWithdrawn
from .models import Consent, Person


def give(person: Person, purpose: str, text_version: str, scope_kind: str = "", scope_id: int | None = None) -> Consent:
    """Write a yes; the same yes to the same text is not written twice, an older text's is withdrawn first."""
    standing = current(person, purpose, scope_kind, scope_id)
    if standing is not None:
        if standing.text_version == text_version:
            return standing
        standing.withdrawn_at = clock.now()
    consent = Consent(
        person_id=person.id, purpose=purpose, text_version=text_version, scope_kind=scope_kind, scope_id=scope_id
    )
    db.session.add(consent)
    audit.note("consent.given", consent, after={"purpose": purpose, "text_version": text_version})
    return consent


def withdraw(person: Person, purpose: str, scope_kind: str = "", scope_id: int | None = None) -> None:
    """Take a yes back; nothing happens when there is none."""
    standing = current(person, purpose, scope_kind, scope_id)
    if standing is not None:
        _withdraw(standing)


def withdraw_one(person: Person, consent_id: int) -> None:
    """Take back a yes by its row, if it is this person's (or of a guest who is this person) and stands; else NotFound."""
    consent = next((one for one in standing(person) if one.id == consent_id), None)
    if consent is None:
        raise NotFound
    _withdraw(consent)


def standing(person: Person) -> list[Consent]:
    """Every yes in force, newest first."""
    ids = people.same_person_ids(person)
    query = select(Consent).where(Consent.person_id.in_(ids), Consent.withdrawn_at.is_(None))
    return list(db.session.scalars(query.order_by(Consent.id.desc())))


def _withdraw(consent: Consent) -> None:
    consent.withdrawn_at = clock.now()
    audit.note("consent.withdrawn", consent, after={"purpose": consent.purpose})
    record(ConsentWithdrawn(consent.person_id, consent.purpose, consent.scope_kind, consent.scope_id))


def current(person: Person, purpose: str, scope_kind: str = "", scope_id: int | None = None) -> Consent | None:
    """The yes in force for a purpose, or None."""
    scope = Consent.scope_id.is_(None) if scope_id is None else Consent.scope_id == scope_id
    return db.session.scalar(
        select(Consent)
        .where(
            Consent.person_id == person.id,
            Consent.purpose == purpose,
            Consent.scope_kind == scope_kind,
            scope,
            Consent.withdrawn_at.is_(None),
        )
        .order_by(Consent.id.desc())
        .limit(1)
    )
