"""Where nothing is free: why, what else is true, the waitlist, a callback, the phone. Never the end of the road."""

from __future__ import annotations

from datetime import date

from flask import Flask

from booking import links
from booking.models import Absence, WaitlistEntry
from foundation import clock
from foundation.db import db, write_tx
from tests.booking.pages.conftest import TUESDAY, Time, Town, at, book
from tests.booking.pages.reading import Page, Reader
from virtual_office.callbacks.models import Callback


def everybody_away(app: Flask, town: Town) -> None:
    """The counselor of the talk is on leave for the whole season."""
    with app.app_context(), write_tx():
        until = clock.now().replace(year=2027)
        db.session.add(Absence(resource_id=town.counselors[0], starts_at=clock.now(), ends_at=until))
        db.session.execute(db.text("update resource set version = version + 1"))


def ways_on(page: Page) -> set[str]:
    return {words for words in ("Join the waitlist", "Ask us to call you", "Or call us:") if words in page.words}


def test_a_service_that_nobody_gives(reader: Reader, town: Town) -> None:
    page = reader.open(f"/book/{town.bare}")
    assert "No free time in these days" in page.words
    assert len(ways_on(page)) == 3
    assert "Guidance talk" in page.words


def test_everybody_is_away_and_the_other_office_is_free(reader: Reader, town: Town, app: Flask) -> None:
    everybody_away(app, town)
    page = reader.open(f"/book/{town.talk}")
    assert "All counselors of this service are away" in page.words
    assert len(ways_on(page)) == 3
    there = reader.follow(page, "Norte")
    assert there.path == f"/book/{town.other}"
    assert "times" in there.words


def test_a_full_day_says_so_and_goes_on(reader: Reader, time: Time, town: Town) -> None:
    page = reader.open(f"/book/{town.talk}/2026-11-28")
    assert "No counselor has hours for this service on this day" in page.words
    assert "Go to the next free day" in page.words
    assert len(ways_on(page)) == 3
    assert reader.open(f"/book/{town.talk}/2026-12-08").words.count("public holiday") >= 1


def test_another_way_to_meet_is_offered_only_when_true(reader: Reader, town: Town, app: Flask) -> None:
    everybody_away(app, town)
    assert "Chat" not in reader.open(f"/book/{town.talk}?modality=video").words.partition("This is free")[2]


def test_waitlist(reader: Reader, time: Time, town: Town, app: Flask) -> None:
    page = reader.follow(reader.open(f"/book/{town.bare}"), "Join the waitlist")
    time.pass_(seconds=20)
    typed = {"name": "Bo", "email": "bo@example.org", "first_day": "2026-12-01", "last_day": "2026-12-31"}
    page = reader.send(page.form("/waitlist"), **typed)
    assert page.headings[0] == "You are on the waitlist"
    with app.app_context():
        entry = db.session.query(WaitlistEntry).one()
        assert (entry.person.name, entry.first_day, entry.last_day) == ("Bo", date(2026, 12, 1), date(2026, 12, 31))
        assert entry.contact is not None


def test_waitlist_by_phone_only(reader: Reader, time: Time, town: Town, app: Flask) -> None:
    page = reader.open(f"/book/{town.talk}/waitlist?modality=video&needs=captions")
    time.pass_(seconds=20)
    reader.send(page.form("/waitlist"), name="Bo", phone="600 111 222")
    with app.app_context():
        entry = db.session.query(WaitlistEntry).one()
        assert entry.contact is not None
        assert (entry.contact.value, entry.modalities, entry.needs) == ("+34600111222", ["video"], ["captions"])


def test_a_freed_time_is_offered_and_taken(reader: Reader, another: Reader, time: Time, town: Town, app: Flask) -> None:
    confirmation = book(reader, time, town, name="Amal")
    page = another.open(f"/book/{town.talk}/waitlist")
    time.pass_(seconds=20)
    another.send(page.form("/waitlist"), name="Bo", email="bo@example.org")
    reader.send(reader.open(confirmation.path.replace("confirmation", "cancellation")).form("/cancellation"))
    with app.test_request_context():
        entry = db.session.query(WaitlistEntry).one()
        assert entry.state == "offered"

        path = links.offer_path(entry)
    assert another.open(path[:-3] + "xyz").status == 404
    page = another.open(path)
    assert "10:00" in page.headings[0]
    form = page.form(path)
    page = another.send(form)
    assert page.path.endswith("/confirmation")
    assert another.send(form).path == page.path
    assert "This offer is over" in another.open(path).words


def test_an_offer_can_be_left(reader: Reader, another: Reader, time: Time, town: Town, app: Flask) -> None:
    confirmation = book(reader, time, town, name="Amal")
    page = another.open(f"/book/{town.talk}/waitlist")
    time.pass_(seconds=20)
    another.send(page.form("/waitlist"), name="Bo", email="bo@example.org")
    reader.send(reader.open(confirmation.path.replace("confirmation", "cancellation")).form("/cancellation"))
    with app.test_request_context():
        path = links.offer_path(db.session.query(WaitlistEntry).one())
    form = another.open(path).form("/refusal")
    assert "This offer is over" in another.send(form).words
    assert "This offer is over" in another.send(form).words
    with app.app_context():
        assert db.session.query(WaitlistEntry).one().state == "waiting"


def test_callback(reader: Reader, time: Time, town: Town, app: Flask) -> None:
    page = reader.follow(reader.open(f"/book/{town.talk}"), "Ask us to call you")
    time.pass_(seconds=20)
    page = reader.send(page.form("/callback"), name="أمل", phone="600 111 222", best_time="evening", note="CV")
    assert page.headings[0] == "We will call you"
    with app.app_context():
        asked = db.session.query(Callback).one()
        assert (asked.person.name, asked.contact.value, asked.best_time, asked.topic) == (
            "أمل",
            "+34600111222",
            "evening",
            "Guidance talk",
        )


def test_a_day_booked_out(reader: Reader, time: Time, town: Town) -> None:
    for half_hour in range(10):
        hour, minute = 9 + half_hour // 2, 30 * (half_hour % 2)
        book(reader, time, town, at(hour, minute), name=f"Person {half_hour}")
    assert "Tue 24 full" in reader.open(f"/book/{town.talk}").words
    page = reader.open(f"/book/{town.talk}/{TUESDAY}")
    assert "All times on this day are taken" in page.words
    assert "Wednesday 25 November" in page.words
