"""Request, move and cancel leave in two foreign calendar programs exactly what they should, and Outlook's rules hold."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from email.message import EmailMessage

from flask import Flask

from accounts import people
from accounts.models import Role
from booking import appointments, finder, handing_over, time_offers
from booking.appointments import BookingWish
from booking.models import Appointment, Resource, Service, WorkingHours
from foundation.db import db, write, write_tx
from tests.booking.mail_program import has_calendar, part
from tests.booking.pages.conftest import Town, counselor
from tests.booking.staff.desks import book_for
from tests.postbox import Postbox
from virtual_office.offices.models import Office

from .calendars import outlook_findings, with_ical_js, with_icalendar
from .conftest import TEN, Act

Work = Callable[[], None]


def calendar_letters(box: Postbox, to: str) -> list[EmailMessage]:
    """Letters with an entry for an address, in the order of their coming."""
    return [one for one in box.to(to) if has_calendar(one)]


def same_everywhere(letters: list[EmailMessage]) -> list[tuple[int, int]]:
    """(start, end) of what both programs have, once they agree."""
    js, py = with_ical_js(letters), with_icalendar(letters)
    assert [(one["uid"], one["starts"], one["ends"]) for one in js] == [
        (one["uid"], one["starts"], one["ends"]) for one in py
    ]
    return [(one["starts"], one["ends"]) for one in js]


def stands(at: datetime) -> list[tuple[int, int]]:
    """One half hour from a moment."""
    return [(int(at.timestamp()), int(at.timestamp()) + 1800)]


def test_one_event_then_moved_then_gone(app: Flask, town: Town, box: Postbox, act: Act, work: Work) -> None:
    booked = book_for(app, town, TEN)
    work()
    act(booked, lambda one: appointments.move(one, TEN + timedelta(hours=2), "person"))
    work()
    act(booked, lambda one: appointments.cancel(one, "person"))
    work()
    letters = calendar_letters(box, "amal@example.org")
    assert same_everywhere(letters[:1]) == stands(TEN)
    assert same_everywhere(letters[:2]) == stands(TEN + timedelta(hours=2))
    assert same_everywhere([letters[1], letters[0]]) == stands(TEN + timedelta(hours=2)), "an old letter comes late"
    assert same_everywhere(letters) == []
    act(booked, appointments.undo_cancel)
    work()
    assert same_everywhere(calendar_letters(box, "amal@example.org")) == stands(TEN + timedelta(hours=2))
    assert [list(outlook_findings(one)) for one in box.got if has_calendar(one)] == [[]] * 4


def test_another_counselor_is_the_same_event_and_other_times_are_none(
    app: Flask, town: Town, box: Postbox, act: Act, work: Work
) -> None:
    with app.app_context(), write_tx():
        office, talk = db.session.get_one(Office, town.office_id), db.session.get_one(Service, town.talk_id)
        counselor("Luis Cano", office, talk, ["language:es", "language:en"])
    booked = book_for(app, town, TEN)
    work()
    act(booked, lambda one: handing_over.hand_over(one, _counselor(one)))
    work()
    letters = calendar_letters(box, "amal@example.org")
    assert "Another counselor" in str(letters[-1]["Subject"])
    for order in (letters, letters[::-1]):
        assert same_everywhere(order) == stands(TEN), "one event"
    act(booked, lambda one: time_offers.offer(one, None))
    work()
    offer = box.to("amal@example.org")[-1]
    assert "Choose another time" in str(offer["Subject"]) and not has_calendar(offer), "nothing has changed yet"
    act(booked, lambda one: appointments.move(one, TEN + timedelta(hours=2), "person"))
    work()
    letters = calendar_letters(box, "amal@example.org")
    assert same_everywhere(letters) == stands(TEN + timedelta(hours=2))
    assert [list(outlook_findings(one)) for one in letters] == [[]] * 3


def _counselor(appointment: Appointment) -> Resource:
    return next(one for one in appointment.resources if one.kind == "counselor")


def test_the_checker_finds_what_is_wrong(app: Flask, town: Town, box: Postbox, work: Work) -> None:
    book_for(app, town, TEN)
    work()
    [letter] = box.got
    inline = list(letter.iter_parts())[-1]
    raw = part(letter, "text/calendar").replace("\r\n ", "").replace("\n ", "")
    inline.set_content(
        raw.replace("METHOD:REQUEST", "METHOD:PUBLISH").replace("RSVP=FALSE", "RSVP=TRUE"), subtype="calendar"
    )
    found = " ".join(outlook_findings(letter))
    assert "inside" in found
    assert "reply" in found


def test_who_comes_beside_gets_an_entry_of_their_own(
    app: Flask, town: Town, box: Postbox, act: Act, work: Work
) -> None:
    at = TEN
    with app.test_request_context():
        with write_tx():
            _interpreter(town)
        needs = ("interpreter",)
        query = finder.Query(town.talk_id, "video", "en", needs)
        wish = BookingWish("Amal Secret", "en", query=query, starts_at=at, email="amal@example.org", needs=needs)
        booked = write(lambda: appointments.book(wish).public_id)
    work()
    act(booked, lambda one: appointments.move(one, at + timedelta(days=1), "office"))
    work()
    [noor] = {str(one["To"]) for one in box.got} - {"amal@example.org"}
    assert same_everywhere(calendar_letters(box, noor)[:1]) == stands(at)
    assert same_everywhere(calendar_letters(box, noor)) == stands(at + timedelta(days=1))
    act(booked, lambda one: appointments.cancel(one, "person"))
    work()
    letters = calendar_letters(box, noor)
    assert same_everywhere(letters) == []
    assert len(with_ical_js([*letters[:1], *calendar_letters(box, "amal@example.org")[:1]])) == 2, (
        "another entry than Amal's"
    )
    assert [list(outlook_findings(one)) for one in letters] == [[]] * 3
    assert not any("Secret" in one.as_string() or "/m/" in part(one, "text/plain") for one in letters)


def _interpreter(town: Town) -> None:
    """Noor, whose diary is open as the counselors' are; inside a write transaction."""
    noor = people.create_staff("Noor", "noor@example.org", "en", [(Role.INTERPRETER, town.office_id)])
    facts = {"kind": "interpreter", "name": "Noor", "office_id": town.office_id, "person_id": noor.id}
    diary = Resource(**facts, features=["language:en"])
    db.session.add(diary)
    db.session.flush()
    since = TEN.date() - timedelta(days=9)
    for day in range(5):
        db.session.add(WorkingHours(resource_id=diary.id, weekday=day, opens=540, closes=840, valid_from=since))
