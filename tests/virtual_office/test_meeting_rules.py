"""The rules of a meeting: what may follow what, who may enter when, and what is left after an end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from accounts import people
from accounts.access import Visitor
from accounts.models import Person, Role
from foundation import clock
from foundation.audit import AuditEvent
from foundation.db import db, write, write_tx
from foundation.errors import NotFound, Refusal
from virtual_office.meetings import happenings, meetings, presence
from virtual_office.meetings.models import Meeting, Participant, ParticipantRole, Phase, Presence, Standing

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


class Room:
    """A meeting of three, by role, in an application context."""

    def __init__(self, opens: int = -15, closes: int = 60) -> None:
        with write_tx():
            self.people = {
                role: people.register_guest(role, "en").id for role in ("jobseeker", "counselor", "interpreter")
            }
            seated = [(row_id, role) for role, row_id in self.people.items()]
            made = meetings.arrange(
                "test", "p2p", NOW + timedelta(minutes=opens), NOW + timedelta(minutes=closes), None, seated
            )
            self.public_id = made.public_id

    @property
    def row(self) -> Meeting:
        return db.session.query(Meeting).filter_by(public_id=self.public_id).one()

    def seat(self, role: str) -> Participant:
        return next(seat for seat in self.row.participants if seat.role == role)

    def visitor(self, role: str) -> Visitor:
        return Visitor(db.session.get_one(Person, self.people[role]))

    def enter(self, role: str) -> None:
        write(lambda: meetings.enter(self.row, self.seat(role)))

    def admit(self, role: str, by: str = "counselor") -> None:
        write(lambda: meetings.admit(self.seat(role), self.visitor(by)))

    def kinds(self) -> list[str]:
        return [one["kind"] for one in happenings.since(self.row, 0, self.seat("counselor"))]


@pytest.fixture
def room(app: Flask, at: Callable[..., object]) -> Iterator[Room]:
    with app.app_context(), at(NOW):  # type: ignore[attr-defined]
        yield Room()


def test_seats_have_roles_and_only_two_have_media(room: Room) -> None:
    assert {seat.role: (seat.hosts, seat.text_only) for seat in room.row.participants} == {
        "jobseeker": (False, False),
        "counselor": (True, False),
        "interpreter": (False, True),
    }
    assert room.row.phase == Phase.LOBBY and room.row.last_seq == 0


def test_jobseekers_wait_and_hosts_are_inside_at_once(room: Room) -> None:
    room.enter("jobseeker")
    assert (room.seat("jobseeker").standing, room.seat("jobseeker").waiting_since) == (Standing.WAITING, NOW)
    assert [seat.role for seat in meetings.waiting(room.people["counselor"])] == ["jobseeker"]
    assert meetings.waiting(room.people["interpreter"]) == []
    room.enter("counselor")
    assert room.seat("counselor").standing == Standing.ADMITTED and room.row.phase == Phase.LOBBY
    room.admit("jobseeker")
    assert (room.row.phase, room.row.started_at) == (Phase.LIVE, NOW)
    assert room.seat("jobseeker").waiting_since is None and meetings.waiting(room.people["counselor"]) == []
    assert room.kinds() == ["waits", "entered", "admitted"]
    for role in ("jobseeker", "counselor"):
        room.enter(role)
    room.admit("jobseeker")
    assert room.kinds() == ["waits", "entered", "admitted"], "again changes nothing"


@pytest.mark.parametrize("by", ["jobseeker", "interpreter"])
def test_only_hosts_admit_remove_and_invite(room: Room, by: str) -> None:
    room.enter("jobseeker")
    guest = write(lambda: people.register_guest("Third", "en")).id
    visitor = room.visitor(by)
    for act in (
        lambda: meetings.admit(room.seat("jobseeker"), visitor),
        lambda: meetings.remove(room.seat("jobseeker"), visitor),
        lambda: meetings.invite(room.row, guest, ParticipantRole.COMPANION, visitor),
    ):
        with pytest.raises(NotFound):
            write(act)
    assert room.seat("jobseeker").standing == Standing.WAITING and len(room.row.participants) == 3


def test_strangers_find_no_meeting(room: Room) -> None:
    other = write(lambda: people.register_guest("Somebody", "en")).id
    for visitor in (
        Visitor(),
        Visitor(db.session.get_one(Person, other)),
        Visitor(links={room.public_id: {"join": 1}}),
    ):
        with pytest.raises(NotFound):
            meetings.get(room.public_id, visitor)
    with pytest.raises(NotFound):
        meetings.get("x" * 22, room.visitor("counselor"))


@pytest.mark.parametrize(
    ("minutes", "host", "guest"),
    [(-16, "", "too_early"), (-15, "", ""), (0, "", ""), (60, "", ""), (61, "meeting_over", "meeting_over")],
)
def test_when_one_may_enter(room: Room, at: Callable[..., object], minutes: int, host: str, guest: str) -> None:
    with at(NOW + timedelta(minutes=minutes)):  # type: ignore[attr-defined]
        for role, code in (("counselor", host), ("jobseeker", guest)):
            try:
                room.enter(role)
                said = ""
            except Refusal as refusal:
                said = refusal.code
            assert said == code, role


@pytest.mark.parametrize("live", [True, False])
def test_after_the_end_nothing_moves(room: Room, live: bool) -> None:
    room.enter("jobseeker")
    if live:
        room.admit("jobseeker")
    write(lambda: meetings.end(room.row, room.seat("counselor"), "completed"))
    assert (room.row.phase, room.row.end_reason, room.row.ended_at) == (Phase.ENDED, "completed", NOW)
    assert room.seat("jobseeker").standing == Standing.LEFT
    for act in (
        lambda: meetings.enter(room.row, room.seat("jobseeker")),
        lambda: meetings.enter(room.row, room.seat("counselor")),
        lambda: meetings.admit(room.seat("jobseeker"), room.visitor("counselor")),
        lambda: meetings.reschedule(room.row, NOW, NOW),
    ):
        with pytest.raises(meetings.MeetingOver):
            write(act)
    write(lambda: meetings.end(room.row, None, "time"))
    assert room.row.end_reason == "completed" and room.kinds().count("ended") == 1


def test_an_end_needs_a_reason_that_is_known(room: Room) -> None:
    for reason in ("", "because", "COMPLETED"):
        with pytest.raises(Refusal):
            write(lambda reason=reason: meetings.end(room.row, None, reason))
    assert room.row.phase == Phase.LOBBY


def test_the_table_of_phases_is_complete() -> None:
    assert set(meetings.MOVES) == set(Phase)
    assert (
        all(phase not in after for phase, after in meetings.MOVES.items())
        and meetings.MOVES[Phase.ENDED] == frozenset()
    )


def test_only_a_cancelled_meeting_stands_again(room: Room) -> None:
    write(lambda: meetings.close(room.row, "cancelled"))
    write(lambda: meetings.reopen(room.row, NOW, NOW + timedelta(hours=2)))
    assert (room.row.phase, room.row.end_reason, room.row.opens_at) == (Phase.LOBBY, None, NOW)
    room.enter("jobseeker")
    write(lambda: meetings.end(room.row, None, "completed"))
    write(lambda: meetings.reopen(room.row, NOW, NOW))
    assert room.row.phase == Phase.ENDED


def test_a_moved_meeting_expects_everybody_anew(room: Room) -> None:
    room.enter("jobseeker")
    later = NOW + timedelta(days=1)
    write(lambda: meetings.reschedule(room.row, later, later + timedelta(hours=1)))
    assert {seat.standing for seat in room.row.participants} == {Standing.EXPECTED} and room.row.opens_at == later
    with pytest.raises(meetings.TooEarly):
        room.enter("jobseeker")
    room.enter("counselor")
    write(lambda: meetings.reschedule(room.row, NOW, NOW + timedelta(hours=1)))
    room.enter("jobseeker"), room.admit("jobseeker")
    with pytest.raises(meetings.MeetingOver):
        write(lambda: meetings.reschedule(room.row, later, later))


def test_who_was_removed_has_no_seat_and_who_left_waits_again(room: Room) -> None:
    room.enter("jobseeker"), room.admit("jobseeker")
    write(lambda: meetings.leave(room.row, room.seat("jobseeker")))
    room.enter("jobseeker")
    assert room.seat("jobseeker").standing == Standing.WAITING
    write(lambda: meetings.remove(room.seat("jobseeker"), room.visitor("counselor")))
    with pytest.raises(NotFound):
        meetings.get(room.public_id, room.visitor("jobseeker"))
    with pytest.raises(NotFound):
        room.admit("jobseeker")
    with pytest.raises(NotFound):
        write(lambda: meetings.remove(room.seat("counselor"), room.visitor("counselor")))
    assert "jobseeker" not in {one["role"] for one in meetings.lobby_state(room.row)["people"]}


def test_a_third_person_is_invited_to_read_and_write(room: Room) -> None:
    guest = write(lambda: people.register_guest("Third", "en")).id
    seat = write(lambda: meetings.invite(room.row, guest, ParticipantRole.COMPANION, room.visitor("counselor")))
    assert seat.text_only and not seat.hosts and not seat.knows_all
    for role in (ParticipantRole.COUNSELOR, ParticipantRole.JOBSEEKER):
        with pytest.raises(NotFound):
            write(lambda role=role: meetings.invite(room.row, guest, role, room.visitor("counselor")))
    noted = [row.act for row in db.session.query(AuditEvent)]
    assert "participant.invited" in noted


def test_presence_is_a_row_a_connection_and_grace_follows_the_setting(app: Flask, room: Room) -> None:
    room.enter("interpreter")
    write(lambda: presence.arrive(room.seat("interpreter"), "line", "node"))
    assert meetings.connected(room.row) == {room.seat("interpreter").id}
    write(lambda: presence.depart("line"))
    row = db.session.query(Presence).one()
    assert (row.disconnected_at, row.grace_until) == (NOW, clock.seconds() + app.config["VO"].grace)
    assert meetings.connected(room.row) == set() and room.seat("interpreter").standing == Standing.WAITING
    write(lambda: presence.depart("line")), write(lambda: presence.depart("no such line"))
    write(lambda: presence.grace_over(row.id))
    assert room.seat("interpreter").standing == Standing.EXPECTED and room.kinds() == ["waits", "gone"]
    write(lambda: presence.grace_over(row.id))
    assert room.kinds() == ["waits", "gone"], "safe to run twice"


def test_a_predecessor_s_connections_are_closed_and_those_of_others_stay(room: Room) -> None:
    for role, node in (("jobseeker", "mine"), ("counselor", "other")):
        room.enter(role)
        write(lambda role=role, node=node: presence.arrive(room.seat(role), f"line of {role}", node))
    write(lambda: presence.forget_node("mine"))
    assert meetings.connected(room.row) == {room.seat("counselor").id}


def test_two_hosts_admit_at_once_and_it_goes_live_once(both: Flask) -> None:
    with both.app_context(), clock.frozen(NOW):
        room = Room()
        room.enter("jobseeker")
        with write_tx():
            second = people.create_staff("Second", "second@example.org", "en", [(Role.COUNSELOR, None)]).id
            db.session.add(Participant(meeting_id=room.row.id, person_id=second, role="counselor"))
        room.people["second"] = second
        gate, failures = threading.Barrier(2), []

        def admit(by: str) -> None:
            with both.app_context():
                gate.wait(10)
                try:
                    room.admit("jobseeker", by)
                except Exception as failure:
                    failures.append(failure)

        hosts = [threading.Thread(target=admit, args=(by,)) for by in ("counselor", "second")]
        for host in hosts:
            host.start()
        for host in hosts:
            host.join()
        db.session.rollback()
        assert failures == [] and room.kinds() == ["waits", "admitted"] and room.row.phase == Phase.LIVE
