"""Figures equal a count by hand, tell nothing about few people or single colleagues, and are only for those who lead the office."""

from __future__ import annotations

import csv
import io
import time as stopwatch
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from openpyxl import load_workbook
from sqlalchemy import insert

from booking import figures
from booking.models import Absence, Appointment, AppointmentState, Resource, Service, ServiceResource, WorkingHours
from booking.staff.figure_sheets import harmless
from foundation import clock
from foundation.db import db, table, write, write_tx
from tests.booking.pages.conftest import Town
from tests.booking.pages.reading import Reader
from tests.booking.staff.desks import assert_absent
from tests.booking.world import add_person
from virtual_office.offices.models import Closure, Office

MONDAY = date(2026, 11, 2)
SUNDAY = date(2026, 11, 8)
DONE = (
    # (day of the week, hour in Madrid, minutes, service, modality, outcome, days from booking to it)
    (0, 9, 30, "talk", "video", AppointmentState.ATTENDED, 2),
    (0, 10, 30, "talk", "video", AppointmentState.LATE, 4),
    (1, 9, 30, "talk", "phone", AppointmentState.MISSED, 4),
    (1, 10, 30, "talk", "video", AppointmentState.ATTENDED, 6),
    (3, 9, 30, "talk", "video", AppointmentState.ATTENDED, 10),
    (3, 10, 60, "long", "video", AppointmentState.TECHNICAL_FAILURE, 20),
    (3, 11, 60, "long", "video", AppointmentState.CANCELLED_BY_PERSON, 3),
)
"""By hand, Monday to Sunday: 6 stand (5 talks of 30 minutes, 1 long of 60): 210 minutes.
Open: Ana 9-12 on five days less Wednesday (closed) and less Friday (away): 3 × 180; Ben 9-11, by phone only, on Mondays: 120. Together 660.
Came 4 of 5. Days to the first: 2 4 4 6 10 20: usual 5, nine of ten 20; of talk 2 4 4 6 10: usual 4, nine of ten 10."""


@pytest.fixture
def office(both: Flask) -> int:
    """The office with that week in it, on each engine."""
    with both.app_context(), write_tx():
        made = Office(name="Centro", zone="Europe/Madrid", region="")
        other = Office(name="Norte", zone="Europe/Madrid", region="")
        db.session.add_all([made, other])
        db.session.flush()
        services = {
            name: Service(office_id=made.id, name=name, minutes=minutes, modalities=["video", "phone"])
            for name, minutes in (("talk", 30), ("long", 60))
        }
        ana = Resource(kind="counselor", name="Ana", office_id=made.id, modalities=[])
        ben = Resource(kind="counselor", name="Ben", office_id=made.id, modalities=["phone"])
        elsewhere = Resource(kind="counselor", name="Eva", office_id=other.id, modalities=[])
        desk = Resource(kind="place", name="Desk", office_id=made.id, modalities=[])
        db.session.add_all([*services.values(), ana, ben, elsewhere, desk])
        db.session.flush()
        for one, weekdays, closes in (
            (ana, range(5), 720),
            (ben, (0,), 660),
            (elsewhere, range(5), 720),
            (desk, range(5), 720),
        ):
            for weekday in weekdays:
                db.session.add(
                    WorkingHours(
                        resource_id=one.id, weekday=weekday, opens=540, closes=closes, valid_from=date(2026, 1, 1)
                    )
                )
        for one in (ana, ben):
            db.session.add(ServiceResource(service_id=services["talk"].id, resource_id=one.id))
        db.session.add(ServiceResource(service_id=services["long"].id, resource_id=ana.id))
        wednesday, friday = MONDAY + timedelta(days=2), MONDAY + timedelta(days=4)
        db.session.add(Closure(office_id=made.id, first_day=wednesday, last_day=wednesday, reason=""))
        db.session.add(
            Absence(
                resource_id=ana.id,
                starts_at=datetime(2026, 11, friday.day, tzinfo=UTC),
                ends_at=datetime(2026, 11, friday.day + 1, tzinfo=UTC),
            )
        )
        ids = {name: one.id for name, one in services.items()}
        made_id, counselor = made.id, ana.id
    with both.app_context():
        people = [add_person(f"Person {number}") for number in range(len(DONE))]
        with write_tx():
            for number, (day, hour, minutes, service, modality, state, before) in enumerate(DONE):
                at = datetime(2026, 11, MONDAY.day + day, hour - 1, tzinfo=UTC)
                _appoint(made_id, ids[service], counselor, people[number], number, at, minutes, modality, state, before)
            # Somebody who was here before is no first; their old appointment lies outside the week.
            old = datetime(2026, 10, 1, 8, tzinfo=UTC)
            _appoint(
                made_id,
                ids["talk"],
                counselor,
                people[0],
                90,
                old,
                30,
                "video",
                AppointmentState.CANCELLED_BY_OFFICE,
                1,
            )
    return made_id


def test_the_count_by_hand(both: Flask, office: int) -> None:
    with both.app_context():
        found = figures.of(db.session.get_one(Office, office), MONDAY, SUNDAY)
        total, services = found.total, dict(found.services)
        assert (total.booked, total.used_minutes, total.open_minutes) == (6, 210, 660)
        assert total.used == pytest.approx(210 / 660)
        assert (total.came, total.ended, total.failed, total.attendance) == (4, 5, 1, 0.8)
        assert (total.firsts, total.usual_days, total.most_days) == (6, 5.0, 20)
        talk, long = services["talk"], services["long"]
        assert (talk.booked, talk.used_minutes, talk.open_minutes) == (5, 150, 660)
        assert (talk.firsts, talk.usual_days, talk.most_days) == (5, 4.0, 10)
        assert (long.booked, long.used_minutes, long.open_minutes) == (1, 60, 540)
        assert long.attendance is None and long.usual_days is None, "fewer than five people"
        ways = {line.code: line for line in found.ways}
        assert (ways["video"].booked, ways["video"].used_minutes, ways["video"].open_minutes) == (5, 180, 540)
        assert (ways["phone"].booked, ways["phone"].used_minutes, ways["phone"].open_minutes) == (1, 30, 660)
        assert (ways["chat"].booked, ways["chat"].attendance) == (0, None)


def test_other_days_and_other_offices_are_not_in_it(both: Flask, office: int) -> None:
    with both.app_context():
        monday = figures.of(db.session.get_one(Office, office), MONDAY, MONDAY)
        assert (monday.total.booked, monday.total.used_minutes, monday.total.open_minutes) == (2, 60, 300)
        norte = db.session.query(Office).filter_by(name="Norte").one()
        theirs = figures.of(norte, MONDAY, SUNDAY)
        assert (theirs.total.booked, theirs.total.open_minutes, theirs.services) == (0, 900, [])


def test_periods_that_can_not_be(both: Flask, office: int) -> None:
    with both.app_context():
        row = db.session.get_one(Office, office)
        with pytest.raises(figures.PeriodTurned):
            figures.of(row, SUNDAY, MONDAY)
        with pytest.raises(figures.PeriodTooLong):
            figures.of(row, MONDAY, MONDAY + timedelta(days=366))
        assert figures.of(row, MONDAY, MONDAY + timedelta(days=365)).total.booked == 6


def test_a_hundred_thousand_appointments(app: Flask) -> None:
    """A generous ceiling; the budget is one second (about 0.6 s on 2 cores)."""
    with app.app_context():
        with write_tx():
            big = Office(name="Big", zone="Europe/Madrid", region="")
            db.session.add(big)
            db.session.flush()
            service = Service(office_id=big.id, name="talk", minutes=30, modalities=["video"])
            ana = Resource(kind="counselor", name="Ana", office_id=big.id, modalities=[])
            db.session.add_all([service, ana])
            db.session.flush()
            ids = big.id, service.id, ana.id
        person = add_person("Bo")
        begin = datetime(2026, 1, 1, 8, tzinfo=UTC)
        rows = [
            _values(
                *ids, person, number, begin + timedelta(minutes=5 * number), 30, "video", AppointmentState.ATTENDED, 1
            )
            for number in range(100_000)
        ]
        write(lambda: db.session.execute(insert(table(Appointment)), rows))
        began = stopwatch.perf_counter()
        found = figures.of(db.session.get_one(Office, ids[0]), date(2026, 1, 1), date(2026, 12, 31))
        took = stopwatch.perf_counter() - began
        print(f"figures of {found.total.booked} appointments: {took:.2f} s")
        assert found.total.booked > 99_000 and took < 5


Desk = Callable[[str], Reader]


def test_the_page_and_its_files(app: Flask, town: Town, desk: Desk) -> None:
    lucia = desk("Lucia")
    page = lucia.open("/staff/figures")
    assert "Who came" in page.words and "fewer than 5 people" in page.words and "What it means" in page.words
    with app.app_context():
        centro, norte = (db.session.query(Office).filter_by(name=name).one().public_id for name in ("Centro", "Norte"))
    query = f"office={centro}&from=2026-11-02&to=2026-11-08"
    answer = lucia.browser.get(f"/staff/figures/figures.csv?{query}")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="figures-2026-11-02-2026-11-08.csv"'
    lines = list(csv.reader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert lines[1][:4] == ["Everything", "2026-11-02", "2026-11-08", "0"]
    book = load_workbook(io.BytesIO(lucia.browser.get(f"/staff/figures/figures.xlsx?{query}").data))
    cells = [list(row) for row in book.active.iter_rows(values_only=True)]
    assert [row[0] for row in cells] == [row[0] for row in lines]
    for path in ("/staff/figures", "/staff/figures/figures.csv"):
        assert_absent(lucia, "GET", f"{path}?office={norte}", f"{path}?office={'A' * 22}")
    assert lucia.browser.get(f"/staff/figures/figures.pdf?{query}").status_code == 404
    assert desk("Nora").browser.get(f"/staff/figures/figures.csv?{query}").status_code == 404
    assert desk("Tomas").browser.get("/staff/figures").status_code == 404


@pytest.mark.parametrize(
    ("first", "last", "said"),
    [
        ("2026-11-08", "2026-11-02", "Choose a last day that is not before the first day"),
        ("2026-01-01", "2027-01-02", "Choose at most one year"),
        ("yesterday", "2026-11-02", "Enter a date, for example 24.11.2026"),
        ("", "2026-11-02", "Enter the first day"),
        ("9999-12-31", "9999-12-31", "Check the year of this date"),
    ],
)
def test_days_that_can_not_be_are_said_beside_the_field(
    app: Flask, town: Town, desk: Desk, first: str, last: str, said: str
) -> None:
    lucia = desk("Lucia")
    answer = lucia.browser.get("/staff/figures", query_string={"from": first, "to": last})
    assert answer.status_code == 422 and said in answer.text and "There is a problem" in answer.text
    assert f'value="{last}"' in answer.text
    assert lucia.browser.get("/staff/figures/figures.csv", query_string={"from": first, "to": last}).status_code in {
        404,
        422,
    }


def test_no_cell_is_a_formula() -> None:
    assert [harmless(cell) for cell in ("=1+1", "+1", "-1", "@x", "talk", 3, None)] == [
        "'=1+1",
        "'+1",
        "'-1",
        "'@x",
        "talk",
        3,
        None,
    ]


def _appoint(*what: object) -> None:
    db.session.execute(insert(table(Appointment)), [_values(*what)])  # type: ignore[arg-type]


def _values(
    office: int,
    service: int,
    counselor: int,
    person: int,
    number: int,
    at: datetime,
    minutes: int,
    modality: str,
    state: AppointmentState,
    before: int,
) -> dict[str, object]:
    return {
        "public_id": f"figure{number:016d}",
        "reference": f"{number:08d}",
        "office_id": office,
        "service_id": service,
        "counselor_id": counselor,
        "person_id": person,
        "starts_at": at,
        "ends_at": at + timedelta(minutes=minutes),
        "zone": "Europe/Madrid",
        "modality": modality,
        "language": "en",
        "needs": [],
        "state": str(state),
        "version": 0,
        "link_version": 1,
        "created_at": at - timedelta(days=before),
        "changed_at": clock.now(),
    }
