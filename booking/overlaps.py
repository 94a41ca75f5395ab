"""Whether two weekly rules ever open on one date at one time: told by the dates themselves, not by their rhythms. Pure."""

from __future__ import annotations

from datetime import timedelta

from .availability import WEEK, WeeklyWindow

WEEKS = 28 * 52 + 36
"""After 28 years weekdays, months and every rhythm of weeks up to 26 have met in every way that they can."""


def meet(one: WeeklyWindow, other: WeeklyWindow) -> bool:
    """Whether there is a date on which both open and their times overlap. Every second and every third week meet, A and B never."""
    if one.weekday != other.weekday or one.closes <= other.opens or other.closes <= one.opens:
        return False
    day = max(one.valid_from, other.valid_from)
    day += timedelta(days=(one.weekday - day.weekday()) % WEEK)
    last = min((end for end in (one.valid_to, other.valid_to) if end is not None), default=None)
    for _week in range(WEEKS):
        if (last is not None and day > last) or day.year > 2200:
            return False
        if one.on(day) and other.on(day):
            return True
        day += timedelta(days=WEEK)
    return False
