"""What webinars keep about a person, and what still stands with them."""

from __future__ import annotations

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Table, select, update

from booking import references
from foundation import privacy_sources, times
from foundation.db import Base, db
from foundation.models import Letter
from foundation.privacy_sources import hold

from . import registrations, visibility
from .models import Registration


def _seats(table: Table, ids: list[int]) -> ColumnElement[bool]:
    mine = Base.metadata.tables["registration"].c
    return table.c.registration_id.in_(select(mine.id).where(mine.person_id.in_(ids)))


@privacy_sources.finder
def by_reference(words: str) -> int | None:
    """The person of a registration's reference."""
    query = select(Registration.person_id).where(Registration.reference == references.clean(words))
    return db.session.scalar(query)


@privacy_sources.before_erasing
def _letters(ids: list[int]) -> None:
    """Letters about the registrations say nothing any more."""
    mine = list(db.session.scalars(select(Registration.id).where(Registration.person_id.in_(ids))))
    about = (Letter.subject_kind == "registration") & Letter.subject_id.in_(mine)
    waits = Letter.state.in_(("waiting", "failed"))
    db.session.execute(update(Letter).where(about, waits).values(state="withdrawn"))
    db.session.execute(update(Letter).where(about).values(subject_line=None, body=None, details={}, failure=None))


def _standing(ids: list[int]) -> list[str]:
    return [
        _("Webinar: %(title)s, %(when)s", title=one.webinar.title, when=times.when(one.webinar.starts_at, one.webinar.zone))
        for one in visibility.of_person(ids)
    ]  # fmt: skip


def _settle(ids: list[int]) -> None:
    for one in visibility.of_person(ids):
        registrations.withdraw(one, "office")


privacy_sources.duty(_standing, _settle)
hold("seat", _l("Your seats in webinars"), _seats)
hold(
    "registration",
    _l("Webinars that you registered for"),
    "person_id",
    blank=None,
    plain=("reference", "state", "public_id"),
)
hold(
    "webinar",
    _l("Webinars that you planned"),
    "created_by",
    blank={"created_by": None},
    # Title and summary are the office's public words.
    plain=("title", "summary", "language", "interpreted_into", "state", "zone", "audience", "counts", "public_id"),
)
hold("webinar_host", _l("Webinars in which you have a part"), "person_id", blank={}, plain=("role", "public_id"))
