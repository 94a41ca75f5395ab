"""What accounts and the foundation keep about a person, and the rules of handing out a copy."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Table, or_, select

from foundation import audit, clock, privacy_sources
from foundation.db import db
from foundation.privacy_sources import hold

from . import attempts, people
from .models import Contact, Person

NAMELESS = "—"
"""What stands where the name of an erased person stood."""


def same_ids(person: Person) -> list[int]:
    """The person, and the guests who are known to be them."""
    return people.same_person_ids(person)


def copy_of(person: Person) -> dict[str, Any]:
    """Everything that is kept about one person, as plain values: {made_at, person, parts: [{table, title, rows}]}. Audited."""
    ids = same_ids(person)
    parts = [
        {"table": held.table, "title": str(held.title), "rows": [_plain(row) for row in rows]}
        for held, rows in privacy_sources.rows(ids)
        if rows
    ]
    audit.note("person.exported", person, after={"tables": {part["table"]: len(part["rows"]) for part in parts}})
    return {"made_at": clock.now().isoformat(), "person": person.public_id, "parts": parts}


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    return {
        name: value.isoformat() if isinstance(value, datetime | date) else value
        for name, value in row.items()
        if value not in (None, "", [], {})
    }


def _audit_of(table: Table, ids: list[int]) -> ColumnElement[bool]:
    return or_(
        table.c.on_behalf_of.in_(ids),
        (table.c.actor_kind == "person") & table.c.actor_id.in_(ids),
        (table.c.thing_kind == "person") & table.c.thing_id.in_(ids),
    )


@privacy_sources.before_erasing
def _forget_tries(ids: list[int]) -> None:
    """Tries are kept by a fingerprint of what was tried: those of the person's own addresses go."""
    values = list(db.session.scalars(select(Contact.value).where(Contact.person_id.in_(ids))))
    attempts.forget(values)


hold(
    "person",
    _l("You"),
    "id",
    blank={"name": NAMELESS, "password_hash": None, "active": False, "language": "en", "guest": True},
    plain=("language", "public_id"),
    secret=("password_hash", "sign_in_version"),
)
hold("contact", _l("Addresses and numbers"), "person_id")
hold("role_grant", _l("What you do here"), "person_id", plain=("role",))
hold(
    "consent",
    _l("What you agreed to"),
    "person_id",
    blank={},
    plain=("purpose", "text_version", "scope_kind"),
)
hold("sign_in", _l("Where you signed in"), "person_id")
hold("sign_in_code", _l("Links and codes to sign in"), "person_id", secret=("link_fingerprint", "code_fingerprint"))
hold("api_token", _l("Tokens for programs"), "person_id", secret=("fingerprint",))
hold("code_app", _l("Your app with codes"), "person_id", secret=("secret", "last_step"))
hold("passkey", _l("Your passkeys"), "person_id", secret=("credential_id", "public_key"))
hold("recovery_code", _l("Your recovery codes"), "person_id", secret=("fingerprint",))
hold("challenge", _l("What you began to sign in with"), "person_id", secret=("data",))
hold("provider_link", _l("Your account at the sign-in provider"), "person_id")
hold(
    "erasure",
    _l("That you asked us to delete this"),
    "person_id",
    blank={},
    plain=("person_public_id", "public_id", "state"),
)
hold(
    "letter",
    _l("Letters"),
    "person_id",
    blank={"subject_line": None, "body": None, "details": {}, "failure": None, "contact_id": None},
    plain=("kind", "delivery", "dedupe", "channel", "language", "subject_kind", "state", "public_id"),
)
hold(
    "audit_event",
    _l("Who did what with your data"),
    _audit_of,
    blank={},
    plain=("act", "actor_kind", "thing_kind", "before", "after"),
)
