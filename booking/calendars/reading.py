"""Hands an .ics file to the reader and says in words why it can not be taken. No row, no transaction here."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import BoundedSemaphore

from flask_babel import lazy_gettext as _l

from foundation.errors import Busy, Refusal

READER = Path(__file__).with_name("reader.py")
LARGEST = 1_000_000
"""Bytes of a file."""
DAYS = 400
"""How far ahead busy times are kept."""
WALL_SECONDS = 3.0
"""After which the reader is ended, whatever it does."""
AT_ONCE = BoundedSemaphore(2)
"""Readers at one time: a small server has two processors."""
WORDS = {
    "no_calendar": _l("This is not a calendar file (.ics), or a part of it is broken. Export it again."),
    "too_large": _l("The file is larger than 1 MB. Export fewer months."),
    "too_many_parts": _l("The file has more than 5,000 entries. Export fewer months."),
    "too_many_times": _l("The file has more than 1,000 busy times in the next 400 days. Export fewer calendars."),
    "too_often": _l("Something in the file repeats more often than daily. Take it out of the export."),
    "bad_interval": _l("Something in the file repeats in steps that can not be. Take it out of the export."),
    "too_much_rule": _l("Something in the file repeats in a way that is too complicated. Take it out of the export."),
    "too_deep": _l("The parts of the file lie too deep in each other. Export it again."),
    "long_line": _l("A line of the file is too long. Export it without attachments."),
    "bad_date": _l("A date in the file lies before 1900 or after 2200. Take it out of the export."),
    "unknown_zone": _l("The file names a time zone that we do not know. Set a usual one in your calendar, and export again."),
    "too_slow": _l("The file takes too long to read. Export fewer months."),
}  # fmt: skip


class CalendarRefused(Refusal):
    """The file can not be taken; `code` and the message say why."""

    status = 422
    field = "calendar"

    def __init__(self, code: str) -> None:
        self.code = code
        super().__init__(WORDS.get(code, WORDS["no_calendar"]))


def busy_times(raw: bytes, zone: str, now: datetime) -> list[tuple[datetime, datetime]]:
    """Busy times from now on for 400 days, merged, in order. Raises CalendarRefused, Busy."""
    if len(raw) > LARGEST:
        raise CalendarRefused("too_large")
    until = now + timedelta(days=DAYS)
    command = [sys.executable, "-I", str(READER), zone, str(int(now.timestamp())), str(int(until.timestamp()))]
    if not AT_ONCE.acquire(timeout=WALL_SECONDS):
        raise Busy
    try:
        done = subprocess.run(command, input=raw, capture_output=True, timeout=WALL_SECONDS, cwd="/", env={})
    except subprocess.TimeoutExpired:
        raise CalendarRefused("too_slow") from None
    finally:
        AT_ONCE.release()
    return _answer(done)


def _answer(done: subprocess.CompletedProcess[bytes]) -> list[tuple[datetime, datetime]]:
    if done.returncode:
        # Ended by a limit: by a signal for the processor, by Python for memory.
        raise CalendarRefused("too_slow" if done.returncode < 0 else "too_much_rule")
    answer = json.loads(done.stdout)
    if "no" in answer:
        raise CalendarRefused(answer["no"])
    return [(datetime.fromtimestamp(begin, UTC), datetime.fromtimestamp(end, UTC)) for begin, end in answer["busy"]]
