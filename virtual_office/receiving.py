"""Which offices receive the public, and their hours in words."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import groupby

from babel.dates import format_date
from flask import Flask
from flask_babel import get_locale
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from foundation import brand, languages, times
from foundation.db import db

from .offices.models import Office

MONDAY = date(2024, 1, 1)
Windows = tuple[tuple[int, int], ...]


def receiving() -> list[Office]:
    """Every open office with its hours, by name."""
    query = select(Office).where(Office.active).options(selectinload(Office.hours)).order_by(Office.name, Office.id)
    return list(db.session.scalars(query))


def help_phone() -> brand.HelpPhone:
    """The number of the first office that has one; with the office's name where there are several offices."""
    query = select(Office.name, Office.phone, Office.phone_cost).where(Office.active).order_by(Office.name, Office.id)
    offices = db.session.execute(query).all()
    for name, phone, cost in offices:
        if phone:
            return brand.HelpPhone(phone, tuple(filter(None, (name if len(offices) > 1 else "", cost))))
    return brand.HelpPhone()


def hours_said(office: Office) -> list[str]:
    """The week in lines like `Monday – Friday: 09:00–14:00`; nothing when no hours are known."""
    week: list[tuple[int, Windows]] = []
    for weekday in range(7):
        windows = tuple((hours.opens, hours.closes) for hours in office.hours if hours.weekday == weekday)
        if windows:
            week.append((weekday, windows))
    lines = []
    for (windows, _run), days in groupby(enumerate(week), key=lambda item: (item[1][1], item[1][0] - item[0])):
        same = [weekday for _number, (weekday, _windows) in days]
        named = (
            _day(same[0]) if len(same) == 1 else _("%(first)s to %(last)s", first=_day(same[0]), last=_day(same[-1]))
        )
        spans = languages.listed(
            f"{times.clock_minutes(opens)}–{times.clock_minutes(closes)}" for opens, closes in windows
        )
        lines.append(_("%(days)s: %(hours)s", days=named, hours=spans))
    return lines


def _day(weekday: int) -> str:
    return format_date(MONDAY + timedelta(days=weekday), "EEEE", locale=get_locale())


def register(app: Flask) -> None:
    """The template filter, and the number in the footer."""
    brand.phone_from(help_phone)
    app.jinja_env.filters["hours_said"] = hours_said
