"""Calendar addresses: made, replaced, switched off; what stands in them comes from the features that register a source."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime, timedelta

from sqlalchemy import select

from accounts.models import Person
from foundation import audit, calendar, clock
from foundation.db import db, lock
from foundation.errors import NotFound
from foundation.security import fingerprint

from .models import CalendarFeed

BACK = timedelta(days=60)
"""How far back a feed reaches."""
MOST = 5000
"""Entries of a feed, the soonest after `BACK` first."""
SECRET = 24
"""Random bytes in an address: 192 bits."""
Source = Callable[[Person, datetime, int], list[calendar.FeedEntry]]
"""(person, from, at most) → entries in order of time."""
_sources: list[Source] = []


def add_source(source: Source) -> Source:
    """Register what a person has coming up."""
    if source not in _sources:
        _sources.append(source)
    return source


def of(person: Person) -> CalendarFeed | None:
    """A person's calendar address, without its secret."""
    return db.session.scalar(select(CalendarFeed).where(CalendarFeed.person_id == person.id))


def make(person: Person) -> str:
    """A new secret; the old address is worth nothing from now on. It is shown once and never stored."""
    secret = secrets.token_urlsafe(SECRET)
    # Two who press at once come one after the other; the second address holds.
    lock(person)
    feed = of(person) or CalendarFeed(person_id=person.id)
    feed.fingerprint, feed.made_at = fingerprint(secret), clock.now()
    db.session.add(feed)
    db.session.flush()
    audit.note("calendar_feed.made", feed)
    return secret


def drop(person: Person) -> None:
    """Switch it off; nothing happens when there is none."""
    feed = of(person)
    if feed is not None:
        audit.note("calendar_feed.dropped", feed)
        db.session.delete(feed)
        db.session.flush()


def open_feed(secret: str) -> Person:
    """Whose calendar a secret opens; NotFound for a wrong, replaced or foreign one, and for leavers."""
    feed = db.session.scalar(select(CalendarFeed).where(CalendarFeed.fingerprint == fingerprint(secret)))
    if feed is None or not feed.person.active:
        raise NotFound
    return feed.person


def entries(person: Person) -> list[calendar.FeedEntry]:
    """What stands in a person's calendar."""
    since = clock.now() - BACK
    found = [entry for source in _sources for entry in source(person, since, MOST)]
    return sorted(found, key=lambda entry: (entry.starts_at, entry.uid))[:MOST]


def tag(found: list[calendar.FeedEntry], language: str) -> str:
    """The ETag of entries as they are worded in a language."""
    digest = hashlib.sha256(language.encode())
    for entry in found:
        digest.update(repr(entry).encode())
    return digest.hexdigest()[:32]
