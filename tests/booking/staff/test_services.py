"""A service by its form: what it offers comes out on the public page; every slip is told beside its field and loses nothing."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from sqlalchemy import select

from booking.models import Service, ServiceResource
from foundation.db import db
from tests.booking.pages.conftest import TUESDAY, Town
from tests.booking.pages.reading import Page, Reader
from tests.booking.staff.desks import (
    ABSENT,
    LONG,
    assert_absent,
    beside,
    book_for,
    count,
    kept,
    office_page,
    send_raw,
    state_of,
)

Desk = Callable[[str], Reader]
FULL = {
    "name": "CV check أمل",
    "description": "We read your CV together.",
    "prepare": "Your CV",
    "minutes": "45",
    "before_minutes": "5",
    "after_minutes": "10",
    "step_minutes": "60",
    "notice_minutes": "180",
    "horizon_days": "14",
    "modalities": ["video", "chat"],
    "detail": "coarse",
}


def new_page(reader: Reader) -> Page:
    return reader.open("/staff/services/new")


def test_what_is_entered_comes_out_on_the_public_page(app: Flask, town: Town, desk: Desk) -> None:
    lucia = desk("Lucia")
    page = new_page(lucia)
    form = page.form(page.path)
    assert form.offers["counselors"] == [str(town.counselors[0])], "only counselors of this office"
    page = lucia.send(form, **FULL, counselors=[str(town.counselors[0])], needs_place=[], shows_counselor=[])
    assert "CV check أمل" in page.words
    with app.app_context():
        service = db.session.scalars(select(Service).where(Service.name == FULL["name"])).one()
        assert (service.minutes, service.before_minutes, service.after_minutes) == (45, 5, 10)
        assert (service.step_minutes, service.notice_minutes, service.horizon_days) == (60, 180, 14)
        assert (service.modalities, service.needs, service.detail) == (["video", "chat"], [], "coarse")
        assert (service.shows_counselor, service.active) == (False, True)
        public_id = service.public_id
    guest = desk("Nora")
    times = guest.open(f"/book/{public_id}/{TUESDAY}").form("/holds").offers["starts_at"]
    hours = [datetime.fromisoformat(one).astimezone(UTC).hour + 1 for one in times]
    assert hours == [9, 10, 11, 12, 13], "every full hour of the morning from nine to two"
    monday = guest.open(f"/book/{public_id}/2026-11-23").form("/holds").offers["starts_at"]
    assert datetime.fromisoformat(monday[0]) == datetime(2026, 11, 23, 10, tzinfo=UTC), "three hours' notice at eight"
    assert guest.open(f"/book/{public_id}/2026-12-09").words.count("10:00") == 0, "beyond the fourteen days"


SLIPS: list[tuple[str, Any, str]] = [
    ("name", "  ", "Enter the name of the service"),
    ("name", LONG, "Shorten this to 120 characters"),
    ("description", LONG, "Shorten this to 1000 characters"),
    ("minutes", "abc", "Enter a whole number"),
    ("minutes", "", "Enter a whole number"),
    ("minutes", "22", "divided by five"),
    ("minutes", "0", "from 5 to 480"),
    ("minutes", "9" * 30, "smaller number"),
    ("step_minutes", "7", "divided by five"),
    ("step_minutes", "0", "from 5 to 480"),
    ("before_minutes", "-5", "from 0 to 240"),
    ("after_minutes", "3", "divided by five"),
    ("notice_minutes", "1e3", "Enter a whole number"),
    ("horizon_days", "366", "from 1 to 365"),
    ("modalities", [], "Choose at least one way to meet"),
    ("modalities", ["teleport"], "Choose from the answers"),
    ("counselors", ["4711"], "Choose from the answers"),
    ("detail", "all", "Choose one of the answers"),
]


def test_a_slip_is_told_beside_its_field_and_nothing_is_lost(app: Flask, town: Town, desk: Desk) -> None:
    lucia = desk("Lucia")
    opened = new_page(lucia)
    path, form = opened.path, opened.form(opened.path)
    before = count(app, Service)
    for field, typed, said in SLIPS:
        page = lucia.send(form, **{**FULL, field: typed})
        assert page.status == 422, (field, typed)
        assert said in beside(page, field)
        assert said in page.words.partition("There is a problem")[2], "and in the summary at the top"
        chosen = field in page.form(path).offers
        kept(
            page,
            path,
            **{name: value for name, value in {**FULL, field: typed}.items() if not (chosen and name == field)},
        )
    assert count(app, Service) == before


def test_without_a_form_token_nothing_is_saved_and_the_page_says_what_to_do(app: Flask, town: Town, desk: Desk) -> None:
    lucia = desk("Lucia")
    page = new_page(lucia)
    before = count(app, Service)
    for token in ("", "forged"):
        answer = send_raw(lucia, page.form(page.path), **FULL, csrf_token=token)
        assert answer.status_code == 400
        assert "Go back" in answer.get_data(as_text=True)
    assert count(app, Service) == before


def test_of_two_editors_the_second_is_told_and_loses_nothing(app: Flask, town: Town, desk: Desk) -> None:
    lucia, ada = desk("Lucia"), desk("Ada")
    path = f"/staff/services/{town.talk}"
    hers, theirs = lucia.open(path), ada.open(path)
    ada.send(theirs.form(path), name="First talk", minutes="40", needs_interpreter=["y"])
    page = lucia.send(hers.form(path), name="Welcome talk", description="Hello")
    assert page.status == 422
    assert "A colleague saved changes since you opened this page" in page.words
    assert "First talk" in beside(page, "name")
    assert "40" in beside(page, "minutes")
    assert "Yes" in beside(page, "needs_interpreter")
    kept(page, path, name="Welcome talk", description="Hello")
    page = lucia.send(page.form(path))
    assert page.status == 200
    with app.app_context():
        service = db.session.get_one(Service, town.talk_id)
        assert (service.name, service.description, service.minutes) == ("Welcome talk", "Hello", 30)


def test_a_retired_service_is_not_offered_and_what_is_booked_stays(app: Flask, town: Town, desk: Desk) -> None:
    booked = book_for(app, town, datetime(2026, 11, 24, 9, tzinfo=UTC))
    lucia = desk("Lucia")
    path = f"/staff/services/{town.talk}"
    page = lucia.send(lucia.open(path).form(path), active=[], counselors=[])
    assert "Not offered" in page.words
    assert lucia.browser.client.get(f"/book/{town.talk}").status_code == 404
    assert state_of(app, booked) == "booked"


def test_another_office_s_services_look_absent(app: Flask, town: Town, desk: Desk) -> None:
    nora = desk("Nora")
    centro = office_page(app, "Centro").rpartition("/")[2]
    for method in ("GET", "POST"):
        assert_absent(nora, method, f"/staff/services/{town.talk}", f"/staff/services/{ABSENT}", **FULL)
        assert_absent(nora, method, f"/staff/services/new/{centro}", f"/staff/services/new/{ABSENT}", **FULL)
    assert [words for words, href in nora.open("/staff/services").links if town.talk in href] == []
    for name in ("Ines", "Tomas"):
        assert desk(name).browser.client.get("/staff/services").status_code == 404


def test_a_counselor_of_another_office_can_not_be_chosen(app: Flask, town: Town, desk: Desk) -> None:
    lucia = desk("Lucia")
    path = f"/staff/services/{town.talk}"
    page = lucia.send(lucia.open(path).form(path), counselors=[str(town.counselors[1])])
    assert "Choose from the answers" in beside(page, "counselors")
    with app.app_context():
        given = select(ServiceResource.resource_id).where(ServiceResource.service_id == town.talk_id)
        assert list(db.session.scalars(given)) == [town.counselors[0]]
