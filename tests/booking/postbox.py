"""A real SMTP server for the letters of a test, and what a mail program makes of them."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import Any, cast

from aiosmtpd.controller import Controller
from dateutil import tz  # type: ignore[import-untyped]
from icalendar import Calendar

from tests.server import free_port


@dataclass
class Postbox:
    """Keeps what it gets, or answers as told: `data` to the letter, `rcpt` to the address."""

    url: str = ""
    data: str = "250 OK"
    rcpt: str = "250 OK"
    got: list[EmailMessage] = field(default_factory=list)

    async def handle_RCPT(self, _server: Any, _session: Any, envelope: Any, address: str, _options: Any) -> str:  # noqa: N802
        if self.rcpt.startswith("2"):
            envelope.rcpt_tos.append(address)
        return self.rcpt

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802
        if self.data.startswith("2"):
            self.got.append(message_from_bytes(envelope.content, policy=default))
        return self.data

    def take(self) -> list[EmailMessage]:
        """Everything that came since the last time."""
        taken, self.got = self.got, []
        return taken


@contextmanager
def open_postbox() -> Iterator[Postbox]:
    """Listens on a port of this machine."""
    port = free_port()
    box = Postbox(f"smtp://127.0.0.1:{port}")
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    try:
        yield box
    finally:
        controller.stop()


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
    wall = event[name].dt.replace(tzinfo=None)
    return cast(datetime, wall.replace(tzinfo=zones.get(event[name].params["TZID"])).astimezone(UTC))
