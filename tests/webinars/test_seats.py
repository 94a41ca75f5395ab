"""Seats and the waitlist: T3 to T6 of research 8.2, and what pretix and Indico got wrong."""

from __future__ import annotations

from datetime import timedelta

import pytest

from foundation import clock
from foundation.db import write
from foundation.errors import InputWrong
from tests.booking.world import NOW, World
from webinars import catalogue, registrations, seats, webinars
from webinars.registrations import Full, NotOpen, OfferOver, OftenRegistered

from .planning import STARTS, accept, letters_of, one, plan, register, run_deadlines, states, the, withdraw


def test_seats_first_then_the_waitlist_in_order_of_arrival(world: World) -> None:
    webinar = plan(world.office, capacity=2)
    ids = [register(webinar, name) for name in ("Ana", "Bo", "Cy", "Di")]
    assert states(*ids) == ["confirmed", "confirmed", "waitlisted", "waitlisted"]
    assert one(ids[2]).turn < one(ids[3]).turn
    assert [letters_of(number, "waiting")[0] for number in ids[1:3]] == [
        "registration_confirmed",
        "registration_waitlisted",
    ]


def test_t3_a_freed_seat_is_kept_for_the_first_who_waits_and_goes_on_when_they_let_it_go(world: World) -> None:
    webinar = plan(world.office, capacity=1)
    ana, bo, cy = (register(webinar, name) for name in ("Ana", "Bo", "Cy"))
    withdraw(ana)
    assert states(ana, bo, cy) == ["withdrawn", "offered", "waitlisted"]
    assert states(register(webinar, "Eve")) == ["waitlisted"], "nobody else can have the seat meanwhile"
    until = one(bo).offered_until or 0
    assert until == clock.seconds() + 12 * 3600
    with clock.frozen(NOW + timedelta(hours=12, seconds=1)):
        run_deadlines()
        assert states(bo, cy) == ["waitlisted", "offered"]
        assert one(bo).turn > one(cy).turn
        with pytest.raises(OfferOver) as over:
            accept(bo)
        assert "You are still on the waitlist" in str(over.value.message)
        accept(cy)
        run_deadlines()
        assert states(bo, cy) == ["waitlisted", "confirmed"]
        assert letters_of(bo)[-1] == "registration_offer_over"


def test_t4_who_took_an_offer_and_withdraws_is_not_asked_again_and_the_seat_is_free_at_once(world: World) -> None:
    webinar = plan(world.office, capacity=1)
    ana, bo, cy = (register(webinar, name) for name in ("Ana", "Bo", "Cy"))
    withdraw(ana)
    accept(bo)
    withdraw(bo)
    assert states(bo, cy) == ["withdrawn", "offered"]
    withdraw(cy)
    assert seats.free(the(webinar)) == 1
    assert states(bo, register(webinar, "Di")) == ["withdrawn", "confirmed"]


def test_who_leaves_an_offer_waits_no_more_and_the_next_one_is_asked(world: World) -> None:
    webinar = plan(world.office, capacity=1)
    ana, bo, cy = (register(webinar, name) for name in ("Ana", "Bo", "Cy"))
    withdraw(ana)
    write(lambda: registrations.decline(one(bo), "person"))
    assert states(bo, cy) == ["declined", "offered"]


def test_t5_from_ten_minutes_before_nobody_is_offered_a_seat_and_at_five_after_all_are_seated(world: World) -> None:
    webinar = plan(world.office, capacity=2)
    ana, bo, cy, di = (register(webinar, name) for name in ("Ana", "Bo", "Cy", "Di"))
    with clock.frozen(STARTS - timedelta(minutes=9)):
        withdraw(ana)
        run_deadlines()
        assert states(bo, cy, di) == ["confirmed", "waitlisted", "waitlisted"]
        assert (seats.free(the(webinar)), catalogue.seats_left(the(webinar))) == (1, 0), "the page offers the waitlist"
        assert states(register(webinar, "Eve")) == ["waitlisted"], "who comes now stands behind those who wait"
    with clock.frozen(STARTS + timedelta(minutes=4)):
        run_deadlines()
        assert states(cy, di) == ["waitlisted", "waitlisted"]
    with clock.frozen(STARTS + timedelta(minutes=5, seconds=1)):
        run_deadlines()
        assert states(cy, di) == ["confirmed", "waitlisted"]


def test_t5_an_offer_never_holds_into_the_last_ten_minutes_nor_past_the_end_of_registration(world: World) -> None:
    webinar = plan(world.office, capacity=1)
    ana, bo = register(webinar, "Ana"), register(webinar, "Bo")
    with clock.frozen(STARTS - timedelta(minutes=12)):
        withdraw(ana)
        assert one(bo).offered_until == clock.seconds() + 120
    closed = plan(
        world.office,
        capacity=1,
        starts_at=STARTS + timedelta(days=1),
        registers_until=STARTS - timedelta(days=1),
    )
    cy, di = register(closed, "Cy"), register(closed, "Di")
    with clock.frozen(STARTS - timedelta(hours=23)):
        withdraw(cy)
        assert states(di) == ["waitlisted"]
        with pytest.raises(NotOpen):
            register(closed, "Eve")


def test_t6_nobody_loses_a_seat_when_there_are_fewer_and_more_seats_are_offered_in_order(world: World) -> None:
    webinar = plan(world.office, capacity=4)
    ids = [register(webinar, f"P{n}") for n in range(8)]
    capacity(webinar, 2)
    assert states(*ids) == ["confirmed"] * 4 + ["waitlisted"] * 4
    withdraw(ids[0])
    assert states(*ids[4:]) == ["waitlisted"] * 4, "there are still more people than seats"
    capacity(webinar, 6)
    assert states(*ids[4:]) == ["offered"] * 3 + ["waitlisted"]


def test_a_group_gets_all_its_seats_or_none_and_lets_smaller_ones_go_ahead(world: World) -> None:
    webinar = plan(world.office, capacity=3)
    ana, bo = register(webinar, "Ana", places=2), register(webinar, "Bo")
    group, single = register(webinar, "Cy", places=3), register(webinar, "Di")
    withdraw(bo)
    assert states(group, single) == ["waitlisted", "offered"]
    withdraw(single)
    assert states(register(webinar, "Eve")) == ["confirmed"], "one free seat is of no use to the group"
    withdraw(ana)
    assert states(group) == ["waitlisted"] and seats.free(the(webinar)) == 2
    with pytest.raises(Full):
        register(webinar, "Fay", places=4)
    for places, by in ((6, None), (21, world.counselors[0]), (0, None)):
        with pytest.raises(InputWrong):
            register(webinar, "Gus", places=places, registered_by=by)


def test_one_address_registers_a_family_and_not_a_hall(world: World) -> None:
    webinar = plan(world.office, capacity=20)
    ids = [register(webinar, f"P{n}", email="family@example.org") for n in range(5)]
    assert states(*ids) == ["confirmed"] * 5
    with pytest.raises(OftenRegistered):
        register(webinar, "Deal", email="Family@Example.org")
    withdraw(ids[0])
    assert states(register(webinar, "Last", email="family@example.org")) == ["confirmed"]


def test_who_never_answers_is_asked_three_times_and_blocks_nobody(world: World) -> None:
    webinar = plan(world.office, capacity=1, starts_at=STARTS + timedelta(days=21))
    ana, bo = register(webinar, "Ana"), register(webinar, "Bo")
    withdraw(ana)
    now = NOW
    for asked in (1, 2, 3):
        now += timedelta(hours=13)
        with clock.frozen(now):
            run_deadlines()
            assert (one(bo).state, one(bo).offers) == ("waitlisted", asked)
            other = register(webinar, f"P{asked}")
            assert states(other) == ["confirmed"], "the free seat is not kept for who did not want it"
            withdraw(other)
            assert states(bo) == ["offered" if asked < 3 else "waitlisted"]


def test_the_same_person_has_one_registration_and_comes_back_at_the_end(world: World) -> None:
    webinar = plan(world.office, capacity=1)
    ana, bo = register(webinar, "Ana"), register(webinar, "Bo")
    person = one(bo).person_id
    assert register(webinar, "Bo", person_id=person) == bo
    withdraw(ana)
    withdraw(bo)
    assert states(bo, register(webinar, "Cy")) == ["withdrawn", "confirmed"]
    assert register(webinar, "Bo", person_id=person) == bo
    assert states(bo) == ["waitlisted"]


def test_with_approval_a_colleague_decides_before_a_seat_is_taken(world: World) -> None:
    webinar = plan(world.office, capacity=1, approves=True)
    ana, bo, cy = (register(webinar, name) for name in ("Ana", "Bo", "Cy"))
    assert states(ana, bo, cy) == ["pending"] * 3 and seats.free(the(webinar)) == 1
    write(lambda: registrations.approve(one(bo)))
    write(lambda: registrations.approve(one(ana)))
    write(lambda: registrations.reject(one(cy)))
    assert states(ana, bo, cy) == ["waitlisted", "confirmed", "rejected"]


def test_who_can_not_be_reached_has_a_seat_or_hears_what_is_missing_and_can_be_approved(world: World) -> None:
    webinar = plan(world.office, capacity=1)
    assert states(register(webinar, "Ana", email="")) == ["confirmed"]
    with pytest.raises(InputWrong) as missing:
        register(webinar, "Bo", email="")
    assert missing.value.field == "email"
    asks = plan(world.office, capacity=1, approves=True, starts_at=STARTS + timedelta(days=1))
    cy, di = register(asks, "Cy"), register(asks, "Di", email="")
    for one_id in (cy, di):
        write(lambda one_id=one_id: registrations.approve(one(one_id)))
    assert states(cy, di) == ["confirmed", "waitlisted"]


def test_without_a_waitlist_a_full_webinar_says_so(world: World) -> None:
    webinar = plan(world.office, capacity=1, waits=False)
    register(webinar, "Ana")
    with pytest.raises(Full):
        register(webinar, "Bo")


def capacity(webinar_id: int, seats_now: int) -> None:
    webinar = the(webinar_id)
    version = webinar.version
    write(lambda: webinars.change(the(webinar_id), {"capacity": seats_now}, version))
