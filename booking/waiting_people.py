"""The waitlist as the desk of an office sees it."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from accounts.access import Visitor
from foundation import clock
from foundation.db import db
from foundation.errors import NotFound
from virtual_office.callbacks.callbacks import DESK

from .models import Hold, HoldState, WaitlistEntry, WaitState

LIVE = (WaitState.WAITING, WaitState.OFFERED)


def listed(visitor: Visitor, limit: int = 200) -> list[WaitlistEntry]:
    """Live wishes of the visitor's offices: who has an offer now first, then in the order in which times are offered."""
    offices = visitor.offices(*DESK)
    query = select(WaitlistEntry).where(WaitlistEntry.state.in_(LIVE)).limit(limit)
    query = query.order_by(WaitlistEntry.state != WaitState.OFFERED, WaitlistEntry.offers, WaitlistEntry.id)
    return list(db.session.scalars(query if offices is None else query.where(WaitlistEntry.office_id.in_(offices))))


def offered_times(entries: Sequence[WaitlistEntry]) -> dict[int, Hold]:
    """The hold that keeps a time now, by the id of the entry that it is offered to."""
    ids = {entry.offered_hold_id: entry.id for entry in entries if entry.state == WaitState.OFFERED}
    query = select(Hold).where(Hold.id.in_([hold_id for hold_id in ids if hold_id is not None]))
    query = query.where(Hold.state == HoldState.HELD, Hold.expires > clock.seconds())
    return {ids[hold.id]: hold for hold in db.session.scalars(query)}


def get(public_id: str, visitor: Visitor) -> WaitlistEntry:
    """One wish of an office whose desk the visitor serves; NotFound for others."""
    entry = db.session.scalar(select(WaitlistEntry).where(WaitlistEntry.public_id == public_id))
    if entry is None or not visitor.may(*DESK, office_id=entry.office_id):
        raise NotFound
    return entry
