"""From the front page to the confirmation with JavaScript off: few screens, few fields, one booking whatever is clicked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from icalendar import Calendar

from booking import invariants
from foundation.db import db
from foundation.models import Letter
from tests.booking.pages.conftest import Time, Town, answer, at, book, hold
from tests.booking.pages.reading import Page, Reader

Appointments = Callable[[], list[dict[str, Any]]]


def test_six_screens_and_eight_fields(
    reader: Reader, time: Time, town: Town, appointments: Appointments, app: Flask
) -> None:
    seen: list[Page] = []
    seen.append(page := reader.open("/book"))
    seen.append(page := reader.open(next(href for said, href in page.links if href.endswith(town.talk))))
    seen.append(page := reader.follow(page, "Tue 24"))
    fields = {"starts_at"}
    page = reader.send(page.form("/holds"), starts_at=at(10, 30))
    seen.append(page)
    assert "Held for you until 08:08" in page.words
    form = page.form(page.path)
    fields |= form.visible
    time.pass_(seconds=25)
    page = reader.send(
        form, name="Amal Benhaddou", email="Amal@Example.org", modality="video", language="en", needs=["captions"]
    )
    seen.append(page)
    assert "Tuesday 24 November, 10:30 (Madrid time)" in page.words
    page = reader.send(page.form("/appointment"))
    seen.append(page)
    assert len(seen) <= 6
    assert len(fields) <= 8, fields
    assert page.path.endswith("/confirmation")
    made = appointments()
    assert [(one["name"], one["needs"], one["modality"]) for one in made] == [("Amal Benhaddou", ["captions"], "video")]
    assert made[0]["reference"] in page.words
    assert "<svg" in page.html
    assert "Your CV, if you have one." in page.words
    assert "900 100 200" in page.words
    with app.app_context():
        kinds = [letter.kind for letter in db.session.query(Letter)]
        assert "appointment_confirmation" in kinds
        assert list(invariants.check()) == []


def test_without_email_and_phone(
    reader: Reader, time: Time, town: Town, appointments: Appointments, app: Flask
) -> None:
    page = book(reader, time, town)
    assert "You get no letter" in page.words
    assert appointments()[0]["told"] == "shown"
    with app.app_context():
        assert db.session.query(Letter).filter_by(state="waiting").count() == 0, "nobody has to print what was shown"
        assert list(invariants.check()) == []


def test_phone_only_counts_as_told(
    reader: Reader, time: Time, town: Town, appointments: Appointments, app: Flask
) -> None:
    page = book(reader, time, town, modality="phone", phone="600 111 222")
    assert "+34600111222" in page.words
    assert appointments()[0]["told"] == "shown"
    with app.app_context():
        assert list(invariants.check()) == []


def test_calendar_entry(reader: Reader, time: Time, town: Town) -> None:
    page = book(reader, time, town)
    answer_ics = reader.browser.get(page.link("Add to calendar"))
    assert answer_ics.headers["Content-Type"].startswith("text/calendar")
    event = Calendar.from_ical(answer_ics.data).walk("VEVENT")[0]
    assert event.decoded("dtstart").isoformat() == "2026-11-24T10:00:00+01:00"


def test_double_click_back_and_reload(reader: Reader, time: Time, town: Town, appointments: Appointments) -> None:
    asked = hold(reader, town)
    form = answer(reader, time, asked).form("/appointment")
    first, second = reader.send(form), reader.send(form)
    assert first.path == second.path
    assert reader.open(first.path).status == 200
    again = reader.open(asked.path)
    assert again.path == first.path
    assert reader.send(asked.form(asked.path), name="Somebody else", modality="video").path == first.path
    assert len(appointments()) == 1


def test_double_click_on_a_time_is_one_hold(reader: Reader, town: Town) -> None:
    first, second = hold(reader, town), hold(reader, town)
    assert first.path == second.path


@pytest.mark.parametrize(
    ("field", "anchor"), [("name", "#name"), ("e-mail", "#email"), ("phone", "#phone"), ("language", "#language")]
)
def test_change_links_come_back_to_the_check(reader: Reader, time: Time, town: Town, field: str, anchor: str) -> None:
    page = answer(reader, time, hold(reader, town), name="Amal B.", email="a@example.org")
    change = next(href for said, href in page.links if said.lower() == f"change {field}")
    assert change.endswith(anchor)
    back = reader.open(change.partition("#")[0])
    assert anchor[1:] in back.ids
    form = back.form(back.path)
    assert form.values["name"] == ["Amal B."]
    assert form.values["email"] == ["a@example.org"]
    assert form.values["modality"] == ["video"]
    time.pass_(seconds=5)
    assert reader.send(form).path.endswith("/check")


def test_another_time_keeps_the_answers(reader: Reader, time: Time, town: Town, appointments: Appointments) -> None:
    page = answer(reader, time, hold(reader, town), name="Amal B.")
    times = reader.open(next(href for said, href in page.links if said == "Change Time"))
    page = reader.send(times.form("/holds"), starts_at=at(12))
    form = page.form(page.path)
    assert form.values["name"] == ["Amal B."]
    time.pass_(seconds=5)
    reader.send(reader.send(form, modality="chat").form("/appointment"))
    assert [(one["name"], one["starts_at"].isoformat()) for one in appointments()] == [("Amal B.", at(12))]


def test_interpreter_is_held_and_booked(reader: Reader, time: Time, town: Town, app: Flask) -> None:
    page = answer(reader, time, hold(reader, town), language="ar", needs=["interpreter"])
    reader.send(page.form("/appointment"))
    with app.app_context():
        assert list(invariants.check()) == []
        kinds = db.session.execute(
            db.text("select resource.kind from appointment_resource join resource on resource.id = resource_id")
        )
        assert sorted(kinds.scalars()) == ["counselor", "interpreter"]


def test_a_language_nobody_speaks_is_said_before_booking(reader: Reader, time: Time, town: Town) -> None:
    page = answer(reader, time, hold(reader, town), language="ar")
    assert "does not speak Arabic" in page.words


def test_the_calendar_says_why_a_day_has_nothing(reader: Reader, town: Town) -> None:
    words = reader.open(f"/book/{town.talk}").words
    assert "Sat 28 closed" in words
    assert "Wed 2 Stocktaking" in words
    assert "Mon 23 8 times" in words
    full = reader.open(f"/book/{town.talk}?language=ar&needs=interpreter").words
    assert "Wed 25 full" in full
    assert "Tue 1 10 times" in full
