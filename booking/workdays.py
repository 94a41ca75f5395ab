"""Why a day of the calendar has no free time, in one or two words, for all days at once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

from flask_babel import gettext as _

from . import season
from .finder import Query


def words(query: Query, empty: Iterable[date], closed: Mapping[date, str]) -> dict[date, str]:
    """For each empty day: the closure's reason, `closed` (nobody works), `too late` (notice) or `full`. Raises NotFound."""
    look = season.look(query)
    worked = 0
    for option in look.options:
        for one in option.counselors:
            worked |= one.open_starts(option.shape, option.modality)
    bookable = look.bookable(worked)
    said = {}
    for on in empty:
        day = look.day(on)
        if on in closed:
            said[on] = closed[on] or _("closed")
        elif not worked & day:
            said[on] = _("closed")
        else:
            said[on] = _("full") if bookable & day else _("too late")
    return said
