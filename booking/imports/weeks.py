"""A row for each weekly rule of a diary."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from accounts.access import Visitor
from foundation import clock, times

from .. import hours, overlaps, resources
from ..models import Resource, WorkingHours
from . import cells, diaries
from .plans import Column, Places, Plan
from .tables import Row

COLUMNS = (
    Column("email", True, _l("E-mail address of the counselor"), "ines.ortega@example.org"),
    Column("office", False, _l("Name of the office, as it stands here; may be left out if there is only one"), "Riverside"),
    Column("weekday", True, _l("Monday to Sunday, or 1 to 7"), "Monday"),
    Column("from", True, _l("When it begins, in steps of five minutes"), "09:00"),
    Column("to", True, _l("When it ends"), "13:30"),
    Column("first_day", False, _l("From which day on; empty means from today"), ""),
    Column("last_day", False, _l("Until which day; empty means without an end"), ""),
    Column("every_weeks", False, _l("2 for every second week; empty means every week"), ""),
    Column("nth", False, _l("1 to 5: only the first to fifth of the month; -1: only the last"), ""),
    Column("ways", False, _l("Only for these ways to meet: video, phone, chat, in_person"), ""),
)  # fmt: skip
KINDS = (resources.COUNSELOR, resources.INTERPRETER)


class Weeks:
    """The rows of one file."""

    def __init__(self, visitor: Visitor) -> None:
        self.places, self.diaries = Places(visitor), diaries.Diaries()
        self.planned: dict[int, list[hours.Window]] = {}
        """Rules of rows before, in a report: nothing of them is saved."""

    def plan(self, row: Row) -> Plan:
        """Raises a Refusal with the column."""
        place = self.places.of(row)
        address = cells.text(row, "email", _l("Enter an e-mail address"))
        diary = self.diaries.of(address, place, KINDS, "email")
        first = cells.day(row, "first_day")
        window = hours.Window(
            cells.weekday(row, "weekday"),
            cells.minutes(row, "from"),
            cells.minutes(row, "to"),
            first or times.local(clock.now(), place.zone).date(),
            cells.day(row, "last_day"),
            cells.number(row, "every_weeks", range(1, hours.MOST_WEEKS + 1)) or 1,
            cells.number(row, "nth", (1, 2, 3, 4, 5, -1)),
            tuple(cells.ways(row, "ways")),
        )
        hours.check(window)
        rules = hours.of(diary)
        if any(_same(one, window, dated=first is not None) for one in rules):
            return Plan(there=_l("These hours are already there"))
        others = [hours.window_of(one) for one in rules] + self.planned.get(diary.id, [])
        if any(other != window and overlaps.meet(window.weekly, other.weekly) for other in others):
            raise hours.HoursOverlap
        return Plan(
            act=lambda: _add(diary, window),
            noted=lambda: self.planned.setdefault(diary.id, []).append(window),
            key=(diary.id, window),
        )


def _add(diary: Resource, window: hours.Window) -> None:
    hours.add(diary, window)


def _same(rule: WorkingHours, window: hours.Window, *, dated: bool) -> bool:
    """Without a first day the rule counts as the same whenever it began."""
    its = hours.window_of(rule)
    alike = (its.weekday, its.opens, its.closes, its.valid_to, its.every_n_weeks, its.nth, set(its.modalities)) == (
        *(window.weekday, window.opens, window.closes, window.valid_to, window.every_n_weeks, window.nth),
        set(window.modalities),
    )
    return alike and (not dated or its.valid_from == window.valid_from)
