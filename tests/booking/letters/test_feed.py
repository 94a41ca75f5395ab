"""S-33: a calendar address can not be guessed, is stored as a fingerprint, tells no names, and is worth nothing once replaced."""

from __future__ import annotations

import re
import time as stopwatch
from datetime import timedelta

from flask import Flask
from icalendar import Calendar
from sqlalchemy import text

from accounts import people
from accounts.models import Person
from booking import appointments, links
from booking.models import Appointment
from foundation import calendar, clock
from foundation.calendar import FeedEntry
from foundation.db import db, write, write_tx
from tests.booking.pages.conftest import Town
from tests.booking.staff.desks import book_for, sit_down
from virtual_office.feeds.models import CalendarFeed

from .conftest import TEN, Act


def address_on(html: str) -> str:
    """The path of the feed on the page that shows it."""
    found = re.search(r'value="(https?://[^"]+\.ics)"', html)
    assert found is not None
    return "/" + found[1].partition("://")[2].partition("/")[2]


def test_made_read_unchanged_replaced_and_switched_off(app: Flask, town: Town, act: Act) -> None:
    booked = book_for(app, town, TEN, "Amal Secret", email="amal@example.org")
    ines, program = sit_down(app, "Ines"), app.test_client()
    page = ines.send(ines.open("/account/calendar").form("/account/calendar"))
    path = address_on(page.html)
    token = path.rpartition("/")[2].removesuffix(".ics")
    assert len(token) == 32, "192 bits"
    assert path not in ines.open("/account/calendar").html, "shown once"
    answer = program.get(path)
    assert (answer.status_code, answer.mimetype) == (200, "text/calendar")
    assert answer.headers["X-Robots-Tag"] == "noindex, nofollow"
    raw = answer.get_data(as_text=True)
    assert "REFRESH-INTERVAL;VALUE=DURATION:PT1H" in raw and "X-PUBLISHED-TTL:PT1H" in raw
    [event] = Calendar.from_ical(raw).walk("VEVENT")
    assert event["DTSTART"].dt == TEN
    assert str(event["UID"]).startswith(booked), "the same entry as in letters"
    with app.test_request_context():
        capability = str(act(booked, links.manage_path))
    for private in ("Amal", "Secret", "Guidance", "amal@", capability.rpartition("/")[2], "/m/", "/j/"):
        assert private not in raw, private
    tag = answer.headers["ETag"]
    again = program.get(path, headers={"If-None-Match": tag})
    assert (again.status_code, again.data) == (304, b"")
    assert program.head(path).status_code == 200
    act(booked, lambda one: appointments.move(one, TEN + timedelta(hours=1), "office"))
    changed = program.get(path, headers={"If-None-Match": tag})
    assert changed.status_code == 200
    [event] = Calendar.from_ical(changed.data).walk("VEVENT")
    assert (event["DTSTART"].dt, int(event["SEQUENCE"])) == (TEN + timedelta(hours=1), 1)
    act(booked, lambda one: appointments.cancel(one, "office"))
    assert Calendar.from_ical(program.get(path).data).walk("VEVENT") == []
    newer = address_on(ines.send(ines.open("/account/calendar").form("/account/calendar")).html)
    assert program.get(path).status_code == 404, "the old one is worth nothing"
    assert program.get(newer).status_code == 200
    assert program.get(newer[:-5] + ("A" if newer[-5] != "A" else "B") + ".ics").status_code == 404
    absent = program.get("/calendar/" + "x" * 32 + ".ics")
    ines.send(ines.open("/account/calendar").form("/removal"))
    gone = program.get(newer)
    assert (gone.status_code, gone.mimetype) == (absent.status_code, absent.mimetype) == (404, "text/html")


def test_the_secret_is_stored_nowhere_and_a_leaver_s_is_worth_nothing(app: Flask, town: Town) -> None:
    ines = sit_down(app, "Ines")
    path = address_on(ines.send(ines.open("/account/calendar").form("/account/calendar")).html)
    token = path.rpartition("/")[2].removesuffix(".ics")
    with app.app_context():
        tables = db.session.scalars(text("SELECT name FROM sqlite_master WHERE type = 'table'")).all()
        kept = [str(row) for name in tables for row in db.session.execute(text(f'SELECT * FROM "{name}"'))]  # noqa: S608
        assert not any(token in row for row in kept)
        assert db.session.query(CalendarFeed).count() == 1
    assert app.test_client().get(path).status_code == 200
    with app.test_request_context():
        write(lambda: people.leave(db.session.query(Person).filter(Person.name.startswith("Ines")).one()))
    assert app.test_client().get(path).status_code == 404


def test_a_jobseeker_s_own_appointments_stand_in_their_feed(app: Flask, town: Town) -> None:
    with app.app_context(), write_tx():
        amal = people.register_guest("Zahra", "ar", "amal@example.org")
        people.prove(amal.contacts[0])
    book_for(app, town, TEN)
    book_for(app, town, TEN + timedelta(hours=1), "Bo")
    reader = sit_down(app, "Zahra")
    path = address_on(reader.send(reader.open("/account/calendar").form("/account/calendar")).html)
    [event] = Calendar.from_ical(app.test_client().get(path).data).walk("VEVENT")
    assert event["DTSTART"].dt == TEN
    with app.app_context():
        assert db.session.query(Appointment).count() == 2


def test_five_thousand_entries_are_quick() -> None:
    at = clock.now().replace(microsecond=0)
    many = [FeedEntry(f"{n}@example.org", 0, at, at + timedelta(hours=1), at, f"موعد؛ {n}, \\ ;") for n in range(5000)]
    began = stopwatch.perf_counter()
    raw = calendar.feed(many, "Appointments")
    assert stopwatch.perf_counter() - began < 2.0
    assert all(len(line.encode()) <= 75 for line in raw.split("\r\n"))
    events = Calendar.from_ical(raw).walk("VEVENT")
    assert len(events) == 5000
    assert str(events[7]["SUMMARY"]) == "موعد؛ 7, \\ ;"
