"""A phone operator books for a caller with the same pages: no e-mail, recorded who did it, read aloud instead of a letter."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from accounts import passwords, people
from accounts.models import Role
from booking import invariants
from foundation.db import db, write_tx
from foundation.models import AuditEvent
from tests.application import Browser
from tests.booking.pages.conftest import Time, Town, answer, at, book, hold
from tests.booking.pages.reading import Reader

Appointments = Callable[[], list[dict[str, Any]]]
WORDS = "four quiet herons landing"


@pytest.fixture
def operator(app: Flask, town: Town) -> Reader:
    """Tomás, signed in."""
    with app.app_context():
        made = passwords.make(WORDS)
        with write_tx():
            people.create_staff("Tomás", "tomas@example.org", "en", [(Role.OPERATOR, town.office_id)], made)
    browser = Browser(app)
    browser.post("/sign-in/password", {"email": "tomas@example.org", "password": WORDS})
    assert browser.signed_in
    return Reader(browser)


def test_for_a_caller_without_email_and_phone(
    operator: Reader, time: Time, town: Town, appointments: Appointments, app: Flask
) -> None:
    page = hold(operator, town)
    assert "For a caller" in page.words
    assert page.form(page.path).values["name"] == [""]
    page = answer(operator, time, page, name="Caller")
    page = operator.send(page.form("/appointment"))
    assert "Read this to the caller" in page.words
    made = appointments()[0]
    assert (made["name"], made["told"]) == ("Caller", "read_aloud")
    assert made["booked_by"] is not None
    with app.app_context():
        assert list(invariants.check()) == []
        booked = db.session.query(AuditEvent).filter_by(act="appointment.booked").one()
        assert booked.on_behalf_of is not None
        assert booked.actor_id == made["booked_by"]


def test_the_first_time_is_chosen_for_the_keyboard(operator: Reader, town: Town) -> None:
    form = operator.open(f"/book/{town.talk}/2026-11-24").form("/holds")
    assert form.values["starts_at"] == [at(9)]


def test_twelve_keys_and_no_mouse(operator: Reader, time: Time, town: Town) -> None:
    """Every step is a link or a form with one button: nothing needs a pointer."""
    page = operator.open(f"/book/{town.talk}")
    page = operator.follow(page, "First free time")
    page = operator.send(page.form("/holds"))
    page = answer(operator, time, page)
    assert operator.send(page.form("/appointment")).path.endswith("/confirmation")


def test_moves_and_cancels_for_the_office(
    operator: Reader, reader: Reader, time: Time, town: Town, appointments: Appointments
) -> None:
    shown = book(reader, time, town).path.removesuffix("/confirmation")
    page = operator.open(shown)
    assert page.status == 200
    operator.send(operator.follow(page, "Cancel it").form("/cancellation"))
    assert appointments()[0]["state"] == "cancelled_by_office"
    assert "The office cancelled it" in reader.open(shown).words


def test_at_another_office_an_operator_is_a_person_like_any(operator: Reader, town: Town) -> None:
    assert "For a caller" not in operator.open(f"/book/{town.other}").words


def test_a_jobseeker_with_an_account_types_nothing_twice(
    app: Flask, town: Town, time: Time, appointments: Appointments
) -> None:
    with app.app_context():
        made = passwords.make(WORDS)
        with write_tx():
            people.create_staff("Amal Benhaddou", "amal@example.org", "en", [], made)
    browser = Browser(app)
    browser.post("/sign-in/password", {"email": "amal@example.org", "password": WORDS})
    reader = Reader(browser)
    page = hold(reader, town)
    form = page.form(page.path)
    assert form.values["name"] == ["Amal Benhaddou"]
    assert form.values["email"] == ["amal@example.org"]
    time.pass_(seconds=10)
    page = reader.send(form, modality="video")
    reader.send(page.form("/appointment"))
    page = hold(reader, town)
    assert page.status == 409, "nobody is booked in two places"
    assert page.title.strip().startswith("Error: ")
