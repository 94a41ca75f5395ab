"""Two calendar programs that read our letters, and the rules of RFC 6047 and MS-STANOICAL that Outlook keeps."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path
from typing import Any, cast

from icalendar import Calendar

from tests.booking.mail_program import invitation, part

NODE = Path(__file__).parents[2] / "node"


def with_ical_js(letters: list[EmailMessage]) -> list[dict[str, Any]]:
    """What npm's `ical.js` has in the calendar after these letters."""
    texts = json.dumps([part(one, "text/calendar") for one in letters])
    ran = subprocess.run(["node", "calendar.mjs"], cwd=NODE, input=texts, capture_output=True, text=True, check=True)
    return cast("list[dict[str, Any]]", json.loads(ran.stdout))


def with_icalendar(letters: list[EmailMessage]) -> list[dict[str, Any]]:
    """The same by Python's `icalendar`, reading the zone that the entry carries."""
    kept: dict[str, dict[str, Any]] = {}
    for one in map(invitation, letters):
        if one.uid in kept and kept[one.uid]["sequence"] > one.sequence:
            continue
        starts, ends = int(one.starts_at.timestamp()), int(one.ends_at.timestamp())
        kept[one.uid] = {
            "uid": one.uid,
            "sequence": one.sequence,
            "starts": starts,
            "ends": ends,
            "gone": one.method == "CANCEL",
        }
    return [one for one in kept.values() if not one["gone"]]


def outlook_findings(letter: EmailMessage) -> Iterator[str]:
    """Rules that a letter with a calendar entry breaks."""
    kinds = [one.get_content_type() for one in letter.iter_parts()]
    if letter.get_content_type() != "multipart/alternative" or kinds[-1] != "text/calendar":
        yield f"not an alternative with the entry last: {letter.get_content_type()} of {kinds}"
    inline = list(letter.iter_parts())[-1]
    if inline.get_content_disposition() == "attachment":
        yield "the entry is attached, not inline"
    if str(inline.get_param("charset")).lower() != "utf-8":
        yield "the entry's charset is not UTF-8"
    raw = part(letter, "text/calendar").replace("\r\n", "\n")
    wire = inline.get_payload(decode=True)
    assert isinstance(wire, bytes)
    if wire.replace(b"\r\n", b"").count(b"\n"):
        yield "a line does not end with CRLF"
    if any(len(line) > 75 for line in wire.split(b"\r\n")):
        yield "a line is longer than 75 octets"
    book = cast(Any, Calendar.from_ical(raw))
    method = str(book.get("METHOD"))
    if inline.get_param("method") != method or method not in {"REQUEST", "CANCEL"}:
        yield f"method {inline.get_param('method')} outside, {method} inside"
    if str(book.get("VERSION")) != "2.0" or not book.get("PRODID"):
        yield "no VERSION or PRODID"
    events = book.walk("VEVENT")
    if len(events) != 1:
        yield f"{len(events)} events"
    event = events[0]
    for name in ("UID", "DTSTAMP", "DTSTART", "DTEND", "SEQUENCE", "SUMMARY", "ORGANIZER", "ATTENDEE", "STATUS"):
        if name not in event:
            yield f"no {name}"
    if str(event["STATUS"]) != {"REQUEST": "CONFIRMED", "CANCEL": "CANCELLED"}.get(method):
        yield f"STATUS {event['STATUS']} with {method}"
    if not str(event["ORGANIZER"]).startswith("mailto:") or str(event["ATTENDEE"]) != f"mailto:{letter['To']}":
        yield "ORGANIZER or ATTENDEE is not who writes or reads"
    if str(event["ATTENDEE"].params.get("RSVP")) != "FALSE":
        yield "asks for a reply that nobody reads"
    yield from _zones(book, event)


def _zones(book: Any, event: Any) -> Iterator[str]:
    used = {event[name].params.get("TZID") for name in ("DTSTART", "DTEND")} - {None}
    zones = {str(one["TZID"]): one for one in book.walk("VTIMEZONE")}
    if used - zones.keys():
        yield f"zones without a VTIMEZONE: {used - zones.keys()}"
    for name, zone in zones.items():
        parts = [one.name for one in zone.subcomponents]
        if "STANDARD" not in parts or len(parts) > 2 or len(set(parts)) != len(parts):
            yield f"{name} has {parts}: Outlook reads one STANDARD and at most one DAYLIGHT"
        for one in zone.subcomponents:
            if one["DTSTART"].dt.tzinfo is not None or len(one.get("RRULE", {}).get("FREQ", ["YEARLY"])) != 1:
                yield f"{name}: an onset that is not local, or not yearly"
