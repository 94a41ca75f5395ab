"""A time is kept for one, with an end; the reasons why not; who shares what."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask

from booking import appointments, claims, holds, invariants, openings
from booking.models import Hold, HoldState, Resource
from booking.openings import OfficeClosed, SkippedTime
from foundation import clock
from foundation.db import db, write, write_tx
from foundation.errors import InputWrong, NotFound, Refusal
from tests.booking.world import NOW, TEN, World, add_person, build, later
from virtual_office.offices.models import Closure

LATE = NOW + timedelta(minutes=9)


@pytest.fixture
def world(both: Flask) -> Iterator[World]:
    with both.app_context(), clock.frozen(NOW):
        yield build(1, interpreters=1, places=1)
        assert list(invariants.check()) == []


def take(world: World, owner: str = "a", minutes: int = 0, **more: object) -> Hold:
    return write(lambda: holds.take(world.query(), later(minutes), owner, **more))  # type: ignore[arg-type]


def test_a_held_time_is_nobody_elses(world: World) -> None:
    hold = take(world)
    assert hold.expires == clock.seconds() + 8 * 60
    with pytest.raises(holds.SlotTaken) as taken:
        take(world, "b")
    assert [slot.starts_at for slot in taken.value.alternatives] == [later(-60), later(-30), later(30)]


def test_the_same_owner_gets_the_same_hold_again(world: World) -> None:
    assert take(world).public_id == take(world).public_id


def test_another_hold_gives_the_earlier_one_back(world: World) -> None:
    first = take(world).public_id
    second = take(world, minutes=30)
    with pytest.raises(NotFound):
        holds.get(first)
    assert claims.spots_of(holds.holder_of(second)) and take(world, "b")


def test_the_same_owner_may_choose_another_way_at_the_same_time(world: World) -> None:
    take(world)
    again = write(lambda: holds.take(world.query("chat"), TEN, "a"))
    assert (again.modality, again.state) == ("chat", HoldState.HELD)


def test_owners_see_only_their_own(world: World) -> None:
    hold = take(world)
    assert holds.get(hold.public_id, "a").id == hold.id
    for owner in ("b", ""):
        with pytest.raises(NotFound):
            holds.get(hold.public_id, owner)
    with pytest.raises(NotFound):
        holds.get("\x00" * 22)


def test_an_ended_hold_keeps_nobody_out_and_can_be_renewed_when_still_free(world: World) -> None:
    first = take(world)
    write(lambda: holds.keep_answers(first, {"name": "Bo"}))
    with clock.frozen(LATE):
        write(lambda: holds.renew(first))
        assert first.expires > clock.seconds() and first.answers == {"name": "Bo"}
    with clock.frozen(LATE + timedelta(minutes=9)):
        take(world, "b")
        with pytest.raises(holds.SlotTaken):
            write(lambda: holds.renew(first))
        assert holds.get(first.public_id, "a").answers == {"name": "Bo"}


def test_longer_once(world: World) -> None:
    hold = take(world)
    with clock.frozen(NOW + timedelta(minutes=7)):
        write(lambda: holds.extend(hold))
        assert hold.expires == clock.seconds() + 480
    with clock.frozen(NOW + timedelta(minutes=14)):
        with pytest.raises(holds.SlotTaken):
            take(world, "b")
        with pytest.raises(holds.ExtendedBefore):
            write(lambda: holds.extend(hold))


def test_given_back_at_once(world: World) -> None:
    hold = take(world)
    write(lambda: holds.release(hold))
    take(world, "b")


def test_everything_needed_is_held_at_once_and_changes_with_the_needs(world: World) -> None:
    hold = write(lambda: holds.take(world.query("video", "interpreter", language="ar"), TEN, "a"))
    assert hold.resource_ids == [*world.counselors, *world.interpreters]
    write(lambda: holds.change(hold, "chat", (), "en"))
    assert hold.resource_ids == world.counselors
    assert {one for one, _tick in claims.spots_of(holds.holder_of(hold))} == set(world.counselors)
    with pytest.raises(openings.NeedNotMet):
        write(lambda: holds.change(hold, "chat", ("interpreter",), "fr"))
    assert holds.get(hold.public_id).needs == []


def test_a_known_person_is_not_in_two_places(both: Flask, world: World) -> None:
    person = add_person("Amal", "amal@example.org")
    world_of_another = build(1)
    take(world, person_id=person)
    query = world_of_another.query()
    with pytest.raises(holds.PersonBusy):
        write(lambda: holds.take(query, TEN, "b", person))
    write(lambda: holds.take(query, later(30), "b", person))


def test_what_was_booked_as_a_guest_counts_once_the_address_is_proven(world: World) -> None:
    write(lambda: appointments.book(world.wish(email="amal@example.org", name="Amal")))
    stranger, amal = add_person("Other", "other@example.org"), add_person("Amal", "amal@example.org")
    query = build(2).query()
    with pytest.raises(holds.PersonBusy):
        write(lambda: holds.take(query, TEN, "b", amal))
    write(lambda: holds.take(query, TEN, "c", stranger))


@pytest.mark.parametrize(
    ("moment", "reason"),
    [
        (NOW - timedelta(minutes=30), holds.SlotPast),
        (NOW + timedelta(minutes=60), holds.TooSoon),
        (NOW + timedelta(days=70), holds.TooFar),
        (later(10), holds.UnknownTime),
        (later(7) + timedelta(seconds=3), holds.UnknownTime),
        (later(-120), holds.UnknownTime),
        (TEN + timedelta(days=1), OfficeClosed),
    ],
)
def test_reasons_why_not(app: Flask, moment: object, reason: type[Refusal]) -> None:
    with app.app_context(), clock.frozen(NOW):
        world = build(1, notice=120)
        with write_tx():
            day = TEN.date() + timedelta(days=1)
            db.session.add(Closure(office_id=world.office, first_day=day, last_day=day, reason="Fiesta"))
        with pytest.raises(reason):
            write(lambda: holds.take(world.query(), moment, "a"))  # type: ignore[arg-type]


def test_a_way_that_is_not_offered(app: Flask) -> None:
    with app.app_context(), clock.frozen(NOW):
        world = build(1, modalities=("phone",))
        for modality in ("video", "telepathy"):
            with pytest.raises(holds.NotOffered):
                write(lambda modality=modality: holds.take(world.query(modality), TEN, "a"))  # type: ignore[misc]


def test_moments_as_people_and_programs_send_them() -> None:
    zone = "Europe/Madrid"
    assert openings.read_moment("2026-11-24T09:00:00Z", zone) == TEN
    assert openings.read_moment("2026-11-24T10:00:00+01:00", zone) == TEN
    assert openings.read_moment("2026-11-24T10:00", zone) == TEN
    with pytest.raises(SkippedTime):
        openings.read_moment("2027-03-28T02:30", zone)
    for raw in ("", "soon", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59-12:00", "2026-11-24", "2026-13-01T00:00Z"):
        if raw == "2026-11-24":
            continue
        with pytest.raises(InputWrong):
            openings.read_moment(raw, zone)


def test_holds_of_a_closed_counselor_stay_but_no_new_ones(world: World) -> None:
    hold = take(world)
    with write_tx():
        db.session.get_one(Resource, world.counselors[0]).active = False
        claims.bump(world.counselors)
    assert holds.get(hold.public_id)
    with pytest.raises(Refusal):
        take(world, "b", minutes=30)
