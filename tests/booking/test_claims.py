"""The primary key decides, for holds, bookings and cooling-off alike, on both engines."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask
from sqlalchemy import func, select

from booking import claims
from booking.models import Claim, Resource
from foundation import clock
from foundation.db import db, write, write_tx
from tests.booking.world import NOW, World, build

TICKS = range(1000, 1006)
FIRST, SECOND = (claims.HOLD, 1), (claims.HOLD, 2)


@pytest.fixture
def world(both: Flask) -> Iterator[World]:
    with both.app_context(), clock.frozen(NOW):
        yield build(2)


def in_minutes(minutes: int) -> int:
    return clock.seconds() + minutes * 60


def spots(*resources: int, ticks: range = TICKS) -> list[claims.Spot]:
    return [(one, tick) for one in resources for tick in ticks]


def test_what_one_has_another_can_not_take(world: World) -> None:
    one, _other = world.counselors
    with write_tx():
        assert claims.take(spots(one), FIRST, in_minutes(8))
    with write_tx():
        assert not claims.take(spots(one, ticks=range(1005, 1008)), SECOND, in_minutes(8))


def test_all_or_nothing(world: World) -> None:
    one, other = world.counselors
    with write_tx():
        assert claims.take(spots(one, ticks=range(1005, 1006)), FIRST, in_minutes(8))
    with pytest.raises(LookupError), write_tx():
        if not claims.take(spots(one, other), SECOND, in_minutes(8)):
            raise LookupError
    assert claims.spots_of(SECOND) == set()


def test_a_claim_that_has_ended_is_taken_over_and_a_booking_never_ends(world: World) -> None:
    one, _other = world.counselors
    with write_tx():
        assert claims.take(spots(one), FIRST, in_minutes(0))
    with write_tx():
        assert claims.take(spots(one), (claims.BOOKING, 7), claims.NEVER)
    with clock.frozen(NOW.replace(year=2035)), write_tx():
        assert not claims.take(spots(one), SECOND, in_minutes(8))


def test_own_claims_count_as_free_and_change_hands(world: World) -> None:
    one, _other = world.counselors
    with write_tx():
        assert claims.take(spots(one), FIRST, in_minutes(8))
    with write_tx():
        assert claims.take(spots(one, ticks=range(1003, 1009)), (claims.BOOKING, 7), claims.NEVER, [FIRST])
    assert len(claims.spots_of((claims.BOOKING, 7))) == 6
    assert len(claims.spots_of(FIRST)) == 3


def test_the_first_choice_that_is_free_wins(world: World) -> None:
    one, other = world.counselors
    with write_tx():
        assert claims.take(spots(one), FIRST, in_minutes(8))
    with write_tx():
        assert claims.take_first([(one,), (other,)], TICKS, SECOND, in_minutes(8)) == (other,)
    with write_tx():
        assert claims.take_first([(one,), (other,)], TICKS, (claims.HOLD, 3), in_minutes(8)) is None


def test_what_stays_with_a_booking_is_not_claimed_by_the_hold_that_moves_it(world: World) -> None:
    one, _other = world.counselors
    booking = (claims.BOOKING, 7)
    with write_tx():
        assert claims.take(spots(one), booking, claims.NEVER)
    with write_tx():
        assert claims.take_first([(one,)], range(1003, 1009), SECOND, in_minutes(8), leave=booking) == (one,)
    assert claims.spots_of(SECOND) == {(one, tick) for tick in (1006, 1007, 1008)}
    assert len(claims.spots_of(booking)) == 6


def test_release_trim_and_cool_down(world: World) -> None:
    one, other = world.counselors
    booking = (claims.BOOKING, 7)
    with write_tx():
        assert claims.take(spots(one, other), booking, claims.NEVER)
        assert claims.take_person(_a_person(), TICKS, booking, claims.NEVER)
    with write_tx():
        assert claims.trim(booking, [one], range(1002, 1004), range(1002, 1004)) == {one, other}
    assert claims.spots_of(booking) == {(one, 1002), (one, 1003)}
    with write_tx():
        assert claims.cool(booking, (claims.COOLING, 7), in_minutes(20)) == {one}
    assert claims.taken([one, other], TICKS) == {one}
    assert claims.taken([one, other], TICKS, [(claims.COOLING, 7)]) == set()
    with write_tx():
        assert claims.release((claims.COOLING, 7)) == {one}
    assert db.session.scalar(select(func.count()).select_from(Claim)) == 0


def test_a_persons_time_is_guarded_too(world: World) -> None:
    person = _a_person()
    with write_tx():
        assert claims.take_person(person, TICKS, FIRST, in_minutes(8))
    with write_tx():
        assert not claims.take_person(person, range(1005, 1010), SECOND, in_minutes(8))


def test_versions_grow_with_claims(world: World) -> None:
    before = _versions()
    write(lambda: claims.bump(reversed(world.counselors)))
    after = _versions()
    assert all(after[one] == before[one] + 1 for one in world.counselors)


def test_without_the_guard_claims_are_overwritten(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """The storm's negative control can only fail if the guard really goes."""
    monkeypatch.setattr(claims, "guarded", lambda: False)
    one, _other = world.counselors
    with write_tx():
        assert claims.take(spots(one), (claims.BOOKING, 7), claims.NEVER)
    with write_tx():
        assert claims.take(spots(one), (claims.BOOKING, 8), claims.NEVER)
    assert claims.spots_of((claims.BOOKING, 7)) == set()


def _versions() -> dict[int, int]:
    return {row.id: row.version for row in db.session.execute(select(Resource.id, Resource.version))}


def _a_person() -> int:
    return int(db.session.scalars(select(Resource.person_id).where(Resource.person_id.is_not(None))).first() or 0)
