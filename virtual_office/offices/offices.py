"""Offices: opened, changed and closed by administrators; the days on which they are closed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import lru_cache
from typing import Any

import holidays
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from accounts import places
from accounts.access import Visitor
from accounts.models import Role
from foundation import audit
from foundation.db import db, lock
from foundation.errors import NotFound, Refusal
from foundation.times import zone_exists

from .models import Closure, Office, OfficeHours

LEADS = (Role.ADMIN, Role.TEAM_LEADER)
"""Who changes an office; opening one needs an administrator of all offices."""
FIELDS = ("name", "address", "zone", "phone", "phone_cost", "region", "directions", "active")
Window = tuple[int, int, int]
"""(weekday, opens, closes): Monday is 0, minutes since local midnight."""
DIALLED = re.compile(r"\+?[0-9 ()./-]+")
LEAST_DIGITS = 3
"""Short numbers of public services (060, 112) are numbers too."""


class ChangedMeanwhile(Refusal):
    """Somebody else saved it since this form was opened."""

    code = "changed_meanwhile"
    message = _l("A colleague saved changes since you opened this page. Compare them with yours, then save again.")


class UnknownZone(Refusal):
    """Not an IANA time zone."""

    code = "unknown_zone"
    status = 422
    field = "zone"
    message = _l("Choose a time zone from the list, for example Europe/Madrid")


class UnknownRegion(Refusal):
    """No public holidays are known for it."""

    code = "unknown_region"
    status = 422
    field = "region"
    message = _l("Enter a country code like ES, or a country and region like ES-MD")


class UnreadablePhone(Refusal):
    """Nobody could dial it."""

    code = "unreadable_phone"
    status = 422
    field = "phone"
    message = _l("Enter a phone number that people can dial, for example +34 910 000 000 or 060")


class LastDayFirst(Refusal):
    """A closure that ends before it begins."""

    code = "last_day_first"
    status = 422
    field = "last_day"
    message = _l("The last day must not be before the first day")


class HoursOverlap(Refusal):
    """Two windows of one weekday overlap, or one ends before it begins."""

    code = "hours_overlap"
    status = 422
    message = _l("Opening hours must not overlap, and must end after they begin")


def get(public_id: str, visitor: Visitor, *roles: Role) -> Office:
    """An office where the visitor has one of the roles (leaders by default); NotFound for others."""
    office = db.session.scalar(select(Office).where(Office.public_id == public_id))
    if office is None or not visitor.may(*(roles or LEADS), office_id=office.id):
        raise NotFound
    return office


def listed(visitor: Visitor, *roles: Role) -> list[Office]:
    """The visitor's offices by name, closed ones too."""
    offices = visitor.offices(*(roles or LEADS))
    query = select(Office).order_by(Office.active.desc(), Office.name, Office.id)
    return list(db.session.scalars(query if offices is None else query.where(Office.id.in_(offices))))


def open_office(values: Mapping[str, Any], hours: Sequence[Window] = ()) -> Office:
    """A new office from its fields (name, address, zone, phone, phone_cost, region, directions)."""
    _check(values)
    office = Office(**{name: values[name] for name in FIELDS if name in values})
    db.session.add(office)
    db.session.flush()
    set_hours(office, hours)
    audit.note("office.opened", office, office_id=office.id)
    return office


def change(office: Office, values: Mapping[str, Any], hours: Sequence[Window] | None, version: int) -> None:
    """Save what was edited from version `version`; refuses when a colleague saved in between. Appointments stay as they are."""
    lock(office)
    if office.version != version:
        raise ChangedMeanwhile(version=office.version)
    _check(values)
    changed = [name for name in FIELDS if name in values and getattr(office, name) != values[name]]
    for name in changed:
        setattr(office, name, values[name])
    if hours is not None and sorted((h.weekday, h.opens, h.closes) for h in office.hours) != sorted(hours):
        set_hours(office, hours)
        changed.append("hours")
    if changed:
        office.version += 1
        audit.note("office.changed", office, after={"fields": changed}, office_id=office.id)


def set_hours(office: Office, hours: Sequence[Window]) -> None:
    """The week in which counter and phone answer, replacing the one before."""
    last: dict[int, int] = {}
    for weekday, opens, closes in sorted(hours):
        if opens >= closes or opens < last.get(weekday, 0):
            raise HoursOverlap(field=f"day{weekday}")
        last[weekday] = closes
    office.hours = [
        OfficeHours(weekday=weekday, opens=opens, closes=closes) for weekday, opens, closes in sorted(hours)
    ]


def add_closure(office: Office, first_day: date, last_day: date, reason: str) -> Closure:
    """Close an office on some days; what is booked on them stays and is listed by the page."""
    if last_day < first_day:
        raise LastDayFirst
    lock(office)
    closure = Closure(office_id=office.id, first_day=first_day, last_day=last_day, reason=reason)
    db.session.add(closure)
    office.version += 1
    audit.note(
        "office.closed_for_days",
        office,
        after={"first": first_day.isoformat(), "last": last_day.isoformat()},
        office_id=office.id,
    )
    db.session.flush()
    return closure


def remove_closure(office: Office, closure_id: int) -> None:
    """Take a closure back."""
    lock(office)
    closure = db.session.get(Closure, closure_id)
    if closure is None or closure.office_id != office.id:
        raise NotFound
    db.session.delete(closure)
    office.version += 1
    audit.note("office.closure_removed", office, office_id=office.id)


@places.add_source
def as_places() -> list[places.Place]:
    """Names of the active offices, for the floor below."""
    query = select(Office.id, Office.public_id, Office.name, Office.region).where(Office.active)
    return [places.Place(*row) for row in db.session.execute(query)]


def region_known(region: str) -> bool:
    """Whether public holidays are known for a country or region."""
    country, _dash, part = region.partition("-")
    supported = holidays.list_supported_countries(include_aliases=True)
    return country in supported and (not part or part in supported[country])


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


def _check(values: Mapping[str, Any]) -> None:
    if "zone" in values and not zone_exists(values["zone"]):
        raise UnknownZone
    if values.get("region") and not region_known(values["region"]):
        raise UnknownRegion
    if values.get("phone") and not _can_be_dialled(values["phone"]):
        raise UnreadablePhone


def _can_be_dialled(phone: str) -> bool:
    return bool(DIALLED.fullmatch(phone)) and sum(letter.isdigit() for letter in phone) >= LEAST_DIGITS
