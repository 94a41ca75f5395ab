"""Meetings: arranged by a feature, opened for a while, entered through a lobby, ended for a reason."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from accounts import people
from accounts.access import Visitor
from foundation import audit, clock
from foundation.db import db, lock
from foundation.errors import NotFound, Refusal
from foundation.events import record

from . import agreement, happenings, ways
from .events import MeetingEnded, PeopleChanged, SomebodyRemoved
from .models import Meeting, Participant, ParticipantRole, Phase, Presence, Standing

EARLY = timedelta(minutes=15)
"""How long before the start people may enter; hosts always may."""
LATE = timedelta(minutes=30)
"""How long after the agreed end a meeting may go on."""
FACE_TO_FACE = frozenset({ParticipantRole.JOBSEEKER, ParticipantRole.COUNSELOR})
END_REASONS = frozenset({"completed", "person_left", "office_left", "failed_media", "time", "cancelled", "moved"})
MOVES: dict[Phase, frozenset[Phase]] = {
    Phase.LOBBY: frozenset({Phase.LIVE, Phase.ENDED}),
    Phase.LIVE: frozenset({Phase.ENDED}),
    Phase.ENDED: frozenset(),
}
"""The one table of what may follow what."""

LinkSource = Callable[[Meeting], Iterable[tuple[int, int]]]
_link_sources: dict[str, LinkSource] = {}


class TooEarly(Refusal):
    """The waiting room is not open yet; `opens_at` says when."""

    code = "too_early"
    message = _l("The waiting room is not open yet.")


class MeetingOver(Refusal):
    """Nobody enters any more; `reason` is the end reason."""

    code = "meeting_over"
    status = 410
    message = _l("This meeting is over.")


class NotAdmitted(Refusal):
    """Only people who have been let in may do this."""

    code = "not_admitted"
    status = 403
    message = _l("You are still in the waiting room.")


def link_source(kind: str) -> Callable[[LinkSource], LinkSource]:
    """Register who may enter a kind of meeting by link: meeting → (person id, link version now in force)."""

    def add(source: LinkSource) -> LinkSource:
        _link_sources[kind] = source
        return source

    return add


def arrange(
    kind: str,
    media: str,
    opens_at: datetime,
    closes_at: datetime,
    office_id: int | None,
    seated: Iterable[tuple[int, str]],
) -> Meeting:
    """A meeting with its participants as (person id, role); media is `p2p` or `none` (chat only)."""
    # Where no forwarding unit is, two people see each other directly and a third one reads and writes (`ways.writes_only`).
    seats, taken = [], set()
    for person_id, role in seated:
        seats.append(Participant(person_id=person_id, role=role, text_only=role not in FACE_TO_FACE or role in taken))
        taken.add(role)
    meeting = Meeting(
        kind=kind, media=media, opens_at=opens_at, closes_at=closes_at, office_id=office_id, participants=seats
    )
    db.session.add(meeting)
    db.session.flush()
    return meeting


def reschedule(meeting: Meeting, opens_at: datetime, closes_at: datetime) -> None:
    """New times for a meeting that has not begun; whoever waits is told to look again."""
    lock(meeting)
    if meeting.phase != Phase.LOBBY:
        raise MeetingOver(reason=meeting.end_reason)
    meeting.opens_at, meeting.closes_at = opens_at, closes_at
    for participant in meeting.participants:
        participant.standing, participant.waiting_since = Standing.EXPECTED, None
    happenings.append(meeting, "moved", None, {"opens_at": opens_at.isoformat()})
    _people_changed(meeting)


def replace_host(meeting: Meeting, old_person_id: int, new_person_id: int) -> None:
    """Another person takes a seat, with the same role."""
    for participant in meeting.participants:
        if participant.person_id == old_person_id:
            participant.person_id, participant.standing, participant.admitted_at = (
                new_person_id,
                Standing.EXPECTED,
                None,
            )
            record(SomebodyRemoved(meeting.public_id, participant.public_id))


def get(public_id: str, visitor: Visitor) -> tuple[Meeting, Participant]:
    """A meeting and the visitor's seat in it; NotFound for everybody else, as for a meeting that is not there."""
    meeting = db.session.scalar(select(Meeting).where(Meeting.public_id == public_id))
    seat = participant_of(meeting, visitor) if meeting else None
    if meeting is None or seat is None:
        raise NotFound
    return meeting, seat


def get_seat(public_id: str) -> Participant:
    """A seat that nobody was removed from. Raises NotFound."""
    seat = db.session.scalar(select(Participant).where(Participant.public_id == public_id))
    if seat is None or seat.standing == Standing.REMOVED:
        raise NotFound
    return seat


def participant_of(meeting: Meeting, visitor: Visitor) -> Participant | None:
    """The visitor's seat: by sign-in, by the join link of the appointment, or by the link of a seat; None for others.

    A link that somebody opened in this browser counts before a sign-in of another person who has no seat.
    """
    joined = visitor.link(meeting.public_id, "join")
    source = _link_sources.get(meeting.kind)
    by_link = {person_id for person_id, version in source(meeting) if version == joined} if source and joined else set()
    own = set(people.same_person_ids(visitor.person)) if visitor.person else set()
    for participant in meeting.participants:
        if participant.standing == Standing.REMOVED:
            continue
        if participant.person_id in own or visitor.link(participant.public_id, "seat") is not None:
            return participant
    return next((p for p in meeting.participants if p.person_id in by_link and p.standing != Standing.REMOVED), None)


def enter(meeting: Meeting, participant: Participant) -> None:
    """Come in: hosts at once, others into the waiting room, or straight back in when they had been let in before."""
    lock(meeting)
    _refuse_closed(meeting, participant)
    agreement.check(meeting, participant)
    if participant.standing in {Standing.ADMITTED, Standing.WAITING}:
        return
    if participant.hosts:
        participant.standing, participant.admitted_at = Standing.ADMITTED, clock.now()
    else:
        participant.standing, participant.waiting_since = Standing.WAITING, clock.now()
    happenings.append(meeting, "entered" if participant.hosts else "waits", participant)
    _people_changed(meeting)


def admit(participant: Participant, by: Visitor) -> None:
    """Let a waiting person in; the meeting goes live. Doing it twice changes nothing."""
    meeting = participant.meeting
    lock(meeting)
    host = participant_of(meeting, by)
    if host is None or not host.hosts:
        raise NotFound
    _refuse_closed(meeting, host)
    db.session.refresh(participant)
    if participant.standing == Standing.ADMITTED:
        return
    if participant.standing == Standing.REMOVED:
        raise NotFound
    if host.standing != Standing.ADMITTED:
        host.standing, host.admitted_at = Standing.ADMITTED, clock.now()
    participant.standing, participant.admitted_at, participant.waiting_since = Standing.ADMITTED, clock.now(), None
    if meeting.phase == Phase.LOBBY:
        _go(meeting, Phase.LIVE)
        meeting.started_at = clock.now()
    happenings.append(meeting, "admitted", participant)
    audit.note("participant.admitted", participant, office_id=meeting.office_id)
    _people_changed(meeting)


def remove(participant: Participant, by: Visitor) -> None:
    """Shut somebody out of this meeting; hosts can not be shut out."""
    meeting = participant.meeting
    lock(meeting)
    host = participant_of(meeting, by)
    if host is None or not host.hosts or participant.hosts:
        raise NotFound
    participant.standing, participant.waiting_since = Standing.REMOVED, None
    happenings.append(meeting, "removed", participant)
    audit.note("participant.removed", participant, office_id=meeting.office_id)
    record(SomebodyRemoved(meeting.public_id, participant.public_id))
    _people_changed(meeting)


def hide_address(participant: Participant, hide: bool) -> None:
    """The others learn only a relay's internet address from now on, or this person's own as well."""
    if participant.hides_address == hide:
        return
    participant.hides_address = hide
    db.session.flush()
    audit.note("participant.address_hidden", participant, after={"hides_address": hide})
    _people_changed(participant.meeting)


def leave(meeting: Meeting, participant: Participant) -> None:
    """Go by choice; who comes back waits to be let in again."""
    lock(meeting)
    if participant.standing not in {Standing.ADMITTED, Standing.WAITING}:
        return
    participant.standing, participant.waiting_since = Standing.LEFT, None
    happenings.append(meeting, "left", participant)
    _people_changed(meeting)


def end(meeting: Meeting, by: Participant | None, reason: str) -> None:
    """End a meeting for everybody. Ending it twice changes nothing."""
    if reason not in END_REASONS:
        raise Refusal
    lock(meeting)
    if meeting.phase == Phase.ENDED:
        return
    _go(meeting, Phase.ENDED)
    meeting.ended_at, meeting.end_reason = clock.now(), reason
    for participant in meeting.participants:
        if participant.standing in {Standing.ADMITTED, Standing.WAITING}:
            participant.standing, participant.waiting_since = Standing.LEFT, None
    happenings.append(meeting, "ended", by, {"reason": reason})
    record(MeetingEnded(meeting.id, meeting.public_id, reason))
    _people_changed(meeting)


def close(meeting: Meeting, reason: str) -> None:
    """End it from outside (the appointment was cancelled)."""
    end(meeting, None, reason)


def reopen(meeting: Meeting, opens_at: datetime, closes_at: datetime) -> None:
    """A cancellation was taken back: the meeting stands again as if it had not ended."""
    lock(meeting)
    if meeting.phase == Phase.ENDED and meeting.end_reason == "cancelled":
        meeting.phase, meeting.ended_at, meeting.end_reason = Phase.LOBBY, None, None
    meeting.opens_at, meeting.closes_at = opens_at, closes_at


def invite(
    meeting: Meeting, person_id: int, role: ParticipantRole, by: Visitor, *, text_only: bool = True
) -> Participant:
    """A seat for a third person (interpreter, companion, captioner); hosts only. `ways.writes_only` says who of them is seen and heard."""
    host = participant_of(meeting, by)
    if host is None or not host.hosts or role in {ParticipantRole.COUNSELOR, ParticipantRole.JOBSEEKER}:
        raise NotFound
    seat = Participant(meeting_id=meeting.id, person_id=person_id, role=role, text_only=text_only)
    db.session.add(seat)
    db.session.flush()
    audit.note("participant.invited", seat, after={"role": role.value}, office_id=meeting.office_id)
    return seat


def lobby_state(meeting: Meeting) -> dict[str, Any]:
    """What every page of the meeting shows: its phase and who is there, as plain values."""
    here = connected(meeting)
    return {
        "phase": meeting.phase,
        "reason": meeting.end_reason,
        "seq": meeting.last_seq,
        "way": ways.of(meeting),
        "people": [
            {
                "id": p.public_id,
                "name": p.person.name,
                "role": p.role,
                "standing": p.standing,
                "hosts": p.hosts,
                "text_only": ways.writes_only(p),
                "here": p.id in here,
                "since": p.waiting_since.isoformat() if p.waiting_since else None,
            }
            for p in meeting.participants
            if p.standing != Standing.REMOVED
        ],
    }


def connected(meeting: Meeting) -> set[int]:
    """Ids of participants with an open connection."""
    query = select(Presence.participant_id).where(Presence.meeting_id == meeting.id, Presence.disconnected_at.is_(None))
    return set(db.session.scalars(query))


def waiting(person_id: int) -> list[Participant]:
    """Everybody who waits for this host now, longest first."""
    mine = select(Participant.meeting_id).where(
        Participant.person_id == person_id, Participant.role == ParticipantRole.COUNSELOR
    )
    query = select(Participant).where(Participant.meeting_id.in_(mine), Participant.standing == Standing.WAITING)
    return list(db.session.scalars(query.order_by(Participant.waiting_since)))


def people_changed(meeting: Meeting) -> None:
    """Say that who is there has changed (presence does this too)."""
    _people_changed(meeting)


def _refuse_closed(meeting: Meeting, participant: Participant) -> None:
    now = clock.now()
    if meeting.phase == Phase.ENDED:
        raise MeetingOver(reason=meeting.end_reason)
    if now > meeting.closes_at:
        raise MeetingOver(reason="time")
    if now < meeting.opens_at and not participant.hosts:
        raise TooEarly(opens_at=meeting.opens_at.isoformat())


def _go(meeting: Meeting, phase: Phase) -> None:
    if phase not in MOVES[Phase(meeting.phase)]:
        raise MeetingOver(reason=meeting.end_reason)
    meeting.phase = phase


def _people_changed(meeting: Meeting) -> None:
    ways.settle(meeting)
    hosts = tuple(p.person_id for p in meeting.participants if p.hosts)
    record(PeopleChanged(meeting.id, meeting.public_id, hosts))
