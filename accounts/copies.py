"""Copies of what is kept about a person: who may have one, and its two forms, JSON and a page to read."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile
from typing import Any

from flask import render_template
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from foundation import privacy_sources
from foundation.db import db
from foundation.errors import InputWrong, NotFound

from . import people, places, privacy
from .access import Visitor
from .models import Contact, ContactKind, Person, Role


def may(person: Person, visitor: Visitor, *roles: Role) -> bool:
    """Staff of every office that keeps something about the person; of colleagues only who is administrator everywhere."""
    offices = visitor.offices(*(roles or (Role.ADMIN, Role.OPERATOR)))
    if offices is None:
        return True
    kept_at = privacy_sources.offices(privacy.same_ids(person))
    return bool(kept_at) and kept_at <= offices and not person.grants


def get(public_id: str, visitor: Visitor, *roles: Role) -> Person:
    """A person whom the visitor may see. Raises NotFound."""
    person = db.session.scalar(select(Person).where(Person.public_id == public_id))
    if person is None or not may(person, visitor, *roles):
        raise NotFound
    return person


def find(words: str, visitor: Visitor) -> Person:
    """By reference, e-mail address or phone number. Raises InputWrong (field words) also for whom the visitor may not see."""
    spelled = {people.spelled(words)}
    with contextlib.suppress(InputWrong):
        spelled.add(people.normal(ContactKind.PHONE, words, places.region()))
    query = (
        select(Contact.person_id).where(Contact.value.in_(spelled)).order_by(Contact.verified_at.is_(None), Contact.id)
    )
    ids = [privacy_sources.found(words), *db.session.scalars(query)]
    for person in (db.session.get(Person, one) for one in ids if one is not None):
        if person is not None and may(person, visitor):
            return person
    raise InputWrong(_l("We find nobody with this. Check what you typed."), field="words")


def readable(copy: dict[str, Any]) -> str:
    """The copy as a page that stands alone."""
    return render_template("accounts/copy.html", copy=copy)


def zipped(copy: dict[str, Any]) -> bytes:
    """Both forms in one file."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as files:
        files.writestr("data.json", json.dumps(copy, ensure_ascii=False, indent=1))
        files.writestr("data.html", readable(copy))
    return packed.getvalue()
