"""There is always a practice call that can be joined, and one answer to who is missing in it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.access import Visitor
from booking.models import Appointment
from demo import practice_time, town
from foundation import clock
from foundation.db import db, write
from tests.application import Browser, running
from virtual_office.meetings import agreement, meetings, presence
from virtual_office.meetings.models import Meeting, Participant

WHERE = "/demo/practice/missing"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    with running(tmp_path, VO_DEMO="1") as made:
        with made.app_context():
            practice = town.build().practice.id
            write(lambda: practice_time.begin(practice))
        yield made


def call() -> Meeting:
    """The meeting of the practice appointment."""
    query = select(Appointment).order_by(Appointment.id.desc()).limit(1)
    found = db.session.scalars(query).one().meeting
    assert found is not None
    return found


def pair(meeting: Meeting) -> tuple[Participant, Participant]:
    """Jobseeker and counselor."""
    counselor = next(one for one in meeting.participants if one.hosts)
    return next(one for one in meeting.participants if not one.hosts), counselor


def come(meeting: Meeting, seat: Participant, line: str) -> None:
    """Somebody agrees where they are asked, and sits down."""
    write(lambda: (agreement.give(meeting, seat), meetings.enter(meeting, seat), presence.arrive(seat, line, "here")))


def ask(app: Flask, kept: str = "") -> dict[str, Any]:
    """Where the partner is told to go."""
    answer: dict[str, Any] = Browser(app).get(f"{WHERE}?kept={kept}").json
    return answer


def test_the_door_is_there_in_a_demo_only(app: Flask, tmp_path: Path) -> None:
    assert ask(app) == {}
    with running(tmp_path / "real") as real:
        assert Browser(real).get(WHERE).status_code == 404


def test_the_seat_of_whoever_has_not_come_is_missing(app: Flask) -> None:
    with app.app_context():
        meeting = call()
        amal, ines = pair(meeting)
        come(meeting, amal, "amal")
        expected = {"meeting": meeting.public_id, "seat": ines.public_id, "person": ines.person.public_id}
    assert ask(app) == expected
    with app.app_context():
        meeting = call()
        come(meeting, pair(meeting)[1], "ines")
    assert ask(app) == {}
    with app.app_context():
        meeting = call()
        amal, _ines = pair(meeting)
        write(lambda: (meetings.leave(meeting, amal), presence.depart("amal")))
        seat = amal.public_id
    assert ask(app)["seat"] == seat


def test_a_broken_line_keeps_its_seat_for_the_grace_but_not_from_the_partner_itself(app: Flask) -> None:
    with app.app_context():
        meeting = call()
        amal, ines = pair(meeting)
        come(meeting, ines, "ines")
        come(meeting, amal, "amal")
        write(lambda: meetings.admit(amal, Visitor(person=ines.person)))
        write(lambda: presence.depart("ines"))
        seat = ines.public_id
    assert ask(app) == {}
    assert ask(app, kept=seat)["seat"] == seat
    with clock.frozen(clock.now() + timedelta(seconds=app.config["VO"].grace + 1)):
        assert ask(app)["seat"] == seat


def test_nobody_is_missing_in_another_meeting(app: Flask) -> None:
    with app.app_context():
        amal, ines = pair(call())
        now = clock.now()
        seats = [(amal.person_id, "jobseeker"), (ines.person_id, "counselor")]
        other = write(
            lambda: meetings.arrange(
                "appointment", "p2p", now - timedelta(minutes=5), now + timedelta(hours=1), None, seats
            )
        )
        come(other, pair(other)[0], "amal")
    assert ask(app) == {}


def test_a_call_that_was_ended_early_can_be_practised_again(app: Flask) -> None:
    with app.app_context():
        practice = db.session.scalars(select(Appointment).order_by(Appointment.id.desc())).first()
        assert practice is not None
        before, service = call().public_id, practice.service_id
        write(lambda: practice_time.keep(service))
        assert call().public_id == before, "a call that goes on stays as it is"
        write(lambda: meetings.end(call(), None, "completed"))
        write(lambda: practice_time.keep(service))
        assert call().public_id != before
        come(call(), pair(call())[0], "amal")
    assert ask(app) != {}
