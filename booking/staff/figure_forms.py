"""Which office and which days the figures are about."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from flask_babel import lazy_gettext as _l
from wtforms import DateField, SelectField
from wtforms.validators import InputRequired

from foundation.forms import Form


class FiguresForm(Form):
    """Asked by GET: the address of the page says what it shows."""

    office = SelectField(_l("Office"), choices=[])
    first = DateField(_l("First day"), name="from", validators=[InputRequired(_l("Enter the first day"))])
    last = DateField(_l("Last day"), name="to", validators=[InputRequired(_l("Enter the last day"))])


def periods(today: date) -> list[tuple[Any, date, date]]:
    """Periods that people ask for, as (words, first day, last day)."""
    monday = today - timedelta(days=today.weekday())
    month = today.replace(day=1)
    month_before = (month - timedelta(days=1)).replace(day=1)
    quarter = date(today.year, (today.month - 1) // 3 * 3 + 1, 1)
    return [
        (_l("This week"), monday, monday + timedelta(days=6)),
        (_l("Last week"), monday - timedelta(days=7), monday - timedelta(days=1)),
        (_l("This month"), month, _end_of_month(month)),
        (_l("Last month"), month_before, month - timedelta(days=1)),
        (_l("This quarter"), quarter, _end_of_month(date(quarter.year, quarter.month + 2, 1))),
    ]


def _end_of_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
