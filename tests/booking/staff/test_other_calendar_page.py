"""One's other calendar by the page of hours: its times are closed, replaced as a whole, gone in one act, and say nothing else."""

from __future__ import annotations

import io
import sqlite3
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask
from sqlalchemy import select

from booking import appointments
from booking.appointments import BookingWish
from booking.calendars import busy_times, reading
from booking.finder import Query
from booking.models import Absence, Resource, Service, ServiceResource
from foundation.db import db, write, write_tx
from foundation.models import AuditEvent
from tests.booking import world
from tests.booking.pages.conftest import TUESDAY, Town, working
from tests.booking.pages.reading import Page, Reader
from tests.booking.staff.desks import beside, book_for, count, hours_page
from tests.booking.staff.test_hours import free
from tests.booking.test_other_calendar import BOMBS, file

Desk = Callable[[str], Reader]
DENTIST = "DTSTART;TZID=Europe/Madrid:20261124T{0}0000\nDTEND;TZID=Europe/Madrid:20261124T{1}0000\nSUMMARY:CANARYTITLE"


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "WALL_SECONDS", 30.0)


def upload(app: Flask, reader: Reader, raw: bytes) -> Page:
    """Choose an export on the page of hours."""
    form = reader.open(hours_page(app, "Ines")).form("/calendar")
    data = {**form.values, "calendar": (io.BytesIO(raw), "me.ics")}
    answer = reader.browser.client.post(form.action, data=data, follow_redirects=True)
    assert answer.status_code < 500
    return Page(answer)


def test_busy_times_close_the_diary_and_go_in_one_act(app: Flask, town: Town, desk: Desk) -> None:
    book_for(app, town, datetime(2026, 11, 24, 9, tzinfo=UTC), "Amal")
    ines = desk("Ines")
    before = free(ines, town, str(TUESDAY))
    page = upload(app, ines, file(DENTIST.format("10", "12")))
    assert "1 busy time is kept free" in page.words and "Amal" in page.words, "what is booked in it is listed"
    assert [at for at in before if at not in free(ines, town, str(TUESDAY))] == ["10:30", "11:00", "11:30"]
    upload(app, ines, file(DENTIST.format("12", "13"), DENTIST.format("13", "14")))
    with app.app_context():
        only = db.session.scalars(select(Absence)).one()
        assert (only.starts_at, only.ends_at) == tuple(datetime(2026, 11, 24, hour, tzinfo=UTC) for hour in (11, 13))
        assert only.reason == "calendar"
    with sqlite3.connect(app.config["VO"].folder / "office.sqlite3") as rows:
        assert "CANARYTITLE" not in "\n".join(rows.iterdump())
    page = ines.open(hours_page(app, "Ines"))
    assert "CANARYTITLE" not in page.html
    ines.send(page.form("/calendar/removal"))
    assert free(ines, town, str(TUESDAY)) == before
    with app.app_context():
        acts = list(db.session.scalars(select(AuditEvent.act).where(AuditEvent.act.startswith("calendar."))))
    assert acts == ["calendar.read", "calendar.read", "calendar.removed"]


def test_what_can_not_be_taken_is_told_beside_the_field(app: Flask, town: Town, desk: Desk) -> None:
    ines = desk("Ines")
    for name in ("secondly", "2 MB", "no calendar", "bogus zone"):
        raw, code = BOMBS[name]
        page = upload(app, ines, raw)
        assert page.status == 422 and beside(page, "calendar").endswith(str(reading.WORDS[code])), name
    assert app.test_client().get("/healthz").status_code == 200
    nothing = ines.browser.post(hours_page(app, "Ines") + "/calendar")
    assert nothing.status_code == 422 and "Choose a file" in nothing.get_data(as_text=True)
    lucia = desk("Lucia")
    assert not [form for form in lucia.open(hours_page(app, "Ines")).forms if form.action.endswith("/calendar")]
    path = hours_page(app, "Ines") + "/calendar"
    assert lucia.browser.post(path).status_code == 404, "only one's own calendar"
    assert lucia.browser.post(path + "/removal").status_code == 404, "there is none"


def second_diary(app: Flask) -> str:
    """Ines works at Norte too; gives the public id of that diary."""
    with app.app_context(), write_tx():
        ines = db.session.scalars(select(Resource).where(Resource.name.startswith("Ines"))).one()
        talk = db.session.scalars(
            select(Service).where(Service.name == "Guidance talk", Service.office_id != ines.office_id)
        ).one()
        there = Resource(kind="counselor", name="Ines at Norte", person_id=ines.person_id, office_id=talk.office_id)
        db.session.add(there)
        db.session.flush()
        db.session.add(ServiceResource(service_id=talk.id, resource_id=there.id))
        working(there.id)
        # Only she can be booked at Norte.
        omar = db.session.scalars(select(Resource).where(Resource.name.startswith("Omar"))).one()
        omar.active = False
        return there.public_id


def of_ines(app: Flask) -> str:
    """The page of her first diary."""
    with app.app_context():
        found = select(Resource.public_id).where(Resource.name == "Ines Ferrer")
        return f"/staff/hours/{db.session.scalars(found).one()}"


def test_a_file_lists_what_this_diary_has_and_all_of_it_can_be_acted_on(app: Flask, town: Town, desk: Desk) -> None:
    second_diary(app)
    book_for(app, town, datetime(2026, 11, 24, 9, tzinfo=UTC), "Amal")
    with app.test_request_context():
        other = db.session.scalars(select(Service.id).where(Service.public_id == town.other)).one()
        at = datetime(2026, 11, 24, 11, 30, tzinfo=UTC)
        wish = BookingWish("Bo", "en", query=Query(other, "video"), starts_at=at)
        write(lambda: appointments.book(wish))
    ines = desk("Ines")
    form = ines.open(of_ines(app)).form("/calendar")
    raw = file(DENTIST.format("10", "14"))
    data = {**form.values, "calendar": (io.BytesIO(raw), "me.ics")}
    page = Page(ines.browser.client.post(form.action, data=data))
    assert "Amal" in page.words and "Bo" not in page.words.partition("Which ones")[2]
    acting = next(form for form in page.forms if "/affected/" in form.action)
    done = ines.send(acting, act="move")
    assert done.status == 200 and "1 appointment is settled" in done.words and "stay" not in done.words


def test_busy_times_go_by_whose_they_are_or_who_leads_every_office_of_theirs(
    app: Flask, town: Town, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    there = f"/staff/hours/{second_diary(app)}"
    ines, nora = desk("Ines"), desk("Nora")

    def read() -> None:
        form = ines.open(of_ines(app)).form("/calendar")
        data = {**form.values, "calendar": (io.BytesIO(file(DENTIST.format("10", "12"))), "me.ics")}
        assert ines.browser.client.post(form.action, data=data).status_code == 302

    def kept() -> int:
        return count(app, Absence)

    read()
    assert kept() == 2
    page = nora.open(there)
    assert "1 busy time is kept free" in page.words
    assert not [form for form in page.forms if form.action.endswith("/calendar/removal")]
    assert nora.browser.post(there + "/calendar/removal").status_code == 404 and kept() == 2
    with monkeypatch.context() as off:
        off.setattr(busy_times, "may_remove", lambda _resource, _visitor: True)
        nora.browser.post(there + "/calendar/removal")
        assert kept() == 0, "the permission alone keeps them"
    for name in ("Ines", "Ada"):
        read()
        reader = desk(name)
        reader.send(reader.open(there).form("/calendar/removal"))
        assert kept() == 0, name


def test_both_diaries_of_a_person_on_both_engines(both: Flask, at: Callable[[object], object]) -> None:
    with at(world.NOW), both.app_context():  # type: ignore[attr-defined]
        made = world.build(counselors=2)
        first, second = (db.session.get_one(Resource, one) for one in made.counselors)

        def join() -> None:
            second.person_id = first.person_id

        write(join)
        spans = [(world.TEN, world.later(30)), (world.later(60), world.later(90))]
        write(lambda: busy_times.replace(first, spans, None))
        write(lambda: busy_times.replace(first, spans[:1], None))
        assert busy_times.count(first) == busy_times.count(second) == 1
        write(lambda: busy_times.remove(second))
        assert busy_times.count(first) == 0
