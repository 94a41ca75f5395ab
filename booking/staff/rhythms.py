"""How often a rule comes, as a plain choice: every week, weeks like this one, the other weeks, every n weeks; with dates."""

from __future__ import annotations

from datetime import date, time
from typing import Any, NamedTuple

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from foundation import clock, languages, times
from foundation.errors import InputWrong
from foundation.forms import FIRST_DAY, LAST_DAY

from .. import fortnights
from ..models import Resource

MOST = 6
"""The slowest rhythm that the form offers, in weeks."""


class Rule(NamedTuple):
    """What the forms of hours and of recurring absences have in common."""

    weekday: int
    opens: int
    closes: int
    valid_from: date
    valid_to: date | None
    every_n_weeks: int
    nth: int | None


def today(resource: Resource) -> date:
    """The date at the diary's office."""
    return times.local(clock.now(), resource.office.zone).date()


def offer(form: Any, resource: Resource, kept: int = 0) -> None:
    """Put the choices into a form; `kept` weeks of a rule stay possible whatever they are.

    Weeks that take turns are sent as a Monday that the page showed: a form that lay open over a weekend means the weeks it named.
    """
    this, other = fortnights.kinds(today(resource))

    def dates(first: date) -> str:
        return languages.listed(times.day_and_month(day) for day in fortnights.mondays(first))

    numbers = sorted({*range(3, MOST + 1), *([kept] if kept > MOST else [])})
    form.every_n_weeks.choices = [
        ("1", _("Every week")),
        (this.isoformat(), _("Weeks like this one: weeks of %(dates)s …", dates=dates(this))),
        (other.isoformat(), _("The other weeks: weeks of %(dates)s …", dates=dates(other))),
        *((str(n), _("Every %(n)s weeks, from the week of the first day", n=n)) for n in numbers),
    ]
    sent = _monday(form.every_n_weeks.data)
    if sent is not None:
        form.every_n_weeks.data = _kind(sent, resource)


def rules_of(form: Any, resource: Resource) -> list[Rule]:
    """What was filled in, weekday by weekday. Raises InputWrong where none is chosen."""
    if not form.weekday.data:
        raise InputWrong(_l("Choose at least one weekday"), field="weekday")
    every, since = form.every_n_weeks.data, form.valid_from.data
    like = _monday(every)
    if like is not None:
        since, every = fortnights.begin(since, like), 2
    closes = minutes(form.closes.data, 1440) or 1440
    nth = int(form.nth.data) if form.nth.data else None
    return [
        Rule(int(day), minutes(form.opens.data, 0), closes, since, form.valid_to.data, int(every), nth)
        for day in form.weekday.data
    ]


def choice_of(every_n_weeks: int, valid_from: date, resource: Resource) -> str:
    """What the form shows for a saved rule."""
    return _kind(valid_from, resource) if every_n_weeks == 2 else str(every_n_weeks)


def _kind(day: date, resource: Resource) -> str:
    """The Monday that the form shows for weeks like that of a day."""
    return next(one.isoformat() for one in fortnights.kinds(today(resource)) if fortnights.alike(one, day))


def _monday(raw: str | None) -> date | None:
    """A Monday as a form sends it; None for anything else."""
    try:
        on = date.fromisoformat(raw or "")
    except ValueError:
        return None
    return on if on.weekday() == 0 and FIRST_DAY <= on <= LAST_DAY else None


def minutes(at: time | None, missing: int) -> int:
    """A typed time as minutes since midnight."""
    return missing if at is None else at.hour * 60 + at.minute


def wall(at: int) -> time:
    """The same back; midnight at the end of a day is 00:00."""
    return time(at % 1440 // 60, at % 60)
