"""The waitlist as the desk of an office sees it."""

from __future__ import annotations

from sqlalchemy import select

from accounts.access import Visitor
from foundation.db import db
from foundation.errors import NotFound
from virtual_office.callbacks.callbacks import DESK

from .models import WaitlistEntry, WaitState

LIVE = (WaitState.WAITING, WaitState.OFFERED)


def listed(visitor: Visitor, limit: int = 200) -> list[WaitlistEntry]:
    """Live wishes of the visitor's offices, in the order in which they are offered times."""
    offices = visitor.offices(*DESK)
    query = select(WaitlistEntry).where(WaitlistEntry.state.in_(LIVE)).order_by(WaitlistEntry.id).limit(limit)
    return list(db.session.scalars(query if offices is None else query.where(WaitlistEntry.office_id.in_(offices))))


def get(public_id: str, visitor: Visitor) -> WaitlistEntry:
    """One wish of an office whose desk the visitor serves; NotFound for others."""
    entry = db.session.scalar(select(WaitlistEntry).where(WaitlistEntry.public_id == public_id))
    if entry is None or not visitor.may(*DESK, office_id=entry.office_id):
        raise NotFound
    return entry
