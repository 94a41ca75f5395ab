"""The days of a calendar laid out as months of weeks, Monday first: pure, knows no page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby

WEEK = 7


@dataclass(frozen=True)
class Cell:
    """One day. `free` counts its free times; `why` says in a word why there are none, or is empty."""

    on: date
    free: int = 0
    why: str = ""


@dataclass(frozen=True)
class Week:
    """Seven places from Monday to Sunday; None where the day belongs to another month or is not shown."""

    monday: date
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class Month:
    """The weeks of a month that have a shown day."""

    first: date
    weeks: tuple[Week, ...]


def months(free: Mapping[date, int], why: Mapping[date, str]) -> list[Month]:
    """Lay out consecutive days. `free` has every shown day; `why` a word for those without a free time."""
    cells = [Cell(on, free[on], why.get(on, "")) for on in sorted(free)]
    return [
        Month(
            first,
            tuple(_week(monday, tuple(days)) for monday, days in groupby(of_month, key=lambda cell: _monday(cell.on))),
        )
        for first, of_month in (
            (key, list(group)) for key, group in groupby(cells, key=lambda cell: cell.on.replace(day=1))
        )
    ]


def _monday(on: date) -> date:
    return on - timedelta(days=on.weekday())


def _week(monday: date, days: tuple[Cell, ...]) -> Week:
    places: list[Cell | None] = [None] * WEEK
    for cell in days:
        places[cell.on.weekday()] = cell
    return Week(monday, tuple(places))
