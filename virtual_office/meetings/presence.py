"""Who is connected: rows on connect and disconnect, and the grace during which a seat is kept."""

from __future__ import annotations

from flask import current_app
from sqlalchemy import select, update

from foundation import clock, deadlines
from foundation.db import db

from . import happenings, meetings
from .models import Meeting, Participant, Presence, Standing


def arrive(participant: Participant, connection: str, node: str, page: str = "") -> dict[str, str]:
    """A connection of a participant opens, or asks once more; returns older open connections, which it takes over, and their pages."""
    open_now = select(Presence).where(Presence.participant_id == participant.id, Presence.disconnected_at.is_(None))
    older = {one.connection: one.page or "" for one in db.session.scalars(open_now) if one.connection != connection}
    _drop(list(older), grace=0)
    row = db.session.scalar(select(Presence).where(Presence.connection == connection))
    if row is None:
        row = Presence(connection=connection)
        db.session.add(row)
    row.meeting_id, row.participant_id, row.node = participant.meeting_id, participant.id, node
    row.page, row.disconnected_at, row.grace_until = page, None, 0
    db.session.flush()
    meetings.people_changed(participant.meeting)
    return older


def depart(connection: str) -> None:
    """A connection closed: the others are told at once, the seat is kept for the grace."""
    presence = db.session.scalar(
        select(Presence).where(Presence.connection == connection, Presence.disconnected_at.is_(None))
    )
    if presence is None:
        return
    grace = current_app.config["VO"].grace
    _drop([connection], grace)
    deadlines.put("presence_grace", presence.id, clock.seconds() + grace, f"presence:{presence.id}")
    meetings.people_changed(db.session.get_one(Meeting, presence.meeting_id))


def forget_node(node: str) -> None:
    """A web process starts: connections that its predecessor left open when it died are closed, and their grace runs."""
    left = list(
        db.session.scalars(select(Presence.connection).where(Presence.node == node, Presence.disconnected_at.is_(None)))
    )
    for connection in left:
        depart(connection)


@deadlines.handler("presence_grace")
def grace_over(presence_id: int) -> None:
    """Nobody came back in time: who waited is expected again, who was inside has gone (and may come straight back in)."""
    presence = db.session.get_one(Presence, presence_id)
    participant = db.session.get_one(Participant, presence.participant_id)
    meeting = participant.meeting
    if participant.id in meetings.connected(meeting):
        return
    if participant.standing == Standing.WAITING:
        participant.standing, participant.waiting_since = Standing.EXPECTED, None
    elif participant.standing != Standing.ADMITTED:
        return
    happenings.append(meeting, "gone", participant)
    meetings.people_changed(meeting)


def _drop(connections: list[str], grace: int) -> None:
    gone = update(Presence).where(Presence.connection.in_(connections))
    db.session.execute(gone.values(disconnected_at=clock.now(), grace_until=clock.seconds() + grace))
