"""What happened in a meeting, in order and without gaps: the source of every resume."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, update

from foundation import clock
from foundation.db import db
from foundation.events import record

from .events import SomethingHappened
from .models import Meeting, MeetingEvent, Participant

MOST = 500
"""Events given at once; a page that missed more reads on from the last."""
LAST = 2**31 - 1
"""The highest number that the databases keep."""


def append(meeting: Meeting, kind: str, sender: Participant | None, data: dict[str, Any] | None = None) -> int:
    """Write one event under the meeting's lock and return its number, one higher than the last."""
    query = (
        update(Meeting)
        .where(Meeting.id == meeting.id)
        .values(last_seq=Meeting.last_seq + 1)
        .returning(Meeting.last_seq)
    )
    seq = int(db.session.execute(query).scalar_one())
    row = MeetingEvent(
        meeting_id=meeting.id,
        seq=seq,
        at=clock.now(),
        kind=kind,
        participant_id=sender.id if sender else None,
        data=data or {},
    )
    db.session.add(row)
    said_by = sender.public_id if sender else None
    record(SomethingHappened(meeting.public_id, seq, row.at.isoformat(), kind, said_by, row.data))
    return seq


def since(meeting: Meeting, after: int, reader: Participant) -> list[dict[str, Any]]:
    """Events with a higher number, oldest first, as they go over the wire to this reader: seq, at, kind, from, data."""
    query = (
        select(MeetingEvent, Participant.public_id)
        .outerjoin(Participant, Participant.id == MeetingEvent.participant_id)
        .where(MeetingEvent.meeting_id == meeting.id, MeetingEvent.seq > after)
        .order_by(MeetingEvent.seq)
        .limit(MOST)
    )
    told = [
        {"seq": row.seq, "at": row.at.isoformat(), "kind": row.kind, "from": sender, "data": row.data}
        for row, sender in db.session.execute(query)
    ]
    return told if reader.knows_all else [from_outside(one) for one in told]


def from_outside(told: dict[str, Any]) -> dict[str, Any]:
    """An event as people get it who have not been let in yet: its number, so that no gap shows, but not what was said."""
    return {**told, "kind": "unheard", "from": None, "data": {}} if told["kind"] == "said" else told
