"""What the pages promise about text messages: news in time, a link in every language, and none after "no more"."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

import pytest
from flask import Flask
from sqlalchemy import select

from accounts import people
from booking import appointments, lateness, offers, other_offers, text_wishes, time_offers, waitlist
from booking.models import Appointment, AppointmentState, Service, WaitlistEntry
from foundation import letter_words, logs, reminders, segments
from foundation.db import db, write, write_tx
from tests.application import Browser
from tests.booking.pages.conftest import Time, Town
from tests.booking.pages.reading import Reader
from tests.booking.staff.desks import book_for, sit_down
from tests.gateway import Gateway

from .conftest import TEN, Act, rows

Work = Callable[[], None]
PHONE = "+34600111222"


def test_news_of_an_early_appointment_does_not_wait_for_the_end_of_the_night(
    app: Flask, town: Town, phones: Gateway, time: Time, work: Work, act: Act
) -> None:
    early = datetime(2026, 11, 25, 8, tzinfo=UTC)  # 9:00 in Madrid
    with app.test_request_context():
        write(lambda: reminders.set_rule(town.office_id, reminders.Rule(quiet_from=21 * 60, quiet_until=9 * 60)))
    booked = book_for(app, town, early, email="", phone=PHONE)
    far = book_for(app, town, early + timedelta(days=1), "Bo", email="", phone="+34600111333")
    work()
    phones.take()
    time.set(datetime(2026, 11, 25, 7, 20, tzinfo=UTC))  # 8:20
    for one in (booked, far):
        act(one, lambda it: appointments.cancel(it, "office"))
    work()
    assert [one["to"] for one in phones.take()] == [PHONE], "the other one can wait until nine"


def test_a_freed_time_at_night_goes_to_somebody_who_can_hear_of_it(
    app: Flask, town: Town, time: Time, work: Work, act: Act
) -> None:
    booked = book_for(app, town, TEN + timedelta(days=2))
    with app.test_request_context():
        service = db.session.get_one(Service, town.talk_id)
        by_text = write(lambda: waitlist.join(service, name="By text", language="en", phone=PHONE).id)
        by_mail = write(lambda: waitlist.join(service, name="By mail", language="en", email="m@example.org").id)
    time.set(datetime(2026, 11, 23, 22, tzinfo=UTC))  # 23:00 in Madrid
    act(booked, lambda it: appointments.cancel(it, "person"))
    with app.app_context():
        states = dict(db.session.execute(select(WaitlistEntry.id, WaitlistEntry.state)).all())  # type: ignore[arg-type]
        counts = dict(db.session.execute(select(WaitlistEntry.id, WaitlistEntry.offers)).all())  # type: ignore[arg-type]
    assert states == {by_text: "waiting", by_mail: "offered"}
    assert counts[by_text] == 0, "whoever was not asked has not had a turn"
    assert offers.KEPT_FOR < 9 * 3600


def test_no_more_text_messages_means_none(
    app: Flask, town: Town, phones: Gateway, time: Time, work: Work, act: Act
) -> None:
    later = TEN + timedelta(days=7)
    booked = book_for(app, town, later, phone=PHONE)
    act(booked, lambda it: text_wishes.wish(it, True))
    work()
    phones.take()
    time.set(datetime(2026, 11, 23, 22, tzinfo=UTC))
    act(booked, lambda it: appointments.move(it, later + timedelta(days=2), "office"))
    act(booked, lambda it: text_wishes.wish(it, False))
    time.set(datetime(2026, 11, 24, 8, tzinfo=UTC))
    work()
    assert phones.take() == []
    act(booked, lambda it: text_wishes.wish(it, True))
    waiting = rows(app, kind="appointment_reminder", channel="sms", state="waiting")
    assert len(waiting) == 2, "asked for again, the reminders are back"


def _counselor(appointment: Appointment) -> people.Person:
    person = db.session.get(people.Person, appointment.counselor.person_id)
    assert person is not None
    return person


@pytest.mark.parametrize("language", ["en", "es", "fr", "ar"])
def test_every_message_from_the_desk_leads_somewhere(
    app: Flask, town: Town, phones: Gateway, time: Time, work: Work, act: Act, language: str
) -> None:
    booked = book_for(app, town, TEN, email="", phone=PHONE)
    missed = book_for(app, town, TEN + timedelta(hours=1), "Bo", email="", phone="+34600111333")
    with app.app_context(), write_tx():
        for name in ("Amal", "Bo"):
            db.session.scalars(select(people.Person).filter_by(name=name)).one().language = language
    work()
    phones.take()
    time.set(TEN - timedelta(minutes=20))
    act(booked, lambda it: lateness.tell_next(_counselor(it), 10))
    time.set(TEN + timedelta(hours=3))

    def offer(it: Appointment) -> None:
        it.state = AppointmentState.MISSED
        db.session.flush()
        other_offers.offer(it)

    time.set(TEN - timedelta(minutes=19))
    work()
    time.set(TEN + timedelta(hours=3))
    act(missed, offer)
    work()
    said = [one["text"] for one in phones.take()]
    assert len(said) >= 2
    for text in said:
        assert "http" in text or any(part.isupper() and len(part) == 8 for part in text.split()), text
        assert segments.size(text).segments == 1, text
    assert "/book/" in said[-1], "the way to another time does not end with the appointment"


def test_a_text_about_other_times_leads_to_the_times(
    app: Flask, town: Town, phones: Gateway, act: Act, work: Work
) -> None:
    booked = book_for(app, town, TEN, email="", phone=PHONE)
    work()
    phones.take()
    act(booked, lambda one: time_offers.offer(one, None))
    work()
    [said] = phones.take()
    assert segments.size(said["text"]).segments == 1
    link = urlsplit(next(word for word in said["text"].split() if word.startswith("http")))
    page = Reader(Browser(app)).open(link.path)
    assert "Choose another time" in page.words and len(page.html.split('name="starts_at"')) > 3
    assert Browser(app).get(link.path[:-1] + ("a" if link.path[-1] != "a" else "b")).status_code == 404


def test_words_are_measured_in_their_own_language(app: Flask, town: Town) -> None:
    lucia = sit_down(app, "Lucia")
    lucia.browser.client.set_cookie("vo_language", "ar")
    address = f"{lucia.open('/staff/letters/words').path}/appointment_confirmation/en"
    short = "Your appointment is on {when}. See it, move it or cancel it: {link}"
    lucia.send(lucia.open(address).form(address), short=short, act="save")
    with app.app_context():
        assert letter_words.of(town.office_id, "appointment_confirmation", "en").short == short


def test_the_address_of_a_calendar_is_no_word_for_a_log() -> None:
    secret = "aB3" * 12
    assert secret not in logs.scrub(f"GET /calendar/{secret}.ics 200")
    assert "call.js" in logs.scrub("GET /static/js/call.js 200")
