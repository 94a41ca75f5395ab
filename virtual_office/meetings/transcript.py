"""What was written in a meeting of writing only, for those who wrote it: read again until it is deleted."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from foundation.db import db
from foundation.errors import NotFound

from .models import Meeting, MeetingEvent, Participant, ParticipantRole

READERS = frozenset({ParticipantRole.JOBSEEKER, ParticipantRole.COUNSELOR})
"""A third person helps while the meeting lasts; what was written is not theirs to keep."""
MOST = 2_000


@dataclass(frozen=True)
class Message:
    """One message; `mine` is the reader's own."""

    at: datetime
    who: str
    text: str
    mine: bool


def may_read(meeting: Meeting, me: Participant) -> bool:
    """Whether this seat reads it again: a meeting of writing, and somebody who had been let in."""
    return meeting.media == "none" and me.role in READERS and (me.knows_all or me.hosts)


def of(meeting: Meeting, me: Participant) -> list[Message]:
    """Every message that is still kept, in order. Raises NotFound for whom it is not."""
    if not may_read(meeting, me):
        raise NotFound
    query = (
        select(MeetingEvent)
        .where(MeetingEvent.meeting_id == meeting.id, MeetingEvent.kind == "said")
        .order_by(MeetingEvent.seq)
        .limit(MOST)
    )
    names = {seat.id: seat.person.name for seat in meeting.participants}
    return [
        Message(
            row.at, names.get(row.participant_id or 0, ""), str(row.data.get("text", "")), row.participant_id == me.id
        )
        for row in db.session.scalars(query)
    ]
