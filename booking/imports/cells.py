"""Cells as people write them: days, times, weekdays, languages, ways to meet. Each raises CellWrong with its column."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from typing import Any

from babel.dates import get_day_names
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l

from foundation.forms import FIRST_DAY, LAST_DAY

from ..models import Modality, Need
from .plans import CellWrong
from .tables import Row

DAYS = ("%Y-%m-%d", "%d.%m.%Y", "%d/%m/%Y", "%d-%m-%Y")
TIMES = ("%H:%M", "%H.%M", "%H:%M:%S")
LANGUAGE = re.compile(r"(sign-)?[a-z]{2,3}")


def text(row: Row, column: str, words: Any, longest: int = 0) -> str:
    """A cell that must be filled; `words` say what belongs there."""
    found = row.cells.get(column, "")
    if not found:
        raise CellWrong(words, field=column)
    if longest and len(found) > longest:
        raise CellWrong(_l("Shorten this to %(n)s characters", n=longest), field=column)
    return found


def day(row: Row, column: str) -> date | None:
    """A date, or None for an empty cell."""
    found = row.cells.get(column, "")
    for pattern in DAYS if found else ():
        try:
            on = datetime.strptime(found, pattern).replace(tzinfo=UTC).date()
        except ValueError:
            continue
        if FIRST_DAY <= on <= LAST_DAY:
            return on
    if found:
        raise CellWrong(_l("Enter a date, for example 24.11.2026"), field=column)
    return None


def minutes(row: Row, column: str) -> int:
    """A time of day as minutes since midnight; 24:00 is the end of the day."""
    found = row.cells.get(column, "")
    if found in {"24:00", "24.00"}:
        return 1440
    for pattern in TIMES:
        try:
            at = datetime.strptime(found, pattern).replace(tzinfo=UTC)
        except ValueError:
            continue
        return at.hour * 60 + at.minute
    raise CellWrong(_l("Enter a time, for example 09:30"), field=column)


def weekday(row: Row, column: str) -> int:
    """Monday is 0. English names, those of the reader's language, the first three letters, or 1 (Monday) to 7."""
    found = row.cells.get(column, "").casefold().rstrip(".")
    if len(found) == 1 and found in "1234567":
        return int(found) - 1
    for names in (get_day_names("wide", locale="en"), get_day_names("wide", locale=get_locale() or "en")):
        for number, name in names.items():
            if found and found in {name.casefold(), name.casefold()[:3]}:
                return int(number)
    raise CellWrong(_l("Enter a weekday: Monday to Sunday, or 1 to 7"), field=column)


def number(row: Row, column: str, allowed: Sequence[int]) -> int | None:
    """A whole number out of a few, or None for an empty cell."""
    found = row.cells.get(column, "")
    if not found:
        return None
    if not re.fullmatch(r"-?[0-9]{1,3}", found, re.ASCII) or int(found) not in allowed:
        said = ", ".join(str(one) for one in allowed) if len(allowed) < 10 else f"{allowed[0]}–{allowed[-1]}"
        raise CellWrong(_l("Enter one of these numbers: %(numbers)s", numbers=said), field=column)
    return int(found)


def parts(row: Row, column: str) -> list[str]:
    """A list in one cell: parts with |, commas or spaces between them."""
    return [one for one in re.split(r"[|,،;\s]+", row.cells.get(column, "").lower()) if one]


def ways(row: Row, column: str) -> list[str]:
    """Ways to meet, by code."""
    written = row.cells.get(column, "").lower().replace("in person", "in_person").replace("in-person", "in_person")
    found = [one for one in re.split(r"[|,،;\s]+", written) if one]
    if not set(found) <= set(Modality):
        raise CellWrong(_l("Ways to meet are: video, phone, chat, in_person"), field=column)
    return list(dict.fromkeys(found))


def needs(row: Row, column: str) -> list[str]:
    """What a person needs, by code."""
    found = parts(row, column)
    if not set(found) <= set(Need):
        raise CellWrong(_l("Needs are: %(codes)s", codes=", ".join(Need)), field=column)
    return sorted(set(found))


def languages(row: Row, column: str) -> list[str]:
    """Language codes."""
    found = parts(row, column)
    if not all(LANGUAGE.fullmatch(one) for one in found):
        raise CellWrong(_l("Enter language codes with commas, for example: en, ar, sign-es"), field=column)
    return list(dict.fromkeys(found))
