"""Working weeks, two diaries of one person, and what is done with many appointments at once; on both engines."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from accounts import people
from accounts.access import Visitor
from accounts.models import Role
from booking import (
    affected,
    appointments,
    claims,
    finder,
    handing_over,
    holds,
    hours,
    invariants,
    overlaps,
    recurring,
    time_offers,
    travel,
    whereabouts,
)
from booking.availability import WeeklyWindow
from booking.hours import HoursOverlap, Window
from booking.models import Appointment, AppointmentState, Resource, Service, ServiceResource
from foundation import clock
from foundation.db import db, write, write_tx
from foundation.errors import Refusal
from foundation.models import Letter
from tests.booking.world import NOW, TEN, World, build, later
from virtual_office.offices.models import Office
from virtual_office.offices.offices import ChangedMeanwhile

SINCE = date(2026, 11, 2)


@pytest.fixture
def world(both: Flask) -> Iterator[World]:
    with both.app_context(), clock.frozen(NOW):
        yield build(2, modalities=("video", "phone"))


@pytest.fixture
def frozen() -> Iterator[None]:
    with clock.frozen(NOW):
        yield


def second_diary(world: World, of: int = 0) -> finder.Query:
    """The first counselor (or `of`) gets a diary at another office, 30 minutes away, with a service of its own."""
    with write_tx():
        here = db.session.get_one(Resource, of or world.counselors[0])
        office = Office(name="Norte", zone="Europe/Madrid")
        db.session.add(office)
        db.session.flush()
        there = Resource(kind="counselor", name=here.name, person_id=here.person_id, office_id=office.id, features=[])
        service = Service(
            office_id=office.id, name="Talk", minutes=30, step_minutes=30, notice_minutes=0, modalities=["video"]
        )
        db.session.add_all([there, service])
        db.session.flush()
        db.session.add(ServiceResource(service_id=service.id, resource_id=there.id))
        for weekday in range(7):
            hours.add(there, Window(weekday, 540, 1020, SINCE))
        return finder.Query(service.id, "video")


def only_first(world: World) -> None:
    with write_tx():
        db.session.get_one(Resource, world.counselors[1]).active = False
        claims.bump(world.counselors)


def test_a_booking_blocks_the_other_diary_and_the_way_there(world: World) -> None:
    only_first(world)
    there = second_diary(world)
    write(lambda: appointments.book(world.wish(TEN)))
    free = {slot.starts_at for slot in finder.slots(there, TEN.date())}
    gone = {later(n) for n in (-30, 0, 30)}
    assert later(-60) in free and later(60) in free and not free & gone
    with pytest.raises(Refusal):
        write(lambda: appointments.book(appointments.BookingWish("Cy", "en", query=there, starts_at=later(30))))


@pytest.mark.parametrize(("minutes", "guard"), [(30, "all"), (0, "key"), (30, "none"), (0, "none")])
def test_two_diaries_of_one_person_are_never_both_sold(
    both: Flask, world: World, minutes: int, guard: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everybody has looked before anybody writes. The key alone decides about the same time, the look after it about the way
    between; without both two are sold, so the race is a real one."""
    only_first(world)
    there = second_diary(world)
    wishes = [world.wish(TEN), appointments.BookingWish("Cy", "en", query=there, starts_at=later(minutes))]
    with both.app_context():
        seen = [appointments.openings.look(wish.query, wish.starts_at) for wish in wishes]  # type: ignore[arg-type]
    if guard == "none":
        monkeypatch.setattr(claims, "guarded", lambda: False)
    if guard == "key":
        monkeypatch.setattr(claims, "_busy", lambda *_asked: set())
    sold: list[int] = []

    def race(number: int) -> None:
        with both.app_context():
            try:
                write(lambda: appointments.book(wishes[number], opening=seen[number]))
                sold.append(number)
            except Refusal:
                pass

    runners = [threading.Thread(target=race, args=(number,)) for number in (0, 1)]
    for one in runners:
        one.start()
    for one in runners:
        one.join()
    assert len(sold) == (2 if guard == "none" else 1)


def test_weeks_that_take_turns_do_not_overlap_and_other_rhythms_are_told_by_dates(world: World) -> None:
    a = WeeklyWindow(1, 1200, 1260, SINCE, None, 2)
    b = WeeklyWindow(1, 1200, 1260, SINCE + timedelta(days=7), None, 2)
    assert not overlaps.meet(a, b) and overlaps.meet(a, WeeklyWindow(1, 1230, 1290, SINCE, None, 3))
    assert not overlaps.meet(
        WeeklyWindow(1, 1200, 1260, SINCE, None, 1, 1), WeeklyWindow(1, 1200, 1260, SINCE, None, 1, -1)
    )
    diary = db.session.get_one(Resource, world.counselors[0])
    write(lambda: hours.add(diary, Window(1, 1200, 1260, SINCE, every_n_weeks=2)))
    write(lambda: hours.add(diary, Window(1, 1200, 1260, SINCE + timedelta(days=7), every_n_weeks=2)))
    with pytest.raises(HoursOverlap):
        write(lambda: hours.add(diary, Window(1, 1230, 1290, SINCE, every_n_weeks=3)))


def test_a_rule_is_changed_in_place_and_a_stale_one_is_refused(world: World) -> None:
    booked = write(lambda: appointments.book(world.wish(TEN)))
    diary = booked.counselor
    rule = next(one for one in hours.of(diary) if one.weekday == 1)
    seen, public_id = hours.rule_print(rule), rule.public_id
    out = write(lambda: hours.change(diary, public_id, Window(1, 720, 1020, rule.valid_from), seen))
    assert [one.id for one in out] == [booked.id] and booked.live
    with pytest.raises(ChangedMeanwhile):
        write(lambda: hours.change(diary, public_id, Window(1, 540, 1020, SINCE), seen))


def test_an_absence_that_comes_again_closes_its_dates_and_lists_what_it_lies_over(world: World) -> None:
    only_first(world)
    booked = write(lambda: appointments.book(world.wish(TEN)))
    diary = booked.counselor
    out = write(lambda: recurring.add(diary, Window(1, 540, 720, SINCE, every_n_weeks=2), "meeting", None))
    week = timedelta(days=7)
    free = [
        bool([s for s in finder.slots(world.query(), (TEN + n * week).date()) if s.starts_at == TEN + n * week])
        for n in (1, 2)
    ]
    assert out == ([booked] if recurring.window_of(recurring.of(diary)[0]).on(TEN.date()) else [])
    assert free[0] != free[1]


def sick_day(world: World) -> list[Appointment]:
    """Fourteen appointments of the first counselor on one day, every one with an address."""
    only_first(world)
    starts = [later(30 * number) for number in range(-2, 12)]
    booked = [
        write(lambda n=n, at=at: appointments.book(world.wish(at, name=f"P{n}", email=f"p{n}@example.org")))
        for n, at in enumerate(starts)
    ]  # type: ignore[misc]
    with write_tx():
        db.session.get_one(Resource, world.counselors[1]).active = True
        claims.bump(world.counselors)
    return booked


def leader(world: World) -> Visitor:
    with write_tx():
        return Visitor(person=people.create_staff("Lead", "lead@example.org", "en", [(Role.TEAM_LEADER, world.office)]))


def ticked(rows: list[affected.Row], visitor: Visitor) -> list[affected.Picked]:
    return affected.chosen(rows, [row.mark for row in rows], visitor).rows


def test_a_sick_counselors_day_of_fourteen_in_one_act_with_notices(world: World) -> None:
    booked = sick_day(world)
    diary = db.session.get_one(Resource, world.counselors[0])
    begins = TEN.replace(hour=0)
    out = write(lambda: hours.add_absence(diary, begins, begins + timedelta(days=1), "illness", None))
    assert {one.id for one in out} == {one.id for one in booked} and len(out) == 14
    visitor = leader(world)
    write(lambda: appointments.book(world.wish(TEN, name="Faster")))
    results = affected.act_on(ticked(affected.in_diary(diary), visitor), affected.Act.HAND_OVER, visitor)
    assert [one.done for one in results].count(False) == 1, "the colleague has one of these times"
    left = affected.in_diary(diary)
    assert len(left) == 1 and left[0].appointment.starts_at == TEN and left[0].appointment.live
    offered = affected.act_on(ticked(left, visitor), affected.Act.OFFER, visitor)
    moved = affected.act_on(ticked(left, visitor), affected.Act.MOVE, visitor)
    assert offered[0].done and moved[0].done and affected.in_diary(diary) == []
    kinds = list(
        db.session.scalars(select(Letter.kind).where(Letter.subject_kind == "appointment", Letter.state == "waiting"))
    )
    assert kinds.count("appointment_handed_over") == 13 and kinds.count("appointment_moved") == 1
    assert "appointment_other_times" not in kinds, "settled by the move"
    hosts = {p.person_id for one in booked[:3] for p in one.meeting.participants if p.role == "counselor"}  # type: ignore[union-attr]
    assert db.session.get_one(Resource, world.counselors[1]).person_id in hosts or booked[0].starts_at == TEN
    assert [one for one in invariants.check() if one.rule != "nobody_told"] == []


def test_who_gets_it_may_have_been_taken_meanwhile(both: Flask, world: World) -> None:
    """Ten who hand different appointments of one time to one colleague: one gets them."""
    mine = write(lambda: appointments.book(world.wish(TEN)))
    taker = next(one for one in world.counselors if one != mine.counselor_id)
    leaving = mine.counselor
    write(lambda: appointments.book(world.wish(TEN, name="Faster")))
    assert db.session.get_one(Resource, taker)
    with pytest.raises(handing_over.NobodyFree):
        write(lambda: handing_over.hand_over(mine, leaving))
    assert mine.counselor_id == leaving.id and mine.state == AppointmentState.BOOKED


@pytest.mark.parametrize("guarded", [True, False])
def test_nobody_gets_both_places_of_one_meeting(
    both: Flask, frozen: None, guarded: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two hand over at once: the counselor's place and the interpreter's, each to a diary of the same person."""
    with both.app_context():
        world = build(2, 2)
        world_of_one(world)
        query = world.query("video", "interpreter", language="ar")
        wish = appointments.BookingWish("Amal", "ar", query=query, starts_at=TEN)
        mine = write(lambda: appointments.book(wish))
        mine_id, leaving = mine.id, [one.id for one in mine.resources]
        both_of_hers = {world.counselors[1], world.interpreters[1]}
        assert both_of_hers.isdisjoint(leaving), "the first of each are taken first"
    if not guarded:
        monkeypatch.setattr(whereabouts, "others", lambda _ids: {})
    start, got = threading.Barrier(2), list[int]()

    def race(number: int) -> None:
        with both.app_context():
            start.wait()
            with suppress(handing_over.NobodyFree):
                got.append(write(lambda: hand_over(mine_id, leaving[number])))

    runners = [threading.Thread(target=race, args=(number,)) for number in (0, 1)]
    for one in runners:
        one.start()
    for one in runners:
        one.join()
    with both.app_context():
        there = {one.id for one in db.session.get_one(Appointment, mine_id).resources}
    assert (both_of_hers <= there) is not guarded and len(got) == (1 if guarded else 2)


def office_of(query: finder.Query) -> int:
    return db.session.get_one(Service, query.service_id).office_id


def hand_over(appointment_id: int, leaving_id: int) -> int:
    appointment = db.session.get_one(Appointment, appointment_id)
    return handing_over.hand_over(appointment, db.session.get_one(Resource, leaving_id)).id


def world_of_one(world: World) -> None:
    """The second counselor is the second interpreter, and speaks Arabic in both."""
    with write_tx():
        counselor, interpreter = (
            db.session.get_one(Resource, one) for one in (world.counselors[1], world.interpreters[1])
        )
        interpreter.person_id = counselor.person_id
        claims.bump([counselor.id, interpreter.id])


def test_a_booking_that_gets_an_interpreter_does_not_get_its_counselor(world: World) -> None:
    """The hold that moves it claims only what the booking does not have yet: the counselor's own time is no other's."""
    only_first(world)
    with write_tx():
        first = db.session.get_one(Resource, world.counselors[0])
        hers = Resource(
            kind="interpreter",
            name=first.name,
            person_id=first.person_id,
            office_id=first.office_id,
            features=["language:ar"],
        )
        db.session.add(hers)
        db.session.flush()
        for weekday in range(7):
            hours.add(hers, Window(weekday, 540, 1020, SINCE))
    booked = write(lambda: appointments.book(world.wish(TEN)))
    query = world.query("video", "interpreter", language="ar")
    with pytest.raises(Refusal):
        write(lambda: holds.take(query, TEN, "owner", moves=booked))
    with pytest.raises(Refusal):
        write(lambda: appointments.book(appointments.BookingWish("Cy", "ar", query=query, starts_at=later(120))))


def test_hours_at_another_office_close_the_way_to_it_in_the_other_diary(world: World) -> None:
    only_first(world)
    there = second_diary(world)
    with write_tx():
        here, norte = (db.session.get_one(Office, one) for one in (world.office, office_of(there)))
        far = Office(name="Sur", zone="Europe/Madrid")
        db.session.add(far)
        db.session.flush()
        travel.set_minutes(here, norte, 0)
        travel.set_minutes(here, far, 0)
        travel.set_minutes(norte, far, 0)
    write(lambda: appointments.book(world.wish(TEN)))
    diary = db.session.get_one(Resource, world.counselors[0])

    def free() -> set[datetime]:
        return {slot.starts_at for slot in finder.slots(there, TEN.date())}

    assert later(30) in free() and TEN not in free()
    write(lambda: travel.set_minutes(norte, far, 60))
    assert later(30) in free()
    rule = write(lambda: hours.add(diary, Window(2, 1080, 1140, SINCE, place_id=far.id)).public_id)
    assert not free() & {later(-30), later(30), later(60)}, "who works at Sur too may be an hour away"
    write(lambda: hours.remove(diary, rule))
    assert later(30) in free()


def test_a_new_way_reaches_diaries_whose_hours_lie_at_its_ends(world: World) -> None:
    """Neither end is the office of the diary."""
    only_first(world)
    with write_tx():
        norte, sur = (Office(name=name, zone="Europe/Madrid") for name in ("Norte", "Sur"))
        db.session.add_all([norte, sur])
        db.session.flush()
        travel.set_minutes(norte, sur, 0)
        diary = db.session.get_one(Resource, world.counselors[0])
        hours.set_week(
            diary, [Window(1, 540, 720, SINCE, place_id=norte.id), Window(1, 720, 1020, SINCE, place_id=sur.id)]
        )

    def free() -> set[datetime]:
        return {slot.starts_at for slot in finder.slots(world.query(), TEN.date())}

    assert {later(90), later(120)} <= free()
    write(lambda: travel.set_minutes(norte, sur, 60))
    assert later(120) not in free() and later(180) in free(), "twelve o'clock is on the way, one o'clock is not"


def test_other_times_are_kept_open_and_one_is_picked_once(world: World) -> None:
    booked = write(lambda: appointments.book(world.wish(TEN, email="bo@example.org")))
    made = write(lambda: time_offers.offer(booked, None))
    assert write(lambda: time_offers.offer(booked, None)).id == made.id and len(made.starts) == 3
    assert booked.starts_at == TEN
    picked = made.starts[1]
    write(lambda: time_offers.pick(made, picked))
    assert booked.starts_at == datetime.fromtimestamp(picked, TEN.tzinfo) and booked.version == 1
    with pytest.raises(time_offers.OfferSettled):
        write(lambda: time_offers.pick(made, made.starts[0]))
