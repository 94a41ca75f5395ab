"""The programme and registration as people without JavaScript have them, through HTTP; and T2: sent twice is once."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from accounts import people
from accounts.models import ContactKind, Role
from foundation import clock
from foundation.db import db, write, write_tx
from foundation.models import Letter
from tests.application import Browser
from tests.booking.pages.conftest import Time, Town, app, time, town
from tests.booking.pages.reading import Reader
from tests.booking.staff.desks import sit_down
from webinars import links, webinars
from webinars.models import Registration, Webinar

from .planning import add_host, plan, the

__all__ = ["app", "time", "town"]
STARTS = datetime(2026, 12, 1, 9, tzinfo=UTC)


@pytest.fixture
def webinar(app: Flask, town: Town) -> str:
    with app.test_request_context():
        add_host()
        return the(plan(town.office_id, starts_at=STARTS, capacity=1)).public_id


@pytest.fixture
def reader(app: Flask, town: Town) -> Reader:
    return Reader(Browser(app))


def test_from_the_programme_to_a_seat_and_back_without_an_account(
    app: Flask, webinar: str, reader: Reader, time: Time
) -> None:
    page = reader.open("/webinars")
    page = reader.open(page.link("How to write an application"))
    assert "1 of 1 are free" in page.words and "Tuesday 1 December, 10:00" in page.words
    page = reader.open(page.link("Register"))
    time.pass_(seconds=20)
    form = page.form("/registration")
    page = reader.send(form, name="Ana", email="ana@example.org")
    assert "You have a seat." in page.words and page.path.startswith("/registrations/")
    again = reader.send(form, name="Ana", email="ana@example.org")
    assert again.path == page.path, "T2: the same form sent twice is one registration, with the same answer"
    assert "BEGIN:VCALENDAR" in reader.open(page.link("Add to calendar")).html
    page = reader.open(page.link("I do not come"))
    page = reader.send(page.form("/withdrawal"))
    assert "Withdrawn" in page.words
    reader.browser.post(f"{page.path}/withdrawal")
    with app.app_context():
        assert db.session.query(Registration).count() == 1


def test_who_comes_too_late_waits_and_takes_the_offer_by_its_link(
    app: Flask, webinar: str, reader: Reader, time: Time
) -> None:
    first = registered(app, webinar, "Ana", time)
    page = registered(app, webinar, "Bo", time, reader)
    assert "On the waitlist" in page.words and "Take the seat" not in page.words
    first[0].post(f"{first[1]}/withdrawal")
    page = reader.open(page.path)
    assert "A seat is free. We keep it for you until" in page.words
    page = reader.send(page.form("/acceptance"))
    assert "The seat is yours." in page.words and "You have a seat." in page.words


def test_an_offer_that_has_ended_says_so_in_plain_words(app: Flask, webinar: str, reader: Reader, time: Time) -> None:
    first = registered(app, webinar, "Ana", time)
    page = registered(app, webinar, "Bo", time, reader)
    first[0].post(f"{first[1]}/withdrawal")
    form = reader.open(page.path).form("/acceptance")
    time.pass_(hours=13)
    page = reader.send(form)
    assert page.status == 409 and "This offer has ended. You are still on the waitlist" in page.words


def test_somebody_elses_registration_looks_absent(app: Flask, webinar: str, reader: Reader, time: Time) -> None:
    _browser, path = registered(app, webinar, "Ana", time)
    for ending in ("", "/calendar.ics", "/withdrawal"):
        assert reader.open(path + ending).status == 404
    for ending in ("/withdrawal", "/acceptance", "/refusal"):
        assert reader.browser.post(path + ending).status_code == 404
    with app.app_context():
        assert db.session.query(Registration).one().state == "confirmed"


def test_without_any_address_reference_and_code_open_it_again(
    app: Flask, webinar: str, reader: Reader, time: Time
) -> None:
    form = reader.open(f"/webinars/{webinar}/registration").form("/registration")
    time.pass_(seconds=20)
    page = reader.send(form, name="Ana")
    assert "You have a seat." in page.words and "We send reminders" not in page.words
    with app.test_request_context():
        ana = db.session.query(Registration).one()
        reference, code = ana.reference, links.code_of(ana)
    assert reference in page.words and code in page.words
    for path, field in (("/find", "second"), ("/join", "code")):
        another = Reader(Browser(app))
        wrong = another.send(
            another.open(path).form(path), reference=reference, **{field: "000000" if code != "000000" else "1"}
        )
        unknown = another.send(another.open(path).form(path), reference="4F7K2QXM", **{field: code})
        assert (wrong.status, unknown.status) == (404, 404) and "We found no appointment" in wrong.words
        opened = another.send(another.open(path).form(path), reference=reference.lower(), **{field: code})
        assert opened.path == page.path and "You have a seat." in opened.words


def test_what_was_typed_stays_when_something_is_wrong(app: Flask, webinar: str, reader: Reader, time: Time) -> None:
    form = reader.open(f"/webinars/{webinar}/registration").form("/registration")
    time.pass_(seconds=20)
    page = reader.send(form, name="Ana", email="not an address", places="x")
    assert page.status == 422 and "Enter a whole number" in page.words
    assert page.form("/registration").values["name"] == ["Ana"]
    assert page.form("/registration").values["email"] == ["not an address"]


def test_the_programme_narrows_by_language_office_and_what_helps(
    app: Flask, webinar: str, town: Town, reader: Reader
) -> None:
    with app.test_request_context():
        more = {"title": "Arabisch", "language": "ar", "signed": True, "interpreted": True, "interpreted_into": ["fr"]}
        plan(town.office_id, starts_at=STARTS + timedelta(days=1), **more)
    every = reader.open("/webinars").words
    assert "How to write an application" in every and "Arabisch" in every
    for query in ("language=ar", "language=fr", "needs=signed"):
        words = reader.open(f"/webinars?{query}").words
        assert "Arabisch" in words and "How to write an application" not in words, query
    assert "No webinar is planned like this" in reader.open("/webinars?needs=signed&needs=captions&language=en").words


def test_search_engines_read_it_as_an_event(app: Flask, webinar: str, reader: Reader) -> None:
    html = reader.open(f"/webinars/{webinar}").html
    [raw] = re.findall(r'<script type="application/ld\+json">(.*?)</script>', html)
    told = json.loads(raw)
    assert (told["@type"], told["startDate"]) == ("Event", "2026-12-01T09:00:00+00:00")
    assert told["remainingAttendeeCapacity"] == 1 and told["offers"]["availability"].endswith("InStock")


def test_webinars_for_an_office_or_by_invitation_are_absent_for_others(
    app: Flask, webinar: str, town: Town, reader: Reader, time: Time
) -> None:
    with app.test_request_context():
        closed = the(
            plan(town.office_id, starts_at=STARTS + timedelta(days=1), audience="invited", title="Closed")
        ).public_id
    with app.test_request_context():
        hanna = db.session.query(Webinar).filter_by(public_id=closed).one()
        invitation = links.invitation_path(hanna)
    assert "Closed" not in reader.open("/webinars").words
    assert reader.open(f"/webinars/{closed}").status == 404
    assert reader.open(f"/webinars/{closed}/invitation/{'A' * 32}").status == 404
    assert reader.open(invitation).status == 200 and reader.open(f"/webinars/{closed}").status == 200


def test_a_planner_makes_publishes_and_moves_a_webinar(app: Flask, town: Town, reader: Reader, time: Time) -> None:
    desk = planner(app, town)
    page = desk.open("/staff/webinars/new")
    page = desk.send(
        page.form("/new"),
        title="Interviews",
        on_day="2026-12-03",
        starts="10:00",
        ends="11:00",
        captions="yes",
        interpreted="no",
        signed="no",
        capacity="20",
    )
    assert "Give a colleague the part of the host." in page.words
    refused = desk.send(page.form("/publication"))
    assert refused.status == 422
    page = desk.send(page.form("/hosts"), email="hanna@example.org", role="host")
    page = desk.send(page.form("/questions"), words="Which work?", kind="text", choices="")
    page = desk.send(page.form("/publication"))
    assert "It is published." in page.words and "Published" in page.words
    public = reader.open(reader.open("/webinars").link("Interviews"))
    assert "Thursday 3 December, 10:00" in public.words
    form = reader.open(public.link("Register")).form("/registration")
    time.pass_(seconds=20)
    question = next(name for name in form.values if name.startswith("q_"))
    reader.send(form, name="Ana", email="ana@example.org", **{question: "In a kitchen"})
    assert "In a kitchen" in desk.open(page.path).words
    page = desk.open(page.link("Give it another time"))
    assert "1 seat is taken" in page.words
    page = desk.send(page.form("/time"), on_day="2026-12-04", starts="10:00", ends="11:00")
    assert "Friday 4 December, 10:00" in page.words
    page = desk.send(page.form("/series"), every_weeks="1", times="2")
    assert "2 drafts are made." in page.words
    with app.app_context():
        assert db.session.query(Letter).filter_by(kind="webinar_moved").count() == 1


def test_planners_of_another_office_see_nothing_of_it(app: Flask, webinar: str, town: Town) -> None:
    with app.test_request_context():
        write(lambda: people.create_staff("Nora", "nora@example.org", "en", [(Role.WEBINAR_HOST, town.office_id + 1)]))
    stranger = sit_down(app, "Nora")
    assert stranger.open(f"/staff/webinars/{webinar}").status == 404
    assert stranger.browser.post(f"/staff/webinars/{webinar}/cancellation").status_code == 404
    with app.app_context():
        assert db.session.query(Webinar).one().state == "scheduled"


def test_two_planners_at_once_lose_nothing(app: Flask, webinar: str, town: Town) -> None:
    desk = planner(app, town)
    form = desk.open(f"/staff/webinars/{webinar}/details").form("/details")
    desk.send(form, title="First")
    page = desk.send(form, title="Second")
    assert page.status == 422 and "A colleague saved changes" in page.words and "First" in page.words
    assert page.form("/details").values["title"] == ["Second"]


def test_a_signed_in_jobseeker_finds_it_on_their_desk(app: Flask, webinar: str, time: Time) -> None:
    with app.test_request_context(), write_tx():
        amal = people.register_guest("Amal", "en", "amal@example.org")
        amal.guest = False
        contact = amal.contact(ContactKind.EMAIL)
        assert contact is not None
        contact.verified_at = clock.now()
    desk = sit_down(app, "Amal")
    form = desk.open(f"/webinars/{webinar}/registration").form("/registration")
    time.pass_(seconds=20)
    page = desk.send(form, email="")
    assert "You have a seat." in page.words
    assert "Webinar: How to write an application" in desk.open("/desk").words


def test_a_cancelled_one_stands_as_cancelled_on_the_page_of_who_registered(
    app: Flask, webinar: str, reader: Reader, time: Time
) -> None:
    page = registered(app, webinar, "Ana", time, reader)
    with app.test_request_context():
        number = db.session.query(Webinar).filter_by(public_id=webinar).one().id
        write(lambda: webinars.cancel(the(number)))
    assert "The office cancelled this webinar." in reader.open(page.path).words
    assert "Look at other webinars" in reader.open(f"/webinars/{webinar}").words


def planner(app: Flask, town: Town) -> Reader:
    """A webinar host of the office at their desk."""
    with app.test_request_context():
        if not db.session.query(Webinar).count():
            add_host()
        write(lambda: people.create_staff("Pia", "pia@example.org", "en", [(Role.WEBINAR_HOST, town.office_id)]))
    return sit_down(app, "Pia")


def registered(app: Flask, webinar: str, name: str, time: Time, reader: Reader | None = None):  # type: ignore[no-untyped-def]
    """Register through the pages: the page for a given reader, else the browser and the path of the registration."""
    browser = Browser(app)
    mine = reader or Reader(browser)
    form = mine.open(f"/webinars/{webinar}/registration").form("/registration")
    time.pass_(seconds=20)
    page = mine.send(form, name=name, email=f"{name.lower()}@example.org")
    return page if reader else (browser, page.path)
