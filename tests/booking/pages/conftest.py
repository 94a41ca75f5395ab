"""A small town with two offices on a Monday morning in November, and people at browsers without JavaScript."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask

from accounts import people
from accounts.models import Role
from booking.models import Appointment, Resource, Service, ServiceResource, WorkingHours
from foundation import clock
from foundation.db import db, write_tx
from tests.application import Browser, running
from tests.booking.pages.reading import Page, Reader
from virtual_office.offices.models import Closure, Office, OfficeHours

MONDAY = datetime(2026, 11, 23, 7, 0, tzinfo=UTC)
TUESDAY = date(2026, 11, 24)
HOURS = ((9 * 60, 14 * 60),)


class Time:
    """The clock of a test: stands still until somebody moves it."""

    def __init__(self) -> None:
        self._held = ExitStack()
        self.set(MONDAY)

    def set(self, at: datetime) -> None:
        """Go to a moment."""
        self._held.close()
        self._held.enter_context(clock.frozen(at))

    def pass_(self, **length: float) -> None:
        """Let time pass, in the words of timedelta."""
        self.set(clock.now() + timedelta(**length))

    def end(self) -> None:
        """Give real time back."""
        self._held.close()


@dataclass
class Town:
    """Public ids of services: `talk` at Centro (every way to meet), `other` at Norte (video), `bare` has nobody who gives it."""

    talk: str
    other: str
    bare: str
    office_id: int
    talk_id: int
    counselors: list[int] = field(default_factory=list)


@pytest.fixture
def time() -> Iterator[Time]:
    clock_of_test = Time()
    yield clock_of_test
    clock_of_test.end()


@pytest.fixture
def app(tmp_path: Path, time: Time) -> Iterator[Flask]:
    with running(tmp_path / "instance") as made:
        yield made


@pytest.fixture
def town(app: Flask) -> Town:
    with app.app_context(), write_tx():
        return build()


@pytest.fixture
def reader(app: Flask, town: Town) -> Reader:
    return Reader(Browser(app))


@pytest.fixture
def another(app: Flask, town: Town) -> Reader:
    return Reader(Browser(app))


@pytest.fixture
def appointments(app: Flask) -> Callable[[], list[dict[str, object]]]:
    """Every appointment as plain facts, oldest first."""

    def read() -> list[dict[str, object]]:
        with app.app_context():
            return [
                {
                    "id": row.public_id,
                    "reference": row.reference,
                    "state": row.state,
                    "starts_at": row.starts_at,
                    "told": row.told_how,
                    "name": row.person.name,
                    "booked_by": row.booked_by,
                    "modality": row.modality,
                    "needs": row.needs,
                    "language": row.language,
                }
                for row in db.session.query(Appointment).order_by(Appointment.id)
            ]

    return read


def build() -> Town:
    """The offices, services and counselors; inside a write transaction."""
    centro = Office(
        name="Centro",
        address="Calle Mayor 1",
        zone="Europe/Madrid",
        phone="900 100 200",
        phone_cost="free",
        region="ES-MD",
    )
    centro.hours = [OfficeHours(weekday=day, opens=540, closes=840) for day in range(5)]
    norte = Office(name="Norte", address="Calle Norte 2", zone="Europe/Madrid", phone="900 100 201", region="ES-MD")
    db.session.add_all([centro, norte])
    db.session.flush()
    db.session.add(
        Closure(office_id=centro.id, first_day=date(2026, 12, 2), last_day=date(2026, 12, 2), reason="Stocktaking")
    )
    talk = service(
        centro, "Guidance talk", ["video", "phone", "chat", "in_person"], prepare="Your CV, if you have one."
    )
    other = service(norte, "Guidance talk", ["video"])
    bare = service(norte, "Start a business", ["video"])
    ids = [
        counselor("Ines Ferrer", centro, talk, ["language:es", "language:en"]),
        counselor("Omar Haddad", norte, other),
    ]
    interpreter = Resource(kind="interpreter", name="Noor", office_id=centro.id, features=["language:ar"])
    db.session.add(interpreter)
    db.session.flush()
    working(interpreter.id, days=(1,))
    return Town(talk.public_id, other.public_id, bare.public_id, centro.id, talk.id, ids)


def service(office: Office, name: str, modalities: list[str], **more: object) -> Service:
    """A half-hour service."""
    made = Service(office_id=office.id, name=name, minutes=30, step_minutes=30, modalities=modalities, **more)
    db.session.add(made)
    db.session.flush()
    return made


def counselor(name: str, office: Office, gives: Service, features: list[str] | None = None) -> int:
    """Somebody who gives a service on weekday mornings; returns the resource id."""
    email = name.split()[0].lower() + "@example.org"
    person = people.create_staff(name, email, "en", [(Role.COUNSELOR, office.id)])
    made = Resource(kind="counselor", name=name, person_id=person.id, office_id=office.id, features=features or [])
    db.session.add(made)
    db.session.flush()
    db.session.add(ServiceResource(service_id=gives.id, resource_id=made.id))
    working(made.id)
    return made.id


def working(resource_id: int, days: tuple[int, ...] = (0, 1, 2, 3, 4)) -> None:
    """Weekday mornings from nine to two."""
    for day in days:
        for opens, closes in HOURS:
            row = WorkingHours(
                resource_id=resource_id, weekday=day, opens=opens, closes=closes, valid_from=date(2020, 1, 1)
            )
            db.session.add(row)


def at(hour: int, minute: int = 0, on: date = TUESDAY) -> str:
    """A winter wall-clock time of Madrid as forms carry it."""
    return datetime(on.year, on.month, on.day, hour - 1, minute, tzinfo=UTC).isoformat()


def hold(reader: Reader, town: Town, starts_at: str = "", **asked: str) -> Page:
    """Choose a time on Tuesday (default ten o'clock); gives the page "Who is coming?"."""
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    page = reader.open(f"/book/{town.talk}/{TUESDAY}?{query}")
    return reader.send(page.form("/holds"), starts_at=starts_at or at(10))


def answer(reader: Reader, time: Time, page: Page, **typed: object) -> Page:
    """Fill "Who is coming?" as a person does, in some seconds; gives the check page."""
    time.pass_(seconds=20)
    return reader.send(page.form(page.path), **{"name": "Amal", "modality": "video", **typed})


def book(reader: Reader, time: Time, town: Town, starts_at: str = "", **typed: object) -> Page:
    """All the way to the confirmation."""
    page = answer(reader, time, hold(reader, town, starts_at), **typed)
    return reader.send(page.form("/appointment"))
