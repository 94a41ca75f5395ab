"""Offices by their forms: address, zone, phone and its cost, hours, closures, holidays; slips lose nothing, bookings stay."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

from flask import Flask
from sqlalchemy import select

from booking.models import Appointment
from foundation.db import db
from foundation.models import AuditEvent
from tests.application import Browser
from tests.booking.pages.conftest import Time, Town
from tests.booking.pages.reading import Reader
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
)
from virtual_office.offices.models import Closure, Office, OfficeHours

Desk = Callable[[str], Reader]
NEW = "/staff/offices/new"
SUR = {
    "name": "Oficina Sur أ",
    "address": "Calle Sur 3\n28041 Madrid",
    "directions": "Lift at the left",
    "zone": "Atlantic/Canary",
    "phone": "+34 922 000 000",
    "phone_cost": "free from any phone",
    "region": "es-cn",
    "day0": "9-14, 15:30-17:00",
    "day4": "09:00-13:00",
}
SLIPS: list[tuple[dict[str, Any], str, str]] = [
    ({"name": ""}, "name", "Enter the name of the office"),
    ({"name": LONG}, "name", "Shorten this to 120 characters"),
    ({"address": LONG}, "address", "Shorten this to 500 characters"),
    ({"zone": ""}, "zone", "Choose a time zone"),
    ({"zone": "Europe/Atlantis"}, "zone", "Choose a time zone from the list"),
    ({"zone": "../../etc/passwd"}, "zone", "Choose a time zone from the list"),
    ({"phone": "ask at the desk"}, "phone", "Enter a phone number that people can dial"),
    ({"phone": "12"}, "phone", "Enter a phone number that people can dial"),
    ({"phone": "9" * 41}, "phone", "Shorten this to 40 characters"),
    ({"phone_cost": LONG}, "phone_cost", "Shorten this to 120 characters"),
    ({"region": "XX"}, "region", "Enter a country code like ES"),
    ({"region": "ES-XX"}, "region", "Enter a country code like ES"),
    ({"day0": "14:00-09:00"}, "day0", "Enter hours like"),
    ({"day0": "9-25"}, "day0", "Enter hours like"),
    ({"day3": "09:00-14:00, 13:00-17:00"}, "day3", "must not overlap"),
    ({"version": "x"}, "phone", ""),
]
CLOSED = {"first_day": "2026-11-24", "last_day": "2026-11-25", "reason": "Moving"}
CLOSURE_SLIPS: list[tuple[dict[str, Any], str, str]] = [
    ({"first_day": ""}, "first_day", "Enter the first day"),
    ({"last_day": ""}, "last_day", "Enter the last day"),
    ({"first_day": "32.1.2026"}, "first_day", "Enter a date"),
    ({"first_day": "0001-01-01"}, "first_day", "Check the year"),
    ({"last_day": "9999-12-31"}, "last_day", "Check the year"),
    ({"last_day": "2026-11-23"}, "last_day", "The last day must not be before the first day"),
    ({"reason": LONG}, "reason", "Shorten this to 120 characters"),
]


def test_an_office_is_opened_and_shown_to_people(app: Flask, town: Town, desk: Desk) -> None:
    ada = desk("Ada")
    page = ada.send(ada.open(NEW).form(NEW), **SUR)
    assert "The office is open. Add services and counselors next." in page.words
    for said in ("Calle Sur 3", "Lift at the left", "Atlantic/Canary", "free from any phone", "ES-CN"):
        assert said in page.words, said
    assert "Día de Canarias" not in page.words, "beyond half a year"
    assert "Wednesday 6 January" in page.words, "a public holiday of the region"
    with app.app_context():
        sur = db.session.scalars(select(Office).where(Office.name == SUR["name"])).one()
        week = [(h.weekday, h.opens, h.closes) for h in sur.hours]
        assert week == [(0, 540, 840), (0, 930, 1020), (4, 540, 780)]
        assert (sur.region, sur.active) == ("ES-CN", True)
    words = Reader(Browser(app)).open("/").words
    assert str(SUR["name"]) in words
    assert "free from any phone" in words


def test_slips_are_told_beside_their_fields_and_nothing_is_lost(app: Flask, town: Town, desk: Desk) -> None:
    ada = desk("Ada")
    form = ada.open(NEW).form(NEW)
    before = count(app, Office)
    for typed, field, said in SLIPS:
        page = ada.send(form, **{**SUR, **typed})
        assert page.status == 422, typed
        assert "There is a problem" in page.words
        if said:
            assert said in beside(page, field), typed
        kept(page, NEW, **{**SUR, **typed})
    assert send_raw(ada, form, **SUR, csrf_token="").status_code == 400
    assert count(app, Office) == before


def test_numbers_that_people_dial_are_taken_as_they_are(app: Flask, town: Town, desk: Desk) -> None:
    ada = desk("Ada")
    path = office_page(app, "Norte") + "/details"
    for phone in ("060", "+34 (91) 000-00.00", "٩٠٠ ١٠٠ ٢٠١", ""):
        page = ada.send(ada.open(path).form(path), phone=phone)
        assert page.status == 200, phone
        with app.app_context():
            assert db.session.scalars(select(Office.phone).where(Office.name == "Norte")).one() == phone.replace(
                "٩٠٠ ١٠٠ ٢٠١", "900 100 201"
            )


def test_of_two_editors_the_second_is_told_and_loses_nothing(app: Flask, town: Town, desk: Desk) -> None:
    lucia, ada = desk("Lucia"), desk("Ada")
    path = office_page(app, "Centro") + "/details"
    hers, theirs = lucia.open(path).form(path), ada.open(path).form(path)
    ada.send(theirs, phone="900 999 999", day0="10:00-12:00")
    page = lucia.send(hers, address="Calle Nueva 7", phone="900 100 200")
    assert page.status == 422
    assert "A colleague saved changes since you opened this page" in page.words
    assert "Phone, as saved now: 900 999 999" in beside(page, "phone")
    assert "10:00-12:00" in beside(page, "day0")
    kept(page, path, address="Calle Nueva 7", phone="900 100 200")
    again = lucia.send(page.form(path), phone="900 999 999", day0="10:00-12:00")
    assert again.status == 200
    with app.app_context():
        centro = db.session.get_one(Office, town.office_id)
        assert (centro.address, centro.phone) == ("Calle Nueva 7", "900 999 999")
        assert [(h.opens, h.closes) for h in centro.hours if h.weekday == 0] == [(600, 720)]


def test_an_unchanged_form_changes_nothing(app: Flask, town: Town, desk: Desk) -> None:
    lucia = desk("Lucia")
    path = office_page(app, "Centro") + "/details"
    with app.app_context():
        before = db.session.scalars(select(OfficeHours.id)).all(), db.session.get_one(Office, town.office_id).version
    assert "Saved." in lucia.send(lucia.open(path).form(path)).words
    with app.app_context():
        after = db.session.scalars(select(OfficeHours.id)).all(), db.session.get_one(Office, town.office_id).version
        assert after == before
        assert not db.session.scalars(select(AuditEvent).where(AuditEvent.act == "office.changed")).all()


def test_closed_days_list_what_is_booked_keep_it_and_can_be_taken_back(
    app: Flask, time: Time, town: Town, desk: Desk
) -> None:
    for day, name in ((24, "Amal"), (25, "Bo"), (26, "Cem")):
        book_for(app, town, datetime(2026, 11, day, 9, tzinfo=UTC), name)
    lucia = desk("Lucia")
    path = office_page(app, "Centro")
    page = lucia.send(lucia.open(path).form("/closures"), **CLOSED)
    assert "2 appointments lie in this time. Nothing was cancelled" in page.words
    assert "Amal" in page.words
    assert "Bo" in page.words
    assert "Cem" not in page.words
    with app.app_context():
        assert {one.state for one in db.session.scalars(select(Appointment))} == {"booked"}
    public = lucia.open(f"/book/{town.talk}/2026-11-25")
    assert [form for form in public.forms if form.action.endswith("/holds")] == []
    page = lucia.open(path)
    assert "Tuesday 24 November – Wednesday 25 November : Moving" in page.words.replace("November:", "November :")
    closure = next(form for form in page.forms if "/closures/" in form.action)
    page = lucia.send(closure)
    assert "The office is open on these days again." in page.words
    public = lucia.open(f"/book/{town.talk}/2026-11-25")
    assert [form for form in public.forms if form.action.endswith("/holds")] != []
    page = lucia.send(page.form("/closures"), first_day="2026-12-24", last_day="2026-12-24")
    assert "Nothing is booked on these days." in page.words


def test_slips_of_a_closure(app: Flask, town: Town, desk: Desk) -> None:
    lucia = desk("Lucia")
    form = lucia.open(office_page(app, "Centro")).form("/closures")
    before = count(app, Closure)
    for typed, field, said in CLOSURE_SLIPS:
        page = lucia.send(form, **{**CLOSED, **typed})
        assert page.status == 422, typed
        assert said in beside(page, field), typed
        kept(page, "/closures", **{**CLOSED, **typed})
    assert send_raw(lucia, form, **CLOSED, csrf_token="").status_code == 400
    assert count(app, Closure) == before


def test_a_closed_office_is_not_offered(app: Flask, town: Town, desk: Desk) -> None:
    ada = desk("Ada")
    path = office_page(app, "Norte") + "/details"
    assert "Norte" in Reader(Browser(app)).open("/").words
    page = ada.send(ada.open(path).form(path), active=[])
    assert "Closed to the public" in page.words
    assert "Norte" not in Reader(Browser(app)).open("/").words
    assert Reader(Browser(app)).browser.client.get(f"/book/{town.other}").status_code == 404


def test_only_leaders_of_the_office_see_it_and_only_an_administrator_of_all_opens_one(
    app: Flask, town: Town, desk: Desk
) -> None:
    centro, absent = office_page(app, "Centro"), f"/staff/offices/{ABSENT}"
    nora = desk("Nora")
    with app.app_context():
        closure = db.session.scalars(select(Closure.id)).one()
    for method, ending, data in (
        ("GET", "", {}),
        ("GET", "/details", {}),
        ("POST", "/details", SUR),
        ("POST", "/closures", CLOSED),
        ("POST", f"/closures/{closure}/removal", {}),
    ):
        assert_absent(nora, method, centro + ending, absent + ending, **data)
    norte = office_page(app, "Norte")
    assert_absent(nora, "POST", f"{norte}/closures/{closure}/removal", f"{norte}/closures/9999/removal")
    assert "Centro" not in [words for words, _href in nora.open("/staff/offices").links]
    for name in ("Nora", "Lucia", "Ines", "Tomas"):
        assert desk(name).browser.post(NEW, SUR).status_code == 404, name
    with app.app_context():
        assert db.session.scalars(select(Closure.first_day)).one() == date(2026, 12, 2)
        assert count(app, Office) == 2
