"""A counselor's day: a timeline with needs and lobby state; letting in, and how it went."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from flask import Flask
from sqlalchemy import select

from booking.models import Appointment, AppointmentResource, Resource
from foundation.db import db, write, write_tx
from tests.booking.pages.conftest import Time, Town
from tests.booking.pages.reading import Reader
from tests.booking.staff.desks import ABSENT, LONG, assert_absent, beside, book_for, send_raw, state_of
from virtual_office.meetings import meetings
from virtual_office.meetings.models import Meeting, Participant, Phase, Standing

Desk = Callable[[str], Reader]
NINE = datetime(2026, 11, 24, 8, tzinfo=UTC)
"""Tuesday, nine o'clock in Madrid."""
TUESDAY = "/today?on=2026-11-24"


def wait_in_lobby(app: Flask, public_id: str, since: datetime) -> None:
    """The jobseeker has opened the waiting room."""
    with app.app_context(), write_tx():
        appointment = db.session.scalars(select(Appointment).where(Appointment.public_id == public_id)).one()
        seat = db.session.scalars(
            select(Participant).where(Participant.meeting_id == appointment.meeting_id, Participant.role == "jobseeker")
        ).one()
        seat.standing, seat.waiting_since = Standing.WAITING, since


def test_the_day_in_order_with_what_each_person_needs(app: Flask, time: Time, town: Town, desk: Desk) -> None:
    book_for(app, town, NINE + timedelta(hours=1), "Bo", needs=("captions", "step_free"), modality="in_person")
    book_for(app, town, NINE, "أمل")
    book_for(app, town, NINE + timedelta(hours=2), "Cem", modality="phone", phone="+34600111222")
    book_for(app, town, NINE + timedelta(days=1), "Tomorrow")
    ines = desk("Ines")
    assert "No appointments on this day" in ines.open("/today").words, "Monday is free"
    page = ines.open(TUESDAY)
    assert "3 appointments" in page.words
    timeline = page.words.partition("3 appointments")[2]
    order = [timeline.index(said) for said in ("09:00–09:30", "أمل", "10:00–10:30", "Bo", "11:00–11:30", "Cem")]
    assert order == sorted(order)
    assert "Guidance talk · In person First visit Captions Step-free" in timeline
    assert "Tomorrow" not in page.words
    page = ines.follow(page, "Cem")
    assert "Phone +34 600 111 222" in page.words or "Phone +34600111222" in page.words
    assert page.link("Day after") == "/today?on=2026-11-25"
    assert "Tomorrow" in ines.follow(page, "Day after").words
    for on in ("0001-01-01", "9999-12-31", "x", "2026-02-30"):
        assert ines.browser.client.get(f"/today?on={on}").status_code == 404, on


def test_who_waits_stands_first_and_is_let_in_by_one_click(app: Flask, time: Time, town: Town, desk: Desk) -> None:
    amal = book_for(app, town, NINE, "Amal")
    bo = book_for(app, town, NINE + timedelta(minutes=30), "Bo")
    time.set(NINE - timedelta(minutes=3))
    wait_in_lobby(app, amal, NINE - timedelta(minutes=5))
    ines = desk("Ines")
    page = ines.open("/today")
    assert page.title.startswith("(1)")
    assert "Waiting now Amal · 09:00 · waiting since 08:55" in page.words
    assert not any(form.action == f"/appointments/{bo}/admission" for form in page.forms), "Bo is not there yet"
    answer = send_raw(ines, page.form(f"/appointments/{amal}/admission"))
    with app.app_context():
        meeting = db.session.scalars(select(Meeting).join(Appointment).where(Appointment.public_id == amal)).one()
        seat = db.session.scalars(
            select(Participant).where(Participant.meeting_id == meeting.id, Participant.role == "jobseeker")
        ).one()
        assert seat.standing == Standing.ADMITTED
        assert answer.location.endswith(f"/meetings/{meeting.public_id}")
        assert meeting.phase == Phase.LIVE
    page = ines.open("/today")
    assert "In the call" in page.words
    assert "Waiting now" not in page.words


def test_how_it_went_is_said_corrected_and_not_before_it_begins(app: Flask, time: Time, town: Town, desk: Desk) -> None:
    amal = book_for(app, town, NINE, "Amal")
    ines = desk("Ines")
    address = f"/appointments/{amal}/outcome"
    page = ines.open(f"{TUESDAY}&open={amal}")
    assert not any(form.action == address for form in page.forms)
    token = ines.browser.token()
    early = ines.browser.post(address, {"outcome": "missed"})
    assert early.status_code == 422
    assert "when the appointment has begun" in early.get_data(as_text=True)
    assert state_of(app, amal) == "booked"
    time.set(NINE + timedelta(minutes=40))
    ines = desk("Ines")
    page = ines.open(f"{TUESDAY}&open={amal}")
    assert "How did it go?" in page.words
    form = page.form(address)
    for typed in ([], ["cancelled_by_office"], ["booked"], ["nonsense"]):
        wrong = ines.send(form, outcome=typed)
        assert wrong.status == 422
        assert "Choose" in beside(wrong, "outcome")
    assert send_raw(ines, form, outcome="missed", csrf_token=token[:-2]).status_code == 400
    assert state_of(app, amal) == "booked"
    for state, said in (("missed", "Did not come"), ("technical_failure", "Technology failed"), ("attended", "Came")):
        page = ines.send(form, outcome=state)
        assert "Saved." in page.words
        assert said in page.words
        assert state_of(app, amal) == state


def test_who_was_here_before_is_no_first_visit(app: Flask, time: Time, town: Town, desk: Desk) -> None:
    first = book_for(app, town, NINE, "Amal")
    with app.app_context():
        amal = db.session.scalars(select(Appointment.person_id)).one()
    book_for(app, town, NINE + timedelta(days=1), "Amal", person_id=amal)
    ines = desk("Ines")
    assert "First visit" in ines.open("/today?on=2026-11-25").words
    time.set(NINE + timedelta(minutes=35))
    ines = desk("Ines")
    ines.send(ines.open(f"/today?open={first}").form(f"/appointments/{first}/outcome"), outcome="attended")
    assert "First visit" not in ines.open("/today?on=2026-11-25").words


def test_cancelled_ones_are_shown_as_such(app: Flask, time: Time, town: Town, desk: Desk) -> None:
    amal = book_for(app, town, NINE, "Amal")
    lucia = desk("Lucia")
    form = lucia.open(f"/appointments/{amal}/cancellation").form(f"/appointments/{amal}/cancellation")
    assert lucia.send(form).status == 200
    page = desk("Ines").open(f"{TUESDAY}&open={amal}")
    assert "Cancelled by us" in page.words
    assert not any(form.action.endswith(("/admission", "/outcome")) for form in page.forms)


def test_the_diary_of_an_interpreter_shows_the_day_and_changes_nothing(
    app: Flask, time: Time, town: Town, desk: Desk
) -> None:
    amal = book_for(app, town, NINE, "Amal")
    with app.app_context(), write_tx():
        omar = db.session.get_one(Resource, town.counselors[1])
        noor = Resource(
            kind="interpreter", name="Omar", person_id=omar.person_id, office_id=omar.office_id, features=[]
        )
        db.session.add(noor)
        db.session.flush()
        appointment = db.session.scalars(select(Appointment).where(Appointment.public_id == amal)).one()
        db.session.add(AppointmentResource(appointment_id=appointment.id, resource_id=noor.id))
    assert "Amal" in desk("Omar").open(TUESDAY).words


def test_a_colleague_s_appointment_looks_absent(app: Flask, time: Time, town: Town, desk: Desk) -> None:
    amal = book_for(app, town, NINE, "Amal")
    time.set(NINE + timedelta(minutes=35))
    for name in ("Omar",):
        reader = desk(name)
        for noun, data in (("admission", {}), ("outcome", {"outcome": "missed"}), ("note", {"body": LONG})):
            path, missing = (f"/appointments/{one}/{noun}" for one in (amal, ABSENT))
            assert_absent(reader, "POST", path, missing, **data)
        assert "Amal" not in reader.open(f"{TUESDAY}&open={amal}").words
    for name in ("Lucia", "Tomas", "Nora"):
        assert desk(name).browser.post(f"/appointments/{amal}/outcome", {"outcome": "missed"}).status_code == 404
    assert state_of(app, amal) == "booked"


def test_nobody_is_let_into_a_meeting_that_is_over(app: Flask, time: Time, town: Town, desk: Desk) -> None:
    amal = book_for(app, town, NINE, "Amal")
    time.set(NINE)
    ines = desk("Ines")
    wait_in_lobby(app, amal, NINE)
    with app.test_request_context():
        appointment = db.session.scalars(select(Appointment).where(Appointment.public_id == amal)).one()
        assert appointment.meeting is not None
        meeting = appointment.meeting
        write(lambda: meetings.end(meeting, None, "completed"))
    late = ines.browser.post(f"/appointments/{amal}/admission", follow=False)
    assert late.status_code == 410
    assert "Waiting now" not in ines.open("/today").words
