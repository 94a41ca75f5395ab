"""What somebody wants to have booked: who, which time, how."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import datetime

from accounts import people
from accounts.models import Contact, ContactKind, Person
from foundation.db import db

from . import finder
from .models import Hold


@dataclass(frozen=True)
class BookingWish:
    """Who wants which time: a `hold`, or a `query` with `starts_at`; UTC. `person_id` is a person known by sign-in or an operator."""

    name: str
    language: str
    hold: Hold | None = None
    query: finder.Query | None = None
    starts_at: datetime | None = None
    modality: str = ""
    needs: tuple[str, ...] = ()
    email: str = ""
    phone: str = ""
    person_id: int | None = None
    booked_by: int | None = None

    @property
    def content(self) -> str:
        """A fingerprint of everything asked for, 64 hex characters; two wishes with the same key must not differ."""
        what = [
            self.name,
            self.language,
            self.modality,
            sorted(self.needs),
            self.email,
            self.phone,
            self.person_id,
            self.booked_by,
        ]
        when = self.hold.public_id if self.hold else [repr(self.query), self.starts_at and self.starts_at.isoformat()]
        return hashlib.sha256(json.dumps([what, when]).encode()).hexdigest()


def person_of(wish: BookingWish, region: str) -> tuple[Person, Contact | None, Contact | None]:
    """Who the appointment is for, registered if nobody knows them, with the e-mail and phone that it uses."""
    if wish.person_id is None:
        person = people.register_guest(wish.name, wish.language, wish.email or None, wish.phone or None, region)
        return person, person.contact(ContactKind.EMAIL), person.contact(ContactKind.PHONE)
    person = db.session.get_one(Person, wish.person_id)
    found: list[Contact | None] = []
    for kind, raw in ((ContactKind.EMAIL, wish.email), (ContactKind.PHONE, wish.phone)):
        found.append(people.add_contact(person, kind, raw, region) if raw.strip() else person.contact(kind))
    return person, found[0], found[1]
