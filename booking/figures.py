"""Figures of an office between two days: how full its hours were, who came, how long people waited. About services, never about colleagues.

Definitions, the same that the page prints:

- **used share**: minutes of appointments ÷ minutes in which counselors could be booked. Cancelled appointments do not count; buffers do
  not count. Of a service: the hours of the counselors who give it; of a way to meet: the hours of those who receive that way.
- **came**: attended or late ÷ attended, late or missed. A failure of technology counts on neither side.
- **days to the first appointment**: local days from the day of booking to the day of a person's first appointment at the office, for
  people whose first one lies in the period: the median, and the number of days within which nine of ten were served.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import median

from flask_babel import lazy_gettext as _l

from foundation.errors import Refusal
from virtual_office.offices.models import Office

from . import figure_rows
from .figure_rows import Counted, First
from .models import AppointmentState

FEWEST = 5
"""People below which a share or a wait would tell about persons; it is not shown."""
LONGEST = 366
"""Days of one period."""


class PeriodTurned(Refusal):
    """The last day lies before the first."""

    code = "period_turned"
    status = 422
    field = "last"
    message = _l("Choose a last day that is not before the first day")


class PeriodTooLong(Refusal):
    """More than a year at once."""

    code = "period_too_long"
    status = 422
    field = "last"
    message = _l("Choose at most one year")


@dataclass(frozen=True)
class Figure:
    """One line: a service or a way to meet (`code`), or everything (empty). Minutes are whole; None where too few people stand behind it."""

    code: str
    booked: int
    """Appointments that were not cancelled."""
    used_minutes: int
    open_minutes: int
    came: int
    ended: int
    """Attended, late or missed."""
    failed: int
    """Ended by a failure of technology."""
    firsts: int
    """People whose first appointment it was."""
    usual_days: float | None
    most_days: int | None

    @property
    def used(self) -> float | None:
        """Used share, 0 to 1 (above when more was booked than the hours say); None without open hours."""
        return self.used_minutes / self.open_minutes if self.open_minutes else None

    @property
    def attendance(self) -> float | None:
        """Share of people who came; None for fewer than five."""
        return self.came / self.ended if self.ended >= FEWEST else None


@dataclass(frozen=True)
class Figures:
    """All lines of one office and period."""

    office: Office
    first: date
    last: date
    total: Figure
    services: list[tuple[str, Figure]]
    """(name, line), in order of name."""
    ways: list[Figure]
    """By modality, in the order of `Modality`."""


def of(office: Office, first: date, last: date) -> Figures:
    """The figures of an office from `first` to `last`, both included, as the rows stand now. Refuses PeriodTurned, PeriodTooLong."""
    if last < first:
        raise PeriodTurned
    if (last - first).days >= LONGEST:
        raise PeriodTooLong
    counted = figure_rows.counted(office, first, last)
    firsts = figure_rows.firsts(office, first, last)
    hours = figure_rows.open_minutes(office, first, last)
    services = figure_rows.services(office)
    return Figures(
        office=office,
        first=first,
        last=last,
        total=_line("", counted, firsts, hours.total),
        services=[
            (
                name,
                _line(
                    str(one),
                    [row for row in counted if row.service_id == one],
                    [row for row in firsts if row.service_id == one],
                    hours.by_service.get(one, 0),
                ),
            )
            for one, name in services
        ],
        ways=[
            _line(
                way,
                [row for row in counted if row.modality == way],
                [row for row in firsts if row.modality == way],
                minutes,
            )
            for way, minutes in hours.by_way.items()
        ],
    )


def _line(code: str, counted: Iterable[Counted], firsts: Sequence[First], open_minutes: int) -> Figure:
    number: dict[str, int] = defaultdict(int)
    minutes = 0
    for row in counted:
        number[row.state] += row.number
        minutes += row.seconds // 60
    came = number[AppointmentState.ATTENDED] + number[AppointmentState.LATE]
    waits = sorted(row.days for row in firsts)
    enough = len(waits) >= FEWEST
    return Figure(
        code=code,
        booked=sum(number.values()),
        used_minutes=minutes,
        open_minutes=open_minutes,
        came=came,
        ended=came + number[AppointmentState.MISSED],
        failed=number[AppointmentState.TECHNICAL_FAILURE],
        firsts=len(waits),
        usual_days=float(median(waits)) if enough else None,
        most_days=waits[math.ceil(len(waits) * 0.9) - 1] if enough else None,
    )
