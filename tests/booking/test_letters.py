"""Letters leave by real SMTP at the worker's own tick: confirmation, moved, cancelled, reminder, each with its calendar entry."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from booking import appointments, invariants
from booking.models import Appointment
from foundation import worker
from foundation.carrying import GIVE_UP
from foundation.db import db, write, write_tx
from foundation.models import Letter
from tests.application import running
from tests.booking.mail_program import has_calendar, invitation, part
from tests.booking.pages.conftest import Time, Town, build
from tests.booking.pages.reading import Reader
from tests.booking.staff.conftest import time
from tests.booking.staff.desks import ABSENT, assert_absent, book_for, sit_down, staff
from tests.postbox import Postbox, postbox
from virtual_office.offices.models import Office

__all__ = ["time"]
Act = Callable[[str, Callable[[Appointment], object]], None]
TEN = datetime(2026, 11, 24, 9, tzinfo=UTC)
"""Tuesday, ten o'clock in Madrid; it is Monday, eight."""


@pytest.fixture
def box() -> Iterator[Postbox]:
    with postbox() as opened:
        yield opened


@pytest.fixture
def app(tmp_path: Path, time: Time, box: Postbox) -> Iterator[Flask]:
    with running(tmp_path / "instance", VO_RATE_LIMITS="off", VO_SMTP_URL=box.url) as made:
        yield made


@pytest.fixture
def town(app: Flask) -> Town:
    with app.app_context(), write_tx():
        made = build()
        staff(made)
        return made


@pytest.fixture
def act(app: Flask) -> Act:
    """`act(public_id, rule)`: run a rule on an appointment, as a door does."""

    def run(public_id: str, rule: Callable[[Appointment], object]) -> None:
        with app.test_request_context():
            found = db.session.scalars(select(Appointment).where(Appointment.public_id == public_id)).one()
            write(lambda: rule(found))

    return run


def letters(app: Flask) -> dict[str, tuple[str, str | None]]:
    """State and failure of the newest letter of each kind."""
    with app.app_context():
        return {row.kind: (row.state, row.failure) for row in db.session.scalars(select(Letter).order_by(Letter.id))}


def test_request_move_cancel_are_one_entry_of_the_calendar(app: Flask, town: Town, box: Postbox, act: Act) -> None:
    booked = book_for(app, town, TEN)
    assert worker.look(app) == (1, True)
    act(booked, lambda one: appointments.move(one, TEN + timedelta(hours=2), "person"))
    worker.look(app)
    act(booked, lambda one: appointments.move(one, TEN + timedelta(days=1), "office"))
    worker.look(app)
    act(booked, lambda one: appointments.cancel(one, "office"))
    worker.look(app)
    seen = [invitation(letter) for letter in box.got]
    assert [one.method for one in seen] == ["REQUEST", "REQUEST", "REQUEST", "CANCEL"]
    assert [one.status for one in seen] == ["CONFIRMED", "CONFIRMED", "CONFIRMED", "CANCELLED"]
    assert len({one.uid for one in seen}) == 1
    assert seen[0].uid.startswith(booked)
    sequences = [one.sequence for one in seen]
    assert sequences == sorted(set(sequences)), "each change outdoes the one before"
    assert [one.starts_at for one in seen[:3]] == [TEN, TEN + timedelta(hours=2), TEN + timedelta(days=1)]
    assert {one.ends_at - one.starts_at for one in seen} == {timedelta(minutes=30)}
    assert {(one.rsvp, one.attendee) for one in seen} == {("FALSE", "mailto:amal@example.org")}
    assert "Amal" not in str({one.summary for one in seen}), "a calendar may be seen by others"
    assert "Guidance" not in str({one.summary for one in seen})
    assert len({letter["Message-ID"] for letter in box.got}) == 4
    subjects = [str(letter["Subject"]) for letter in box.got]
    for subject, said in zip(subjects, ("Appointment on", "New time:", "New time:", "Cancelled:"), strict=True):
        assert subject.startswith(said)
    assert worker.look(app) == (0, True)


def test_what_a_confirmation_says(app: Flask, town: Town, box: Postbox) -> None:
    booked = book_for(app, town, TEN)
    worker.look(app)
    [letter] = box.got
    with app.test_request_context():
        made = db.session.scalars(select(Appointment)).one()
        links = (
            appointments.join_path(made),
            appointments.manage_path(made),
            made.reference,
            appointments.code_of(made),
        )
    for kind in ("text/plain", "text/html"):
        text = part(letter, kind)
        for said in (*links[:2], links[2], "Tuesday 24 November, 10:00 (Madrid time)", "Your CV, if you have one."):
            assert said in text, (kind, said)
    assert links[3] in part(letter, "text/plain")
    assert "900 100 200" in part(letter, "text/plain")
    assert letter["To"] == "amal@example.org"
    assert letter["Auto-Submitted"] == "auto-generated"
    assert links[2] in str(letter["Subject"])
    assert "Amal" not in str(letter["Subject"])
    assert booked in invitation(letter).uid


def test_letters_speak_the_language_of_the_person(app: Flask, town: Town, box: Postbox, act: Act) -> None:
    booked = book_for(app, town, TEN, "أمل", email="amal@example.org")
    act(booked, lambda one: setattr(one.person, "language", "ar"))
    with app.app_context(), write_tx():
        db.session.scalars(select(Letter).order_by(Letter.id)).first().language = "ar"  # type: ignore[union-attr]
    book_for(app, town, TEN + timedelta(hours=1), "Bo")
    worker.look(app)
    arabic, english = box.got
    assert (arabic["Content-Language"], english["Content-Language"]) == ("ar", "en")
    assert 'lang="ar"' in part(arabic, "text/html")
    assert 'dir="rtl"' in part(arabic, "text/html")
    assert 'dir="rtl"' not in part(english, "text/html").partition("<body")[0]
    assert "24 نوفمبر" in part(arabic, "text/plain")
    assert "10:00" in part(arabic, "text/plain"), "Western digits, as on the pages"
    assert "أمل" in part(arabic, "text/plain")
    assert "Tuesday 24 November" in part(english, "text/plain")
    act(booked, lambda one: appointments.cancel(one, "person"))
    worker.look(app)
    assert box.got[-1]["Content-Language"] == "ar"


@pytest.mark.parametrize(
    ("now", "first", "second", "hours"),
    [
        ("2026-10-19T06:00", "2026-10-23T08:00", "2026-10-27T09:00", "autumn"),
        ("2027-03-22T06:00", "2027-03-24T09:00", "2027-03-30T08:00", "spring"),
    ],
)
def test_the_entry_s_own_zone_is_right_on_both_sides_of_a_clock_change(
    app: Flask, town: Town, box: Postbox, act: Act, time: Time, now: str, first: str, second: str, hours: str
) -> None:
    before, after = (datetime.fromisoformat(one).replace(tzinfo=UTC) for one in (first, second))
    time.set(datetime.fromisoformat(now).replace(tzinfo=UTC))
    booked = book_for(app, town, before)
    act(booked, lambda one: appointments.move(one, after, "person"))
    book_for(app, town, before + timedelta(hours=1), "Bo")
    worker.look(app)
    moved, other = (invitation(letter) for letter in box.got)
    assert (moved.starts_at, moved.wall) == (after, "10:00"), hours
    assert (other.starts_at, other.wall) == (before + timedelta(hours=1), "11:00"), hours


def test_the_reminder_comes_a_day_before_and_follows_a_move(
    app: Flask, town: Town, box: Postbox, act: Act, time: Time
) -> None:
    later = TEN + timedelta(days=2)
    booked = book_for(app, town, later)
    act(booked, lambda one: appointments.move(one, later + timedelta(days=1), "person"))
    worker.look(app)
    box.take()
    time.set(later - timedelta(hours=24))
    assert worker.look(app)[0] == 0, "the reminder of the old time is gone"
    time.set(later - timedelta(seconds=1))
    worker.look(app)
    assert box.take() == []
    time.set(later)
    worker.look(app)
    [reminder] = box.take()
    assert str(reminder["Subject"]).startswith("Reminder:")
    assert "Friday 27 November, 10:00 (Madrid time)" in part(reminder, "text/plain")
    assert not has_calendar(reminder), "the entry is in the calendar already"
    worker.look(app)
    assert box.take() == []


def test_a_cancelled_appointment_sends_no_reminder(app: Flask, town: Town, box: Postbox, act: Act, time: Time) -> None:
    later = TEN + timedelta(days=2)
    booked, control = book_for(app, town, later), book_for(app, town, later + timedelta(hours=1), "Bo")
    act(booked, lambda one: appointments.cancel(one, "person"))
    worker.look(app)
    box.take()
    time.set(later - timedelta(hours=1))
    while worker.look(app)[0]:
        continue
    assert [str(letter["To"]) for letter in box.take()] == ["bo@example.org"], "only the one that stands"
    with app.app_context():
        assert list(invariants.check()) == []
    act(control, lambda one: appointments.cancel(one, "office"))


def test_a_cancellation_taken_back_is_told_as_that(app: Flask, town: Town, box: Postbox, act: Act) -> None:
    booked = book_for(app, town, TEN)
    worker.look(app)
    act(booked, lambda one: appointments.cancel(one, "person"))
    worker.look(app)
    act(booked, appointments.undo_cancel)
    worker.look(app)
    first, cancelled, again = box.take()
    assert str(again["Subject"]).strip().startswith("It stands again: appointment on Tuesday 24 November, 10:00")
    assert invitation(again).uid == invitation(first).uid
    assert (invitation(again).method, invitation(again).status) == ("REQUEST", "CONFIRMED")
    assert invitation(again).sequence > invitation(cancelled).sequence
    with app.app_context():
        assert list(invariants.check()) == []


def test_booked_the_same_day_there_is_no_reminder(app: Flask, town: Town, box: Postbox, time: Time) -> None:
    book_for(app, town, TEN)
    time.set(TEN - timedelta(hours=1))
    worker.look(app)
    book_for(app, town, TEN + timedelta(hours=1), "Bo")
    while worker.look(app)[0]:
        continue
    kinds = sorted(str(letter["Subject"]).split()[0] for letter in box.got if "bo@" in str(letter["To"]))
    assert kinds == ["Appointment"]


def test_a_failing_server_is_retried_then_staff_see_why_and_send_again(
    app: Flask, town: Town, box: Postbox, time: Time
) -> None:
    book_for(app, town, TEN + timedelta(days=15))
    box.data = "451 try later"
    for _try in range(3):
        worker.look(app)
        assert letters(app)["appointment_confirmation"] == ("waiting", "451 letter refused")
        assert worker.look(app)[0] == 0, "not at once again"
        time.pass_(hours=2)
    time.pass_(seconds=GIVE_UP)
    worker.look(app)
    assert letters(app)["appointment_confirmation"] == ("failed", "451 letter refused")
    tomas = sit_down(app, "Tomas")
    page = tomas.open("/staff/letters?state=failed")
    assert "Confirmation amal@example.org Failed The mail server refused the letter (451)." in page.words
    assert "(Madrid time)" in page.words
    box.data = "250 OK"
    page = tomas.send(page.form("/resending"))
    assert "The letter is sent again within a minute." in page.words
    worker.look(app)
    [first] = box.take()
    page = tomas.open("/staff/letters?state=sent")
    assert "Confirmation amal@example.org Sent" in page.words
    tomas.send(page.form("/resending"))
    worker.look(app)
    [second] = box.take()
    assert second["Message-ID"] == first["Message-ID"], "a mail program shows one letter"
    assert invitation(second) == invitation(first)


def test_a_wrong_address_and_an_absent_server_are_said_in_words(
    app: Flask, town: Town, box: Postbox, time: Time
) -> None:
    book_for(app, town, TEN)
    box.rcpt = "550 5.1.1 unknown"
    worker.look(app)
    tomas = sit_down(app, "Tomas")
    assert "The mail server refuses this address (550). Check it with the person." in tomas.open("/staff/letters").words
    settings = app.config["VO"]
    app.config["VO"] = type(settings)(**{**vars(settings), "smtp_url": "smtp://127.0.0.1:9"})
    book_for(app, town, TEN + timedelta(hours=1), "Bo")
    worker.look(app)
    words = tomas.open("/staff/letters").words
    assert "The mail server does not answer. We try again by ourselves." in words
    assert "Error" not in words


def test_letters_of_another_office_look_absent(app: Flask, town: Town, box: Postbox) -> None:
    book_for(app, town, TEN)
    worker.look(app)
    with app.app_context():
        public_id = db.session.scalars(select(Letter.public_id).where(Letter.state == "sent")).one()
        assert db.session.scalars(select(Office.name)).all() == ["Centro", "Norte"]
    nils = sit_down(app, "Nils")
    assert "amal@example.org" not in nils.open("/staff/letters").words
    assert_absent(nils, "POST", f"/staff/letters/{public_id}/resending", f"/staff/letters/{ABSENT}/resending")
    assert letters(app)["appointment_confirmation"][0] == "sent"
    assert "amal@example.org" in Reader(sit_down(app, "Ada").browser).open("/staff/letters").words
