"""Calendar entries say the same moment to every reader, through every change of clocks."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar

from foundation.calendar import Entry, entry, timezone

ZONES = [
    "Europe/Madrid",
    "Africa/Casablanca",
    "Australia/Lord_Howe",
    "Asia/Kolkata",
    "America/New_York",
    "America/Santiago",
    "Africa/Cairo",
    "Atlantic/Canary",
]


def made(zone: str, at: datetime, method: str = "REQUEST", **more: object) -> Calendar:
    what = Entry("a1@office.example.org", 3, at, at + timedelta(minutes=30), zone, "Appointment, ref 4F7K2QXM", **more)  # type: ignore[arg-type]
    return Calendar.from_ical(entry(what, method))


@pytest.mark.parametrize("zone", ZONES)
def test_the_zone_block_gives_the_right_offset_through_two_years(zone: str) -> None:
    start = datetime(2026, 12, 1, 3, 20, tzinfo=UTC)
    for day in range(0, 730, 4):
        at = start + timedelta(days=day, hours=day % 24)
        read = timezone(ZoneInfo(zone), at).to_tz(lookup_tzid=False)
        wall = at.astimezone(ZoneInfo(zone))
        if wall.replace(fold=0).utcoffset() != wall.replace(fold=1).utcoffset():
            continue
        assert wall.replace(tzinfo=read).utcoffset() == wall.utcoffset(), (zone, at)


@pytest.mark.parametrize("zone", ZONES)
def test_a_round_trip_keeps_the_moment_also_when_the_wall_clock_shows_it_twice(zone: str) -> None:
    start = datetime(2027, 10, 30, 0, 0, tzinfo=UTC)
    for half_hour in range(96):
        at = start + timedelta(minutes=30 * half_hour)
        item = made(zone, at).walk("VEVENT")[0]
        assert item.start.astimezone(UTC) == at
        assert item.end.astimezone(UTC) == at + timedelta(minutes=30)


def test_a_request_says_what_itip_and_outlook_want() -> None:
    at = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
    text = entry(
        Entry(
            "a1@x",
            2,
            at,
            at + timedelta(minutes=30),
            "Europe/Madrid",
            "Appointment, ref X",
            organizer="o@example.org",
            attendee="amal@example.org",
        ),
        "REQUEST",
    )
    book = Calendar.from_ical(text)
    item = book.walk("VEVENT")[0]
    assert str(book["method"]) == "REQUEST"
    assert int(item["sequence"]) == 2
    assert str(item["uid"]) == "a1@x"
    assert item["attendee"].params["RSVP"] == "FALSE"
    assert str(item["organizer"]) == "mailto:o@example.org"
    assert item["dtstart"].params["TZID"] == "Europe/Madrid"
    assert len(book.walk("VTIMEZONE")) == 1
    assert [len(book.walk(kind)) for kind in ("STANDARD", "DAYLIGHT")] == [1, 1]
    assert "\r\n" in text
    assert all(len(line.encode()) <= 75 for line in text.split("\r\n"))


def test_a_cancellation_keeps_the_uid_and_says_cancelled() -> None:
    item = made("Europe/Madrid", datetime(2026, 11, 24, 9, 30, tzinfo=UTC), "CANCEL", cancelled=True).walk("VEVENT")[0]
    assert str(item["status"]) == "CANCELLED"
    assert str(item["uid"]) == "a1@office.example.org"


def test_a_published_entry_invites_nobody() -> None:
    item = made("Asia/Kolkata", datetime(2026, 11, 24, 9, 30, tzinfo=UTC), "PUBLISH", attendee="amal@example.org").walk(
        "VEVENT"
    )[0]
    assert "attendee" not in item
