"""How many hours the rules of a diary come to in this week and in the next one, so that part-time can be checked. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta

from . import fortnights, hours
from .availability import WEEK
from .models import WorkingHours


def of(rules: Iterable[WorkingHours], today: date) -> tuple[int, int]:
    """Minutes by the rules alone: absences, single days and closed days are not taken off."""
    windows = [hours.window_of(rule).weekly for rule in rules]
    monday = fortnights.monday(today)

    def minutes(first: date) -> int:
        days = [first + timedelta(days=number) for number in range(WEEK)]
        return sum(one.closes - one.opens for one in windows for day in days if one.on(day))

    return minutes(monday), minutes(monday + timedelta(days=WEEK))
