"""Which way picture and sound go: straight for two, through the unit when it is needed, and back only after a while."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask

from accounts import people
from accounts.access import Visitor
from accounts.models import Person
from foundation import deadlines
from foundation.db import db, write
from virtual_office.meetings import meetings, presence, ways
from virtual_office.meetings.models import Meeting, Participant, ParticipantRole

from .test_meeting_rules import NOW

ROLES = ("jobseeker", "counselor", "interpreter")


class Room:
    """A meeting of three, and who comes and goes."""

    def __init__(self, media: str = "p2p") -> None:
        def made() -> tuple[str, dict[str, int]]:
            persons = {role: people.register_guest(role, "en").id for role in ROLES}
            seated = [(person, role) for role, person in persons.items()]
            meeting = meetings.arrange(
                "test", media, NOW - timedelta(minutes=5), NOW + timedelta(hours=1), None, seated
            )
            return meeting.public_id, persons

        self.public_id, self.people = write(made)

    @property
    def row(self) -> Meeting:
        return db.session.query(Meeting).filter_by(public_id=self.public_id).one()

    @property
    def way(self) -> str:
        return ways.of(self.row)

    def seat(self, role: str) -> Participant:
        return next(seat for seat in self.row.participants if seat.role == role)

    def host(self) -> Visitor:
        return Visitor(db.session.get_one(Person, self.people["counselor"]))

    def comes(self, *roles: str) -> None:
        for role in roles:
            write(lambda role=role: meetings.enter(self.row, self.seat(role)))  # type: ignore[misc]
            write(lambda role=role: presence.arrive(self.seat(role), f"line of {role}", "here"))  # type: ignore[misc]
            if role != "counselor":
                write(lambda role=role: meetings.admit(self.seat(role), self.host()))  # type: ignore[misc]

    def goes(self, role: str) -> None:
        write(lambda: meetings.leave(self.row, self.seat(role)))
        write(lambda: presence.depart(f"line of {role}"))


@pytest.fixture
def at_now(app: Flask, at: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    with app.app_context(), at(NOW):  # type: ignore[attr-defined]
        yield at


@pytest.fixture
def room(at_now: Callable[..., Any]) -> Room:
    return Room()


def without_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ways, "has_unit", lambda: False)


def test_two_see_each_other_directly(room: Room) -> None:
    room.comes("counselor", "jobseeker")
    assert room.way == "direct"


def test_a_third_takes_it_to_the_unit_and_it_goes_back_after_ten_seconds(
    room: Room, at_now: Callable[..., Any]
) -> None:
    room.comes("counselor", "jobseeker", "interpreter")
    assert room.way == "unit"
    room.goes("interpreter")
    assert deadlines.run_due() == 0 and room.way == "unit"
    with at_now(NOW + timedelta(seconds=ways.BACK_AFTER + 1)):
        deadlines.run_due()
        assert room.way == "direct"


def test_who_comes_back_at_once_finds_it_as_it_was(room: Room, at_now: Callable[..., Any]) -> None:
    room.comes("counselor", "jobseeker", "interpreter")
    room.goes("interpreter")
    with at_now(NOW + timedelta(seconds=5)):
        room.comes("interpreter")
    with at_now(NOW + timedelta(seconds=30)):
        deadlines.run_due()
        assert room.way == "unit"


def test_who_only_waits_counts_for_nothing(room: Room) -> None:
    room.comes("counselor", "jobseeker")
    write(lambda: meetings.enter(room.row, room.seat("interpreter")))
    write(lambda: presence.arrive(room.seat("interpreter"), "line", "here"))
    assert room.way == "direct"


def test_a_broken_line_keeps_its_place_through_the_grace(room: Room, at_now: Callable[..., Any]) -> None:
    room.comes("counselor", "jobseeker", "interpreter")
    write(lambda: presence.depart("line of interpreter"))
    with at_now(NOW + timedelta(seconds=15)):
        deadlines.run_due()
        assert room.way == "unit"
    with at_now(NOW + timedelta(minutes=10)):
        deadlines.run_due()
    with at_now(NOW + timedelta(minutes=11)):
        deadlines.run_due()
        assert room.way == "direct"


def test_a_hidden_address_needs_the_unit_where_no_relay_is(room: Room) -> None:
    write(lambda: meetings.hide_address(room.seat("jobseeker"), True))
    room.comes("counselor")
    assert room.way == "direct", "who hides is not here yet"
    room.comes("jobseeker")
    assert room.way == "unit"


def test_a_relay_hides_as_well(room: Room, app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = app.config["VO"]
    with_relay = type(settings)(**{**settings.__dict__, "turn_urls": "turn:relay.example.org"})
    monkeypatch.setitem(app.config, "VO", with_relay)
    write(lambda: meetings.hide_address(room.seat("jobseeker"), True))
    room.comes("counselor", "jobseeker")
    assert room.way == "direct"


def test_a_direct_way_that_failed_is_not_tried_again(room: Room, at_now: Callable[..., Any]) -> None:
    room.comes("counselor", "jobseeker")
    write(lambda: ways.direct_failed(room.row))
    assert room.way == "unit"
    room.comes("interpreter")
    room.goes("interpreter")
    with at_now(NOW + timedelta(minutes=1)):
        deadlines.run_due()
        assert room.way == "unit"


def test_a_failure_before_the_call_means_nothing(room: Room) -> None:
    write(lambda: ways.direct_failed(room.row))
    assert room.row.direct_failed_at is None and room.way == "direct"


def test_who_writes_what_is_said_hears_one_as_well_as_two(room: Room) -> None:
    write(
        lambda: meetings.invite(room.row, people.register_guest("C", "en").id, ParticipantRole.CAPTIONER, room.host())
    )
    room.comes("counselor")
    assert room.way == "direct"
    room.comes("captioner")
    assert room.way == "unit" and ways.writes_only(room.seat("captioner")) and ways.listens(room.seat("captioner"))


def test_without_a_unit_a_third_reads_and_writes(room: Room, monkeypatch: pytest.MonkeyPatch) -> None:
    assert not ways.writes_only(room.seat("interpreter"))
    without_unit(monkeypatch)
    room.comes("counselor", "jobseeker", "interpreter")
    write(lambda: ways.direct_failed(room.row))
    assert room.way == "direct" and ways.writes_only(room.seat("interpreter"))
    assert not ways.writes_only(room.seat("jobseeker"))


def test_a_meeting_of_writing_has_no_way(at_now: Callable[..., Any]) -> None:
    room = Room("none")
    room.comes("counselor", "jobseeker", "interpreter")
    assert room.way == "none" and room.row.way is None


def test_a_meeting_that_is_over_stays_as_it_is(room: Room, at_now: Callable[..., Any]) -> None:
    room.comes("counselor", "jobseeker", "interpreter")
    room.goes("interpreter")
    write(lambda: meetings.end(room.row, room.seat("counselor"), "completed"))
    with at_now(NOW + timedelta(minutes=1)):
        deadlines.run_due()
        assert room.row.way == "unit"
