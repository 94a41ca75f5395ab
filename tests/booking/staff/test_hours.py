"""Weekly hours from and to, and single days, by their forms: what can be booked follows, what is booked is listed and kept."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.access import Visitor
from booking.models import DayOverride, Resource, WorkingHours
from foundation.db import db, write_tx
from tests.booking.pages.conftest import Time, Town
from tests.booking.pages.reading import Reader
from tests.booking.staff.desks import (
    ABSENT,
    LONG,
    assert_absent,
    beside,
    book_for,
    count,
    hours_page,
    kept,
    send_raw,
    state_of,
)

Desk = Callable[[str], Reader]
TUESDAY_TEN = datetime(2026, 11, 24, 9, tzinfo=UTC)
AFTERNOON = {
    "weekday": ["1"],
    "opens": "15:00",
    "closes": "17:00",
    "valid_from": "2026-12-01",
    "valid_to": "2026-12-08",
}
SLIPS: list[tuple[dict[str, Any], str, str]] = [
    ({"weekday": []}, "weekday", "Choose at least one weekday"),
    ({"weekday": ["9"]}, "weekday", "Choose from the answers"),
    ({"opens": ""}, "opens", "Enter a time"),
    ({"opens": "25:00"}, "opens", "Enter a time"),
    ({"opens": "15:02"}, "opens", "steps of five minutes"),
    ({"closes": "16:59"}, "closes", "steps of five minutes"),
    ({"closes": "14:00"}, "closes", "The end must be after the beginning"),
    ({"closes": "15:00"}, "closes", "The end must be after the beginning"),
    ({"valid_from": "soon"}, "valid_from", "Enter a date"),
    ({"valid_from": "0001-01-01"}, "valid_from", "Check the year"),
    ({"valid_to": "2026-11-30"}, "valid_to", "The end must be after the beginning"),
    ({"valid_to": "9999-12-31"}, "valid_to", "Check the year"),
    ({"opens": "13:00"}, "opens", "overlap hours that are there already"),
    ({"every_n_weeks": "7"}, "every_n_weeks", "Choose one of the answers"),
    ({"every_n_weeks": "2026-11-24"}, "every_n_weeks", "Choose one of the answers"),
    ({"every_n_weeks": "0001-01-01"}, "every_n_weeks", "Choose one of the answers"),
    ({"modalities": ["pigeon"]}, "modalities", "Choose from the answers"),
]
DAY_SLIPS: list[tuple[dict[str, Any], str, str]] = [
    ({"on_day": ""}, "on_day", "Enter the day"),
    ({"on_day": "31.02.2026"}, "on_day", "Enter a date"),
    ({"on_day": "0001-01-01"}, "on_day", "Check the year"),
    ({"on_day": "9999-12-31"}, "on_day", "Check the year"),
    ({"hours": "all day"}, "hours", "Enter hours like"),
    ({"hours": "12:00-09:00"}, "hours", "Enter hours like"),
    ({"hours": "09:02-12:00"}, "hours", "steps of five minutes"),
    ({"hours": "09:00-12:00, 11:00-13:00"}, "hours", "overlap each other"),
    ({"reason": LONG}, "reason", "Shorten this to 120 characters"),
]


def free(reader: Reader, town: Town, on: str) -> list[str]:
    """Free times of the talk on a day, by the clock of Madrid in winter."""
    page = reader.open(f"/book/{town.talk}/{on}")
    found = [one for form in page.forms if form.action.endswith("/holds") for one in form.offers.get("starts_at", [])]
    return [f"{datetime.fromisoformat(one).astimezone(UTC).hour + 1}:{one[14:16]}" for one in found]


def test_weekly_hours_hold_from_their_first_day_to_their_last(app: Flask, town: Town, desk: Desk) -> None:
    ines = desk("Ines")
    page = ines.open("/staff/hours")
    assert page.path == hours_page(app, "Ines"), "one diary: straight on"
    page = ines.send(page.form("/weekly"), **{**AFTERNOON, "weekday": ["1", "2"], "modalities": ["video"]})
    assert "Saved. Appointments stay as they are." in page.words
    assert "Tuesday 15:00–17:00 , Video" in page.words
    assert "15:00–17:00" in page.words.partition("Tuesday 1 December")[2][:120], "the preview shows it"
    afternoon = ["15:00", "15:30", "16:00", "16:30"]
    assert free(ines, town, "2026-11-24")[-1] == "13:30"
    assert free(ines, town, "2026-12-01")[-4:] == afternoon
    assert free(ines, town, "2026-12-08")[-4:] != afternoon, "a holiday in Spain"
    assert free(ines, town, "2026-12-15")[-1] == "13:30", "after the last day"


def test_every_second_week_and_the_last_of_the_month(app: Flask, town: Town, desk: Desk) -> None:
    lucia = desk("Lucia")
    form = lucia.open(hours_page(app, "Ines")).form("/weekly")
    every = {**AFTERNOON, "valid_from": "2026-11-24", "valid_to": ""}
    lucia.send(form, **every, every_n_weeks="2026-11-23")
    page = lucia.send(form, **{**every, "weekday": ["3"]}, nth="-1")
    assert "every 2 weeks" in page.words
    assert "only the last of the month" in page.words
    evenings = {on: "15:00" in free(lucia, town, on) for on in ("2026-11-24", "2026-12-01", "2026-12-15", "2026-12-22")}
    assert evenings == {"2026-11-24": True, "2026-12-01": False, "2026-12-15": False, "2026-12-22": True}
    thursdays = {on: "15:00" in free(lucia, town, on) for on in ("2026-11-26", "2026-12-03", "2026-12-31")}
    assert thursdays == {"2026-11-26": True, "2026-12-03": False, "2026-12-31": True}


def test_weeks_mean_what_the_page_named_when_it_lay_open_over_a_weekend(
    app: Flask, town: Town, desk: Desk, time: Time
) -> None:
    lucia = desk("Lucia")
    form = lucia.open(hours_page(app, "Ines")).form("/weekly")
    named = form.offers["every_n_weeks"][1]
    assert "Weeks like this one: weeks of November 23, December 7" in lucia.open(hours_page(app, "Ines")).words
    time.pass_(days=7)
    lucia = desk("Lucia")
    form.values["csrf_token"] = lucia.open(hours_page(app, "Ines")).form("/weekly").values["csrf_token"]
    slip = lucia.send(form, **{**AFTERNOON, "opens": "15:02", "valid_to": ""}, every_n_weeks=named)
    assert "The other weeks: weeks of December 7, December 21" in slip.words
    shown = slip.form("/weekly")
    assert shown.values["every_n_weeks"] == ["2026-12-07"], "still the weeks that were chosen"
    lucia.send(shown, opens="15:00")
    evenings = {on: "15:00" in free(lucia, town, on) for on in ("2026-12-01", "2026-12-15", "2026-12-22")}
    assert evenings == {"2026-12-01": False, "2026-12-15": False, "2026-12-22": True}


def test_slips_are_told_beside_their_fields(app: Flask, town: Town, desk: Desk) -> None:
    ines = desk("Ines")
    opened = ines.open(hours_page(app, "Ines"))
    before = count(app, WorkingHours), count(app, DayOverride)
    for ending, fine, slips in (
        ("/weekly", AFTERNOON, SLIPS),
        ("/days", {"on_day": "2026-11-25", "hours": "09:00-12:00", "reason": "Visit"}, DAY_SLIPS),
    ):
        form = opened.form(ending)
        for typed, field, said in slips:
            page = ines.send(form, **{**fine, **typed})
            assert page.status == 422, typed
            assert said in beside(page, field)
            chosen = field in {"weekday", "every_n_weeks", "modalities"}
            kept(
                page,
                ending,
                **{name: value for name, value in {**fine, **typed}.items() if not (chosen and name == field)},
            )
        assert send_raw(ines, form, **fine, csrf_token="").status_code == 400
    assert (count(app, WorkingHours), count(app, DayOverride)) == before


def test_hours_that_go_list_what_is_booked_in_them_and_keep_it(app: Flask, town: Town, desk: Desk) -> None:
    booked = book_for(app, town, TUESDAY_TEN)
    book_for(app, town, datetime(2026, 11, 25, 9, tzinfo=UTC), "Dora")
    lucia = desk("Lucia")
    path = hours_page(app, "Ines")
    with app.app_context():
        rule = select(WorkingHours.public_id).where(
            WorkingHours.weekday == 1, WorkingHours.resource_id == town.counselors[0]
        )
        removal = f"/weekly/{db.session.scalars(rule).one()}/removal"
    page = lucia.send(lucia.open(path).form(removal))
    assert "1 appointment lies in this time. Nothing was cancelled" in page.words
    assert "Amal" in page.words
    assert "Dora" not in page.words
    assert state_of(app, booked) == "booked"
    assert free(lucia, town, "2026-11-24") == []
    page = lucia.open(path)
    monday = next(form for form in page.forms if "/weekly/" in form.action)
    assert "No appointment is affected" in lucia.send(monday).words


def test_what_fits_is_one_rule_whatever_changes_the_hours(app: Flask, town: Town, desk: Desk) -> None:
    """An appointment over the seam of two rules: it fits while both are there."""
    with app.app_context(), write_tx():
        tuesday = WorkingHours.weekday == 1, WorkingHours.resource_id == town.counselors[0]
        first = db.session.scalars(select(WorkingHours).where(*tuesday)).one()
        first.closes = 705
        second = WorkingHours(
            resource_id=first.resource_id, weekday=1, opens=705, closes=840, valid_from=first.valid_from
        )
        db.session.add(second)
        db.session.flush()
        removals = [f"/weekly/{one.public_id}/removal" for one in (first, second)]
    book_for(app, town, datetime(2026, 11, 24, 10, 30, tzinfo=UTC))
    lucia, path = desk("Lucia"), hours_page(app, "Ines")

    def override(hours: str) -> str:
        return lucia.send(lucia.open(path).form("/days"), on_day="2026-11-24", hours=hours).words

    assert "No appointment is affected" in override("09:00-11:45, 11:45-14:00")
    assert "1 appointment lies in this time" in override("09:00-11:45, 12:00-14:00")
    assert "1 appointment lies in this time" in override("09:00-11:45, 12:00-14:00"), "as when the page is loaded again"
    assert "No appointment is affected" in override("09:00-14:00")
    page = lucia.send(lucia.open(path).form(removals[1]))
    assert "No appointment is affected" in page.words, "the day has hours of its own"
    page = lucia.send(lucia.open(path).form("/days/2026-11-24/removal"))
    assert "1 appointment lies in this time" in page.words, "it began in the first rule and ended in the second"


def test_a_day_with_other_hours_and_back(app: Flask, town: Town, desk: Desk) -> None:
    morning = book_for(app, town, TUESDAY_TEN)
    ines = desk("Ines")
    path = hours_page(app, "Ines")
    form = ines.open(path).form("/days")
    page = ines.send(form, on_day="24.11.2026", hours="11:00-13:00, 15:00-16:00", reason="Fair")
    assert "1 appointment lies in this time" in page.words
    assert state_of(app, morning) == "booked"
    assert free(ines, town, "2026-11-24") == ["11:00", "11:30", "12:00", "12:30", "15:00", "15:30"]
    afternoon = book_for(app, town, datetime(2026, 11, 24, 14, tzinfo=UTC), "Bo")
    page = ines.open(path)
    assert "(Fair)" in page.words
    page = ines.send(page.form("/days/2026-11-24/removal"))
    assert "1 appointment lies in this time" in page.words
    assert "Bo" in page.words, "three in the afternoon is outside of the weekly hours"
    assert "Amal" not in page.words
    assert state_of(app, afternoon) == "booked"
    assert free(ines, town, "2026-11-24") == [
        "9:00",
        "9:30",
        "10:30",
        "11:00",
        "11:30",
        "12:00",
        "12:30",
        "13:00",
        "13:30",
    ]


def test_a_closed_day(app: Flask, town: Town, desk: Desk) -> None:
    ines = desk("Ines")
    page = ines.send(ines.open(hours_page(app, "Ines")).form("/days"), on_day="2026-11-25", hours="")
    assert "No appointment is affected" in page.words
    assert "Wednesday 25 November: closed" in page.words
    assert free(ines, town, "2026-11-25") == []
    for on in ("0001-01-01", "9999-12-31", "2026-13-01"):
        address = f"{hours_page(app, 'Ines')}/days/{on}/removal"
        assert ines.browser.post(address, follow=False).status_code == 404


def test_the_check_for_absence_can_fail(app: Flask, town: Town, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    path, missing = hours_page(app, "Ines"), f"/staff/hours/{ABSENT}"
    nora = desk("Nora")
    assert_absent(nora, "GET", path, missing)
    monkeypatch.setattr(Visitor, "may", lambda _visitor, *_roles, office_id: True)
    with pytest.raises(AssertionError):
        assert_absent(nora, "GET", path, missing)


def test_other_people_s_hours_look_absent(app: Flask, town: Town, desk: Desk) -> None:
    path, missing = hours_page(app, "Ines"), f"/staff/hours/{ABSENT}"
    with app.app_context():
        rule = db.session.scalars(
            select(WorkingHours.public_id).where(WorkingHours.resource_id == town.counselors[0])
        ).first()
        before = db.session.get_one(Resource, town.counselors[0]).version
    for name in ("Omar", "Nora"):
        reader = desk(name)
        assert_absent(reader, "GET", path, missing)
        for ending, data in (
            ("/weekly", AFTERNOON),
            (f"/weekly/{rule}/removal", {}),
            ("/days", {"on_day": "2026-11-25"}),
            ("/days/2026-11-25/removal", {}),
        ):
            assert_absent(reader, "POST", path + ending, missing + ending, **data)
    omar = desk("Omar")
    own = hours_page(app, "Omar")
    assert_absent(omar, "POST", f"{own}/weekly/{rule}/removal", f"{own}/weekly/{ABSENT}/removal")
    assert desk("Tomas").browser.client.get(path).status_code == 404
    with app.app_context():
        assert db.session.get_one(Resource, town.counselors[0]).version == before
        assert db.session.scalars(select(WorkingHours.valid_from).where(WorkingHours.public_id == rule)).one() == date(
            2020, 1, 1
        )
