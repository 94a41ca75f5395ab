"""Many appointments acted on at once: each as the list showed it, sent twice once, and only by those whose they are."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from booking import affected, appointments, hours, relocation
from booking.appointments import BookingWish
from booking.finder import Query
from booking.models import Appointment, AppointmentResource, Resource, Service, ServiceResource
from foundation.db import db, write, write_tx
from tests.booking.pages.conftest import Time, Town, counselor, service, working
from tests.booking.pages.reading import Page, Reader
from tests.booking.staff.desks import book_for
from virtual_office.offices.models import Office

Desk = Callable[[str], Reader]
NINE = datetime(2026, 11, 24, 8, tzinfo=UTC)
"""Tuesday, nine o'clock in Madrid."""
DAY = {"starts_on": "2026-11-24", "starts_at": "", "ends_on": "2026-11-24", "ends_at": "", "reason": "leave"}


def diary(app: Flask, name: str, *, office: str = "Centro") -> str:
    """The public id of somebody's diary."""
    with app.app_context():
        query = select(Resource.public_id).join(Resource.office).where(Resource.name.startswith(name))
        return db.session.scalars(query.where(Office.name == office)).one()


def listed(app: Flask, reader: Reader, name: str) -> Page:
    """All that is to come in a diary."""
    return reader.open(f"/staff/affected/{diary(app, name)}?all=1")


def starts(app: Flask, public_id: str) -> datetime:
    with app.app_context():
        return db.session.scalars(select(Appointment.starts_at).where(Appointment.public_id == public_id)).one()


def test_the_same_form_sent_twice_moves_once(app: Flask, town: Town, desk: Desk) -> None:
    booked = book_for(app, town, NINE)
    ines = desk("Ines")
    form = listed(app, ines, "Ines").form(diary(app, "Ines"))
    first = ines.send(form, act="move")
    assert "1 appointment is settled" in first.words
    moved = starts(app, booked)
    again = ines.send(form, act="move")
    assert "0 appointments are settled" in again.words and "It has changed since this list was made" in again.words
    assert starts(app, booked) == moved != NINE, "a double click moves it once"


def test_the_version_is_what_keeps_it_from_moving_again(
    app: Flask, town: Town, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked = book_for(app, town, NINE)
    ines = desk("Ines")
    form = listed(app, ines, "Ines").form(diary(app, "Ines"))
    ines.send(form, act="move")
    moved = starts(app, booked)
    monkeypatch.setattr(affected, "_as_ticked", lambda _appointment, _version: True)
    ines.send(form, act="move")
    assert starts(app, booked) != moved, "without the look at the version it goes on"


def test_a_row_that_left_the_list_does_not_stop_the_others(app: Flask, town: Town, desk: Desk) -> None:
    one, other = book_for(app, town, NINE), book_for(app, town, NINE + timedelta(hours=1), "Bo")
    lucia = desk("Lucia")
    form = listed(app, lucia, "Ines").form(diary(app, "Ines"))
    with app.test_request_context():
        gone = db.session.scalars(select(Appointment).where(Appointment.public_id == one)).one()
        write(lambda: appointments.cancel(gone, "person"))
    form.values["one"].append("A" * 22 + ":0")
    page = lucia.send(form, act="move")
    assert page.status == 200 and "1 appointment is settled" in page.words
    assert "1 stays as it was" in page.words and "It has changed since this list was made" in page.words
    assert "1 ticked appointment is not on this list any more" in page.words
    assert starts(app, one) == NINE and starts(app, other) != NINE + timedelta(hours=1)


def test_what_is_too_many_for_one_act_is_counted(
    app: Flask, town: Town, desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = [book_for(app, town, NINE + timedelta(minutes=30 * n), f"P{n}") for n in range(4)]
    monkeypatch.setattr(affected, "MOST", 3)
    lucia = desk("Lucia")
    page = lucia.send(listed(app, lucia, "Ines").form(diary(app, "Ines")), act="move")
    assert "1 more was ticked than can be done at once" in page.words and "3 appointments are settled" in page.words
    assert starts(app, made[3]) == NINE + timedelta(minutes=90), "the last of the list stays"


def with_noor(app: Flask, town: Town, reader_of: Desk) -> tuple[str, Reader]:
    """An appointment at Centro that Noor interprets, an interpreter of Norte."""
    booked = book_for(app, town, NINE)
    with app.app_context(), write_tx():
        omar = db.session.scalars(select(Resource).where(Resource.name.startswith("Omar"))).one()
        noor = db.session.scalars(select(Resource).where(Resource.name == "Noor")).one()
        noor.office_id, noor.person_id = omar.office_id, omar.person_id
        one = db.session.scalars(select(Appointment).where(Appointment.public_id == booked)).one()
        db.session.add(AppointmentResource(appointment_id=one.id, resource_id=noor.id))
    return booked, reader_of("Omar")


@pytest.mark.parametrize("act", ["move", "offer"])
@pytest.mark.parametrize("name", ["Omar", "Nora"])
def test_who_only_takes_part_can_not_move_it(app: Flask, town: Town, desk: Desk, name: str, act: str) -> None:
    """Omar is the interpreter, Nora leads the interpreter's office and not the appointment's."""
    booked, _omar = with_noor(app, town, desk)
    reader, path = desk(name), f"/staff/affected/{diary(app, 'Noor', office='Norte')}"
    page = reader.open(path + "?all=1")
    form = page.form(path)
    assert form.offers["act"] == ["hand_over"], "what they can not do is not offered"
    done = reader.send(form, act=act)
    assert "0 appointments are settled" in done.words and "Only the office of this appointment" in done.words
    assert starts(app, booked) == NINE


def test_the_permission_to_move_can_fail(app: Flask, town: Town, desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    booked, omar = with_noor(app, town, desk)
    path = f"/staff/affected/{diary(app, 'Noor', office='Norte')}"
    form = omar.open(path + "?all=1").form(path)
    monkeypatch.setattr(affected, "manageable", lambda _appointment, _visitor: True)
    omar.send(form, act="move")
    assert starts(app, booked) != NINE


def test_other_times_never_name_its_own(app: Flask, town: Town, desk: Desk) -> None:
    """A colleague is free at the very time: that is no other time."""
    book_for(app, town, NINE)
    with app.app_context(), write_tx():
        centro = db.session.get_one(Office, town.office_id)
        talk = service(centro, "Second", ["video"])
        leila = counselor("Leila Amrani", centro, talk, ["language:en"])
        db.session.add(ServiceResource(service_id=town.talk_id, resource_id=leila))
    ines = desk("Ines")
    page = ines.send(listed(app, ines, "Ines").form(diary(app, "Ines")), act="offer")
    assert "1 appointment is settled" in page.words
    with app.test_request_context():
        one = db.session.scalars(select(Appointment)).one()
        assert relocation.next_starts(one, 3, same=False)[0] == NINE + timedelta(minutes=30)


def test_a_colleague_who_comes_too_must_be_free_at_the_other_time(
    app: Flask, town: Town, desk: Desk, time: Time
) -> None:
    with app.app_context(), write_tx():
        centro = db.session.get_one(Office, town.office_id)
        leila = counselor("Leila Amrani", centro, service(centro, "Second", ["video"]))
    with app.test_request_context():
        query = Query(town.talk_id, "video", beside=(leila,))
        wish = BookingWish("Amal", "en", query=query, starts_at=NINE, email="amal@example.org")
        booked = write(lambda: appointments.book(wish).public_id)
        second = next(one.service_id for one in db.session.scalars(select(ServiceResource)) if one.resource_id == leila)
        for number in range(1, 9):
            at = NINE + timedelta(minutes=30 * number)
            wish = BookingWish(f"P{number}", "en", query=Query(second, "video"), starts_at=at)
            write(lambda wish=wish: appointments.book(wish))  # type: ignore[misc]
    ines = desk("Ines")
    page = ines.send(listed(app, ines, "Ines").form(diary(app, "Ines")), act="move")
    assert "1 appointment is settled" in page.words, "six times at which the colleague is busy do not use up the tries"
    assert starts(app, booked) == NINE + timedelta(minutes=270)


def places(app: Flask, public_id: str) -> list[str]:
    """The names of those who have a place in an appointment, in order of the alphabet."""
    with app.app_context():
        one = db.session.scalars(select(Appointment).where(Appointment.public_id == public_id)).one()
        return sorted(resource.name for resource in one.resources)


def test_the_same_form_sent_twice_at_an_office_hands_over_one_place(app: Flask, town: Town, desk: Desk) -> None:
    """Both are away and the interpreter is listed first: the second press does not go on to the counselor."""
    with app.app_context(), write_tx():
        centro = db.session.get_one(Office, town.office_id)
        talk = db.session.get_one(Service, town.talk_id)
        leila = counselor("Leila Amrani", centro, talk, ["language:es", "language:en"])
        db.session.get_one(Resource, town.counselors[0]).active = False
    with app.test_request_context():
        query = Query(town.talk_id, "video", "ar", ("interpreter",))
        wish = BookingWish("Amal", "ar", query=query, starts_at=NINE, email="amal@example.org")
        booked = write(lambda: appointments.book(wish).public_id)
    assert places(app, booked) == ["Leila Amrani", "Noor"]
    with app.app_context(), write_tx():
        db.session.get_one(Resource, town.counselors[0]).active = True
        samir = Resource(kind="interpreter", name="Samir", office_id=town.office_id, features=["language:ar"])
        db.session.add(samir)
        db.session.flush()
        working(samir.id, days=(1,))
        noor = db.session.scalars(select(Resource).where(Resource.name == "Noor")).one()
        assert noor.id < leila
        for one in (noor, db.session.get_one(Resource, leila)):
            hours.add_absence(one, NINE, NINE + timedelta(hours=4), "illness", None)
        path = f"/staff/affected/offices/{db.session.get_one(Office, town.office_id).public_id}"
    lucia = desk("Lucia")
    form = lucia.open(path).form(path)
    first = lucia.send(form, act="hand_over")
    assert "1 appointment is settled" in first.words and places(app, booked) == ["Leila Amrani", "Samir"]
    again = lucia.send(form, act="hand_over")
    assert "0 appointments are settled" in again.words and "It has changed since this list was made" in again.words
    assert places(app, booked) == ["Leila Amrani", "Samir"]
    lucia.send(lucia.open(path).form(path), act="hand_over")
    assert places(app, booked) == ["Ines Ferrer", "Samir"], "ticked as it is now, it goes on"
