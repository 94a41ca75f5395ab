"""Who is missing in a practice call: one of the two is there, and nobody sits on the other seat."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import select

from booking.models import Appointment, AppointmentState
from foundation import clock
from foundation.db import db
from foundation.models import Deadline
from virtual_office.meetings import meetings
from virtual_office.meetings.models import Meeting, Participant, Phase, Presence, Standing

from . import practice_time

INSIDE = frozenset({Standing.WAITING, Standing.ADMITTED})
NOT_COME = frozenset({Standing.EXPECTED, Standing.LEFT})


@dataclass(frozen=True)
class Missing:
    """A seat that the practice partner may take: public ids of the meeting, the seat and the person whose seat it is."""

    meeting: str
    seat: str
    person: str


def look(kept: str = "") -> Missing | None:
    """The first practice call in which somebody is alone. `kept` names a seat that the partner sat on when its line broke."""
    for meeting in _open():
        here = meetings.connected(meeting)
        pair = [one for one in meeting.participants if one.role in meetings.FACE_TO_FACE]
        if len(pair) != 2:
            continue
        for there, other in (pair, pair[::-1]):
            if there.id in here and there.standing in INSIDE and _may_be_taken(other, here, kept):
                return Missing(meeting.public_id, other.public_id, other.person.public_id)
    return None


def _open() -> Iterator[Meeting]:
    now = clock.now()
    practised = select(Deadline.ref).where(Deadline.kind == practice_time.KIND, Deadline.done_at.is_(None))
    query = (
        select(Meeting)
        .join(Appointment, Appointment.meeting_id == Meeting.id)
        .where(
            Appointment.service_id.in_(practised),
            Appointment.state == AppointmentState.BOOKED,
            Meeting.phase != Phase.ENDED,
            Meeting.opens_at <= now,
            Meeting.closes_at > now,
        )
        .order_by(Meeting.opens_at)
    )
    yield from db.session.scalars(query)


def _may_be_taken(seat: Participant, here: set[int], kept: str) -> bool:
    if seat.id in here or seat.standing == Standing.REMOVED:
        return False
    return seat.public_id == kept or seat.standing in NOT_COME or not _comes_back(seat)


def _comes_back(seat: Participant) -> bool:
    """Whether the seat is being kept for somebody whose line broke: the partner takes no seat during the grace."""
    query = select(Presence.id).where(Presence.participant_id == seat.id, Presence.grace_until > clock.seconds())
    return db.session.scalar(query.limit(1)) is not None
