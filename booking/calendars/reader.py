"""The program that reads one .ics file from standard input and writes its busy times as JSON. It runs alone, never in the service.

`python -I reader.py ZONE FROM TO` (an IANA zone for times without one, UTC seconds): `{"busy": [[from, to], …]}` in UTC seconds,
or `{"no": "code"}`. It may use two seconds of processor and 256 MB, whatever the file says. Only the lines that say when are looked
at: titles, places and people are dropped before anything is parsed.
"""

from __future__ import annotations

import json
import re
import resource
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall_time
from typing import Any
from zoneinfo import ZoneInfo

from icalendar import Calendar
from icalendar.timezone.windows_to_olson import WINDOWS_TO_OLSON
from recurring_ical_events import of

CPU_SECONDS, MEMORY = 2, 256 * 1024 * 1024
LARGEST, MOST_PARTS, MOST_TIMES, MOST_COUNT = 1_000_000, 5_000, 1_000, 10_000
DEEPEST, LONGEST_LINE, LONGEST_LIST = 6, 100_000, 400
FIRST_YEAR, LAST_YEAR = 1900, 2200
KEPT = frozenset(
    ("UID", "DTSTART", "DTEND", "DURATION", "RRULE", "RDATE", "EXDATE", "RECURRENCE-ID", "STATUS", "TRANSP", "SEQUENCE", "EXRULE",
     "X-MICROSOFT-CDO-BUSYSTATUS")
)  # fmt: skip
DATED = frozenset(("DTSTART", "DTEND", "RDATE", "EXDATE", "RECURRENCE-ID"))
OFTEN = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
ZONE = re.compile(r';TZID=("[^"]*"|[^;:]*)', re.IGNORECASE)
YEAR = re.compile(r"(?<![0-9])([0-9]{4})[0-9]{4}(?:T[0-9]{6}Z?)?(?![0-9])")
Line = tuple[str, str, str]
"""Name, parameters with their semicolons, value."""


class No(Exception):
    """The file can not be taken; the code says why."""


def limit() -> None:
    """From here on the process can not grow, run long, write files or leave a core."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def lines_of(raw: bytes) -> Iterator[Line]:
    """Content lines, unfolded."""
    if len(raw) > LARGEST:
        raise No("too_large")
    try:
        text = raw.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        raise No("no_calendar") from None
    if "\0" in text or not text.lstrip().upper().startswith("BEGIN:VCALENDAR"):
        raise No("no_calendar")
    for line in re.sub(r"\n[ \t]", "", text).split("\n"):
        if len(line) > LONGEST_LINE:
            raise No("long_line")
        found = re.match(r'([A-Za-z0-9-]+)((?:;(?:"[^"]*"|[^":;])*)*):(.*)', line)
        if found:
            yield found[1].upper(), found[2], found[3].strip()


def events_of(raw: bytes) -> tuple[list[list[Line]], dict[str, str]]:
    """The lines of each event that say when it is, and the zones that the file's own names stand for."""
    events: list[list[Line]] = []
    zones: dict[str, str] = {}
    open_parts: list[str] = []
    parts, zone_id = 0, ""
    for name, parameters, value in lines_of(raw):
        if name == "BEGIN":
            parts += 1
            open_parts.append(value.upper())
            if parts > MOST_PARTS:
                raise No("too_many_parts")
            if len(open_parts) > DEEPEST:
                raise No("too_deep")
            if open_parts[-1] == "VEVENT":
                events.append([])
        elif name == "END":
            if not open_parts or open_parts.pop() != value.upper():
                raise No("no_calendar")
        elif open_parts and open_parts[-1] == "VEVENT" and name in KEPT:
            events[-1].append((name, parameters, value))
        elif open_parts and open_parts[-1] == "VTIMEZONE" and name in {"TZID", "X-LIC-LOCATION"}:
            if name == "TZID":
                zone_id = value
            else:
                zones[zone_id] = value
    if open_parts:
        raise No("no_calendar")
    return events, zones


def check(event: list[Line]) -> None:
    """Refuses what repeats too often or names a date that can not be."""
    dates = 0
    for name, _parameters, value in event:
        if name == "EXRULE":
            raise No("too_often")
        if name == "RRULE":
            check_rule(value)
        elif name in DATED:
            if any(not FIRST_YEAR <= int(year) <= LAST_YEAR for year in YEAR.findall(value)):
                raise No("bad_date")
            dates += value.count(",") + 1 if name == "RDATE" else 0
    if dates > MOST_TIMES:
        raise No("too_many_times")


def check_rule(value: str) -> None:
    """Daily or slower, an interval of at least one, no lists that multiply the times of a day."""
    rule = dict(part.partition("=")[::2] for part in value.upper().split(";") if part)
    if rule.get("FREQ", "") not in OFTEN:
        raise No("too_often")
    if not re.fullmatch("[1-9][0-9]{0,3}", rule.get("INTERVAL", "1")):
        raise No("bad_interval")
    count = rule.get("COUNT", "1")
    if not re.fullmatch("[0-9]+", count) or int(count[:9]) > MOST_COUNT:
        raise No("too_many_times")
    if any("," in rule.get(name, "") for name in ("BYHOUR", "BYMINUTE", "BYSECOND")):
        raise No("too_often")
    if any(part.count(",") >= LONGEST_LIST for part in rule.values()) or (
        "BYSETPOS" in rule and len(value) > LONGEST_LIST
    ):
        raise No("too_much_rule")


def zone_name(wanted: str, zones: dict[str, str]) -> str:
    """The IANA name of a zone as calendars call it."""
    wanted = wanted.strip('"')
    for one in (wanted, zones.get(wanted, ""), WINDOWS_TO_OLSON.get(wanted, "")):
        parts = one.strip("/").split("/")
        for start in range(len(parts)):
            try:
                name = "/".join(parts[start:])
                ZoneInfo(name)
            except (KeyError, ValueError, OSError):
                continue
            if name:
                return name
    raise No("unknown_zone")


def far(event: list[Line], first: str, last: str) -> bool:
    """Whether an event that does not repeat lies wholly outside (dates as YYYYMMDD): most of an old calendar does."""
    said = {name: value for name, _parameters, value in event}
    if said.keys() & {"RRULE", "RDATE", "RECURRENCE-ID", "DURATION"} or "DTSTART" not in said:
        return "DTSTART" not in said
    return said["DTSTART"][:8] > last or said.get("DTEND", said["DTSTART"])[:8] < first


def busy(raw: bytes, zone: ZoneInfo, begin: datetime, end: datetime) -> list[list[int]]:
    """Busy times between two moments, merged, in UTC seconds. Raises No."""
    events, zones = events_of(raw)
    for event in events:
        check(event)
    day = timedelta(days=2)
    first, last = ((at + shift).strftime("%Y%m%d") for at, shift in ((begin, -day), (end, day)))
    text = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//busy//"]
    for number, event in enumerate(one for one in events if not far(one, first, last)):
        text += ["BEGIN:VEVENT", *([] if any(line[0] == "UID" for line in event) else [f"UID:{number}"])]
        for name, parameters, value in event:
            named = ZONE.sub(lambda found: f";TZID={zone_name(found[1], zones)}", parameters)
            text.append(f"{name}{named}:{value}")
        text.append("END:VEVENT")
    calendar = Calendar.from_ical("\r\n".join([*text, "END:VCALENDAR", ""]))
    spans: list[tuple[int, int]] = []
    for number, one in enumerate(of(calendar).between(begin, end)):
        if number >= MOST_TIMES:
            raise No("too_many_times")
        span = span_of(one, zone)
        if span is not None and span[0] < end.timestamp() and span[1] > begin.timestamp():
            spans.append((max(span[0], int(begin.timestamp())), min(span[1], int(end.timestamp()))))
    return merged(spans)


def span_of(event: Any, zone: ZoneInfo) -> tuple[int, int] | None:
    """One occurrence, or None when it takes no time: free, cancelled, or without length."""
    free = str(event.get("X-MICROSOFT-CDO-BUSYSTATUS", "")).upper() == "FREE"
    if (
        free
        or str(event.get("TRANSP", "")).upper() == "TRANSPARENT"
        or str(event.get("STATUS", "")).upper() == "CANCELLED"
    ):
        return None
    begins, ends = (moment(event[name].dt, zone) for name in ("DTSTART", "DTEND"))
    return (begins, ends) if begins < ends else None


def moment(at: date, zone: ZoneInfo) -> int:
    """UTC seconds; a day begins, and a time without a zone is, by the clock of `zone`."""
    if not isinstance(at, datetime):
        at = datetime.combine(at, wall_time())
    return int((at if at.tzinfo else at.replace(tzinfo=zone)).timestamp())


def merged(spans: list[tuple[int, int]]) -> list[list[int]]:
    """Without overlaps, in order."""
    found: list[list[int]] = []
    for begin, end in sorted(spans):
        if found and begin <= found[-1][1]:
            found[-1][1] = max(found[-1][1], end)
        else:
            found.append([begin, end])
    return found


def main() -> None:
    """Read, answer, end."""
    limit()
    zone = ZoneInfo(sys.argv[1])
    begin, end = (datetime.fromtimestamp(int(at), UTC) for at in sys.argv[2:4])
    try:
        answer: dict[str, Any] = {"busy": busy(sys.stdin.buffer.read(LARGEST + 1), zone, begin, end)}
    except No as no:
        answer = {"no": str(no)}
    except MemoryError:
        answer = {"no": "too_much_rule"}
    except Exception:
        answer = {"no": "no_calendar"}
    sys.stdout.write(json.dumps(answer))


if __name__ == "__main__":
    main()
