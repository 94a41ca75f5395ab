"""In a demo there is always an appointment that can be joined now: when one runs out, the worker books the next."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask import Flask
from sqlalchemy import select

from accounts import people
from accounts.models import ContactKind
from booking import appointments, encounters, finder
from booking.models import Appointment, AppointmentState, Service
from foundation import clock, deadlines
from foundation.db import db
from foundation.errors import Refusal
from virtual_office.meetings.models import Phase

KIND = "demo_practice"
EVERY = 60
"""Seconds between looks."""
LEFT = timedelta(minutes=10)
"""With less time than this left, the next one is booked."""
NAME = "Practice call"


def register(app: Flask) -> None:
    """The chore, in a demo only."""
    if app.config["VO"].demo:
        deadlines.handler(KIND)(keep)


def begin(service_id: int) -> None:
    """Book the first one and set the chore."""
    keep(service_id)


def keep(service_id: int) -> None:
    """Make sure that Amal can join a practice call now; runs again in a minute."""
    deadlines.put(KIND, service_id, clock.seconds() + EVERY, f"{KIND}:{clock.seconds() // EVERY + 1}")
    service = db.session.get(Service, service_id)
    amal = people.find_by_email("amal@example.org")
    if service is None or amal is None:
        return
    joinable = _joinable(service)
    if joinable is not None:
        _begin_anew(joinable)
        return
    contact = amal.contact(ContactKind.EMAIL)
    wish = appointments.BookingWish(
        name=amal.name,
        language="en",
        query=finder.Query(service.id, "video", "en"),
        starts_at=_next_five_minutes(),
        modality="video",
        email=contact.value if contact else "",
        person_id=amal.id,
    )
    try:
        with db.session.begin_nested():
            appointments.book(wish)
    except Refusal:
        return


def _joinable(service: Service) -> Appointment | None:
    now = clock.now()
    query = select(Appointment).where(
        Appointment.service_id == service.id,
        Appointment.state == AppointmentState.BOOKED,
        Appointment.starts_at <= now + timedelta(minutes=15),
        Appointment.ends_at > now + LEFT,
    )
    return db.session.scalar(query.limit(1))


def _begin_anew(appointment: Appointment) -> None:
    """Somebody ended the call before its time: its two people have it claimed, so the same appointment gets another meeting."""
    if appointment.meeting is not None and appointment.meeting.phase == Phase.ENDED:
        encounters.arrange(appointment, [appointment.counselor_id])


def _next_five_minutes() -> datetime:
    seconds = clock.seconds() // 300 * 300 + 300
    return datetime.fromtimestamp(seconds, clock.now().tzinfo)
