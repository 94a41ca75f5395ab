"""An absence over bookings: they are listed and kept, nothing new is booked there, and taking it back opens the time again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import select

from booking import invariants
from booking.models import Absence, Appointment
from foundation.db import db, write_tx
from foundation.models import Letter
from tests.booking.pages.conftest import Town
from tests.booking.pages.reading import Reader
from tests.booking.staff.desks import ABSENT, assert_absent, beside, book_for, count, hours_page, kept, send_raw
from tests.booking.staff.test_hours import free
from virtual_office.offices.models import Office

Desk = Callable[[str], Reader]
NINE = datetime(2026, 11, 24, 8, tzinfo=UTC)
"""Tuesday, nine o'clock in Madrid."""
LEAVE = {"starts_on": "2026-11-24", "starts_at": "", "ends_on": "2026-11-25", "ends_at": "", "reason": "leave"}
SLIPS: list[tuple[dict[str, Any], str, str]] = [
    ({"starts_on": ""}, "starts_on", "Enter the first day"),
    ({"ends_on": ""}, "ends_on", "Enter the last day"),
    ({"starts_on": "tomorrow"}, "starts_on", "Enter a date"),
    ({"starts_on": "0001-01-01"}, "starts_on", "Check the year"),
    ({"ends_on": "9999-12-31"}, "ends_on", "Check the year"),
    ({"ends_on": "2026-11-23"}, "ends_on", "The end must be after the beginning"),
    ({"ends_on": "2026-11-24", "starts_at": "12:00", "ends_at": "12:00"}, "ends_on", "The end must be after"),
    ({"starts_at": "noon"}, "starts_at", "Enter a time"),
    ({"ends_at": "24:30"}, "ends_at", "Enter a time"),
    ({"reason": "hangover"}, "reason", "Choose one of the answers"),
    ({"starts_on": "2027-03-28", "ends_on": "2027-03-29", "starts_at": "02:30"}, "starts_at", "does not exist"),
    ({"starts_on": "2027-03-27", "ends_on": "2027-03-28", "ends_at": "02:30"}, "ends_at", "does not exist"),
]


def absences(app: Flask) -> list[tuple[datetime, datetime]]:
    with app.app_context():
        return [(row.starts_at, row.ends_at) for row in db.session.scalars(select(Absence).order_by(Absence.id))]


def appointment_ids(app: Flask) -> list[str]:
    """Public ids in the order of booking."""
    with app.app_context():
        return list(db.session.scalars(select(Appointment.public_id).order_by(Appointment.id)))


def test_days_away_list_what_is_booked_and_keep_it(app: Flask, town: Town, desk: Desk) -> None:
    for number, name in enumerate(("Amal", "Bo", "Cem")):
        book_for(app, town, NINE + timedelta(days=number, hours=number), name)
    ines = desk("Ines")
    with app.app_context():
        letters = db.session.scalars(select(Letter.id)).all()
    page = ines.send(ines.open(hours_page(app, "Ines")).form("/absences"), **LEAVE)
    assert "2 appointments lie in this time. Nothing was cancelled" in page.words
    assert "Tuesday 24 November, 09:00 (Madrid time) Amal" in page.words
    assert "Wednesday 25 November, 10:00 (Madrid time) Bo" in page.words
    assert "Cem" not in page.words, "Thursday is the day after"
    again = ines.send(ines.open(hours_page(app, "Ines")).form("/absences"), **LEAVE)
    assert "2 appointments lie in this time" in again.words, "as when the page is loaded again"
    assert absences(app) == [(datetime(2026, 11, 23, 23, tzinfo=UTC), datetime(2026, 11, 25, 23, tzinfo=UTC))]
    with app.app_context():
        assert {one.state for one in db.session.scalars(select(Appointment))} == {"booked"}
        assert db.session.scalars(select(Letter.id)).all() == letters, (
            "nobody is written to behind the counselor's back"
        )
        assert list(invariants.check()) == []
    assert [free(ines, town, on) == [] for on in ("2026-11-24", "2026-11-25", "2026-11-26")] == [True, True, False]
    hers = ines.open(hours_page(app, "Ines"))
    assert "2 appointments still lie in it" in hers.words, "the list is there again after the page was left"
    assert hers.link("Bo") == f"/appointments/{appointment_ids(app)[1]}"
    page = ines.open(page.link("Move or cancel"))
    assert page.link("Cancel").endswith("/cancellation"), "from the list straight to where it is moved or cancelled"


def test_hours_away_and_back(app: Flask, town: Town, desk: Desk) -> None:
    lucia = desk("Lucia")
    path = hours_page(app, "Ines")
    there = {**LEAVE, "ends_on": "2026-11-24", "starts_at": "10:00", "ends_at": "11:30", "reason": "training"}
    page = lucia.send(lucia.open(path).form("/absences"), **there)
    assert "No appointment is affected" in page.words
    assert "Tuesday 24 November, 10:00 – Tuesday 24 November, 11:30 Training" in page.words
    assert "09:00–10:00 , 11:30–14:00" in page.words, "the preview shows the hours around it"
    assert free(lucia, town, "2026-11-24")[:4] == ["9:00", "9:30", "11:30", "12:00"]
    page = lucia.send(next(form for form in page.forms if "/absences/" in form.action))
    assert "The absence is gone." in page.words
    assert free(lucia, town, "2026-11-24")[2] == "10:00"
    assert absences(app) == []


def test_slips_are_told_beside_their_fields(app: Flask, town: Town, desk: Desk) -> None:
    ines = desk("Ines")
    form = ines.open(hours_page(app, "Ines")).form("/absences")
    for typed, field, said in SLIPS:
        page = ines.send(form, **{**LEAVE, **typed})
        assert page.status == 422, typed
        assert said in beside(page, field), typed
        kept(page, "/absences", **{name: value for name, value in {**LEAVE, **typed}.items() if name != "reason"})
        assert page.form("/weekly").values["opens"] == [""], "the other forms of the page have no errors of this one"
    assert send_raw(ines, form, **LEAVE, csrf_token="").status_code == 400
    assert count(app, Absence) == 0


def test_a_whole_day_whose_midnight_the_clock_skips(app: Flask, town: Town, desk: Desk) -> None:
    with app.app_context(), write_tx():
        db.session.get_one(Office, town.office_id).zone = "Africa/Cairo"
    ines = desk("Ines")
    form = ines.open(hours_page(app, "Ines")).form("/absences")
    for first, last in (("2027-04-30", "2027-04-30"), ("2027-04-29", "2027-04-29")):
        assert ines.send(form, **{**LEAVE, "starts_on": first, "ends_on": last}).status == 200
    gap = datetime(2027, 4, 29, 22, tzinfo=UTC)
    assert absences(app) == [(gap, gap + timedelta(hours=23)), (gap - timedelta(days=1), gap)]


def test_a_day_of_twenty_five_hours_is_away_in_full(app: Flask, town: Town, desk: Desk) -> None:
    ines = desk("Ines")
    form = ines.open(hours_page(app, "Ines")).form("/absences")
    ines.send(form, **{**LEAVE, "starts_on": "2027-10-31", "ends_on": "2027-10-31"})
    [(begins, ends)] = absences(app)
    assert ends - begins == timedelta(hours=25)


def test_other_people_s_absences_look_absent(app: Flask, town: Town, desk: Desk) -> None:
    ines, omar, nora = desk("Ines"), desk("Omar"), desk("Nora")
    path, missing = hours_page(app, "Ines"), f"/staff/hours/{ABSENT}"
    ines.send(ines.open(path).form("/absences"), **LEAVE)
    with app.app_context():
        absence = db.session.scalars(select(Absence.public_id)).one()
    for reader in (omar, nora):
        assert_absent(reader, "POST", f"{path}/absences", f"{missing}/absences", **LEAVE)
        ending = f"/absences/{absence}/removal"
        assert_absent(reader, "POST", path + ending, missing + ending)
    own = hours_page(app, "Omar")
    assert_absent(omar, "POST", f"{own}/absences/{absence}/removal", f"{own}/absences/{ABSENT}/removal")
    assert count(app, Absence) == 1
