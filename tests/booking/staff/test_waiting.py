"""Nothing free: wishes and calls that people leave on the public pages are rows that the desk of their office sees and acts on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from flask import Flask
from sqlalchemy import select

from booking import appointments, invariants
from booking.models import Appointment, Hold, WaitlistEntry
from foundation import worker
from foundation.db import db, write
from foundation.models import AuditEvent
from tests.application import Browser
from tests.booking.pages.conftest import Time, Town
from tests.booking.pages.reading import Page, Reader
from tests.booking.staff.desks import ABSENT, assert_absent, book_for
from virtual_office.callbacks.models import Callback

Desk = Callable[[str], Reader]
WAITING = "/staff/waiting"
TEN = datetime(2026, 11, 24, 9, tzinfo=UTC)


def ask_for_a_call(app: Flask, time: Time, town: Town, name: str = "أمل", service: str = "", **typed: str) -> None:
    guest = Reader(Browser(app))
    page = guest.open(f"/book/{service or town.talk}/callback")
    time.pass_(seconds=20)
    page = guest.send(page.form("/callback"), **{"name": name, "phone": "600 111 222", "best_time": "evening", **typed})
    assert page.headings[0] == "We will call you"


def wait_for_a_time(app: Flask, time: Time, town: Town, name: str, query: str = "", **typed: str) -> None:
    guest = Reader(Browser(app))
    page = guest.open(f"/book/{town.talk}/waitlist{query}")
    time.pass_(seconds=20)
    page = guest.send(page.form("/waitlist"), name=name, **typed)
    assert page.status == 200


def call_form(page: Page, **_more: str) -> str:
    return next(form.action for form in page.forms if "/staff/waiting/calls/" in form.action)


def act(reader: Reader, state: str) -> Page:
    """Press the button for a state at the first call, if the page has it."""
    page = reader.open(WAITING)
    form = page.form(call_form(page))
    assert ("state", state) in form.buttons, form.buttons
    return reader.send(form, state=state)


def free_ten(app: Flask, public_id: str) -> None:
    with app.test_request_context():
        booked = db.session.scalars(select(Appointment).where(Appointment.public_id == public_id)).one()
        write(lambda: appointments.cancel(booked, "person"))


def test_a_call_is_taken_tried_and_made(app: Flask, time: Time, town: Town, desk: Desk) -> None:
    ask_for_a_call(app, time, town, note="About my CV")
    tomas, ines = desk("Tomas"), desk("Ines")
    page = tomas.open(WAITING)
    for said in ("أمل", "+34600111222", "in the evening", "Guidance talk", "Centro", "About my CV"):
        assert said in page.words, said
    assert page.link("+34600111222") == "tel:+34600111222"
    act(tomas, "taken")
    assert "A colleague is calling" in ines.open(WAITING).words
    act(tomas, "not_reached")
    assert "1 try" in tomas.open(WAITING).words
    act(ines, "taken")
    act(ines, "waiting")
    act(tomas, "taken")
    page = act(tomas, "reached")
    assert "Nobody waits for a call" in page.words
    with app.app_context():
        wish = db.session.scalars(select(Callback)).one()
        assert (wish.state, wish.tries, wish.done_at is not None) == ("reached", 2, True)
        assert len(db.session.scalars(select(AuditEvent).where(AuditEvent.act == "callback.moved")).all()) == 6


def test_only_one_colleague_has_a_call(app: Flask, time: Time, town: Town, desk: Desk) -> None:
    ask_for_a_call(app, time, town)
    tomas, ines = desk("Tomas"), desk("Ines")
    page = ines.open(WAITING)
    old = page.form(call_form(page))
    act(tomas, "taken")
    for state in ("taken", "reached", "closed"):
        refused = ines.send(old, state=state)
        assert refused.status == 409
        assert "A colleague has taken this call." in refused.words
    assert ines.send(old, state="eaten").status == 422
    act(tomas, "reached")
    assert "This call is finished already." in ines.send(old, state="taken").words
    assert ines.browser.client.post(old.action, data={"state": "closed"}).status_code == 400
    with app.app_context():
        assert db.session.scalars(select(Callback.tries)).one() == 1


def test_a_second_wish_of_a_guest_does_not_hide_the_first(app: Flask, time: Time, town: Town, desk: Desk) -> None:
    ask_for_a_call(app, time, town, "First")
    time.pass_(minutes=5)
    ask_for_a_call(app, time, town, "Second", phone="600 111 333", best_time="morning")
    words = desk("Tomas").open(WAITING).words
    assert words.index("First") < words.index("Second"), "the longest wait stands first"


def test_a_wish_shows_who_what_when_and_is_closed(app: Flask, time: Time, town: Town, desk: Desk) -> None:
    wait_for_a_time(
        app, time, town, "Bo", "?modality=video&needs=captions", phone="600 111 222", first_day="2026-11-25"
    )
    wait_for_a_time(app, time, town, "Cem", email="cem@example.org")
    tomas = desk("Tomas")
    page = tomas.open(WAITING)
    for said in ("Bo", "+34600111222", "(Video)", "Captions", "Wednesday 25 November", "cem@example.org"):
        assert said in page.words, said
    assert page.words.index("Bo") < page.words.index("cem@example.org")
    assert tomas.open(page.link("Find a time")).path == f"/book/{town.talk}"
    page = tomas.send(page.form("/closing"))
    assert "The wish is closed." in page.words
    assert "Bo" not in page.words.partition("The wish is closed.")[2].split()
    with app.app_context():
        states = {
            row.person.name: (row.state, row.handled_by is not None)
            for row in db.session.scalars(select(WaitlistEntry))
        }
        assert states == {"Bo": ("closed", True), "Cem": ("waiting", False)}


def test_who_had_an_offer_stands_behind_those_who_had_none(app: Flask, time: Time, town: Town, desk: Desk) -> None:
    ten = book_for(app, town, TEN, "Amal")
    wait_for_a_time(app, time, town, "Bo", phone="600 111 222", modality="video")
    wait_for_a_time(app, time, town, "Cem", email="cem@example.org")
    wait_for_a_time(app, time, town, "Dora", email="dora@example.org")
    free_ten(app, ten)
    time.pass_(minutes=31)
    worker.look(app)
    tomas = desk("Tomas")
    page = tomas.open(WAITING)
    order = [page.words.index(name) for name in ("Cem", "Dora", "Bo +34")]
    assert order == sorted(order), "who must be told now, then who had no offer yet"
    assert "A time is offered Tuesday 24 November, 10:00 (Madrid time) kept until" in page.words
    tomas.send(page.form("/closing"))
    with app.app_context():
        assert sorted(row.state for row in db.session.scalars(select(WaitlistEntry))) == [
            "closed",
            "offered",
            "waiting",
        ]
        assert list(invariants.check()) == []


def test_an_offered_time_is_booked_for_somebody_without_email(app: Flask, time: Time, town: Town, desk: Desk) -> None:
    ten = book_for(app, town, TEN, "Amal")
    wait_for_a_time(app, time, town, "Bo", phone="600 111 222")
    free_ten(app, ten)
    tomas = desk("Tomas")
    page = tomas.open(WAITING)
    assert "Tuesday 24 November, 10:00 (Madrid time) kept until 08:30" in page.words
    form = page.form("/booking")
    page = tomas.send(form)
    assert "Read this to the caller" in page.words
    again = tomas.send(form)
    assert again.path == page.path, "a second click books nothing more"
    with app.app_context():
        made = db.session.scalars(select(Appointment).where(Appointment.state == "booked")).one()
        assert (made.person.name, made.starts_at, made.told_how) == ("Bo", TEN, "read_aloud")
        assert made.booked_by is not None
        entry = db.session.scalars(select(WaitlistEntry)).one()
        assert (entry.state, entry.handled_by) == ("accepted", made.booked_by)
        assert list(invariants.check()) == []


def test_an_offer_that_is_over_is_not_booked(app: Flask, time: Time, town: Town, desk: Desk) -> None:
    ten = book_for(app, town, TEN, "Amal")
    wait_for_a_time(app, time, town, "Bo", phone="600 111 222")
    free_ten(app, ten)
    tomas = desk("Tomas")
    form = tomas.open(WAITING).form("/booking")
    time.pass_(minutes=31)
    tomas = desk("Tomas")
    page = tomas.open(WAITING)
    assert "Bo" in page.words
    assert "Book it for them" not in page.words
    page = tomas.send(form, csrf_token=tomas.browser.token())
    assert page.status == 409
    assert "This offer has ended" in page.words
    with app.app_context():
        assert db.session.scalars(select(Appointment).where(Appointment.state == "booked")).all() == []
        assert db.session.scalars(select(Hold.starts_at)).one() == TEN + timedelta(0)


def test_another_office_sees_and_acts_on_nothing(app: Flask, time: Time, town: Town, desk: Desk) -> None:
    ask_for_a_call(app, time, town, "Amal")
    wait_for_a_time(app, time, town, "Bo", email="bo@example.org")
    with app.app_context():
        call = db.session.scalars(select(Callback.public_id)).one()
        wish = db.session.scalars(select(WaitlistEntry.public_id)).one()
    for name in ("Nils", "Omar", "Nora"):
        reader = desk(name)
        words = reader.open(WAITING).words
        assert "Amal" not in words
        assert "bo@example.org" not in words
        assert_absent(reader, "POST", f"{WAITING}/calls/{call}", f"{WAITING}/calls/{ABSENT}", state="closed")
        for ending in ("closing", "booking"):
            assert_absent(reader, "POST", f"{WAITING}/wishes/{wish}/{ending}", f"{WAITING}/wishes/{ABSENT}/{ending}")
    with app.app_context():
        assert db.session.scalars(select(Callback.state)).one() == "waiting"
        assert db.session.scalars(select(WaitlistEntry.state)).one() == "waiting"
