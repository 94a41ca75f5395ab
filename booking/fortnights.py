"""Two kinds of week that take turns: each is told by a Monday, so that it means the same whenever it is read."""

from __future__ import annotations

from datetime import date, timedelta

from .availability import WEEK

SHOWN = 3
"""Dates that are shown of each."""


def begin(first_day: date, like: date) -> date:
    """From when a rule for every second week counts: `first_day`, or the Monday after its week when that is not like the week of `like`."""
    return first_day if alike(first_day, like) else monday(first_day) + timedelta(days=WEEK)


def alike(one: date, other: date) -> bool:
    """Whether the weeks of two days are of one kind."""
    return (monday(one) - monday(other)).days // WEEK % 2 == 0


def kinds(today: date) -> tuple[date, date]:
    """A Monday of each kind: this week's and the next one's."""
    return monday(today), monday(today) + timedelta(days=WEEK)


def mondays(first: date) -> list[date]:
    """The Mondays of the next weeks of a kind, from its first one on."""
    return [first + timedelta(days=2 * WEEK * number) for number in range(SHOWN)]


def monday(day: date) -> date:
    """The first day of its week."""
    return day - timedelta(days=day.weekday())
