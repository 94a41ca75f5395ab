"""A small employment service made of rows: one office, counselors, an interpreter, places, services."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta

from accounts.models import Contact, ContactKind, Person
from booking import finder
from booking.appointments import BookingWish
from booking.models import Resource, Service, ServiceResource, WorkingHours
from foundation import clock
from foundation.db import db, write_tx
from virtual_office.offices.models import Office

NOW = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
"""A Monday."""
TEN = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)
"""Tuesday, ten o'clock in Madrid."""


def later(minutes: int) -> datetime:
    """So many minutes after `TEN`."""
    return TEN + timedelta(minutes=minutes)


@dataclass
class World:
    """Ids of what was made; `service` takes 30 minutes with one counselor by any modality, `joint` needs interpreter and place."""

    office: int = 0
    service: int = 0
    service_public: str = ""
    counselors: list[int] = field(default_factory=list)
    interpreters: list[int] = field(default_factory=list)
    places: list[int] = field(default_factory=list)

    def query(self, modality: str = "video", *needs: str, language: str = "") -> finder.Query:
        """What somebody looks for."""
        return finder.Query(self.service, modality, language, tuple(sorted(needs)))

    def wish(self, starts_at: datetime = TEN, modality: str = "video", name: str = "Bo", **more: object) -> BookingWish:
        """A wish of a guest."""
        return BookingWish(name=name, language="en", query=self.query(modality), starts_at=starts_at, **more)  # type: ignore[arg-type]


def build(
    counselors: int = 1,
    interpreters: int = 0,
    places: int = 0,
    *,
    minutes: int = 30,
    step: int = 30,
    before: int = 0,
    after: int = 0,
    needs: tuple[str, ...] = (),
    modalities: tuple[str, ...] = ("video", "phone", "chat", "in_person"),
    opens: int = 9 * 60,
    closes: int = 17 * 60,
    days: int = 7,
    first: date | None = None,
    zone: str = "Europe/Madrid",
    notice: int = 0,
) -> World:
    """Make the rows; every resource is open from `opens` to `closes` on the first `days` weekdays, Monday first."""
    world = World()
    first = first or clock.now().date() - timedelta(days=1)
    with write_tx():
        office = Office(name="Madrid Centro", address="Calle Mayor 1", zone=zone, phone="+34910000000")
        db.session.add(office)
        db.session.flush()
        service = Service(
            office_id=office.id,
            name="Talk to a counselor",
            minutes=minutes,
            step_minutes=step,
            before_minutes=before,
            after_minutes=after,
            notice_minutes=notice,
            horizon_days=60,
            modalities=list(modalities),
            needs=list(needs),
        )
        db.session.add(service)
        db.session.flush()
        world.office, world.service, world.service_public = office.id, service.id, service.public_id
        for kind, number, features in (
            ("counselor", counselors, ["language:en"]),
            ("interpreter", interpreters, ["language:ar"]),
            ("place", places, ["step_free"]),
        ):
            made = [_resource(kind, n, office.id, list(features)) for n in range(number)]
            {"counselor": world.counselors, "interpreter": world.interpreters, "place": world.places}[kind].extend(made)
        for one in (*world.counselors, *world.interpreters, *world.places):
            for weekday in range(days):
                hours = WorkingHours(resource_id=one, weekday=weekday, opens=opens, closes=closes, valid_from=first)
                db.session.add(hours)
        for one in world.counselors:
            db.session.add(ServiceResource(service_id=service.id, resource_id=one))
    return world


def add_service(world: World, minutes: int, **terms: int) -> finder.Query:
    """Another service of the same counselors."""
    with write_tx():
        service = Service(
            office_id=world.office,
            name=f"{minutes} minutes",
            minutes=minutes,
            step_minutes=terms.pop("step_minutes", 5),
            notice_minutes=0,
            modalities=["video"],
            **terms,
        )
        db.session.add(service)
        db.session.flush()
        for one in world.counselors:
            db.session.add(ServiceResource(service_id=service.id, resource_id=one))
        return finder.Query(service.id, "video")


def add_person(name: str, email: str | None = None, proven: bool = True, phone: str | None = None) -> int:
    """A jobseeker, with an address that is proven or not."""
    with write_tx():
        person = Person(name=name, language="en", guest=not proven, contacts=[], grants=[])
        if email:
            person.contacts.append(
                Contact(kind=ContactKind.EMAIL, value=email, verified_at=clock.now() if proven else None)
            )
        if phone:
            person.contacts.append(Contact(kind=ContactKind.PHONE, value=phone))
        db.session.add(person)
        db.session.flush()
        return person.id


def _resource(kind: str, number: int, office_id: int, features: list[str]) -> int:
    person = None
    if kind != "place":
        person = Person(name=f"{kind.title()} {number}", language="en", contacts=[], grants=[])
        db.session.add(person)
        db.session.flush()
    resource = Resource(
        kind=kind,
        name=f"{kind.title()} {number}",
        person_id=person.id if person else None,
        office_id=office_id,
        features=features,
    )
    db.session.add(resource)
    db.session.flush()
    return resource.id
