"""Tables from another system: the report saves nothing, the good rows are imported by the rules, twice changes nothing."""

from __future__ import annotations

import csv
import io
from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.models import Person
from booking import invariants, resources
from booking.imports import imports, known
from booking.models import Appointment, AppointmentState, Resource, ServiceResource, WorkingHours
from foundation.db import db
from foundation.models import AuditEvent, Letter
from tests.booking.pages.conftest import Time, Town
from tests.booking.pages.reading import Page, Reader
from tests.booking.staff.desks import beside, count, make_admin_of, send_raw

Desk = Callable[[str], Reader]
COUNSELORS = (
    "Name;Email;office;languages;services\r\n"
    "Leila Lee Amrani;leila@example.org;Centro;ar, en;Guidance talk\r\n"
    "Ines Ferrer;ines@example.org;Centro;;\r\n"
    "=HYPERLINK(1);leila@@example.org;Centro;;\r\n"
    "Leila Lee Amrani;LEILA@example.org;centro;;\r\n"
    "Paul;paul@example.org;Nowhere;;\r\n"
)
HOURS = (
    "email\toffice\tweekday\tfrom\tto\tevery_weeks\n"
    "ines@example.org\tCentro\tSaturday\t09:00\t13:00\t\n"
    "ines@example.org\tCentro\t1\t13:00\t15:00\t\n"
    "ines@example.org\tCentro\tsun\t09:01\t13:00\t2\n"
    "ines@example.org\tCentro\tMonday\t09:00\t14:00\t\n"
    "nobody@example.org\tCentro\tMonday\t09:00\t14:00\t\n"
)
BOOKINGS = (
    "date,time,office,service,counselor,name,email,phone,way\n"
    '2026-11-24,10:10,Centro,Guidance talk,ines@example.org,"Amal\nHaddad",amal@example.org,,video\n'
    "24.11.2026,11:00,Centro,Guidance talk,ines@example.org,Bo Li,,600 111 222,phone\n"
    "2026-11-28,09.00,Centro,Guidance talk,ines@example.org,Carla,,,in person\n"
    "2026-11-24,11:15,Centro,Guidance talk,ines@example.org,Dora,,,video\n"
    "2026-11-22,11:15,Centro,Guidance talk,ines@example.org,Eva,,,video\n"
    "2026-11-25,10:00,Centro,Guidance talk,ines@example.org,Fay,,,phone\n"
    "2026-11-25,10:00,Centro,Guidance talk,omar@example.org,Gus,,,video\n"
)

NO_TABLES = (
    (b"", "empty"),
    (b"\xef\xbb\xbf \r\n", "no rows|first line"),
    (b"PK\x03\x04" + b"x" * 50, "workbook"),
    ("email".encode("utf-16"), "UTF-16"),
    (b"email,office\n\0,x\n", "NUL"),
    ("email,office,weekday,from,to\nJos\u00e9,x\n".encode("latin-1"), "Line 2 is not UTF-8"),
    (b"email,office,weekday,from,to\n" + b"x" * 1_000_001, "1 MB"),
    (b"email,office,weekday,from,to\n" + b"a,b,c,d,e\n" * 5_001, "5,000 rows"),
    (b"email,office,weekday,from,to,salary\na,b,c,d,e,f\n", "salary"),
    (b"email,office,weekday\na,b,c\n", "missing"),
    (b"email,email,weekday,from,to\na,b,c,d,e\n", "twice"),
    (b'email,weekday,from,to\n"a,b,c,d\n', "quotation"),
    (b"<html><body>hello</body></html>", "first line"),
    (b"email,weekday,from,to\n", "no rows"),
)


def upload(reader: Reader, what: str, body: str | bytes, name: str = "table.csv") -> Page:
    """Choose a file and look at its rows."""
    form = reader.open(f"/staff/imports/{what}").form(f"/imports/{what}")
    raw = body.encode() if isinstance(body, str) else body
    answer = reader.browser.client.post(form.action, data={**form.values, "table": (io.BytesIO(raw), name)})
    assert answer.status_code < 500
    return Page(answer)


def rows(reader: Reader, page: Page) -> list[dict[str, str]]:
    """The report as the file tells it."""
    answer = send_raw(reader, page.form("/report.csv"))
    assert answer.mimetype == "text/csv"
    return list(csv.DictReader(io.StringIO(answer.get_data(as_text=True).lstrip("\ufeff"))))


def results(reader: Reader, page: Page) -> list[tuple[str, str, str]]:
    """(line, result, column) of each row."""
    return [(row["Line"], row["Result"], row["Column"]) for row in rows(reader, page)]


def bring_in(reader: Reader, page: Page, **typed: Any) -> Page:
    """Import the good rows."""
    return reader.send(page.form("/rows"), **typed)


def test_counselors_are_invited_once(app: Flask, town: Town, desk: Desk) -> None:
    ada = desk("Ada")
    page = upload(ada, "counselors", b"\xef\xbb\xbf" + COUNSELORS.encode())
    assert results(ada, page) == [
        ("2", "Can be imported", ""),
        ("3", "Already there", ""),
        ("4", "Needs a change", "email"),
        ("5", "Already there", ""),
        ("6", "Needs a change", "office"),
    ]
    assert rows(ada, page)[2]["name"] == "'=HYPERLINK(1)", "a spreadsheet would run it"
    before = count(app, Person)
    assert count(app, Letter) == 0
    done = bring_in(ada, page)
    assert "What was imported" in done.words and count(app, Person) == before + 1
    with app.app_context():
        leila = db.session.scalars(select(Resource).where(Resource.name == "Leila Lee Amrani")).one()
        assert leila.features == ["language:ar", "language:en"] and leila.kind == resources.COUNSELOR
        assert db.session.get(ServiceResource, (town.talk_id, leila.id)) is not None
        assert [one.kind for one in db.session.scalars(select(Letter))] == ["invite"]
        noted = db.session.scalars(select(AuditEvent).where(AuditEvent.act == "import.done")).one()
        assert noted.after == {"kind": "counselors", "done": 1, "there": 2, "wrong": 2}
    again = upload(ada, "counselors", COUNSELORS)
    assert [result for _line, result, _column in results(ada, again)].count("Already there") == 3
    assert not any(form.action.endswith("/rows") for form in again.forms), "nothing is left to import"
    bring_in(ada, page)
    assert (count(app, Person), count(app, Letter)) == (before + 1, 1)


def test_hours_follow_the_rules_of_the_page(app: Flask, town: Town, desk: Desk) -> None:
    ada = desk("Ada")
    page = upload(ada, "hours", HOURS)
    assert results(ada, page) == [
        ("2", "Can be imported", ""),
        ("3", "Needs a change", "from"),
        ("4", "Needs a change", "from"),
        ("5", "Already there", ""),
        ("6", "Needs a change", "email"),
    ]
    before = count(app, WorkingHours)
    bring_in(ada, page)
    bring_in(ada, page)
    assert count(app, WorkingHours) == before + 1
    assert results(ada, upload(ada, "hours", HOURS))[0] == ("2", "Already there", "")
    clash = "email,office,weekday,from,to\n" + "".join(
        f"ines@example.org,Centro,Sunday,{hours}\n" for hours in ("09:00,11:00", "10:00,12:00", "09:00,11:00")
    )
    states = [result for _line, result, _column in results(ada, upload(ada, "hours", clash))]
    assert states == ["Can be imported", "Needs a change", "Already there"]


def test_bookings_are_claimed_and_never_forced(app: Flask, town: Town, desk: Desk, time: Time) -> None:
    ada = desk("Ada")
    page = upload(ada, "bookings", BOOKINGS)
    assert results(ada, page) == [
        ("2", "Can be imported", ""),
        ("4", "Can be imported", ""),
        ("5", "Can be imported", ""),
        ("6", "Needs a change", "time"),
        ("7", "Needs a change", "date"),
        ("8", "Needs a change", "phone"),
        ("9", "Needs a change", "counselor"),
    ]
    assert "Line 4 takes the same time" in page.words and "Outside of the counselor" in page.words
    assert count(app, Appointment) == 0
    bring_in(ada, page)
    with app.app_context():
        made = list(db.session.scalars(select(Appointment).order_by(Appointment.starts_at)))
        assert [one.person.name for one in made] == ["Amal Haddad", "Bo Li", "Carla"]
        waiting = select(Letter.kind).where(Letter.state == "waiting")
        assert set(db.session.scalars(waiting)) == {"appointment_reminder"}, "nobody hears of the import itself"
        assert list(invariants.check()) == []
    tomas = desk("Tomas")
    told = tomas.open("/staff/waiting")
    assert "To be told" in told.words and "Carla" in told.words and "Amal Haddad" not in told.words
    tomas.send(next(form for form in told.forms if "/told/" in form.action))
    assert "Carla" not in tomas.open("/staff/waiting").words
    states = [result for _line, result, _column in results(ada, upload(ada, "bookings", BOOKINGS))]
    assert states[:3] == ["Already there"] * 3
    bring_in(ada, page)
    assert count(app, Appointment) == 3


def test_what_was_agreed_outside_of_hours_is_not_to_be_looked_after(app: Flask, town: Town, desk: Desk) -> None:
    ada, ines = desk("Ada"), desk("Ines")
    bring_in(ada, upload(ada, "bookings", BOOKINGS))
    with app.app_context():
        diary = db.session.scalars(select(Resource.public_id).where(Resource.id == town.counselors[0])).one()
    path, hours = f"/staff/affected/{diary}", f"/staff/hours/{diary}"
    assert "Carla" not in ines.open(path).words and "Carla" in ines.open(path + "?all=1").words
    away = {"starts_on": "2026-11-28", "ends_on": "2026-11-28", "reason": "leave"}
    assert "Carla" in ines.send(ines.open(hours).form("/absences"), **away).words
    assert "Carla" in ines.open(path).words, "an absence over it is another matter"
    ines.send(next(form for form in ines.open(hours).forms if "/absences/" in form.action))
    assert "Carla" not in ines.open(path).words
    assert "Carla" in ines.send(ines.open(hours).form("/days"), on_day="2026-11-28", hours="").words
    assert "Amal" not in ines.open(path).words
    with app.app_context():
        tuesday = WorkingHours.weekday == 1, WorkingHours.resource_id == town.counselors[0]
        rule = db.session.scalars(select(WorkingHours.public_id).where(*tuesday)).one()
    ines.send(ines.open(hours).form(f"/weekly/{rule}/removal"))
    assert "Amal" in ines.open(path).words, "what was agreed in hours that went is told as ever"


def test_what_was_moved_is_known_by_the_time_it_left(app: Flask, town: Town, desk: Desk) -> None:
    ada, ines = desk("Ada"), desk("Ines")
    page = upload(ada, "bookings", BOOKINGS)
    bring_in(ada, page)
    with app.app_context():
        diary = db.session.scalars(select(Resource.public_id).where(Resource.id == town.counselors[0])).one()
    form = ines.open(f"/staff/affected/{diary}?all=1").form(diary)
    form.values["one"] = form.values["one"][:1]
    assert "1 appointment is settled" in ines.send(form, act="move").words
    found = rows(ada, upload(ada, "bookings", BOOKINGS))
    assert found[0]["Result"] == "Already there" and "moved since" in found[0]["Why"]
    bring_in(ada, page)
    assert count(app, Appointment) == 3


def test_a_confirmation_goes_out_only_when_ticked(app: Flask, town: Town, desk: Desk) -> None:
    ada = desk("Ada")
    bring_in(ada, upload(ada, "bookings", BOOKINGS), letters_too="y")
    with app.app_context():
        waiting = Counter(
            tuple(row)
            for row in db.session.execute(select(Letter.kind, Letter.channel).where(Letter.state == "waiting"))
        )
    assert waiting["appointment_confirmation", "email"] == 1
    assert waiting["appointment_confirmation", "print"] == 2, "for whom no e-mail and no text message reaches"
    assert waiting["appointment_reminder", "email"] >= 1 and "print" not in {
        channel for kind, channel in waiting if kind == "appointment_reminder"
    }


def test_what_was_moved_or_cancelled_since_is_not_imported_again(app: Flask, town: Town, desk: Desk) -> None:
    ada = desk("Ada")
    page = upload(ada, "bookings", BOOKINGS)
    bring_in(ada, page)
    with app.app_context():
        one = db.session.scalars(select(Appointment).order_by(Appointment.starts_at)).first()
        assert one is not None
        path = f"/appointments/{one.public_id}"
    lucia = desk("Lucia")
    lucia.send(lucia.open(path + "/cancellation").form("/cancellation"))
    found = rows(ada, upload(ada, "bookings", BOOKINGS))
    assert found[0]["Result"] == "Already there" and "cancelled" in found[0]["Why"]
    bring_in(ada, page)
    with app.app_context():
        states = list(db.session.scalars(select(Appointment.state).order_by(Appointment.starts_at)))
    assert states == [AppointmentState.CANCELLED_BY_OFFICE, AppointmentState.BOOKED, AppointmentState.BOOKED]


def test_a_report_ends_in_time_and_what_it_left_is_looked_at_when_imported(
    app: Flask, town: Town, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada = desk("Ada")
    with monkeypatch.context() as hurried:
        hurried.setattr(imports, "AT_ONCE", -1.0)
        page = upload(ada, "bookings", BOOKINGS)
        assert {result for _line, result, _column in results(ada, page)} == {"Not looked at yet"}
    assert (
        "Nothing is saved yet" in page.words
        and "rows from line 2 on are looked at when they are imported" in page.words
    )
    bring_in(ada, page)
    assert count(app, Appointment) == 3


def test_a_report_asks_for_each_row_as_much_whatever_is_there(
    app: Flask, town: Town, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Appointments of the same person at other times are not read: rows times appointments would never end."""
    ada = desk("Ada")
    many = BOOKINGS.splitlines()[0] + "".join(
        f"\n2026-11-{day},{hour}:00,Centro,Guidance talk,ines@example.org,Bo,bo@example.org,,video"
        for day in ("24", "25", "26")
        for hour in (10, 11, 12)
    )
    page = upload(ada, "bookings", many)
    bring_in(ada, page)
    read: list[object] = []
    real = known._same
    monkeypatch.setattr(known, "_same", lambda *asked: read.append(asked) or real(*asked))
    states = {result for _line, result, _column in results(ada, upload(ada, "bookings", many))}
    assert states == {"Already there"} and len(read) == 2 * 9, "one each, in the page and in the file"


def test_a_time_that_went_since_the_report_is_told(app: Flask, town: Town, desk: Desk) -> None:
    ada = desk("Ada")
    mine, other = (BOOKINGS.splitlines()[0] + f"\n2026-11-24,11:00,Centro,Guidance talk,ines@example.org,{who},,,video\n" for who in ("Zoe", "Yan"))  # fmt: skip
    page = upload(ada, "bookings", mine)
    bring_in(ada, upload(ada, "bookings", other))
    late = bring_in(ada, page)
    assert "The counselor has something else at this time" in late.words and count(app, Appointment) == 1


def test_what_is_no_table_is_refused_in_words(town: Town, desk: Desk) -> None:
    ada = desk("Ada")
    for body, says in NO_TABLES:
        page = upload(ada, "hours", body)
        assert page.status == 422, says
        assert any(word in beside(page, "table") for word in says.split("|")), (says, beside(page, "table"))


def test_wrong_doors_and_packed_files(app: Flask, town: Town, desk: Desk) -> None:
    ada = desk("Ada")
    form = ada.open("/staff/imports/hours").form("/imports/hours")
    nothing = send_raw(ada, form)
    assert nothing.status_code == 422 and "Choose a file" in nothing.get_data(as_text=True)
    for packed in ("", "x", "####", "eJw="):
        answer = ada.browser.post("/staff/imports/hours/rows", {"packed": packed}, follow=False)
        assert answer.status_code == 422, packed
        assert ada.browser.post("/staff/imports/hours/report.csv", {"packed": packed}).status_code == 422
    assert ada.browser.get("/staff/imports/people").status_code == 404
    assert desk("Lucia").browser.get("/staff/imports").status_code == 404
    example = ada.browser.get("/staff/imports/bookings/example.csv").get_data()
    assert example.startswith(b"\xef\xbb\xbfdate,time,office,service")
    assert upload(ada, "bookings", example).status == 200


def test_an_office_s_administrator_imports_there_only(app: Flask, town: Town, desk: Desk) -> None:
    make_admin_of(app, "Lucia", town.office_id)
    lucia = desk("Lucia")
    table = "name,email,office\nPia,pia@example.org,Norte\nRui,rui@example.org,Centro\nSol,sol@example.org,\n"
    states = [result for _line, result, _column in results(lucia, upload(lucia, "counselors", table))]
    assert states == ["Needs a change", "Can be imported", "Can be imported"]
