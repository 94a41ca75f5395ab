"""All rules of one diary for some dates, read from the rows as they are in this transaction, and the masks that they make."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from virtual_office.offices import offices

from . import availability, mask_rows, travel
from .masks import ALWAYS_OPEN
from .models import Resource


@dataclass(frozen=True)
class Dates:
    """Some dates of a diary. `starts` are the first UTC ticks of each and of the date after; `closed` has the office's reasons."""

    zone: ZoneInfo
    first: date
    days: int
    starts: tuple[int, ...]
    closed: Mapping[date, str]
    rules: availability.ResourceRules

    @property
    def origin(self) -> int:
        """The tick of bit 0 of the masks."""
        return self.starts[0]

    def open(self, modality: str | None = None) -> int:
        """The open ticks of all the dates; `modality` None: of any."""
        return availability.open_mask(self.rules, self.zone, self.first, self.days, modality)

    def hours(self) -> int:
        """The same without regard to absences."""
        mask = 0
        for begin, end in availability.windows(self.rules, self.zone, self.first, self.days, None):
            mask |= ((1 << end - begin) - 1) << begin - self.origin
        return mask

    def day(self, number: int) -> int:
        """All ticks of the date `number` days after the first."""
        begin, end = self.starts[number : number + 2]
        return ((1 << end - begin) - 1) << begin - self.origin


def of(resource: Resource, first: date, days: int) -> Dates:
    """A diary on so many dates from `first` on, by the clock of its office."""
    zone = ZoneInfo(resource.office.zone)
    last = first + timedelta(days=days)
    starts = availability.day_starts(zone, first, days)
    closed = offices.closed_days(resource.office, first, last)
    weekly = mask_rows.weekly([resource.id]).get(resource.id, ())
    span = starts[0] * availability.TICK, starts[-1] * availability.TICK
    places = {resource.office_id, *(window.place for window in weekly if window.place is not None)}
    rules = availability.ResourceRules(
        weekly=weekly,
        overrides=mask_rows.overrides([resource.id], first, last).get(resource.id, ()),
        absences=mask_rows.absences([resource.id], *span).get(resource.id, ()),
        closed=frozenset(closed),
        always=resource.kind in ALWAYS_OPEN and not weekly,
        away=mask_rows.away([resource.id]).get(resource.id, ()),
        place=resource.office_id,
        travel=travel.within(places, travel.table()) if len(places) > 1 else (),
    )
    return Dates(zone, first, days, starts, closed, rules)
