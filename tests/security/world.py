"""Two towns with everything that can be owned, and somebody of every kind at a browser of their own."""

from __future__ import annotations

import hashlib
import sqlite3
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from flask import Flask
from sqlalchemy import select

from accounts import people
from accounts.factor_models import Passkey
from accounts.models import Role, SignIn
from booking import (
    appointments,
    catalogue_changes,
    finder,
    holds,
    hours,
    links,
    recurring,
    resources,
    series,
    time_offers,
    waitlist,
)
from booking.appointments import BookingWish
from booking.models import Appointment, AppointmentNote, Hold, Service
from foundation import clock, letters
from foundation.db import db, write_tx
from foundation.models import Letter
from tests.application import Browser
from virtual_office.callbacks import callbacks
from virtual_office.meetings import phone_wishes, stream_keys
from virtual_office.meetings.models import Purpose
from virtual_office.offices import offices
from virtual_office.offices.models import Office
from webinars import hosts as webinar_hosts
from webinars import questions, registrations, webinars
from webinars.models import HostRole, QuestionKind

ZONE = "Europe/Madrid"
STAFF = {
    "counselor": Role.COUNSELOR,
    "operator": Role.OPERATOR,
    "interpreter": Role.INTERPRETER,
    "leader": Role.TEAM_LEADER,
    "webinar_host": Role.WEBINAR_HOST,
    "head": Role.ADMIN,
}
"""`head` is an administrator of one office only."""
CHANGES_BY_ITSELF = {"sign_in", "alembic_version"}
"""Tables that a look alone may touch."""


@dataclass
class Town:
    """One office with its people (person row ids) and what they own (public ids by kind)."""

    name: str
    office_id: int = 0
    people: dict[str, int] = field(default_factory=dict)
    things: dict[str, str] = field(default_factory=dict)


@dataclass
class World:
    """Two towns, and browsers by who sits at them: `counselor_a`, `jobseeker_b`, `admin`, `anonymous`, `link_a` …"""

    app: Flask
    a: Town
    b: Town
    browsers: dict[str, Browser] = field(default_factory=dict)
    snapshot: sqlite3.Connection | None = None

    @property
    def file(self) -> Path:
        """The database."""
        path: Path = self.app.config["VO"].folder / "office.sqlite3"
        return path

    def keep(self) -> None:
        """Remember the database as it is."""
        self.snapshot = sqlite3.connect(":memory:", check_same_thread=False)
        with sqlite3.connect(self.file) as live:
            live.backup(self.snapshot)

    def restore(self) -> None:
        """Bring the database back to what `keep` remembered."""
        assert self.snapshot is not None
        with sqlite3.connect(self.file) as live:
            live.execute("PRAGMA synchronous=OFF")
            self.snapshot.backup(live)

    def digest(self) -> str:
        """A fingerprint of every row of every table, but what a look alone may touch."""
        rows = hashlib.sha256()
        with sqlite3.connect(self.file) as live:
            names = [
                name for (name,) in live.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
            ]
            for name in names:
                if name not in CHANGES_BY_ITSELF:
                    kept = live.execute(f'SELECT * FROM "{name}" ORDER BY 1, 2').fetchall()
                    rows.update(f"{name}{kept}".encode())
        return rows.hexdigest()


def build(app: Flask) -> World:
    """Make both towns by the rules, and sign everybody in by the demo door."""
    with app.app_context():
        with write_tx():
            admin = people.create_staff("Root", "root@example.org", "en", [(Role.ADMIN, None)])
            root = admin.public_id
        world = World(app, _town("a"), _town("b"))
        keys = {f"{who}_{town.name}": row_id for town in (world.a, world.b) for who, row_id in town.people.items()}
        public = {who: people.get(row_id).public_id for who, row_id in keys.items()} | {"admin": root}
        appointment = db.session.scalars(
            select(Appointment).where(Appointment.public_id == world.a.things["appointment"])
        ).one()
        links_of_a = [links.manage_path(appointment), links.join_path(appointment)]
    for who, public_id in public.items():
        world.browsers[who] = Browser(app)
        answer = world.browsers[who].post("/demo/sign-in", {"person": public_id}, follow=False)
        assert answer.status_code == 302, who
    with app.app_context(), write_tx():
        for town in (world.a, world.b):
            _keys(town)
    world.browsers["anonymous"] = Browser(app)
    world.browsers["link_a"] = Browser(app)
    for path in links_of_a:
        world.browsers["link_a"].get(path, follow=False)
    world.keep()
    return world


def _keys(town: Town) -> None:
    """What somebody of the town signs in with: a browser, and a passkey (of a jobseeker: nobody is asked for it again)."""
    counselor = town.people["counselor"]
    held = select(SignIn.public_id).where(SignIn.person_id == counselor)
    town.things["sign_in"] = db.session.scalars(held).one()
    passkey = Passkey(
        person_id=town.people["jobseeker"], label="key", credential_id=f"a2V5{town.name}AAA", public_key="x"
    )
    db.session.add(passkey)
    db.session.flush()
    town.things["passkey"] = passkey.public_id


def _town(name: str) -> Town:
    town = Town(name)
    with write_tx():
        office = offices.open_office(
            {"name": f"Office {name}", "zone": ZONE, "region": "ES", "phone": "+34910000000"}, _open_all_week()
        )
        closure = offices.add_closure(office, date(2030, 1, 7), date(2030, 1, 8), "moving")
        town.office_id = office.id
        for who, role in STAFF.items():
            person = people.create_staff(f"{who} {name}", f"{who}.{name}@example.org", "en", [(role, office.id)])
            town.people[who] = person.id
        seeker = people.register_guest(f"jobseeker {name}", "en", f"jobseeker.{name}@example.org", "+34600111222")
        people.prove(seeker.contacts[0])
        town.people["jobseeker"] = seeker.id
        counselor = resources.add_diary(people.get(town.people["counselor"]), office, "counselor", ["en"])
        interpreter = resources.add_diary(people.get(town.people["interpreter"]), office, "interpreter", ["ar"])
        place = resources.add_place(office, "Room 1", True)
        for diary in (counselor, interpreter, place):
            hours.set_week(diary, [hours.Window(day, 9 * 60, 17 * 60, date(2026, 1, 1)) for day in range(7)])
        recurring.add(counselor, hours.Window(0, 540, 600, date(2030, 1, 7)), "meeting", None)
        later = clock.now() + timedelta(days=50)
        hours.add_absence(counselor, later, later + timedelta(hours=2), "course", None)
        hours.override_day(counselor, (later + timedelta(days=2)).date(), [], "closed")
        values = {
            "name": "Talk",
            "minutes": 30,
            "step_minutes": 30,
            "notice_minutes": 0,
            "horizon_days": 60,
            "modalities": ["video", "phone", "chat"],
            "needs": [],
        }
        service = catalogue_changes.open_service(office, values, [counselor.id])
        town.things = {
            "seeker": seeker.public_id,
            "office": office.public_id,
            "closure": str(closure.id),
            "service": service.public_id,
            "counselor": counselor.public_id,
            "interpreter": interpreter.public_id,
            "place": place.public_id,
            "hours": hours.of(counselor)[0].public_id,
            "recurring": recurring.of(counselor)[0].public_id,
            "absence": hours.absences_of(counselor)[0].public_id,
            "colleague": people.get(town.people["counselor"]).public_id,
            "callback": callbacks.ask(office, name="Cal", phone="+34600222333", language="en").public_id,
        }
        service_id = service.id
    _book(town, service_id)
    return town


def _webinar(town: Town) -> None:
    """A webinar for those who are invited, with a host, a question and a registration."""
    starts_at = clock.now().replace(hour=9, minute=0, second=0, microsecond=0) + timedelta(days=30)
    told = {
        "title": f"secret webinar {town.name}",
        "language": "en",
        "capacity": 5,
        "captions": False,
        "interpreted": False,
        "signed": False,
        "audience": "invited",
        "approves": True,
        "starts_at": starts_at,
        "ends_at": starts_at + timedelta(hours=1),
    }
    with write_tx():
        webinar = webinars.draft(db.session.get_one(Office, town.office_id), told, None)
        host = webinar_hosts.add(webinar, f"webinar_host.{town.name}@example.org", HostRole.HOST)
        question = questions.add(webinar, "Which work?", QuestionKind.TEXT, required=True)
        webinars.publish(webinar)
        wish = registrations.Wish(
            name=f"listener {town.name}",
            language="en",
            email=f"listener.{town.name}@example.org",
            answers={question.public_id: "any"},
        )
        town.things["webinar"] = webinar.public_id
        town.things["host"], town.things["question"] = host.public_id, question.public_id
        town.things["registration"] = registrations.register(webinar, wish).public_id


def _book(town: Town, service_id: int) -> None:
    query = finder.Query(service_id, "video")
    slots = _slots(query)
    with write_tx():
        appointment = appointments.book(
            BookingWish(
                f"jobseeker {town.name}",
                "en",
                query=query,
                starts_at=slots[0],
                modality="video",
                email=f"jobseeker.{town.name}@example.org",
                person_id=town.people["jobseeker"],
            )
        )
        town.things["appointment"] = appointment.public_id
        town.things["jobseeker"] = appointment.person.public_id
        more = series.SeriesWish(appointment, query, (slots[4], slots[5]), 1, None)
        town.things["series"] = series.book(more, f"key {town.name}").public_id
        town.things["time_offer"] = time_offers.offer(appointment, None).public_id
        if appointment.meeting is not None:
            town.things["meeting"] = appointment.meeting.public_id
            town.things["participant"] = next(
                seat.public_id for seat in appointment.meeting.participants if seat.role == "jobseeker"
            )
            seat = next(seat for seat in appointment.meeting.participants if seat.role == "jobseeker")
            host = next(seat for seat in appointment.meeting.participants if seat.role == "counselor")
            stream_keys.make(appointment.meeting, host, Purpose.SEND)
            town.things["stream_key"] = stream_keys.live(appointment.meeting)[0].public_id
            town.things["phone_wish"] = phone_wishes.ask(appointment.meeting, seat, "+34600111222").public_id
        db.session.add(
            AppointmentNote(
                appointment_id=appointment.id, author_id=town.people["counselor"], body=f"secret note {town.name}"
            )
        )
    _webinar(town)
    with write_tx():
        guest = people.register_guest(f"waiting {town.name}", "en", f"waiting.{town.name}@example.org")
        service = db.session.get_one(Service, service_id)
        town.things["entry"] = waitlist.join(service, person_id=guest.id).public_id
        town.things["hold"] = holds.take(query, slots[3], f"owner of {town.name}").public_id
        letters.post(
            "appointment_confirmation", language="en", dedupe=f"test:{town.name}", office_id=town.office_id, due_at=0
        )
    letter = db.session.scalars(select(Letter).where(Letter.office_id == town.office_id)).first()
    assert (
        letter is not None
        and db.session.scalar(select(Hold.id)) is not None
        and db.session.scalar(select(Office.id)) is not None
    )
    town.things["letter"] = letter.public_id
    db.session.rollback()


def _slots(query: finder.Query) -> list[datetime]:
    first = datetime.now(ZoneInfo(ZONE)).date() + timedelta(days=2)
    return [slot.starts_at for slot in finder.slots(query, first)]


def _open_all_week() -> list[tuple[int, int, int]]:
    return [(day, 9 * 60, 17 * 60) for day in range(7)]
