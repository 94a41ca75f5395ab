"""One invented town: two offices, its people, its services, and a fortnight of appointments around today."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from accounts import people
from accounts.models import ContactKind, Person, Role
from booking import (
    appointments,
    arrivals,
    catalogue_changes,
    finder,
    follow_ups,
    fortnights,
    hours,
    recurring,
    resources,
    series,
    travel,
    waitlist,
)
from booking.models import Appointment, AppointmentState, Modality, Resource, Service
from foundation import audit, clock, times
from foundation.db import db, write
from foundation.errors import Refusal
from virtual_office.callbacks import callbacks
from virtual_office.offices import offices
from virtual_office.offices.models import Office

WEEK = ((0, 540, 840), (0, 900, 1020), (1, 540, 840), (2, 540, 840), (2, 900, 1020), (3, 540, 840), (4, 540, 840))
"""When the office answers: mornings, and two afternoons."""
MORNING, AFTERNOON = (540, 780), (840, 1020)


@dataclass(frozen=True)
class Town:
    """What the rest of the seed needs."""

    river: Office
    hill: Office
    talk: Service
    cv: Service
    guidance: Service
    practice: Service
    amal: Person
    bo: Person


def build() -> Town:
    """Make the town in an empty database."""
    with audit.acting_as("command"):
        town = write(_build)
        _invite_life(town)
        return town


def _build() -> Town:
    river = offices.open_office(
        {
            "name": "Riverside Employment Office",
            "address": "Calle del Río 12\n28005 Madrid",
            "zone": "Europe/Madrid",
            "phone": "+34 910 555 010",
            "phone_cost": "free from any phone",
            "region": "ES-MD",
            "directions": "Step-free entrance from the square. Bus 17, stop Puente.",
        },
        WEEK,
    )
    hill = offices.open_office(
        {
            "name": "Hill Street Employment Office",
            "address": "Rue de la Colline 4\nCasablanca",
            "zone": "Africa/Casablanca",
            "phone": "+212 522 555 020",
            "phone_cost": "price of a local call",
            "region": "MA",
            "directions": "First floor, lift beside the entrance.",
        },
        WEEK,
    )
    people.create_staff("Admin of the demo", "admin@example.org", "en", [(Role.ADMIN, None)])
    people.create_staff("Lucía Prado", "lucia@example.org", "en", [(Role.TEAM_LEADER, river.id)])
    people.create_staff("Tomás Rey", "tomas@example.org", "en", [(Role.OPERATOR, river.id), (Role.OPERATOR, hill.id)])
    ines = _counselor("Inés Vidal", "ines@example.org", river, ("es", "en"))
    omar = _counselor("Omar Haddad", "omar@example.org", river, ("ar", "fr", "en"))
    salma = _counselor("Salma Idrissi", "salma@example.org", hill, ("ar", "fr"))
    noor = people.create_staff("Noor Aziz", "noor@example.org", "ar", [(Role.INTERPRETER, river.id)])
    interpreter = resources.add_diary(noor, river, resources.INTERPRETER, ("ar", "en", "sign-es"))
    _week(ines, (0, 1, 2, 3, 4), (MORNING, AFTERNOON))
    _week(omar, (0, 2, 3), (MORNING, AFTERNOON))
    _week(omar, (1, 4), (MORNING,))
    _week(salma, (0, 1, 2, 3, 4), (MORNING,))
    _week(interpreter, (0, 1, 2, 3), (MORNING,))
    _life_of_weeks(ines, omar, salma, river, hill)
    for name, step_free in (("Desk 1", True), ("Desk 2", False)):
        place = resources.add_place(river, name, step_free)
        _week(place, (0, 1, 2, 3, 4), ((540, 1020),))
    both = (ines.id, omar.id)
    talk = _service(
        river,
        "First talk",
        30,
        both,
        "What you can do, what you look for, and the first steps.",
        "Your ID, and your CV if you have one.",
    )
    cv = _service(
        river,
        "CV check",
        45,
        both,
        "We read your CV together and make it better.",
        "Your CV on paper or as a file.",
        ("video", "chat"),
    )
    guidance = _service(
        river,
        "Career guidance",
        60,
        both,
        "A longer talk about where you want to go.",
        "",
        ("video", "in_person"),
        after_minutes=10,
    )
    _service(
        hill,
        "First talk",
        30,
        (salma.id,),
        "What you can do, what you look for, and the first steps.",
        "",
        ("video", "phone"),
    )
    return Town(
        river,
        hill,
        talk,
        cv,
        guidance,
        _practice(),
        _jobseeker("Amal Mansour", "amal@example.org", "en"),
        _jobseeker("Bo Lindqvist", "bo@example.org", "en"),
    )


def _practice() -> Service:
    """A corner that is open day and night, so that a call can always be tried."""
    corner = offices.open_office(
        {"name": "Practice corner", "zone": "Europe/Madrid", "phone": "+34 910 555 030", "phone_cost": "invented"}
    )
    ines = people.find_by_email("ines@example.org")
    assert ines is not None
    diary = resources.add_diary(ines, corner, resources.COUNSELOR, ("es", "en"))
    # Practice takes no time from real appointments, and the other way round.
    diary.apart = True
    # Written now: the rules below read the row anew when they lock it.
    db.session.flush()
    _week(diary, tuple(range(7)), ((0, 1440),))
    values = {
        "name": "Practice call",
        "description": "Try a video call with a practice partner, at any time of day.",
        "minutes": 30,
        "step_minutes": 5,
        "notice_minutes": 0,
        "horizon_days": 2,
        "modalities": [Modality.VIDEO.value, Modality.CHAT.value],
        "needs": [],
    }
    return catalogue_changes.open_service(corner, values, (diary.id,))


def _counselor(name: str, email: str, office: Office, speaks: tuple[str, ...]) -> Resource:
    person = people.create_staff(name, email, "en", [(Role.COUNSELOR, office.id)])
    return resources.add_diary(person, office, resources.COUNSELOR, speaks)


def _jobseeker(name: str, email: str, language: str) -> Person:
    person = people.register_guest(name, language, email)
    contact = person.contact(ContactKind.EMAIL)
    assert contact is not None
    people.prove(contact)
    return person


def _life_of_weeks(ines: Resource, omar: Resource, salma: Resource, river: Office, hill: Office) -> None:
    """Evenings in every other week, a meeting that comes again, a day at the other office, and the way there."""
    today = clock.now().date()
    travel.set_minutes(river, hill, 90)
    hours.add(
        omar, hours.Window(2, 1050, 1140, fortnights.monday(today), every_n_weeks=2, modalities=("video", "phone"))
    )
    recurring.add(ines, hours.Window(0, 540, 570, today), "meeting", None)
    recurring.add(salma, hours.Window(4, 660, 780, today, nth=-1), "training", None)
    hours.add(salma, hours.Window(3, 870, 990, today, place_id=river.id, modalities=("video", "phone")))


def _week(resource: Resource, weekdays: tuple[int, ...], windows: tuple[tuple[int, int], ...]) -> None:
    since = clock.now().date() - timedelta(days=60)
    for weekday in weekdays:
        for opens, closes in windows:
            hours.add(resource, hours.Window(weekday, opens, closes, since))


def _service(
    office: Office,
    name: str,
    minutes: int,
    given_by: tuple[int, ...],
    description: str,
    prepare: str,
    modalities: tuple[str, ...] = ("video", "phone", "chat", "in_person"),
    after_minutes: int = 5,
) -> Service:
    values = {
        "name": name,
        "description": description,
        "prepare": prepare,
        "minutes": minutes,
        "after_minutes": after_minutes,
        "step_minutes": 30 if minutes <= 30 else 60,
        "notice_minutes": 60,
        "horizon_days": 60,
        "modalities": list(modalities),
        "needs": ["place:in_person"] if "in_person" in modalities else [],
    }
    return catalogue_changes.open_service(office, values, given_by)


def _invite_life(town: Town) -> None:
    """Appointments in the past (with outcomes), today, and to come; one cancelled, one moved."""
    today = times.local(clock.now(), town.river.zone).date()
    for days, outcome in ((-9, AppointmentState.ATTENDED), (-6, AppointmentState.MISSED), (-2, AppointmentState.LATE)):
        with clock.frozen(clock.now() + timedelta(days=days - 2)):
            booked = _book(town.talk, town.bo, "video", today + timedelta(days=days))
        if booked is not None:
            with clock.frozen(booked.ends_at):
                write(lambda booked=booked, outcome=outcome: appointments.record_outcome(booked, outcome))  # type: ignore[misc]
    _book(town.guidance, town.amal, "video", today + timedelta(days=3), needs=("interpreter",), language="ar")
    _book(town.cv, town.bo, "chat", today + timedelta(days=1))
    _book(town.talk, town.bo, "in_person", today + timedelta(days=8), needs=("step_free",))
    cancelled = _book(town.cv, town.amal, "video", today + timedelta(days=6))
    if cancelled is not None:
        write(lambda: appointments.cancel(cancelled, "person"))
    for name, phone in (
        ("Kwame", "+34 600 555 101"),
        ("María del Carmen Ruiz Ortega", "+34 600 555 102"),
        ("李 伟", "+34 600 555 103"),
    ):
        _book(town.talk, name, "phone", today, phone=phone)
        _book(town.talk, name, "phone", today + timedelta(days=1), phone=phone)
    # No e-mail, no phone: somebody at the office prints the letter. The people above get text messages.
    _book(town.talk, "Luis Ortega", "in_person", today + timedelta(days=2))
    write(lambda: _people_who_wait(town))
    _follow_ups(town, today)
    _somebody_is_here(town, today)


def _follow_ups(town: Town, today: date) -> None:
    """Marta comes every week for a while: three times booked in one act."""
    first = _book(town.talk, "Marta Gil", "phone", today + timedelta(days=2), phone="+34 600 555 107")
    if first is not None:
        query = finder.Query(town.talk.id, "phone", "en")
        at = times.local(first.starts_at, town.river.zone)
        wanted = tuple(follow_ups.dates(at.date() + timedelta(days=7), at.time(), 1, 3, town.river.zone))
        with contextlib.suppress(Refusal):
            write(lambda: series.book(series.SeriesWish(first, query, wanted, 1, None), "demo", partly=True))


def _somebody_is_here(town: Town, today: date) -> None:
    """While the office is open somebody sits in the waiting area, checked in."""
    query, now = finder.Query(town.talk.id, "in_person", "en"), clock.now()
    with clock.frozen(now - timedelta(hours=3)):
        soon = [one for one in finder.slots(query, today) if now < one.starts_at < now + timedelta(minutes=50)]
        if not soon:
            return
        wish = appointments.BookingWish(
            "Rosa Núñez", "en", query=query, starts_at=soon[0].starts_at, modality="in_person", phone="+34 600 555 108"
        )
        booked = write(lambda: appointments.book(wish))
        write(lambda: appointments.mark_told(booked, "read_aloud"))
    write(lambda: arrivals.arrive(booked))


def _people_who_wait(town: Town) -> None:
    """Two calls to make and two people on the waitlist, so that colleagues have something to do."""
    callbacks.ask(
        town.river,
        name="Grace",
        phone="+34 600 555 104",
        language="en",
        topic="Talk to a counselor",
        best_time="morning",
        note="Knows about the new rules for carers?",
    )
    callbacks.ask(town.river, name="يوسف", phone="+34 600 555 105", language="ar", best_time="evening")
    waitlist.join(town.guidance, name="Ana Sousa", language="en", email="ana@example.org", modalities=["video"])
    waitlist.join(town.talk, name="Tarik", language="fr", phone="+34 600 555 106", needs=["step_free"])


def _book(
    service: Service,
    who: Person | str,
    modality: str,
    on: date,
    *,
    needs: tuple[str, ...] = (),
    language: str = "en",
    phone: str = "",
) -> Appointment | None:
    """The first free time on that day or within the week after it; None where there is none."""
    query = finder.Query(service.id, modality, language, needs)
    for later in range(7):
        found = finder.slots(query, on + timedelta(days=later))
        if not found:
            continue
        person = who if isinstance(who, Person) else None
        contact = person.contact(ContactKind.EMAIL) if person else None
        wish = appointments.BookingWish(
            name=person.name if person else str(who),
            language=language,
            query=query,
            starts_at=_spread(found, service.id + later),
            modality=modality,
            needs=needs,
            email=contact.value if contact else "",
            phone=phone,
            person_id=person.id if person else None,
        )
        try:
            booked = write(lambda wish=wish: appointments.book(wish))  # type: ignore[misc]
        except Refusal:
            continue
        if not contact and phone:
            write(lambda booked=booked: appointments.mark_told(booked, "read_aloud"))  # type: ignore[misc]
        return booked
    return None


def _spread(found: list[finder.Slot], turn: int) -> datetime:
    return found[(turn * 2) % len(found)].starts_at


def empty() -> bool:
    """Whether nobody and nothing is here yet."""
    return db.session.query(Person.id).first() is None
