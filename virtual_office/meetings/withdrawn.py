"""Somebody took back the yes to a meeting: they leave it at once, and go in again only with a new yes."""

from __future__ import annotations

from accounts.events import ConsentWithdrawn
from foundation.db import db
from foundation.events import record, within_transaction

from . import agreement, meetings
from .events import SomebodyRemoved
from .models import Meeting


@within_transaction(ConsentWithdrawn)
def leave(fact: ConsentWithdrawn) -> None:
    """Out of the meeting, wherever the yes was taken back."""
    meeting = db.session.get(Meeting, fact.scope_id) if fact.scope_kind == agreement.SCOPE else None
    for seat in meeting.participants if meeting else ():
        if meeting and seat.person_id == fact.person_id and agreement.needed(meeting, seat):
            meetings.leave(meeting, seat)
            record(SomebodyRemoved(meeting.public_id, seat.public_id))
