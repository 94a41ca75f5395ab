"""What offices, callbacks and meetings keep about a person."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Table, select

from foundation.db import Base
from foundation.privacy_sources import hold


def _seats(ids: list[int]) -> ColumnElement[int]:
    seat = Base.metadata.tables["participant"].c
    return select(seat.id).where(seat.person_id.in_(ids))  # type: ignore[return-value]


def _own_meetings(ids: list[int]) -> ColumnElement[int]:
    """Meetings that were held for the person: what staff wrote there is about them too."""
    seat = Base.metadata.tables["participant"].c
    return select(seat.meeting_id).where(seat.person_id.in_(ids), seat.role == "jobseeker")  # type: ignore[return-value]


def _of_seat(table: Table, ids: list[int]) -> ColumnElement[bool]:
    return table.c.participant_id.in_(_seats(ids))


def _said_there(table: Table, ids: list[int]) -> ColumnElement[bool]:
    return _of_seat(table, ids) | table.c.meeting_id.in_(_own_meetings(ids))


def _all_seats_there(table: Table, ids: list[int]) -> ColumnElement[bool]:
    seat = Base.metadata.tables["participant"].c
    there = select(seat.id).where(seat.meeting_id.in_(_own_meetings(ids)))
    return _of_seat(table, ids) | table.c.participant_id.in_(there)


hold("callback", _l("Calls you asked for"), "person_id")
hold(
    "participant",
    _l("Your seats in meetings"),
    "person_id",
    blank={},
    plain=("role", "standing", "public_id"),
)
hold(
    "meeting_event",
    _l("What you wrote and did in meetings"),
    _of_seat,
    erased=_said_there,
    blank={"data": {}},
    plain=("kind",),
)
hold("meeting_command", _l("Messages you sent"), _of_seat, erased=_all_seats_there)
hold("presence", _l("When you were connected to meetings"), _of_seat, secret=("connection", "node"))
hold("phone_wish", _l("Calls that you asked for in a meeting"), _of_seat)
hold("stream_key", _l("Keys for programs that you made in meetings"), _of_seat, secret=("fingerprint",))
hold("calendar_feed", _l("Your calendar address"), "person_id", secret=("fingerprint",))
