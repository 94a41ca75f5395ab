"""Offices: the days on which they are closed."""

from __future__ import annotations

from datetime import date
from functools import lru_cache

import holidays
from flask_babel import get_locale
from sqlalchemy import select

from foundation.db import db

from .models import Closure, Office


def closed_days(office: Office, first: date, last: date) -> dict[date, str]:
    """Closed dates from `first` to `last`, both included, with the reason in words.

    A closure gives the reason that somebody typed (may be empty), a public holiday its name: in the reader's language where it is
    known, else in the country's own. A closure wins over a holiday. An unknown region has no holidays.
    """
    locale = get_locale()
    found: dict[date, str] = {}
    for year in range(first.year, last.year + 1):
        for on, name in public_holidays(office.region, year, locale.language if locale else "").items():
            if first <= on <= last:
                found[on] = name
    query = select(Closure.first_day, Closure.last_day, Closure.reason).where(Closure.office_id == office.id)
    for begins, ends, reason in db.session.execute(query.where(Closure.first_day <= last, Closure.last_day >= first)):
        for number in range(max(begins, first).toordinal(), min(ends, last).toordinal() + 1):
            found[date.fromordinal(number)] = reason
    return found


@lru_cache(maxsize=256)
def public_holidays(region: str, year: int, language: str) -> dict[date, str]:
    """Public holidays of a region (`ES`, `ES-MD`) by date, with their names; none for a region that is empty or unknown."""
    country, _dash, part = region.partition("-")
    try:
        calendar = holidays.country_holidays(country, subdiv=part or None, years=year)
        spoken = [code for code in calendar.supported_languages if code.partition("_")[0] == language] or [
            calendar.default_language or ""
        ]
        named = holidays.country_holidays(country, subdiv=part or None, years=year, language=spoken[0])
    except NotImplementedError:
        return {}
    return dict(named.items())
