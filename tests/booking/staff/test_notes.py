"""Notes of a counselor: saved as typed, there again after a crash, and two windows never overwrite each other."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from booking.models import AppointmentNote, AppointmentResource, Resource
from foundation.db import db, write_tx
from foundation.models import AuditEvent
from tests.booking.pages.conftest import Time, Town
from tests.booking.pages.reading import Reader
from tests.booking.staff.desks import beside, book_for, kept, send_raw

Desk = Callable[[str], Reader]
NINE = datetime(2026, 11, 24, 8, tzinfo=UTC)
WORDS = "Wants to weld.\nسيرة ذاتية <b>not bold</b>"


def as_typed(reader: Reader, public_id: str, body: str, revision: int, **more: str) -> TestResponse:
    """What the page's script sends two seconds after the last stroke."""
    data = {"body": body, "revision": str(revision), "csrf_token": reader.browser.token(), **more}
    return reader.browser.client.post(
        f"/appointments/{public_id}/note", data=data, headers={"Accept": "application/json"}
    )


def page_of(public_id: str) -> str:
    return f"/today?on=2026-11-24&open={public_id}"


def body_of(reader: Reader, public_id: str) -> str:
    """What stands in the note's field."""
    return reader.open(page_of(public_id)).form("/note").values["body"][0]


def test_what_was_typed_is_there_after_a_crash(app: Flask, time: Time, town: Town, desk: Desk) -> None:
    amal = book_for(app, town, NINE)
    ines = desk("Ines")
    assert as_typed(ines, amal, "Wants", 0).json == {"revision": 1, "saved": "Saved 08:00"}
    assert as_typed(ines, amal, WORDS, 1).json["revision"] == 2  # type: ignore[index]
    assert as_typed(ines, amal, WORDS, 1).json["revision"] == 2, "the same words again, as after a lost answer"  # type: ignore[index]
    assert body_of(desk("Ines"), amal) == WORDS, "another browser, after the first one died"
    page = ines.open(page_of(amal))
    assert 'data-draft="' + amal in page.html, "the script that keeps strokes in the browser finds the form"
    assert "js/draft" in page.html
    assert "<b>not bold</b>" not in page.html.replace(WORDS, "")
    with app.app_context():
        written = db.session.scalars(select(AuditEvent).where(AuditEvent.act == "note.written")).all()
        assert len(written) == 1
        assert "weld" not in str([vars(row) for row in written])


def test_the_button_saves_without_a_script(app: Flask, time: Time, town: Town, desk: Desk) -> None:
    amal = book_for(app, town, NINE)
    ines = desk("Ines")
    page = ines.send(ines.open(page_of(amal)).form("/note"), body=WORDS)
    assert "Note saved." in page.words
    assert page.form("/note").values["body"] == [WORDS]
    assert page.form("/note").values["revision"] == ["1"]


def test_two_windows_the_second_is_told_and_loses_nothing(app: Flask, time: Time, town: Town, desk: Desk) -> None:
    amal = book_for(app, town, NINE)
    ines = desk("Ines")
    first = ines.open(page_of(amal)).form("/note")
    second = ines.open(page_of(amal)).form("/note")
    ines.send(first, body="From the first window")
    page = ines.send(second, body="From the second window")
    assert page.status == 409
    assert "You saved this note in another window" in page.words
    kept(page, "/note", body="From the second window")
    answer = as_typed(ines, amal, "From the second window", 0)
    assert (answer.status_code, answer.json["code"]) == (409, "note_changed_elsewhere")  # type: ignore[index]
    assert body_of(ines, amal) == "From the first window"


def test_a_note_that_is_too_long_is_told_once_beside_it(app: Flask, time: Time, town: Town, desk: Desk) -> None:
    amal = book_for(app, town, NINE)
    ines = desk("Ines")
    form = ines.open(page_of(amal)).form("/note")
    long = "ñ" * 20_001
    page = ines.send(form, body=long)
    assert page.status == 422
    assert beside(page, "body") == "Error: Shorten the note to 20,000 characters"
    assert page.words.count("Shorten the note to 20,000 characters") == 2, "in the summary and beside the field"
    kept(page, "/note", body=long)
    answer = as_typed(ines, amal, long, 0)
    assert (answer.status_code, answer.json["message"]) == (422, "Shorten the note to 20,000 characters")  # type: ignore[index]
    assert as_typed(ines, amal, long[:-1], 0).status_code == 200
    assert len(body_of(ines, amal)) == 20_000


def test_without_a_form_token_nothing_is_saved(app: Flask, time: Time, town: Town, desk: Desk) -> None:
    amal = book_for(app, town, NINE)
    ines = desk("Ines")
    assert as_typed(ines, amal, WORDS, 0, csrf_token="").status_code == 400
    assert send_raw(ines, ines.open(page_of(amal)).form("/note"), body=WORDS, csrf_token="x").status_code == 400
    with app.app_context():
        assert db.session.scalars(select(AppointmentNote)).all() == []


def test_two_counselors_of_one_appointment_have_a_note_each(app: Flask, time: Time, town: Town, desk: Desk) -> None:
    amal = book_for(app, town, NINE)
    with app.app_context(), write_tx():
        omar = db.session.get_one(Resource, town.counselors[1])
        db.session.add(AppointmentResource(appointment_id=1, resource_id=omar.id))
    ines, omar_too = desk("Ines"), desk("Omar")
    as_typed(ines, amal, "Hers", 0)
    as_typed(omar_too, amal, "His", 0)
    assert (body_of(ines, amal), body_of(omar_too, amal)) == ("Hers", "His")
