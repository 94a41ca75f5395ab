"""A webinar made by the rules, and people who register for it."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from accounts import people
from accounts.models import Role
from booking import invariants
from foundation import deadlines
from foundation.db import db, write, write_tx
from foundation.models import Letter
from tests.booking.world import NOW
from virtual_office.offices.models import Office
from webinars import hosts, registrations, webinars
from webinars.models import HostRole, Registration, Webinar
from webinars.registrations import Wish

STARTS = NOW + timedelta(days=7, hours=2)
"""A Monday in a week, eleven o'clock in Madrid."""


def add_host(name: str = "Hanna", email: str = "hanna@example.org") -> int:
    """A colleague who hosts webinars and has no diary."""

    return write(lambda: people.create_staff(name, email, "en", [(Role.WEBINAR_HOST, None)]).id)


def plan(
    office: int, *, starts_at: datetime = STARTS, minutes: int = 60, host: str = "hanna@example.org", **values: Any
) -> int:
    """A published webinar with a host; its id."""
    told = {
        "title": "How to write an application",
        "summary": "What belongs into it, and what does not.",
        "language": "en",
        "capacity": 3,
        "captions": True,
        "interpreted": False,
        "interpreted_into": [],
        "signed": False,
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(minutes=minutes),
        **values,
    }
    with write_tx():
        webinar = webinars.draft(db.session.get_one(Office, office), told, None)
        hosts.add(webinar, host, HostRole.HOST)
        webinars.publish(webinar)
        return webinar.id


def the(webinar_id: int) -> Webinar:
    return db.session.get_one(Webinar, webinar_id)


def register(webinar_id: int, name: str = "Bo", **more: Any) -> int:
    """Somebody registers; the id of the registration."""
    wish = Wish(name=name, language="en", email=more.pop("email", f"{name.lower()}@example.org"), **more)
    return write(lambda: registrations.register(the(webinar_id), wish).id)


def one(registration_id: int) -> Registration:
    db.session.expire_all()
    return db.session.get_one(Registration, registration_id)


def states(*ids: int) -> list[str]:
    """What each has now."""
    return [one(number).state for number in ids]


def withdraw(registration_id: int) -> None:
    write(lambda: registrations.withdraw(one(registration_id), "person"))


def accept(registration_id: int) -> None:
    write(lambda: registrations.accept(one(registration_id), "person"))


def run_deadlines() -> None:
    while deadlines.run_due():
        pass


def letters_of(registration_id: int, state: str | None = None) -> list[str]:
    """Kinds of the letters about a registration, in the order in which they were written."""
    rows = db.session.query(Letter).filter_by(subject_kind="registration", subject_id=registration_id)
    return [row.kind for row in rows.order_by(Letter.id) if state is None or row.state == state]


def sound() -> None:
    """Every rule of the database holds."""
    assert list(invariants.check()) == []
