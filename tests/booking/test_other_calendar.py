"""Busy times out of .ics files: exactly what is busy across a change of clocks, and every bomb ends soon, in plain words."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from booking.calendars import reading
from booking.calendars.reading import CalendarRefused, busy_times

NOW = datetime(2027, 3, 22, 6, tzinfo=UTC)
"""A Monday; clocks go forward in Madrid on Sunday the 28th, in New York on the 14th before."""
CEILING = 3.0
"""Seconds for the reader itself."""
STARTING = 9.0
"""Seconds that a machine with many tests at once may need to start a program."""
GOOGLE = """BEGIN:VCALENDAR
PRODID:-//Google Inc//Google Calendar 70.9054//EN
VERSION:2.0
X-WR-CALNAME:Inés
X-WR-TIMEZONE:Europe/Madrid
BEGIN:VTIMEZONE
TZID:Europe/Madrid
X-LIC-LOCATION:Europe/Madrid
BEGIN:DAYLIGHT
TZOFFSETFROM:+0100
TZOFFSETTO:+0200
DTSTART:19700329T020000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
END:DAYLIGHT
END:VTIMEZONE
BEGIN:VEVENT
DTSTART;TZID=Europe/Madrid:20270118T100000
DTEND;TZID=Europe/Madrid:20270118T110000
RRULE:FREQ=WEEKLY;UNTIL=20270412T000000Z;BYDAY=MO
EXDATE;TZID=Europe/Madrid:20270405T100000
UID:weekly@google.com
SUMMARY:Secret
  meeting with the doctor
END:VEVENT
BEGIN:VEVENT
DTSTART;TZID=Europe/Madrid:20270329T150000
DTEND;TZID=Europe/Madrid:20270329T153000
RECURRENCE-ID;TZID=Europe/Madrid:20270329T100000
UID:weekly@google.com
SUMMARY:Moved
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20270327
DTEND;VALUE=DATE:20270329
UID:weekend@google.com
TRANSP:OPAQUE
END:VEVENT
BEGIN:VEVENT
DTSTART;VALUE=DATE:20270401
DTEND;VALUE=DATE:20270402
UID:birthday@google.com
TRANSP:TRANSPARENT
END:VEVENT
END:VCALENDAR
"""
OUTLOOK = """BEGIN:VCALENDAR
PRODID:-//Microsoft Corporation//Outlook 16.0 MIMEDIR//EN
VERSION:2.0
METHOD:PUBLISH
BEGIN:VTIMEZONE
TZID:Romance Standard Time
BEGIN:STANDARD
DTSTART:16011028T030000
RRULE:FREQ=YEARLY;BYDAY=-1SU;BYMONTH=10
TZOFFSETFROM:+0200
TZOFFSETTO:+0100
END:STANDARD
END:VTIMEZONE
BEGIN:VEVENT
DTSTART;TZID="Romance Standard Time":20270326T090000
DTEND;TZID="Romance Standard Time":20270326T093000
RRULE:FREQ=DAILY;COUNT=4
UID:040000008200E00074C5B7101A82E008
X-MICROSOFT-CDO-BUSYSTATUS:BUSY
BEGIN:VALARM
TRIGGER:-PT15M
ACTION:DISPLAY
END:VALARM
END:VEVENT
BEGIN:VEVENT
DTSTART;TZID=Eastern Standard Time:20270330T090000
DTEND;TZID=Eastern Standard Time:20270330T100000
UID:new-york
END:VEVENT
BEGIN:VEVENT
DTSTART:20270331T080000Z
DTEND:20270331T090000Z
UID:free
X-MICROSOFT-CDO-BUSYSTATUS:FREE
END:VEVENT
END:VCALENDAR
"""
APPLE = """BEGIN:VCALENDAR
VERSION:2.0
CALSCALE:GREGORIAN
PRODID:-//Apple Inc.//macOS 15.0//EN
BEGIN:VEVENT
UID:floating
DTSTART:20270329T120000
DURATION:PT90M
END:VEVENT
BEGIN:VEVENT
UID:gone
DTSTART:20270330T120000
DTEND:20270330T130000
STATUS:CANCELLED
END:VEVENT
BEGIN:VEVENT
UID:over
DTSTART:20200330T120000
DTEND:20200330T130000
END:VEVENT
BEGIN:VEVENT
UID:monthly
DTSTART;TZID=Europe/Madrid:20270326T180000
DTEND;TZID=Europe/Madrid:20270326T190000
RRULE:FREQ=MONTHLY;BYDAY=-1FR;COUNT=2
END:VEVENT
BEGIN:VEVENT
UID:monthly
RECURRENCE-ID;TZID=Europe/Madrid:20270430T180000
DTSTART;TZID=Europe/Madrid:20270430T180000
DTEND;TZID=Europe/Madrid:20270430T190000
STATUS:CANCELLED
END:VEVENT
BEGIN:VEVENT
UID:evolution
DTSTART;TZID=/freeassociation.sourceforge.net/Europe/Madrid:20270331T180000
DTEND;TZID=/freeassociation.sourceforge.net/Europe/Madrid:20270331T190000
END:VEVENT
END:VCALENDAR
"""


def file(*events: str, before: str = "") -> bytes:
    """A calendar around the lines of events."""
    parts = "".join(f"BEGIN:VEVENT\nUID:{n}\n{lines}\nEND:VEVENT\n" for n, lines in enumerate(events))
    return f"BEGIN:VCALENDAR\nVERSION:2.0\n{before}{parts}END:VCALENDAR\n".encode()


def read(raw: bytes | str, zone: str = "Europe/Madrid") -> list[str]:
    """Busy times in UTC, short."""
    found = busy_times(raw if isinstance(raw, bytes) else raw.replace("\n", "\r\n").encode(), zone, NOW)
    return [f"{begins:%d.%m. %H:%M}-{ends:%d.%m. %H:%M}" for begins, ends in found]


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that does many things at once starts programs slowly: only the processor's limit counts."""
    monkeypatch.setattr(reading, "WALL_SECONDS", 30.0)


def test_google(patient: None) -> None:
    assert read(GOOGLE) == [
        "22.03. 09:00-22.03. 10:00",
        "26.03. 23:00-28.03. 22:00",
        "29.03. 13:00-29.03. 13:30",
    ], "the day on which clocks go forward has 23 hours; the moved and the left-out Monday are where they are"


def test_outlook(patient: None) -> None:
    assert read(OUTLOOK) == [
        "26.03. 08:00-26.03. 08:30",
        "27.03. 08:00-27.03. 08:30",
        "28.03. 07:00-28.03. 07:30",
        "29.03. 07:00-29.03. 07:30",
        "30.03. 13:00-30.03. 14:00",
    ]


def test_apple(patient: None) -> None:
    assert read(APPLE) == ["26.03. 17:00-26.03. 18:00", "29.03. 10:00-29.03. 11:30", "31.03. 16:00-31.03. 17:00"]
    assert read(APPLE, "America/New_York")[1] == "29.03. 16:00-29.03. 17:30", "a time without a zone is the office's"


EVENT = "DTSTART:20270329T120000Z\nDTEND:20270329T130000Z"
DEEP = "BEGIN:X-A\n" * 50 + "END:X-A\n" * 50
ALARM = "BEGIN:VALARM\nTRIGGER:-PT5M\nACTION:DISPLAY\nEND:VALARM\n"
BOGUS_ZONE = (
    "BEGIN:VTIMEZONE\nTZID:Nowhere/At All\nBEGIN:STANDARD\nDTSTART:19700101T000000\nRRULE:FREQ=SECONDLY\n"
    "TZOFFSETFROM:+0000\nTZOFFSETTO:+9959\nEND:STANDARD\nEND:VTIMEZONE\n"
)
RDATES = ",".join(f"2027{4 + n // 1000:02}{1 + n % 28:02}T{n % 24:02}{n % 60:02}00Z" for n in range(5_000))
BOMBS = {
    "count": (file(f"{EVENT}\nRRULE:FREQ=DAILY;COUNT=1000000000"), "too_many_times"),
    "secondly": (file("DTSTART:19700101T000000Z\nRRULE:FREQ=SECONDLY"), "too_often"),
    "minutely out of a rule": (file("DTSTART:19700101T000000Z\nRRULE:FREQ=DAILY\nEXRULE:FREQ=MINUTELY"), "too_often"),
    "minutes of a day": (file(f"{EVENT}\nRRULE:FREQ=DAILY;BYHOUR=1,2,3;BYMINUTE=1,2,3"), "too_often"),
    "no interval": (file(f"{EVENT}\nRRULE:FREQ=MONTHLY;INTERVAL=0"), "bad_interval"),
    "backwards": (file(f"{EVENT}\nRRULE:FREQ=MONTHLY;INTERVAL=-1"), "bad_interval"),
    "year 9999": (file("DTSTART:99991231T235959Z\nDTEND:99991231T235959Z\nRRULE:FREQ=YEARLY"), "bad_date"),
    "year 0001": (file("DTSTART;VALUE=DATE:00010101\nRRULE:FREQ=DAILY"), "bad_date"),
    "5,000 dates": (file(f"{EVENT}\nRDATE:{RDATES}"), "too_many_times"),
    "many events": (file(*[f"{EVENT}\nRRULE:FREQ=DAILY"] * 5_000), "too_many_parts"),
    "many rules": (file(*["DTSTART:19900101T120000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY"] * 2_000), "too_slow"),
    "nested": (file(f"{EVENT}\n{DEEP}".rstrip()), "too_deep"),
    "never closed": (b"BEGIN:VCALENDAR\n" + b"BEGIN:VEVENT\n" * 4, "no_calendar"),
    "a line of 1 MB": (file(f"{EVENT}\nDESCRIPTION:{'x' * 900_000}"), "long_line"),
    "2 MB": (file(f"{EVENT}\nDESCRIPTION:{'x' * 2_000_000}"), "too_large"),
    "bogus zone": (file("DTSTART;TZID=Nowhere/At All:20270329T120000\nDURATION:PT1H", before=BOGUS_ZONE), "unknown_zone"),
    "position": (file(f"{EVENT}\nRRULE:FREQ=YEARLY;BYDAY={','.join(['MO'] * 300)};BYSETPOS={','.join(map(str, range(1, 300)))}"), "too_much_rule"),
    "no calendar": (b"PK\x03\x04", "no_calendar"),
    "nothing": (b"", "no_calendar"),
    "bytes": (bytes(range(256)) * 100, "no_calendar"),
    "never comes": (file("DTSTART:20270131T120000Z\nDURATION:PT1H\nRRULE:FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=31"), ""),
    "semicolons": (file(f"{EVENT}\nDESCRIPTION{';a' * 60}"), ""),
    "1,000 alarms": (file(f"{EVENT}\n{ALARM * 1_000}".rstrip()), ""),
    "of itself": (file(f"{EVENT}\nRECURRENCE-ID:20270329T120000Z\nRRULE:FREQ=DAILY;COUNT=3"), ""),
    "of each other": (
        b"BEGIN:VCALENDAR\n" + b"".join(b"BEGIN:VEVENT\nUID:x\nDTSTART:2027033%dT120000Z\nDURATION:PT1H\nRECURRENCE-ID:2027033%dT120000Z\nEND:VEVENT\n" % (n % 2, (n + 1) % 2) for n in range(4)) + b"END:VCALENDAR\n",
        "",
    ),
}  # fmt: skip


def test_every_bomb_ends_soon_and_in_words(patient: None) -> None:
    for name, (raw, code) in BOMBS.items():
        began = time.monotonic()
        try:
            busy_times(raw, "Europe/Madrid", NOW)
            said = ""
        except CalendarRefused as no:
            said = no.code
            assert len(str(no.message)) > 30
        assert said == code, name
        assert time.monotonic() - began < CEILING + STARTING, name


def test_a_reader_that_hangs_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "WALL_SECONDS", 0.01)
    with pytest.raises(CalendarRefused) as no:
        read(GOOGLE)
    assert no.value.code == "too_slow"


def test_the_limits_hold_without_the_grammar(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Negative control: with the checks off the same bombs are ended by processor and memory, not by our luck."""
    loose = reading.READER.read_text().replace("        check(event)\n", "        pass\n")
    loose = loose.replace("if number >= MOST_TIMES:", "if number >= 10**9:")
    path = tmp_path / "loose.py"
    path.write_text(loose)
    monkeypatch.setattr(reading, "READER", path)
    monkeypatch.setattr(reading, "WALL_SECONDS", 30.0)
    with pytest.raises(CalendarRefused) as no:
        busy_times(BOMBS["secondly"][0], "Europe/Madrid", NOW)
    assert no.value.code in {"too_slow", "too_much_rule"}
