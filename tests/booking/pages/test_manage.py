"""See, move, cancel and take back: links open one appointment, acts are sent forms, a wrong link says nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask

from booking import appointments as rules
from booking import invariants
from booking.models import Appointment
from foundation.db import db, write_tx
from tests.application import Browser, words_of
from tests.booking.pages.conftest import Time, Town, at, book
from tests.booking.pages.reading import Page, Reader

Appointments = Callable[[], list[dict[str, Any]]]


@pytest.fixture
def booked(reader: Reader, time: Time, town: Town) -> Page:
    """The confirmation of Amal's appointment, Tuesday at ten by video."""
    return book(reader, time, town, name="Amal B.", email="amal@example.org")


def links_of(app: Flask, public_id: str) -> tuple[str, str]:
    """(manage link, join link)"""
    with app.test_request_context():
        row = db.session.query(Appointment).filter_by(public_id=public_id).one()
        return rules.manage_path(row), rules.join_path(row)


def shown(page: Page) -> str:
    """The address of the appointment that a confirmation is about."""
    return page.path.removesuffix("/confirmation")


def test_the_link_opens_it_in_another_browser(app: Flask, booked: Page, another: Reader) -> None:
    manage, _join = links_of(app, shown(booked).rpartition("/")[2])
    page = another.open(manage)
    assert page.path == shown(booked)
    assert "Amal B." in page.words


def test_looking_changes_nothing(app: Flask, booked: Page, another: Reader, appointments: Appointments) -> None:
    before = appointments()
    manage, join = links_of(app, shown(booked).rpartition("/")[2])
    for _n in range(20):
        another.browser.client.get(manage)
        another.browser.client.head(manage)
        another.browser.client.head(join)
    assert another.browser.client.get(shown(booked) + "/cancellation").status_code == 200
    assert appointments() == before


def test_wrong_old_foreign_and_unknown_links_say_the_same(
    app: Flask, booked: Page, another: Reader, reader: Reader, time: Time, town: Town
) -> None:
    mine = shown(booked).rpartition("/")[2]
    manage, join = links_of(app, mine)
    theirs = shown(book(reader, time, town, at(12), name="Bo")).rpartition("/")[2]
    foreign = links_of(app, theirs)[0]
    with app.app_context(), write_tx():
        db.session.query(Appointment).filter_by(public_id=mine).one().link_version += 1
    fresh = Browser(app)
    unknown = words_of(fresh.get("/m/" + "A" * 22 + "/" + "B" * 32))
    tries = [
        manage,
        manage[:-1] + ("A" if manage[-1] != "A" else "B"),
        f"/m/{theirs}/{manage.rpartition('/')[2]}",
        f"/m/{mine}/{foreign.rpartition('/')[2]}",
        f"/m/{mine}/{join.rpartition('/')[2]}",
        f"/m/{mine}/é",
        f"/m/{mine}/{'x' * 5000}",
        f"/appointments/{mine}",
        f"/appointments/{mine}/confirmation",
        f"/appointments/{mine}/calendar.ics",
        f"/appointments/{mine}/cancellation",
        f"/appointments/{mine}/meeting",
    ]
    for path in tries:
        found = Browser(app).get(path)
        assert (found.status_code, _without_address(words_of(found), path)) == (404, _without_address(unknown, "")), (
            path
        )
    assert another.browser.post(f"/appointments/{mine}/cancellation").status_code == 404
    assert another.browser.post(f"/appointments/{mine}/restoration").status_code == 404


def _without_address(page: bytes, path: str) -> bytes:
    """A page without the ways back to it (language switch, sign-in)."""
    lines = [line for line in page.split(b"\n") if b"next=" not in line]
    return b"\n".join(lines)


def test_a_join_link_opens_only_the_meeting(app: Flask, booked: Page, another: Reader) -> None:
    mine = shown(booked).rpartition("/")[2]
    answer = another.browser.get(links_of(app, mine)[1], follow=False)
    assert answer.status_code == 302
    assert answer.headers["Location"].endswith("/device-check")
    for act in ("cancellation", "restoration"):
        assert another.browser.post(f"/appointments/{mine}/{act}").status_code == 404
    assert another.open(f"/appointments/{mine}/cancellation").status == 404


def test_the_waiting_room_opens_a_quarter_of_an_hour_before(
    app: Flask, booked: Page, another: Reader, time: Time
) -> None:
    mine = shown(booked).rpartition("/")[2]
    time.pass_(hours=25, minutes=46)
    answer = another.browser.get(links_of(app, mine)[1], follow=False)
    assert "device-check" not in answer.headers["Location"]


def test_move(reader: Reader, time: Time, town: Town, booked: Page, app: Flask, appointments: Appointments) -> None:
    old_links = links_of(app, shown(booked).rpartition("/")[2])
    page = reader.open(shown(booked))
    page = reader.follow(page, "Move it")
    assert "It stays yours until you confirm the new time" in page.words
    page = reader.follow(page, "Wed 25")
    page = reader.send(page.form("/holds"), starts_at=page.form("/holds").offers["starts_at"][0])
    assert page.headings[0] == "Move the appointment?"
    assert "Tuesday 24 November, 10:00" in page.words
    assert "Wednesday 25 November, 09:00" in page.words
    assert appointments()[0]["starts_at"].isoformat() == at(10)
    form = page.form("/move")
    page = reader.send(form)
    assert "The appointment is moved" in page.words
    assert appointments()[0]["starts_at"].isoformat() == "2026-11-25T08:00:00+00:00"
    assert reader.send(form).path == shown(booked)
    assert reader.open(old_links[0]).path == shown(booked)
    assert len(appointments()) == 1
    with app.app_context():
        assert list(invariants.check()) == []


def test_move_within_its_own_time_and_leave_it(
    reader: Reader, town: Town, booked: Page, appointments: Appointments
) -> None:
    page = reader.follow(reader.open(shown(booked)), "Move it")
    page = reader.follow(page, "Tue 24")
    page = reader.send(page.form("/holds"), starts_at=at(10, 30))
    page = reader.follow(page, "Leave it as it is")
    assert "10:00" in page.headings[0]
    assert appointments()[0]["starts_at"].isoformat() == at(10)


def test_cancel_and_take_back(reader: Reader, booked: Page, time: Time, app: Flask, appointments: Appointments) -> None:
    page = reader.follow(reader.open(shown(booked)), "Cancel it")
    form = page.form("/cancellation")
    page = reader.send(form, reason="My child is ill 🤒")
    assert "The appointment is cancelled" in page.words
    assert "Book another time" in page.words
    assert appointments()[0]["state"] == "cancelled_by_person"
    assert reader.send(form).status == 200
    page = reader.send(page.form("/restoration"))
    assert "yours again" in page.words
    assert appointments()[0]["state"] == "booked"
    with app.app_context():
        assert list(invariants.check()) == []


def test_take_back_when_somebody_else_has_it(
    reader: Reader, another: Reader, booked: Page, time: Time, town: Town, appointments: Appointments
) -> None:
    page = reader.send(reader.open(shown(booked) + "/cancellation").form("/cancellation"))
    form = page.form("/restoration")
    time.pass_(hours=1)
    book(another, time, town, name="Bo")
    page = reader.send(form)
    assert page.title.strip().startswith("Error: ")
    assert "That time has just been taken" in page.words
    assert "Book another time" in page.words
    assert [one["state"] for one in appointments()] == ["cancelled_by_person", "booked"]


def test_a_long_reason_is_kept(reader: Reader, booked: Page, appointments: Appointments) -> None:
    page = reader.open(shown(booked) + "/cancellation")
    page = reader.send(page.form("/cancellation"), reason="x" * 10_000)
    assert page.title.strip().startswith("Error: ")
    assert page.form("/cancellation").values["reason"] == ["x" * 10_000]
    assert appointments()[0]["state"] == "booked"


def test_too_late_to_cancel_and_over(reader: Reader, booked: Page, time: Time, appointments: Appointments) -> None:
    form = reader.open(shown(booked) + "/cancellation").form("/cancellation")
    time.pass_(hours=26, minutes=10)
    page = reader.send(form)
    assert page.status == 409
    assert page.title.strip().startswith("Error: ")
    time.pass_(hours=2)
    assert "This appointment is over" in reader.open(shown(booked)).words
    time.pass_(days=3)
    assert reader.open(shown(booked)).status == 404
