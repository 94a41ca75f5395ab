"""What a mail program makes of a letter: its parts, and its calendar entry."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any, cast

from dateutil import tz  # type: ignore[import-untyped]
from icalendar import Calendar


def part(message: EmailMessage, kind: str) -> str:
    """The text of one part: `text/plain`, `text/html`, `text/calendar`."""
    found = [one for one in message.walk() if one.get_content_type() == kind]
    assert len(found) == 1, [one.get_content_type() for one in message.walk()]
    return str(found[0].get_content())


def has_calendar(message: EmailMessage) -> bool:
    """Whether a calendar entry comes with it."""
    return any(one.get_content_type() == "text/calendar" for one in message.walk())


@dataclass(frozen=True)
class Invitation:
    """What a calendar reads, by the zone that the entry itself carries, not by ours."""

    method: str
    uid: str
    sequence: int
    status: str
    starts_at: datetime
    ends_at: datetime
    wall: str
    rsvp: str
    attendee: str
    organizer: str
    summary: str


def invitation(message: EmailMessage) -> Invitation:
    """Read the calendar part of a letter."""
    raw = part(message, "text/calendar")
    inline = next(one for one in message.walk() if one.get_content_type() == "text/calendar")
    book = Calendar.from_ical(raw)
    [event] = cast("list[Any]", book.walk("VEVENT"))
    assert inline.get_param("method") == str(book["METHOD"])
    attendee = event["ATTENDEE"]
    return Invitation(
        method=str(book["METHOD"]),
        uid=str(event["UID"]),
        sequence=int(event["SEQUENCE"]),
        status=str(event["STATUS"]),
        starts_at=_moment(raw, event, "DTSTART"),
        ends_at=_moment(raw, event, "DTEND"),
        wall=event["DTSTART"].dt.strftime("%H:%M"),
        rsvp=str(attendee.params["RSVP"]),
        attendee=str(attendee),
        organizer=str(event["ORGANIZER"]),
        summary=str(event["SUMMARY"]),
    )


def _moment(raw: str, event: Any, name: str) -> datetime:
    zones = tz.tzical(io.StringIO(raw.replace("\r\n ", "")))
    zone = event[name].params.get("TZID")
    if zone is None:
        assert event[name].dt.utcoffset() == timedelta(), "local time without a zone"
        return cast(datetime, event[name].dt)
    wall = event[name].dt.replace(tzinfo=None)
    return cast(datetime, wall.replace(tzinfo=zones.get(zone)).astimezone(UTC))
