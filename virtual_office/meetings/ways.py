"""Which way picture and sound of a meeting go: from browser to browser, or through the forwarding unit; decided here, told to every page.

Two people see each other directly. The unit carries them when a third person is there, when one of them hides their internet address
and no relay is configured, and when a page found no direct way. It is a fact of the meeting, kept in its row: a restart changes nothing.
"""

from __future__ import annotations

from flask import current_app
from sqlalchemy import or_, select

from foundation import clock, deadlines
from foundation.config import Settings
from foundation.db import db, lock
from foundation.events import record

from .events import PeopleChanged
from .models import Meeting, Participant, ParticipantRole, Phase, Presence, Standing, StreamKey

NONE, DIRECT, UNIT = "none", "direct", "unit"
BACK_AFTER = 10
"""Seconds that the unit must have been needless before two people see each other directly again: whoever comes back at once finds it as it was."""


def has_unit() -> bool:
    """Whether this installation runs a forwarding unit."""
    return _settings().media_processes > 0


def writes_only(participant: Participant) -> bool:
    """Whether somebody sends neither picture nor sound: who writes what is said, and third persons where no unit is."""
    return participant.text_only and (participant.role == ParticipantRole.CAPTIONER or not has_unit())


def listens(participant: Participant) -> bool:
    """Whether somebody hears the others and sends nothing: who writes what is said."""
    return participant.meeting.media != NONE and participant.role == ParticipantRole.CAPTIONER and has_unit()


def of(meeting: Meeting) -> str:
    """The way now: `none`, `direct` or `unit`."""
    if meeting.media == NONE:
        return NONE
    return UNIT if meeting.way == UNIT and has_unit() else DIRECT


def settle(meeting: Meeting) -> None:
    """Look again after who is there has changed: to the unit at once, back only when it was needless for a while."""
    if meeting.media == NONE or meeting.phase == Phase.ENDED or not has_unit():
        return
    # Two who come at once must see each other's rows; locking reads the row afresh, so what is new in it is written first.
    db.session.flush()
    lock(meeting)
    if _wanted(meeting) == UNIT:
        meeting.way = UNIT
        deadlines.drop(_dedupe(meeting))
    elif meeting.way == UNIT:
        deadlines.put("way_back", meeting.id, clock.seconds() + BACK_AFTER, _dedupe(meeting))


def direct_failed(meeting: Meeting) -> None:
    """A page found no direct way to the other: through the unit from now on. Raises nothing where none is; then all stays as it was."""
    if meeting.media == NONE or meeting.phase != Phase.LIVE or not has_unit():
        return
    lock(meeting)
    if meeting.direct_failed_at is None:
        meeting.direct_failed_at = clock.now()
        settle(meeting)
        _tell(meeting)


@deadlines.handler("way_back")
def go_back(meeting_id: int) -> None:
    """The unit was needless for a while."""
    meeting = db.session.get_one(Meeting, meeting_id)
    lock(meeting)
    if meeting.way == UNIT and meeting.phase != Phase.ENDED and _wanted(meeting) == DIRECT:
        meeting.way = DIRECT
        _tell(meeting)


def _wanted(meeting: Meeting) -> str:
    there = _there(meeting)
    people = [one for one in meeting.participants if one.id in there and one.standing == Standing.ADMITTED]
    hidden = not _settings().turn_urls and any(one.hides_address for one in people)
    heard_by_one_who_writes = len(people) > 1 and any(listens(one) for one in people)
    if len(people) > 2 or hidden or heard_by_one_who_writes or meeting.direct_failed_at or _has_programs(meeting):
        return UNIT
    return DIRECT


def _has_programs(meeting: Meeting) -> bool:
    """Whether a program may send into it or show it (a live stream key): that goes through the unit only."""
    query = select(StreamKey.id).where(StreamKey.meeting_id == meeting.id, StreamKey.revoked_at.is_(None)).limit(1)
    return db.session.scalar(query) is not None


def _there(meeting: Meeting) -> set[int]:
    """Ids of participants with an open line, or with one that broke a moment ago."""
    open_or_graced = or_(Presence.disconnected_at.is_(None), Presence.grace_until > clock.seconds())
    return set(
        db.session.scalars(select(Presence.participant_id).where(Presence.meeting_id == meeting.id, open_or_graced))
    )


def _tell(meeting: Meeting) -> None:
    record(PeopleChanged(meeting.id, meeting.public_id, tuple(p.person_id for p in meeting.participants if p.hosts)))


def _dedupe(meeting: Meeting) -> str:
    return f"way_back:{meeting.id}"


def _settings() -> Settings:
    settings: Settings = current_app.config["VO"]
    return settings
