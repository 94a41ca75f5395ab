"""Call my phone: who may ask, who sees the number, that a wish is one row, and that nobody else learns of it."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts.access import Visitor
from accounts.models import Person
from foundation.audit import AuditEvent
from foundation.db import db, write, write_tx
from foundation.errors import NotFound
from tests.application import running
from tests.security.world import World, build
from virtual_office.meetings import meetings, phone_wishes
from virtual_office.meetings.models import Meeting, MeetingEvent, PhoneWish

NUMBER = "+34600111223"


@pytest.fixture
def there(tmp_path: Path) -> Iterator[World]:
    with running(tmp_path / "instance", VO_RATE_LIMITS="off", VO_DEMO="1") as app:
        made = build(app)
        with app.app_context(), write_tx():
            db.session.query(PhoneWish).delete()
        yield made


def path(there: World, what: str = "phone-wish") -> str:
    return f"/meetings/{there.a.things['meeting']}/{what}"


def test_asked_without_a_script_seen_by_the_counselor_and_taken_once(there: World) -> None:
    amal, ines = there.browsers["jobseeker_a"], there.browsers["counselor_a"]
    page = amal.get(path(there))
    assert page.status_code == 200 and b"It costs you nothing" in page.data
    assert amal.post(path(there), {"phone": "600 111 223"}, follow=False).status_code == 302
    told = ines.get(path(there, "phone-wishes")).get_json()["wishes"]
    assert [(one["number"], one["taken"]) for one in told] == [(NUMBER, False)]
    today = ines.get("/today")
    assert b"Asks to be called" in today.data and NUMBER.encode() in today.data
    for _twice in range(2):
        taken = ines.post(f"/phone-wishes/{told[0]['id']}/acknowledgement", {}, follow=False)
        assert taken.status_code == 302
    assert b"Asks to be called" not in ines.get("/today").data
    with there.app.app_context():
        acts = db.session.scalars(select(AuditEvent.act).where(AuditEvent.act.like("phone_wish.%"))).all()
        # Two are of the towns as they were built.
        assert Counter(acts) == {"phone_wish.asked": 3, "phone_wish.taken": 1}
        kinds = [one.kind for one in db.session.scalars(select(MeetingEvent)) if "call" in one.kind]
        assert Counter(kinds) == {"wishes_call": 3, "call_taken": 1}
        assert NUMBER not in "".join(str(one.data) for one in db.session.scalars(select(MeetingEvent)))


@pytest.mark.parametrize(
    ("number", "says"), [("600 111 223", 201), ("", 422), ("12", 422), ("x" * 41, 422), ("call me", 422)]
)
def test_what_was_typed_stays_and_the_answer_is_in_words(there: World, number: str, says: int) -> None:
    amal = there.browsers["jobseeker_a"]
    answer = amal.client.post(
        path(there), data={"phone": number, "csrf_token": amal.token()}, headers={"Accept": "application/json"}
    )
    assert answer.status_code == says
    told = answer.get_json()
    assert told.get("said") or told["message"]
    if says == 422:
        page = amal.post(path(there), {"phone": number})
        assert page.status_code == 422 and number.encode() in page.data


@pytest.mark.parametrize("who", ["anonymous", "jobseeker_b", "counselor_b", "counselor_a", "leader_a", "admin"])
def test_only_the_jobseeker_of_the_meeting_asks(there: World, who: str) -> None:
    browser = there.browsers[who]
    assert browser.get(path(there)).status_code == 404
    assert browser.post(path(there), {"phone": NUMBER}).status_code == 404
    with there.app.app_context():
        assert db.session.scalar(select(func.count()).select_from(PhoneWish)) == 0


@pytest.mark.parametrize("who", ["anonymous", "jobseeker_a", "jobseeker_b", "counselor_b", "interpreter_a", "admin"])
def test_the_number_is_for_hosts_of_the_meeting_only(there: World, who: str) -> None:
    there.browsers["jobseeker_a"].post(path(there), {"phone": NUMBER})
    with there.app.app_context():
        wish = db.session.scalars(select(PhoneWish.public_id)).one()
    assert there.browsers[who].get(path(there, "phone-wishes")).status_code == 404
    assert there.browsers[who].post(f"/phone-wishes/{wish}/acknowledgement", {}).status_code == 404


@pytest.mark.parametrize("engine", ["sqlite", "postgresql"])
def test_ten_at_once_are_one_wish(tmp_path: Path, request: pytest.FixtureRequest, engine: str) -> None:
    settings = {"VO_DATABASE_URL": request.getfixturevalue("migrated")()} if engine == "postgresql" else {}
    with running(tmp_path / "instance", VO_RATE_LIMITS="off", VO_DEMO="1", **settings) as app:
        _ten_at_once(app)


def _ten_at_once(both: Flask) -> None:
    there = build(both)
    with both.app_context():
        meeting_id, person_id = there.a.things["meeting"], there.a.people["jobseeker"]
        with write_tx():
            db.session.query(PhoneWish).delete()

    def ask() -> None:
        with both.app_context():
            visitor = Visitor(person=db.session.get_one(Person, person_id))

            def act() -> None:
                meeting, me = meetings.get(meeting_id, visitor)
                phone_wishes.ask(meeting, me, NUMBER)

            write(act)

    threads = [threading.Thread(target=ask) for _ in range(10)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    with both.app_context():
        assert db.session.scalar(select(func.count()).select_from(PhoneWish)) == 1


def test_after_the_end_nobody_can_ask(there: World) -> None:
    with there.app.app_context():
        visitor = Visitor(person=db.session.get_one(Person, there.a.people["jobseeker"]))
        host = Visitor(person=db.session.get_one(Person, there.a.people["counselor"]))
        meeting, seat = meetings.get(there.a.things["meeting"], host)
        with write_tx():
            meetings.end(meeting, seat, "completed")
        meeting, me = meetings.get(there.a.things["meeting"], visitor)
        with pytest.raises(meetings.MeetingOver), write_tx():
            phone_wishes.ask(db.session.get_one(Meeting, meeting.id), me, NUMBER)
        with pytest.raises(NotFound), write_tx():
            phone_wishes.ask(meeting, seat, NUMBER)
