"""Who takes a place over: what those who stay have to do keeps nobody from it, few are looked at, and it happens once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from flask import Flask

from booking import affected, appointments, claims, finder, handing_over, relocation, travel
from booking.models import Appointment, Service
from foundation import clock
from foundation.db import db, write, write_tx
from tests.booking.test_weeks import hand_over, leader, office_of, second_diary, ticked
from tests.booking.world import NOW, TEN, build, later
from virtual_office.offices.models import Office


@pytest.fixture(autouse=True)
def frozen() -> Iterator[None]:
    with clock.frozen(NOW):
        yield


def interpreted(query: finder.Query, starts_at: datetime) -> Appointment:
    return write(lambda: appointments.book(appointments.BookingWish("Amal", "ar", query=query, starts_at=starts_at)))


@pytest.mark.parametrize("what", ["buffer", "way"])
def test_what_takes_longer_than_at_booking_keeps_nobody_from_taking_over(both: Flask, what: str) -> None:
    """The interpreter stays, and has another meeting in the time that is needed after this one since."""
    with both.app_context():
        world = build(2, 1)
        query = replace(world.query("video", "interpreter", language="ar"), only=world.counselors[0])
        there = second_diary(world, world.interpreters[0])
        here, norte = (db.session.get_one(Office, one) for one in (world.office, office_of(there)))
        write(lambda: travel.set_minutes(here, norte, 0))
        mine = interpreted(query, TEN)
        interpreted(query if what == "buffer" else there, later(30))
        if what == "way":
            write(lambda: travel.set_minutes(here, norte, 60))
        with write_tx():
            db.session.get_one(Service, world.service).after_minutes = 15 if what == "buffer" else 0
            claims.bump([*world.counselors, *world.interpreters])
        assert write(lambda: hand_over(mine.id, world.counselors[0])) == world.counselors[1]
        assert {one.id for one in mine.resources} == {world.counselors[1], *world.interpreters}


def test_a_place_that_somebody_handed_over_meanwhile_has_changed(both: Flask) -> None:
    """Both have read the same list; another interpreter changes no version."""
    with both.app_context():
        world = build(1, 3)
        mine = interpreted(world.query("video", "interpreter", language="ar"), TEN)
        visitor, leaving = leader(world), next(one for one in mine.resources if one.kind == "interpreter")
        picked = ticked([affected.Row(mine, leaving)], visitor)
        assert [one.done for one in affected.act_on(picked, affected.Act.HAND_OVER, visitor)] == [True]
        after = {one.id for one in mine.resources}
        again = affected.act_on(picked, affected.Act.HAND_OVER, visitor)
        assert [(one.done, one.words) for one in again] == [(False, str(affected.ChangedSince.message))]
        assert {one.id for one in mine.resources} == after and mine.version == 0


def test_of_many_who_could_take_over_only_some_are_looked_at(both: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """Mostly the first is had; those who were taken meanwhile are passed over, however many, until somebody is free."""
    with both.app_context():
        world = build(16, modalities=("video",))
        mine = write(lambda: appointments.book(world.wish(TEN)))
        able = relocation.substitutes(mine, mine.counselor, [])
        looked: list[int] = []
        still_free = claims.still_free

        def counted(choices: list[tuple[int, ...]], *more: Any) -> list[tuple[int, ...]]:
            looked.extend(one[0] for one in choices)
            return still_free(choices, *more)

        monkeypatch.setattr(claims, "still_free", counted)
        monkeypatch.setattr(relocation, "substitutes", lambda _one, out, _own: [one for one in able if one != out.id])
        assert write(lambda: hand_over(mine.id, mine.counselor_id)) == able[0]
        assert looked == able[: handing_over.TRIES]
        for one in able[1:14]:
            wish = replace(world.wish(TEN), query=replace(world.query(), only=one))
            write(lambda wish=wish: appointments.book(wish))  # type: ignore[misc]
        assert write(lambda: hand_over(mine.id, able[0])) == able[14]
