"""A time is held for one browser; when it runs out the answers stay, and what is lost is said with other times."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from flask import Flask

from booking import invariants
from tests.booking.pages.conftest import Time, Town, answer, at, book, hold
from tests.booking.pages.reading import Reader

Appointments = Callable[[], list[dict[str, Any]]]


def test_longer_once(reader: Reader, time: Time, town: Town) -> None:
    page = hold(reader, town)
    assert "Held for you until 08:08" in page.words
    time.pass_(minutes=7)
    page = reader.send(page.form("/extension"))
    assert "Held for you until 08:15" in page.words
    assert "I need more time" not in page.words


def test_a_second_extension_is_told(reader: Reader, time: Time, town: Town) -> None:
    page = hold(reader, town)
    form = page.form("/extension")
    reader.send(form)
    page = reader.send(form)
    assert page.status in {200, 409}
    assert "more time already" in page.words


def test_time_ran_out_but_is_still_free(reader: Reader, time: Time, town: Town, appointments: Appointments) -> None:
    page = hold(reader, town)
    time.pass_(minutes=30)
    page = reader.open(page.path)
    assert "no longer held" in page.words
    page = answer(reader, time, page, name="Amal B.")
    assert page.path.endswith("/check")
    time.pass_(minutes=30)
    assert reader.send(page.form("/appointment")).path.endswith("/confirmation")
    assert len(appointments()) == 1


def test_time_ran_out_and_somebody_else_has_it(
    reader: Reader, another: Reader, time: Time, town: Town, appointments: Appointments, app: Flask
) -> None:
    page = answer(reader, time, hold(reader, town), name="Amal B.", email="a@example.org")
    time.pass_(minutes=30)
    book(another, time, town, name="Bo")
    page = reader.send(page.form("/appointment"))
    assert page.status == 409
    assert page.title.strip().startswith("Error: ")
    assert "That time has just been taken" in page.words
    assert "Amal B." in page.words
    others = page.form("/appointment").offers["starts_at"]
    assert others == [at(9, 30), at(10, 30), at(11)] or len(others) == 3
    page = reader.send(page.form("/appointment"), starts_at=others[0])
    assert page.path.endswith("/confirmation")
    assert [one["name"] for one in appointments()] == ["Bo", "Amal B."]
    with app.app_context():
        assert list(invariants.check()) == []


def test_taken_while_choosing(reader: Reader, another: Reader, time: Time, town: Town) -> None:
    form = reader.open(f"/book/{town.talk}/2026-11-24").form("/holds")
    hold(another, town)
    page = reader.send(form, starts_at=at(10))
    assert page.status == 409
    assert "That time has just been taken" in page.words
    others = [
        value
        for one in page.forms
        if one.action.endswith("/holds")
        for name, value in one.buttons
        if name == "starts_at"
    ]
    assert len(others) == 3
    assert reader.send(page.form("/holds"), starts_at=others[1]).status == 200


def test_nobody_fits_the_answers_at_this_time(
    reader: Reader, time: Time, town: Town, appointments: Appointments
) -> None:
    page = hold(reader, town, starts_at=at(10, on=date(2026, 11, 25)))
    page = answer(reader, time, page, name="Amal B.", email="a@example.org", language="ar", needs=["interpreter"])
    assert page.status in {409, 422}
    assert "nobody is free who fits these answers" in page.words
    form = page.form(page.path)
    assert form.values["name"] == ["Amal B."]
    assert form.values["needs"] == ["interpreter"]
    time.pass_(seconds=5)
    page = reader.send(form, starts_at=form.offers["starts_at"][0])
    assert page.path.endswith("/check")
    page = reader.send(page.form("/appointment"))
    assert [(one["name"], one["needs"]) for one in appointments()] == [("Amal B.", ["interpreter"])]


def test_somebody_elses_hold_is_absent(reader: Reader, another: Reader, town: Town) -> None:
    path = hold(reader, town).path
    unknown = another.open("/holds/" + "A" * 22)
    for tail in ("", "/check", "/move"):
        page = another.open(path + tail)
        assert (page.status, page.words) == (404, unknown.words)


def test_a_hold_that_was_given_back_shows_the_way_on(reader: Reader, town: Town) -> None:
    first = hold(reader, town)
    hold(reader, town, starts_at=at(12))
    page = reader.open(first.path)
    assert page.status == 404
    assert page.links


def test_the_notice_counts_from_the_moment_of_the_hold(
    reader: Reader, time: Time, town: Town, appointments: Appointments
) -> None:
    page = reader.follow(reader.open(f"/book/{town.talk}"), "First free time")
    page = reader.send(page.form("/holds"), starts_at=at(10, on=date(2026, 11, 23)))
    time.pass_(minutes=5)
    page = answer(reader, time, page, modality="chat", needs=["captions"])
    assert reader.send(page.form("/appointment")).path.endswith("/confirmation")
    assert len(appointments()) == 1
