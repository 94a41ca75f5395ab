"""Book, move, cancel, take back, say how it went: each act whole or not at all, on both engines."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts.access import Visitor
from accounts.models import Person, Role
from booking import appointments, claims, holds, invariants, links, references
from booking.models import Appointment, AppointmentNote, AppointmentState, Claim, HoldState
from booking.outcomes import TRANSITIONS, NotBegun
from booking.persons_time import PersonBusy
from booking.replays import IdempotencyMismatch
from foundation import clock
from foundation.db import db, write
from foundation.errors import InputWrong, NotFound, TooMany
from foundation.models import AuditEvent, Letter
from tests.booking.world import NOW, TEN, World, add_person, add_service, build, later

KEY = ("test", "key-1")


@pytest.fixture
def world(both: Flask) -> Iterator[World]:
    with both.app_context(), clock.frozen(NOW):
        yield build(1)
        assert list(invariants.check()) == []


def book(world: World, minutes: int = 0, modality: str = "video", **more: object) -> Appointment:
    wish = world.wish(later(minutes), modality, **{"email": "bo@example.org", **more})  # type: ignore[arg-type]
    return write(lambda: appointments.book(wish))


def kinds_of_letters(appointment: Appointment, state: str = "waiting") -> list[str]:
    query = select(Letter.kind).where(Letter.subject_id == appointment.id, Letter.state == state)
    return sorted(kind.removeprefix("appointment_") for kind in db.session.scalars(query))


def claimed(appointment: Appointment) -> set[int]:
    return {tick for _one, tick in claims.spots_of((claims.BOOKING, appointment.id))}


def test_booking_claims_tells_and_arranges(world: World) -> None:
    booked = book(world, phone="+34600111222")
    assert len(booked.reference) == references.LENGTH and set(booked.reference) <= set(references.ALPHABET)
    assert claimed(booked) == set(claims.presence(TEN, later(30)))
    assert kinds_of_letters(booked) == ["confirmation", "reminder"]
    assert booked.meeting and booked.meeting.opens_at == later(-15) and booked.meeting.closes_at == later(60)
    assert {p.role for p in booked.meeting.participants} == {"jobseeker", "counselor"}
    assert booked.person.guest and booked.contact and booked.contact.value == "bo@example.org"
    note = db.session.scalars(select(AuditEvent).where(AuditEvent.act == "appointment.booked")).one()
    assert "Bo" not in str(note.after) and note.thing_id == booked.id


def test_one_time_is_sold_once(world: World) -> None:
    book(world)
    with pytest.raises(appointments.SlotTaken):
        book(world)
    assert db.session.scalar(select(func.count()).select_from(Person).where(Person.guest)) == 1


def test_buffers_and_lengths_count(both: Flask) -> None:
    with both.app_context(), clock.frozen(NOW):
        world = build(1, minutes=30, before=10, after=10, step=5)
        hour = add_service(world, 60)
        book(world)
        for minutes in (-45, -30, 5, 30, 35):
            with pytest.raises(appointments.SlotTaken):
                book(world, minutes)
        book(world, 50)
        wish = appointments.BookingWish(
            name="Cy", language="en", query=hour, starts_at=later(-55), email="cy@example.org"
        )
        with pytest.raises(appointments.SlotTaken):
            write(lambda: appointments.book(wish))
        assert list(invariants.check()) == []


def test_a_hold_becomes_a_booking_and_only_once(world: World) -> None:
    hold = write(lambda: holds.take(world.query(), TEN, "a"))
    wish = appointments.BookingWish(name="Bo", language="en", hold=hold, email="bo@example.org")
    booked = write(lambda: appointments.book(wish))
    assert hold.state == HoldState.USED and appointments.of_hold(hold).id == booked.id
    assert claims.spots_of(holds.holder_of(hold)) == set()
    with pytest.raises(holds.HoldGone):
        write(lambda: appointments.book(wish))


def test_a_hold_that_ended_still_books_when_nobody_was_faster(world: World) -> None:
    hold = write(lambda: holds.take(world.query(), TEN, "a"))
    other = write(lambda: holds.take(world.query(), later(30), "b"))
    with clock.frozen(NOW + timedelta(minutes=20)):
        write(
            lambda: appointments.book(
                appointments.BookingWish(name="Bo", language="en", hold=hold, email="b@example.org")
            )
        )
        book(world, 30)
        with pytest.raises(appointments.SlotTaken):
            write(lambda: appointments.book(appointments.BookingWish(name="Cy", language="en", hold=other)))


def test_the_same_key_is_one_appointment_and_other_content_is_refused(world: World) -> None:
    wish = world.wish(email="bo@example.org")
    first = write(lambda: appointments.book(wish, KEY)).public_id
    assert write(lambda: appointments.book(wish, KEY)).public_id == first
    with pytest.raises(IdempotencyMismatch):
        write(lambda: appointments.book(world.wish(later(30), email="bo@example.org"), KEY))
    with clock.frozen(NOW + timedelta(hours=25)):
        again = world.wish(later(24 * 60 + 60), email="bo@example.org")
        assert write(lambda: appointments.book(again, KEY)).public_id != first


def test_a_refused_booking_leaves_its_key_free(world: World) -> None:
    taken = book(world)
    with pytest.raises(appointments.SlotTaken):
        write(lambda: appointments.book(world.wish(email="cy@example.org"), KEY))
    write(lambda: appointments.cancel(taken, "office"))
    with clock.frozen(NOW + timedelta(hours=1)):
        write(lambda: appointments.book(world.wish(email="cy@example.org"), KEY))


def test_phone_needs_a_number_and_no_contact_needs_to_be_told(world: World) -> None:
    with pytest.raises(InputWrong) as wrong:
        book(world, modality="phone")
    assert wrong.value.field == "phone"
    booked = book(world, modality="in_person", email="")
    assert booked.contact is None and booked.meeting is None
    paper = db.session.scalars(select(Letter).where(Letter.subject_id == booked.id, Letter.channel == "print")).one()
    assert paper.state == "waiting" and list(invariants.check()) == []
    write(lambda: appointments.ensure_told(booked, "printed"))
    assert booked.told_how == "printed" and paper.state != "waiting"
    write(lambda: (db.session.delete(paper), setattr(booked, "told_at", None)))
    assert [finding.rule for finding in invariants.check()] == ["nobody_told"]
    write(lambda: appointments.ensure_told(booked, "printed"))


def test_move_claims_the_new_time_and_frees_the_old_one(world: World) -> None:
    booked = book(world)
    write(lambda: appointments.move(booked, later(120), "person"))
    assert claimed(booked) == set(claims.presence(later(120), later(150)))
    assert (booked.version, booked.starts_at) == (1, later(120))
    assert kinds_of_letters(booked) == ["confirmation", "moved", "reminder"]
    assert booked.meeting and booked.meeting.opens_at == later(105)
    with pytest.raises(appointments.SlotTaken):
        book(world)  # it cools off
    with clock.frozen(NOW + timedelta(minutes=31)):
        book(world)


def test_move_onto_its_own_old_time(both: Flask) -> None:
    with both.app_context(), clock.frozen(NOW):
        world = build(1, step=10)
        booked = book(world)
        write(lambda: appointments.move(booked, later(10), "person"))
        assert claimed(booked) == set(claims.presence(later(10), later(40)))
        hold = write(lambda: holds.take(world.query(), later(20), "a", moves=booked))
        assert claimed(booked) == set(claims.presence(later(10), later(40)))
        write(lambda: appointments.move(booked, hold, "person"))
        assert claimed(booked) == set(claims.presence(later(20), later(50)))
        assert appointments.of_hold(hold).id == booked.id
        assert list(invariants.check()) == []


def test_a_move_to_a_taken_time_changes_nothing(world: World) -> None:
    first, second = book(world), book(world, 30)
    with pytest.raises(appointments.SlotTaken):
        write(lambda: appointments.move(first, second.starts_at, "person"))
    assert (first.starts_at, first.version) == (TEN, 0)
    assert claimed(first) == set(claims.presence(TEN, later(30)))


def test_a_known_person_moves_along_and_is_still_not_in_two_places(world: World) -> None:
    amal = add_person("Amal", "amal@example.org")
    booked = book(world, person_id=amal, email="")
    assert booked.contact and booked.contact.value == "amal@example.org"
    elsewhere = build(1)
    with pytest.raises(PersonBusy):
        book(elsewhere, person_id=amal, email="")
    write(lambda: appointments.move(booked, later(30), "person"))
    book(elsewhere, person_id=amal, email="")
    with pytest.raises(PersonBusy):
        write(lambda: appointments.move(booked, TEN, "person"))


def test_a_cancelled_time_cools_off_and_only_the_same_person_takes_it_back(world: World) -> None:
    booked = book(world)
    write(lambda: appointments.cancel(booked, "person", "I have work"))
    assert booked.state == AppointmentState.CANCELLED_BY_PERSON and claimed(booked) == set()
    assert kinds_of_letters(booked) == ["cancelled", "confirmation"]
    assert db.session.scalars(select(AppointmentNote.body)).all() == ["I have work"]
    ends = db.session.scalars(select(Claim.expires).distinct()).one()
    assert 600 <= ends - clock.seconds() <= 1800
    with pytest.raises(appointments.SlotTaken):
        book(world)
    assert appointments.may_undo(booked)
    write(lambda: appointments.undo_cancel(booked))
    assert booked.live and claimed(booked) == set(claims.presence(TEN, later(30)))
    assert booked.meeting and booked.meeting.phase == "lobby"
    write(lambda: appointments.cancel(booked, "person"))
    with clock.frozen(NOW + timedelta(minutes=31)):
        assert appointments.may_undo(booked)
        book(world)
        assert not appointments.may_undo(booked)
        with pytest.raises(appointments.SlotTaken):
            write(lambda: appointments.undo_cancel(booked))


def test_shortly_before_it_begins_a_freed_time_cools_for_a_tenth_of_what_is_left(world: World) -> None:
    booked = book(world)
    with clock.frozen(TEN - timedelta(minutes=50)):
        write(lambda: appointments.cancel(booked, "person"))
        assert db.session.scalars(select(Claim.expires).distinct()).one() == clock.seconds() + 300


def test_what_is_over_is_not_changed(world: World) -> None:
    booked = book(world)
    with clock.frozen(later(10)):
        for act in (
            lambda: appointments.cancel(booked, "person"),
            lambda: appointments.move(booked, later(120), "person"),
        ):
            with pytest.raises(appointments.WrongState):
                write(act)
        write(lambda: appointments.cancel(booked, "office"))
    with clock.frozen(later(31)), pytest.raises(appointments.WrongState):
        write(lambda: appointments.undo_cancel(booked))


def test_outcomes(world: World) -> None:
    booked = book(world)
    with pytest.raises(NotBegun):
        write(lambda: appointments.record_outcome(booked, AppointmentState.ATTENDED))
    with clock.frozen(later(5)):
        with pytest.raises(appointments.WrongState):
            write(lambda: appointments.record_outcome(booked, AppointmentState.CANCELLED_BY_PERSON))
        write(lambda: appointments.record_outcome(booked, AppointmentState.MISSED))
        write(lambda: appointments.record_outcome(booked, AppointmentState.TECHNICAL_FAILURE))
        assert booked.outcome_at == clock.now()
        with pytest.raises(appointments.WrongState):
            write(lambda: appointments.cancel(booked, "office"))
    assert set(TRANSITIONS) == set(AppointmentState)


def test_links_and_codes_open_one_appointment_for_one_purpose(world: World) -> None:
    booked = book(world)
    token, join = links.manage_path(booked).split("/")[-1], links.join_path(booked).split("/")[-1]
    other = book(world, 30)
    assert links.open_manage(booked.public_id, token).id == booked.id
    assert links.open_join(booked.public_id, join).id == booked.id
    for public_id, wrong in (
        (booked.public_id, join),
        (other.public_id, token),
        (booked.public_id, "é"),
        ("\x00", token),
    ):
        with pytest.raises(NotFound):
            links.open_manage(public_id, wrong)
    with clock.frozen(later(30) + timedelta(days=1)), pytest.raises(NotFound):
        links.open_manage(booked.public_id, token)
    with write_version(booked), pytest.raises(NotFound):
        links.open_manage(booked.public_id, token)


def write_version(appointment: Appointment):  # type: ignore[no-untyped-def]
    """The link version grows: every link and the code are void."""

    def grow() -> None:
        appointment.link_version += 1

    write(grow)
    return clock.frozen(clock.now())


def test_a_reference_opens_with_a_second_fact_five_times_an_hour(world: World) -> None:
    booked = book(world, phone="+34600111222")
    spoken = f"{booked.reference[:4].lower()} - {booked.reference[4:]}".replace("0", "o").replace("1", "l")
    for fact in (links.code_of(booked), " BO@example.org ", "0034 600 111 222".replace("0034", "+34")):
        assert appointments.find(spoken, fact).id == booked.id
    for fact in ("000000", "", "bo@example.com", "+34600111223", "\x00"):
        with pytest.raises(NotFound):
            appointments.find(booked.reference, fact)
    with pytest.raises(TooMany):
        appointments.find(booked.reference, links.code_of(booked))
    with pytest.raises(NotFound):
        appointments.find("", links.code_of(booked))


def test_who_sees_manages_and_serves(world: World) -> None:
    booked = book(world)
    owner = db.session.get_one(Person, booked.person_id)
    counselor = db.session.get_one(Person, booked.counselor.person_id)
    by_role = {role: _with_role(role, world.office) for role in (Role.OPERATOR, Role.TEAM_LEADER, Role.INTERPRETER)}
    elsewhere = _with_role(Role.ADMIN, build(1).office)
    may = {
        "stranger": (Visitor(), ""),
        "owner": (Visitor(owner), "see manage"),
        "counselor": (Visitor(counselor), "see serve"),
        "operator": (Visitor(by_role[Role.OPERATOR]), "see manage"),
        "leader": (Visitor(by_role[Role.TEAM_LEADER]), "see manage serve"),
        "interpreter": (Visitor(by_role[Role.INTERPRETER]), ""),
        "elsewhere": (Visitor(elsewhere), ""),
        "link": (Visitor(links={booked.public_id: {"manage": 1}}), "see manage"),
        "join": (Visitor(links={booked.public_id: {"join": 1}}), "see"),
        "old link": (Visitor(links={booked.public_id: {"manage": 0}}), ""),
    }
    for name, (visitor, allowed) in may.items():
        for act in ("see", "manage", "serve"):
            try:
                appointments.get_visible(booked.public_id, visitor, act)
                opened = True
            except NotFound:
                opened = False
            assert opened == (act in allowed.split()), (name, act)


def _with_role(role: Role, office_id: int) -> Person:
    from accounts import people

    return write(lambda: people.create_staff(role, f"{role}{office_id}@example.org", "en", [(role, office_id)]))
