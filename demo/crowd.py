"""Big data for benchmarks: many offices and counselors by the rules, many bookings by claims written in bulk."""

from __future__ import annotations

import random
from datetime import timedelta
from functools import partial

from accounts import people
from accounts.models import Role
from booking import appointments, catalogue_changes, finder, hours, resources
from booking.models import Service
from foundation import clock, times
from foundation.db import db, write
from foundation.errors import Refusal
from virtual_office.offices import offices

DAYS = 60


def build(n_offices: int, n_counselors: int, n_bookings: int, seed: int = 1) -> list[int]:
    """Offices with `n_counselors` between them and about `n_bookings` booked times over 60 days; returns the service ids."""
    dice = random.Random(seed)
    services = []
    for n in range(n_offices):
        counselors = n_counselors // n_offices + (n < n_counselors % n_offices)
        services.append(write(partial(_office, n, counselors)))
    for n in range(n_bookings):
        service_id = services[n % n_offices]
        _book(service_id, dice, n)
    return services


def _office(number: int, counselors: int) -> int:
    stamp = f"{clock.seconds()}-{number}"
    office = offices.open_office({"name": f"Office {number + 1}", "zone": "Europe/Madrid", "phone": "+34 910 555 900"})
    since = clock.now().date() - timedelta(days=1)
    given_by = []
    for n in range(counselors):
        person = people.create_staff(
            f"Counselor {n + 1}", f"counselor-{stamp}-{n}@example.org", "en", [(Role.COUNSELOR, office.id)]
        )
        diary = resources.add_diary(person, office, resources.COUNSELOR, ("en",))
        windows = [hours.Window(day, 540 + n % 3 * 30, 1020, since) for day in range(5)]
        hours.set_week(diary, windows)
        given_by.append(diary.id)
    values = {
        "name": "First talk",
        "minutes": 30,
        "step_minutes": 30,
        "notice_minutes": 0,
        "horizon_days": DAYS,
        "modalities": ["video", "phone"],
        "needs": [],
    }
    return catalogue_changes.open_service(office, values, given_by).id


def _book(service_id: int, dice: random.Random, number: int) -> None:
    service = db.session.get_one(Service, service_id)
    today = times.local(clock.now(), service.office.zone).date()
    query = finder.Query(service_id, "phone")
    for _try in range(20):
        found = finder.slots(query, today + timedelta(days=dice.randrange(DAYS)))
        if not found:
            continue
        wish = appointments.BookingWish(
            name=f"Person {number}",
            language="en",
            query=query,
            starts_at=dice.choice(found).starts_at,
            modality="phone",
            phone="+34600555999",
        )
        try:
            booked = write(lambda wish=wish: appointments.book(wish))  # type: ignore[misc]
            write(lambda booked=booked: appointments.mark_told(booked, "read_aloud"))  # type: ignore[misc]
            return
        except Refusal:
            continue
