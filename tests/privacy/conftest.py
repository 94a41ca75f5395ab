"""A town with somebody who is to be erased."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.models import Person
from booking import notes
from booking.models import Appointment
from foundation import letters
from foundation.db import db, write
from tests.security.world import Town, _town
from virtual_office.callbacks.models import Callback
from virtual_office.meetings import agreement, commands
from virtual_office.meetings.models import Standing


@dataclass
class Somebody:
    """A jobseeker with an appointment, notes, messages, letters, wishes; and the people around."""

    town: Town
    id: int
    public_id: str
    appointment: str


@pytest.fixture
def somebody(both: Flask) -> Somebody:
    """On both engines, made by the rules."""
    with both.app_context():
        town = _town("a")
        return write(lambda: _live(town))


def _live(town: Town) -> Somebody:
    person = db.session.get_one(Person, town.people["jobseeker"])
    mine = select(Appointment).where(Appointment.person_id == person.id, Appointment.meeting_id.is_not(None))
    booked = db.session.scalars(mine).first()
    assert booked is not None and booked.meeting is not None
    for seat in booked.meeting.participants:
        if seat.role == "jobseeker":
            agreement.give(booked.meeting, seat)
        seat.standing = Standing.ADMITTED  # as if the counselor had let them in
        text = f"hello from {seat.role}"
        commands.once(seat, f"key-{seat.id}", lambda seat=seat, text=text: commands.say(seat.meeting, seat, text))
    phone = person.contacts[-1]
    db.session.add(Callback(office_id=town.office_id, person_id=person.id, contact_id=phone.id, note="About my CV"))
    letters.post("appointment_reminder", language="en", dedupe="soon", person_id=person.id, contact_id=phone.id)
    notes.save(booked, db.session.get_one(Person, town.people["counselor"]), "She has a plan.", 0)
    return Somebody(town, person.id, person.public_id, booked.public_id)
