"""Stream keys: by one a host's program (OBS, a player) sends into a meeting or shows it, without a browser and without a sign-in."""

from __future__ import annotations

import secrets

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from accounts.access import Visitor
from foundation import audit, clock
from foundation.db import db, lock
from foundation.errors import NotFound, Refusal
from foundation.events import record
from foundation.security import fingerprint

from . import meetings, ways
from .events import StreamKeyRevoked
from .models import Meeting, Participant, Phase, Purpose, StreamKey

SECRET = 24
"""Random bytes in a key: 192 bits."""
MOST = 8
"""Live keys of one meeting: cameras of a stage and a screen in the hall."""


class TooManyKeys(Refusal):
    """A meeting has as many live keys as it may."""

    code = "too_many_keys"
    message = _l("This meeting has eight keys already. End one that is not needed.")


def make(meeting: Meeting, host: Participant, purpose: Purpose) -> str:
    """A new key of this meeting, as the secret itself: it is shown once and never stored. Hosts only, until the meeting is over."""
    lock(meeting)
    _refuse_others(meeting, host)
    if len(live(meeting)) >= MOST:
        raise TooManyKeys
    secret = secrets.token_urlsafe(SECRET)
    key = StreamKey(
        meeting_id=meeting.id, participant_id=host.id, purpose=purpose.value, fingerprint=fingerprint(secret)
    )
    db.session.add(key)
    db.session.flush()
    audit.note("stream_key.made", key, after={"purpose": purpose.value}, office_id=meeting.office_id)
    _look_again(meeting)
    return secret


def revoke(key: StreamKey) -> None:
    """End a key and what is open by it. Ending it twice changes nothing."""
    lock(key)
    if key.revoked_at is not None:
        return
    key.revoked_at = clock.now()
    audit.note("stream_key.revoked", key, office_id=key.meeting.office_id)
    record(StreamKeyRevoked(key.meeting.public_id, key.public_id))
    db.session.flush()
    _look_again(key.meeting)


def live(meeting: Meeting) -> list[StreamKey]:
    """The keys of a meeting that are not ended, oldest first."""
    query = select(StreamKey).where(StreamKey.meeting_id == meeting.id, StreamKey.revoked_at.is_(None))
    return list(db.session.scalars(query.order_by(StreamKey.id)))


def get(public_id: str, visitor: Visitor) -> StreamKey:
    """A key of a meeting that the visitor hosts; NotFound for others."""
    key = db.session.scalar(select(StreamKey).where(StreamKey.public_id == public_id))
    host = meetings.participant_of(key.meeting, visitor) if key else None
    if key is None or host is None or not host.hosts:
        raise NotFound
    return key


def opened_by(secret: str) -> StreamKey | None:
    """The key that a secret is; None for a wrong or ended one, and once its meeting is over or its host is no host any more."""
    key = db.session.scalar(select(StreamKey).where(StreamKey.fingerprint == fingerprint(secret)))
    if key is None or key.revoked_at is not None or not key.participant.hosts or not key.participant.person.active:
        return None
    return None if is_over(key.meeting) else key


def is_over(meeting: Meeting) -> bool:
    """Whether nobody may come in any more."""
    return meeting.phase == Phase.ENDED or clock.now() > meeting.closes_at


def _refuse_others(meeting: Meeting, host: Participant) -> None:
    if not host.hosts or host.meeting_id != meeting.id or meeting.media == "none":
        raise NotFound
    if is_over(meeting):
        raise meetings.MeetingOver(reason=meeting.end_reason or "time")


def _look_again(meeting: Meeting) -> None:
    """A program reaches the meeting through the unit only: so picture and sound of the people go there as long as there is a key."""
    ways.settle(meeting)
    meetings.people_changed(meeting)
