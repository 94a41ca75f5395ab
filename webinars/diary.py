"""What a person has coming up from webinars: where they are registered, and what they give themselves."""

from __future__ import annotations

from datetime import datetime

from flask import Flask
from flask_babel import gettext as _

from accounts import people
from accounts.models import Person
from foundation.db import db
from virtual_office import diary
from virtual_office.diary import DiaryEntry

from . import visibility, wording
from .models import Registration, Webinar, WebinarHost


def coming(person_id: int, _now: datetime) -> list[DiaryEntry]:
    """A person's registrations that stand, and the webinars in which a colleague has a part."""
    person = db.session.get(Person, person_id)
    if person is None:
        return []
    found = [_registered(one) for one in visibility.of_person(people.same_person_ids(person))]
    return found + [_given(one) for one in visibility.given_by(person_id)]


def register(_app: Flask) -> None:
    """The source that the desk reads."""
    diary.add_source(coming)


def _registered(registration: Registration) -> DiaryEntry:
    how = wording.state_of_registration(registration.state)
    path = f"/registrations/{registration.public_id}"
    return _entry(registration.webinar, how, path, registration.reference)


def _given(host: WebinarHost) -> DiaryEntry:
    return _entry(host.webinar, wording.part(host.role), f"/webinars/{host.webinar.public_id}", "")


def _entry(webinar: Webinar, how: str, path: str, reference: str) -> DiaryEntry:
    return DiaryEntry(
        starts_at=webinar.starts_at,
        ends_at=webinar.ends_at,
        zone=webinar.zone,
        title=_("Webinar: %(title)s", title=webinar.title),
        how=how,
        place="",
        path=path,
        reference=reference,
        office=webinar.office,
    )
