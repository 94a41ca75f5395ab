"""Calendar entries: iCalendar (RFC 5545) with iTIP methods (RFC 5546) and a VTIMEZONE that Outlook can read too."""

from __future__ import annotations

import calendar as months
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from icalendar import Calendar, Event, Timezone, TimezoneDaylight, TimezoneStandard, vCalAddress, vText
from icalendar.prop import vRecur

from . import clock

PRODUCT = "-//Virtual Office//Appointments//EN"


@dataclass(frozen=True)
class Entry:
    """One thing in a calendar. `sequence` grows with every change of time or place; `uid` never changes."""

    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    zone: str
    summary: str
    description: str = ""
    location: str = ""
    url: str = ""
    organizer: str = ""
    attendee: str = ""
    cancelled: bool = False


def entry(what: Entry, method: str) -> str:
    """The iCalendar text of one entry with METHOD REQUEST, CANCEL or PUBLISH; CRLF, folded at 75 octets."""
    book = Calendar()
    book.add("prodid", PRODUCT)
    book.add("version", "2.0")
    book.add("calscale", "GREGORIAN")
    book.add("method", method)
    zone = ZoneInfo(what.zone)
    book.add_component(timezone(zone, what.starts_at))
    item = Event()
    item.add("uid", what.uid)
    item.add("dtstamp", clock.now().replace(microsecond=0))
    item.add("sequence", what.sequence)
    for name, at in (("dtstart", what.starts_at), ("dtend", what.ends_at)):
        item.add(name, at.astimezone(UTC) if _shown_twice(zone, at) else at.astimezone(zone))
    item.add("summary", what.summary)
    item.add("status", "CANCELLED" if what.cancelled else "CONFIRMED")
    item.add("transp", "OPAQUE")
    item.add("class", "PRIVATE")
    for name, value in (("description", what.description), ("location", what.location), ("url", what.url)):
        if value:
            item.add(name, value)
    if what.organizer:
        item.add("organizer", vCalAddress(f"mailto:{what.organizer}"), encode=False)
    if what.attendee and method != "PUBLISH":
        guest = vCalAddress(f"mailto:{what.attendee}")
        guest.params.update(
            {
                "ROLE": vText("REQ-PARTICIPANT"),
                "PARTSTAT": vText("NEEDS-ACTION"),
                "RSVP": vText("FALSE"),
                "CUTYPE": vText("INDIVIDUAL"),
            }
        )
        item.add("attendee", guest, encode=False)
    book.add_component(item)
    return book.to_ical().decode()


def timezone(zone: ZoneInfo, at: datetime) -> Timezone:
    """The zone around a moment: the observance in force and, where clocks change within a year before, the one before it.

    MS-STANOICAL reads one STANDARD and one DAYLIGHT with a yearly rule; that is exact for entries near `at`.
    """
    block = Timezone()
    block.add("tzid", zone.key)
    onsets = _onsets(zone, at)
    if not onsets:
        onsets = [at.astimezone(UTC) - timedelta(days=366)]
    for onset in onsets[-2:]:
        after, before = onset.astimezone(zone), (onset - timedelta(seconds=1)).astimezone(zone)
        part = TimezoneDaylight() if after.dst() else TimezoneStandard()
        local = onset.replace(tzinfo=None) + (before.utcoffset() or timedelta())
        part.add("dtstart", local)
        part.add("tzoffsetfrom", before.utcoffset())
        part.add("tzoffsetto", after.utcoffset())
        part.add("tzname", after.tzname() or zone.key)
        if len(onsets) > 1:
            part.add("rrule", _yearly(local))
        block.add_component(part)
    if not any(isinstance(part, TimezoneStandard) for part in block.subcomponents):
        first = block.subcomponents[0]
        standard = TimezoneStandard()
        for name in ("dtstart", "tzoffsetfrom", "tzoffsetto", "tzname", "rrule"):
            if name in first:
                standard[name] = first[name]
        block.subcomponents[0] = standard
    return block


def _shown_twice(zone: ZoneInfo, at: datetime) -> bool:
    """Whether the wall clock shows this time twice that night: then only UTC says which one is meant."""
    wall = at.astimezone(zone)
    return wall.replace(fold=0).utcoffset() != wall.replace(fold=1).utcoffset()


def _onsets(zone: ZoneInfo, at: datetime) -> list[datetime]:
    """Moments of the 400 days before `at` at which the offset changed, in UTC, oldest first."""
    end = at.astimezone(UTC)
    moment = end - timedelta(days=400)
    found = []
    while moment < end:
        following = min(moment + timedelta(days=7), end)
        if _offset(zone, moment) != _offset(zone, following):
            low, high = moment, following
            while high - low > timedelta(seconds=1):
                middle = low + (high - low) / 2
                low, high = (middle, high) if _offset(zone, middle) == _offset(zone, low) else (low, middle)
            found.append(high.replace(microsecond=0))
        moment = following
    return found


def _offset(zone: ZoneInfo, at: datetime) -> timedelta | None:
    return at.astimezone(zone).utcoffset()


def _yearly(local: datetime) -> vRecur:
    """`every year on the nth such weekday of this month`, the last one where it is the last."""
    last = months.monthrange(local.year, local.month)[1]
    nth = -1 if local.day + 7 > last else (local.day - 1) // 7 + 1
    weekday = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")[local.weekday()]
    return vRecur({"FREQ": "YEARLY", "BYMONTH": local.month, "BYDAY": f"{nth}{weekday}"})


@dataclass(frozen=True)
class FeedEntry:
    """One thing in a feed; `changed_at` is its DTSTAMP, so that an unchanged entry is the same text each time."""

    uid: str
    sequence: int
    starts_at: datetime
    ends_at: datetime
    changed_at: datetime
    summary: str


def feed(entries: list[FeedEntry], name: str) -> str:
    """A calendar to subscribe to: read again every hour, times in UTC (so it needs no zones), CRLF, folded at 75 octets.

    Written by hand, because a feed is read every hour by every calendar program and may be long.
    """
    lines = [
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:{PRODUCT}",
        "CALSCALE:GREGORIAN",
        "METHOD:PUBLISH",
        *_folded(f"NAME:{_escaped(name)}"),
        *_folded(f"X-WR-CALNAME:{_escaped(name)}"),
        "REFRESH-INTERVAL;VALUE=DURATION:PT1H",
        "X-PUBLISHED-TTL:PT1H",
    ]
    for one in entries:
        lines += [
            "BEGIN:VEVENT",
            *_folded(f"UID:{_escaped(one.uid)}"),
            f"DTSTAMP:{_utc(one.changed_at)}",
            f"SEQUENCE:{one.sequence}",
            f"DTSTART:{_utc(one.starts_at)}",
            f"DTEND:{_utc(one.ends_at)}",
            *_folded(f"SUMMARY:{_escaped(one.summary)}"),
            "CLASS:PRIVATE",
            "END:VEVENT",
        ]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def _utc(at: datetime) -> str:
    return at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")


def _escaped(text: str) -> str:
    for plain, written in (("\\", "\\\\"), (";", "\\;"), (",", "\\,"), ("\n", "\\n"), ("\r", "")):
        text = text.replace(plain, written)
    return text


def _folded(line: str) -> list[str]:
    """The line in pieces of at most 75 octets, never inside a letter; each piece after the first begins with a space."""
    pieces, piece, octets = [], "", 0
    for letter in line:
        size = len(letter.encode())
        if octets + size > 75:
            pieces.append(piece)
            piece, octets = " ", 1
        piece, octets = piece + letter, octets + size
    return [*pieces, piece]
