"""A series books wholly or not at all, or what is free with a report; it keeps local time, is booked once, and ends in one act."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from booking import appointments, claims, collective, finder, follow_ups, invariants, series
from booking.desk_models import Series
from booking.models import Appointment, Resource
from booking.series import SeriesNotFree, SeriesWish
from foundation import clock
from foundation.db import db, write
from tests.booking import world
from tests.booking.world import NOW, TEN, World


def wish(small: World, weeks: int = 4, **more: object) -> SeriesWish:
    like = db.session.scalars(select(Appointment).order_by(Appointment.id)).first()
    assert like is not None
    wanted = tuple(follow_ups.dates(date(2026, 12, 1), time(10), 1, weeks, "Europe/Madrid"))
    beside = more.pop("beside", ())
    query = finder.Query(small.service, "video", "en", beside=beside)  # type: ignore[arg-type]
    return SeriesWish(like, query, more.pop("wanted", wanted), 1, None, None)  # type: ignore[arg-type]


def booked() -> int:
    return db.session.scalar(select(func.count()).select_from(Appointment).where(Appointment.state == "booked")) or 0


def block(small: World, at: datetime) -> None:
    write(lambda: appointments.ensure_told(appointments.book(small.wish(at, name="Other"))))


@pytest.fixture
def small(both: Flask) -> Iterator[World]:
    with both.app_context(), clock.frozen(NOW):
        made = world.build(1)
        block(made, TEN)
        yield made


def test_a_series_that_collides_in_week_three_books_nothing(small: World) -> None:
    block(small, TEN + timedelta(weeks=3))
    with pytest.raises(SeriesNotFree) as refused:
        write(lambda: series.book(wish(small), "key-1"))
    assert list(refused.value.why) == [3]
    assert booked() == 2 and db.session.scalar(select(Series.id)) is None
    made = write(lambda: series.book(wish(small), "key-2", partly=True))
    parts = [part.appointment_id is not None for part in made.parts]
    assert parts == [True, True, False, True] and booked() == 5
    assert list(invariants.check()) == []
    proposals = follow_ups.propose(wish(small).query, [TEN + timedelta(weeks=3)])
    assert not proposals[0].free and proposals[0].others
    filled = write(lambda: series.fill(made, 3, proposals[0].others[0].starts_at, None).id)
    assert write(lambda: series.fill(made, 3, TEN, None).id) == filled, "twice is one"
    assert list(invariants.check()) == []


def test_a_series_is_booked_once_each_goes_its_way_and_the_rest_ends_in_one_act(small: World) -> None:
    first = write(lambda: series.book(wish(small), "key").id)
    assert write(lambda: series.book(wish(small), "key").id) == first and booked() == 5
    made = db.session.get_one(Series, first)
    one = made.parts[0].appointment
    write(lambda: appointments.move(one, one.starts_at + timedelta(hours=1), "office"))
    write(lambda: appointments.cancel(made.parts[1].appointment, "person"))
    assert [part.appointment.state for part in made.parts] == ["booked", "cancelled_by_person", "booked", "booked"]
    assert write(lambda: len(series.end(made, "office"))) == 3
    assert write(lambda: len(series.end(made, "office"))) == 0 and booked() == 1
    assert list(invariants.check()) == []


def test_local_time_stays_when_the_clocks_change() -> None:
    moments = follow_ups.dates(date(2027, 3, 16), time(10), 1, 3, "Europe/Madrid")
    assert [one.hour for one in moments] == [9, 9, 8], "the clocks go forward on 28 March"


@pytest.mark.parametrize("guard", [True, False])
def test_two_series_at_once_never_share_a_time(
    small: World, both: Flask, guard: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everybody has looked before anybody writes; without the key all four are sold, so the race is a real one."""
    seen = series._look(wish(small))
    monkeypatch.setattr(series, "_look", lambda _wish: (dict(seen[0]), {}))
    if not guard:
        monkeypatch.setattr(claims, "guarded", lambda: False)
    answers: list[object] = []

    def book(key: str) -> None:
        with both.app_context(), clock.frozen(NOW):
            try:
                answers.append(write(lambda: series.book(wish(small), key).id))
            except SeriesNotFree as refusal:
                answers.append(refusal)

    threads = [threading.Thread(target=book, args=(f"key-{n}",)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    db.session.rollback()
    assert sum(isinstance(one, int) for one in answers) == (1 if guard else 4) and len(answers) == 4, answers
    assert booked() == (5 if guard else 17) and (list(invariants.check()) == []) == guard


def test_several_counselors_and_an_interpreter_come_together_and_are_freed_together(both: Flask) -> None:
    with both.app_context(), clock.frozen(NOW):
        small = world.build(2, 1)
        block(small, TEN)
        first, second = small.counselors
        like = db.session.scalars(select(Appointment)).one()
        beside = next(one for one in small.counselors if one != like.counselor_id)
        query = finder.Query(small.service, "video", "ar", ("interpreter",), like.counselor_id, (beside,))
        at = TEN + timedelta(days=1)
        made = write(lambda: series.book(SeriesWish(like, query, (at,), 1, None, like.counselor_id), "key"))
        one = made.parts[0].appointment
        assert {resource.id for resource in one.resources} == {first, second, *small.interpreters}
        assert [found.id for found in collective.beside(one)] == [beside]
        seats = {seat.role: seat.text_only for seat in one.meeting.participants if seat.role != "counselor"}
        hosts = [seat.text_only for seat in one.meeting.participants if seat.role == "counselor"]
        assert sorted(hosts) == [False, True] and seats == {"jobseeker": False, "interpreter": True}
        lead = next(seat for seat in one.meeting.participants if seat.role == "counselor" and not seat.text_only)
        assert lead.person_id == db.session.get_one(Resource, like.counselor_id).person_id
        assert list(invariants.check()) == []
        free = [slot.starts_at for slot in finder.slots(small.query(), date(2026, 11, 25))]
        assert at not in free, "both counselors are taken"
        write(lambda: appointments.move(one, at + timedelta(hours=1), "office"))
        assert {resource.id for resource in one.resources} == {first, second, *small.interpreters}
        assert list(invariants.check()) == []
        write(lambda: appointments.cancel(one, "office"))
        assert list(invariants.check()) == []
    with both.app_context(), clock.frozen(NOW + timedelta(hours=2)):
        freed = next(slot for slot in finder.slots(small.query(), date(2026, 11, 25)) if slot.starts_at == at)
        assert freed.free == 2 and freed.starts_at.tzinfo is not None and at.tzinfo == UTC
