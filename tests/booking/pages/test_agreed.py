"""The yes to a call or a visit: in the button that books, by voice at the phone; and no voice-only way for who reads or signs."""

from __future__ import annotations

from flask import Flask
from sqlalchemy import select

from accounts import consents
from accounts.models import Consent, Person
from booking import links
from booking.agreed import BY_VOICE
from booking.models import WaitlistEntry
from foundation.db import db, write
from foundation.models import AuditEvent
from tests.application import Browser
from tests.booking.pages.conftest import Time, Town, answer, at, book, hold
from tests.booking.pages.reading import Reader
from tests.booking.pages.test_operator import operator  # noqa: F401  a fixture
from virtual_office.meetings.agreement import TEXT_VERSION


def yeses(app: Flask) -> list[tuple[str, str, bool]]:
    """(purpose, version, in force) of every yes, oldest first."""
    with app.app_context():
        found = db.session.scalars(select(Consent).order_by(Consent.id))
        return [(one.purpose, one.text_version, one.withdrawn_at is None) for one in found]


def test_the_button_carries_the_yes_to_a_call(reader: Reader, time: Time, town: Town, app: Flask) -> None:
    page = answer(reader, time, hold(reader, town), modality="phone", phone="600 111 222")
    assert "you agree that the counselor calls you, this one time" in page.words and yeses(app) == []
    reader.send(page.form("/appointment"))
    assert yeses(app) == [("meet_by_phone", "2026-11", True)]
    with app.app_context():
        assert db.session.scalar(select(AuditEvent.id).where(AuditEvent.act == "consent.given")) is not None


def test_a_visit_is_agreed_to_and_video_is_asked_later(reader: Reader, time: Time, town: Town, app: Flask) -> None:
    page = answer(reader, time, hold(reader, town), modality="in_person")
    assert "you agree to meet at the office" in page.words
    reader.send(page.form("/appointment"))
    page = answer(reader, time, hold(reader, town, at(11)), modality="video")
    assert "you agree" not in page.words
    reader.send(page.form("/appointment"))
    assert yeses(app) == [("meet_in_person", TEXT_VERSION, True)]


def test_a_colleague_writes_down_what_was_said(operator: Reader, time: Time, town: Town, app: Flask) -> None:  # noqa: F811
    page = answer(operator, time, hold(operator, town), modality="phone", phone="600 111 222")
    assert "writes down that they agreed by voice" in page.words
    operator.send(page.form("/appointment"))
    assert yeses(app) == [("meet_by_phone", "2026-11 by voice", True)]


def offered(reader: Reader, time: Time, town: Town, app: Flask) -> str:
    """Somebody waits for a visit and is offered a time that was given back; gives the address of the offer."""
    confirmation = book(reader, time, town, modality="in_person")
    guest = Reader(Browser(app))
    page = guest.open(f"/book/{town.talk}/waitlist?modality=in_person")
    time.pass_(seconds=20)
    guest.send(page.form("/waitlist"), name="Bo", email="bo@example.org")
    reader.send(reader.open(confirmation.path.replace("confirmation", "cancellation")).form("/cancellation"))
    with app.test_request_context():
        return links.offer_path(db.session.scalars(select(WaitlistEntry)).one())


def take_back_the_last(app: Flask) -> None:
    """Withdraw the newest yes."""
    with app.test_request_context():
        yes = db.session.scalars(select(Consent).order_by(Consent.id.desc())).first()
        assert yes is not None
        write(
            lambda: consents.withdraw(
                db.session.get_one(Person, yes.person_id), yes.purpose, "appointment", yes.scope_id
            )
        )


def test_who_takes_an_offered_time_agrees_with_its_button(
    reader: Reader, another: Reader, time: Time, town: Town, app: Flask
) -> None:
    path = offered(reader, time, town, app)
    before = yeses(app)
    page = another.open(path)
    assert "When you press “Take this time”, you agree to meet at the office" in page.words
    form = page.form(path)
    another.send(form)
    assert yeses(app) == [*before, ("meet_in_person", TEXT_VERSION, True)]
    take_back_the_last(app)
    another.send(form)
    assert yeses(app)[-1] == ("meet_in_person", TEXT_VERSION, False), "sent again, it is not given again"


def test_a_colleague_books_the_offered_time_and_a_series_by_voice(
    operator: Reader,  # noqa: F811
    reader: Reader,
    time: Time,
    town: Town,
    app: Flask,
) -> None:
    offered(reader, time, town, app)
    before = yeses(app)
    page = operator.open("/staff/waiting")
    assert "“Book it for them” writes down that they agreed by voice" in page.words
    page = operator.send(page.form("/booking"))
    by_voice = ("meet_in_person", BY_VOICE, True)
    assert yeses(app) == [*before, by_voice]
    page = operator.open(page.path.replace("/confirmation", "/follow-ups"))
    page = operator.send(page.form("/follow-ups"), times="2", first_day="2026-12-01", at="09:00")
    assert "writes down that they agreed by voice" in page.words
    # The 8th of December is a holiday.
    form = next(form for form in page.forms if form.method == "post" and "/follow-ups" in form.action)
    page = operator.send(form, how="free")
    assert yeses(app) == [*before, by_voice, by_voice]
    assert "writes down that they agreed by voice" in page.words
    page = operator.send(page.form("/dates/2"), starts_at=page.form("/dates/2").buttons[0][1])
    assert yeses(app) == [*before, by_voice, by_voice, by_voice]


def test_a_second_press_of_a_colleague_does_not_give_back_a_yes_that_was_taken_back(
    operator: Reader,  # noqa: F811
    reader: Reader,
    time: Time,
    town: Town,
    app: Flask,
) -> None:
    offered(reader, time, town, app)
    before = yeses(app)
    form = operator.open("/staff/waiting").form("/booking")
    page = operator.send(form)
    assert yeses(app) == [*before, ("meet_in_person", BY_VOICE, True)]
    take_back_the_last(app)
    assert operator.send(form).path == page.path
    assert yeses(app) == [*before, ("meet_in_person", BY_VOICE, False)]


def test_nobody_who_reads_or_signs_is_offered_a_call(reader: Reader, town: Town) -> None:
    for need in ("captions", "sign_interpreter"):
        page = reader.open(f"/book/{town.talk}/2026-11-24?needs={need}")
        if not any(form.action.endswith("/holds") for form in page.forms):
            continue
        page = reader.send(page.form("/holds"), starts_at=at(10))
        assert "phone" not in page.form(page.path).offers["modality"], need
        assert "video" in page.form(page.path).offers["modality"]
    page = hold(reader, town, at(11))
    assert "phone" in page.form(page.path).offers["modality"]
