"""A file looked at row by row, saving nothing; and its good rows brought in, each an act of its own, which can be done again."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from flask_babel import lazy_gettext as _l

from accounts.access import Visitor
from foundation import audit
from foundation.db import write
from foundation.errors import Refusal

from ..claims import Spot
from . import bookings, counselors, weeks
from .plans import Column, Importer, Plan
from .tables import Row, Table, read

AT_ONCE = 20.0
"""Seconds after which an import or its report stops and says where it goes on: a page must answer."""
BREATH = 25
"""Rows after which other people's requests get their turn."""
FIELDS = {
    "opens": "from",
    "closes": "to",
    "valid_from": "first_day",
    "valid_to": "last_day",
    "every_n_weeks": "every_weeks",
    "speaks": "languages",
    "modality": "way",
    "starts_at": "time",
}
"""Fields of the rules whose column has another name."""


class State(StrEnum):
    """What a row comes to."""

    GOOD = "good"
    DONE = "done"
    THERE = "there"
    WRONG = "wrong"
    LEFT = "left"


@dataclass(frozen=True)
class Kind:
    """A kind of table that can be imported."""

    title: Any
    words: Any
    columns: tuple[Column, ...]
    make: Callable[[Visitor, bool], Importer]

    @property
    def names(self) -> list[str]:
        """Every column."""
        return [one.name for one in self.columns]

    @property
    def needed(self) -> list[str]:
        """Columns that no file may lack."""
        return [one.name for one in self.columns if one.needed]


KINDS = {
    "counselors": Kind(
        _l("Counselors"),
        _l("Each gets an account, a diary and a letter with a link to choose a password."),
        counselors.COLUMNS,
        lambda visitor, _letters: counselors.Counselors(visitor),
    ),
    "hours": Kind(
        _l("Weekly hours"),
        _l("When the counselors can be booked. Import the counselors first."),
        weeks.COLUMNS,
        lambda visitor, _letters: weeks.Weeks(visitor),
    ),
    "bookings": Kind(
        _l("Appointments"),
        _l("What is agreed already. Import the counselors first."),
        bookings.COLUMNS,
        bookings.Bookings,
    ),
}


@dataclass(frozen=True)
class Line:
    """A row of the report; `column` is where to look, `words` say why."""

    number: int
    state: State
    cells: list[str]
    words: str = ""
    column: str = ""


@dataclass(frozen=True)
class Report:
    """What the rows of a file come to, in their order."""

    columns: list[str]
    lines: list[Line]

    def count(self, state: str) -> int:
        """How many rows come to this."""
        return sum(one.state == state for one in self.lines)

    @property
    def goes_on_at(self) -> int:
        """The line at which the rest begins; 0 when nothing is left."""
        return next((one.number for one in self.lines if one.state == State.LEFT), 0)


def table_of(kind: str, raw: bytes) -> Table:
    """The table in a file's bytes. Raises tables.NoTable."""
    return read(raw, KINDS[kind].names, KINDS[kind].needed)


def look(kind: str, table: Table, visitor: Visitor) -> Report:
    """What would happen to each row; nothing is saved. What takes too long is left: it is looked at when it is imported."""
    importer = KINDS[kind].make(visitor, False)
    taken: dict[Spot, int] = {}
    keys: dict[Any, int] = {}
    return Report(table.columns, list(_looked(importer, table.rows, taken, keys)))


def bring_in(kind: str, table: Table, visitor: Visitor, *, letters_too: bool = False, start: int = 0) -> Report:
    """Import the good rows from line `start` on, each in a transaction of its own. What is there already stays as it is."""
    importer = KINDS[kind].make(visitor, letters_too)
    until, lines = time.monotonic() + AT_ONCE, list[Line]()
    for number, row in enumerate(one for one in table.rows if one.line >= start):
        if time.monotonic() > until:
            lines.append(Line(row.line, State.LEFT, row.raw))
            continue
        lines.append(_imported(importer, row))
        _breathe(number)
    report = Report(table.columns, lines)
    counts = {state.value: report.count(state) for state in (State.DONE, State.THERE, State.WRONG)}
    write(lambda: audit.note("import.done", after={"kind": kind, **counts}))
    return report


def _looked(importer: Importer, rows: Sequence[Row], taken: dict[Spot, int], keys: dict[Any, int]) -> Iterator[Line]:
    until = time.monotonic() + AT_ONCE
    for number, row in enumerate(rows):
        _breathe(number)
        if time.monotonic() > until:
            yield Line(row.line, State.LEFT, row.raw)
            continue
        try:
            plan = _plan(importer, row)
        except Refusal as no:
            yield _wrong(row, no)
            continue
        before = min((taken[spot] for spot in plan.spots if spot in taken), default=0)
        if plan.there:
            yield Line(row.line, State.THERE, row.raw, str(plan.there))
        elif plan.key in keys:
            yield Line(row.line, State.THERE, row.raw, str(_l("Line %(line)s says the same", line=keys[plan.key])))
        elif before:
            yield Line(
                row.line, State.WRONG, row.raw, str(_l("Line %(line)s takes the same time", line=before)), "time"
            )
        else:
            plan.noted()
            keys[plan.key] = row.line
            taken.update(dict.fromkeys(plan.spots, row.line))
            yield Line(row.line, State.GOOD, row.raw, str(plan.remark))


def _imported(importer: Importer, row: Row) -> Line:
    """One row, one transaction: looked at again within it, because the world went on since the report."""

    def act() -> Plan:
        plan = _plan(importer, row)
        if not plan.there:
            plan.act()
        return plan

    try:
        plan = write(act)
    except Refusal as no:
        return _wrong(row, no)
    if plan.there:
        return Line(row.line, State.THERE, row.raw, str(plan.there))
    return Line(row.line, State.DONE, row.raw, str(plan.remark))


def _plan(importer: Importer, row: Row) -> Plan:
    if row.wrong_length:
        raise Refusal(_l("This row has more cells than there are columns"))
    return importer.plan(row)


def _wrong(row: Row, no: Refusal) -> Line:
    return Line(row.line, State.WRONG, row.raw, str(no.message), FIELDS.get(no.field or "", no.field or ""))


def _breathe(number: int) -> None:
    if number % BREATH == BREATH - 1:
        time.sleep(0)
