"""When a resource can be booked: weekly hours from/to, single days, absences. Saving never touches what is booked; it tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall_time
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select

from foundation import audit, clock
from foundation.db import db, lock
from foundation.errors import InputWrong, NotFound, Refusal

from . import availability, resources
from .models import Absence, Appointment, DayOverride, Resource, WorkingHours

STEP = 5
"""Minutes: hours lie on this grid."""


class EndsBeforeItBegins(Refusal):
    """To is not after from."""

    code = "ends_before_it_begins"
    status = 422
    field = "closes"
    message = _l("The end must be after the beginning")


class NotOnGrid(Refusal):
    """Not a multiple of five minutes."""

    code = "not_on_grid"
    status = 422
    field = "opens"
    message = _l("Use times in steps of five minutes, for example 09:05")


class HoursOverlap(Refusal):
    """Another rule covers part of the same time."""

    code = "hours_overlap"
    field = "opens"
    message = _l("These hours overlap hours that are there already")


class NoSuchTime(Refusal):
    """The clocks go forward over this time on that day."""

    code = "no_such_time"
    status = 422
    message = _l("This time does not exist on that day, because the clocks go forward. Choose an hour later.")


@dataclass(frozen=True)
class Window:
    """Hours of one weekday (Monday is 0), minutes since local midnight, between two dates."""

    weekday: int
    opens: int
    closes: int
    valid_from: date
    valid_to: date | None = None
    every_n_weeks: int = 1
    nth: int | None = None
    modalities: tuple[str, ...] = ()


def of(resource: Resource) -> list[WorkingHours]:
    """Its weekly hours, past ones too, by weekday and time."""
    query = select(WorkingHours).where(WorkingHours.resource_id == resource.id)
    return list(db.session.scalars(query.order_by(WorkingHours.weekday, WorkingHours.opens, WorkingHours.valid_from)))


def overrides_of(resource: Resource, first: date) -> list[DayOverride]:
    """Single days with other hours from a date on."""
    query = select(DayOverride).where(DayOverride.resource_id == resource.id, DayOverride.on_day >= first)
    return list(db.session.scalars(query.order_by(DayOverride.on_day, DayOverride.opens)))


def absences_of(resource: Resource) -> list[Absence]:
    """Absences that are not over, soonest first."""
    query = select(Absence).where(Absence.resource_id == resource.id, Absence.ends_at > clock.now())
    return list(db.session.scalars(query.order_by(Absence.starts_at)))


def booked_in(resource: Resource, absences: Sequence[Absence]) -> dict[int, list[Appointment]]:
    """What is still booked in each absence, by its id, soonest first: it waits to be moved or called off."""
    coming = resources.coming(resource) if absences else []
    return {one.id: [a for a in coming if a.starts_at < one.ends_at and a.ends_at > one.starts_at] for one in absences}


def add(resource: Resource, window: Window) -> WorkingHours:
    """One more rule; refuses one that is off the grid, ends before it begins, or overlaps another."""
    lock(resource)
    _check(window.opens, window.closes, "opens", "closes")
    if window.valid_to is not None and window.valid_to < window.valid_from:
        raise EndsBeforeItBegins(field="valid_to")
    if window.every_n_weeks < 1 or window.nth not in (None, 1, 2, 3, 4, 5, -1):
        raise InputWrong(field="every_n_weeks")
    if any(_overlap(window, other) for other in of(resource)):
        raise HoursOverlap
    rule = WorkingHours(
        resource_id=resource.id,
        weekday=window.weekday,
        opens=window.opens,
        closes=window.closes,
        valid_from=window.valid_from,
        valid_to=window.valid_to,
        every_n_weeks=window.every_n_weeks,
        nth=window.nth,
        modalities=list(window.modalities),
    )
    db.session.add(rule)
    resources.touch(resource)
    audit.note("hours.added", resource, after={"weekday": window.weekday}, office_id=resource.office_id)
    return rule


def set_week(resource: Resource, windows: Sequence[Window]) -> None:
    """Replace every rule by these."""
    lock(resource)
    db.session.execute(delete(WorkingHours).where(WorkingHours.resource_id == resource.id))
    db.session.expire(resource)
    for window in windows:
        add(resource, window)


def remove(resource: Resource, public_id: str) -> list[Appointment]:
    """Take a rule away; returns what is booked in hours that are no longer there."""
    lock(resource)
    rule = db.session.scalar(
        select(WorkingHours).where(WorkingHours.resource_id == resource.id, WorkingHours.public_id == public_id)
    )
    if rule is None:
        raise NotFound
    db.session.delete(rule)
    resources.touch(resource)
    audit.note("hours.removed", resource, before={"weekday": rule.weekday}, office_id=resource.office_id)
    zone = ZoneInfo(resource.office.zone)
    return [a for a in resources.coming(resource) if _within(a, rule, zone)]


def end_on(resource: Resource, public_id: str, last_day: date) -> None:
    """Let a rule end on a date."""
    lock(resource)
    rule = db.session.scalar(
        select(WorkingHours).where(WorkingHours.resource_id == resource.id, WorkingHours.public_id == public_id)
    )
    if rule is None:
        raise NotFound
    if last_day < rule.valid_from:
        raise EndsBeforeItBegins(field="valid_to")
    rule.valid_to = last_day
    resources.touch(resource)
    audit.note("hours.ended", resource, after={"last": last_day.isoformat()}, office_id=resource.office_id)


def override_day(
    resource: Resource, on: date, windows: Sequence[tuple[int, int]], reason: str = ""
) -> list[Appointment]:
    """Other hours on one date, or none (closed); returns what is booked on it outside of them, and keeps it."""
    lock(resource)
    for opens, closes in windows:
        _check(opens, closes, "hours", "hours")
    if any(a[1] > b[0] for a, b in zip(sorted(windows), sorted(windows)[1:], strict=False)):
        raise HoursOverlap(_l("These hours overlap each other"), field="hours")
    db.session.execute(delete(DayOverride).where(DayOverride.resource_id == resource.id, DayOverride.on_day == on))
    for opens, closes in windows:
        db.session.add(DayOverride(resource_id=resource.id, on_day=on, opens=opens, closes=closes, reason=reason))
    if not windows:
        db.session.add(DayOverride(resource_id=resource.id, on_day=on, reason=reason))
    resources.touch(resource)
    audit.note("day.overridden", resource, after={"on": on.isoformat()}, office_id=resource.office_id)
    zone = ZoneInfo(resource.office.zone)
    return _outside(resource, on, [(_at(on, opens, zone), _at(on, closes, zone)) for opens, closes in windows], zone)


def drop_override(resource: Resource, on: date) -> list[Appointment]:
    """Back to the weekly hours on a date; returns what is booked on it outside of them, and keeps it."""
    lock(resource)
    db.session.execute(delete(DayOverride).where(DayOverride.resource_id == resource.id, DayOverride.on_day == on))
    resources.touch(resource)
    audit.note("day.override_dropped", resource, after={"on": on.isoformat()}, office_id=resource.office_id)
    zone = ZoneInfo(resource.office.zone)
    rules = [rule for rule in of(resource) if _opens_on(rule, on)]
    spans = [(_at(on, rule.opens, zone), _at(on, rule.closes, zone)) for rule in rules]
    return _outside(resource, on, spans, zone)


def add_absence(
    resource: Resource, starts_at: datetime, ends_at: datetime, reason: str, by: int | None
) -> list[Appointment]:
    """An absence between two moments; returns the appointments it lies over, soonest first, all kept. Twice is once."""
    if ends_at <= starts_at:
        raise EndsBeforeItBegins(field="ends_on")
    lock(resource)
    same = select(Absence.id).where(
        Absence.resource_id == resource.id, Absence.starts_at == starts_at, Absence.ends_at == ends_at
    )
    # The answer to saving is a list: who loads it again sends the form again.
    if db.session.scalar(same) is None:
        db.session.add(
            Absence(resource_id=resource.id, starts_at=starts_at, ends_at=ends_at, reason=reason, created_by=by)
        )
        resources.touch(resource)
        audit.note("absence.added", resource, after={"reason": reason}, office_id=resource.office_id)
    return [a for a in resources.coming(resource) if a.starts_at < ends_at and a.ends_at > starts_at]


def remove_absence(resource: Resource, public_id: str) -> None:
    """Take an absence back."""
    lock(resource)
    absence = db.session.scalar(
        select(Absence).where(Absence.resource_id == resource.id, Absence.public_id == public_id)
    )
    if absence is None:
        raise NotFound
    db.session.delete(absence)
    resources.touch(resource)
    audit.note("absence.removed", resource, office_id=resource.office_id)


def moment(on: date, minutes: int, zone_name: str, field: str | None = None) -> datetime:
    """Local wall-clock time as a moment; NoSuchTime in the gap when clocks go forward; the first of two when they go back."""
    zone = ZoneInfo(zone_name)
    wall = _at(on, minutes, zone)
    back = wall.astimezone(UTC).astimezone(zone)
    if (back.hour, back.minute) != (wall.hour, wall.minute):
        raise NoSuchTime(field=field)
    return wall


def midnight(on: date, zone_name: str) -> datetime:
    """The first moment of a date, also where the clocks go forward at midnight."""
    zone = ZoneInfo(zone_name)
    return datetime.fromtimestamp(availability.first_tick(zone, on) * availability.TICK, zone)


def _at(on: date, minutes: int, zone: ZoneInfo) -> datetime:
    day = on + timedelta(days=minutes // 1440)
    return datetime.combine(day, wall_time((minutes % 1440) // 60, minutes % 60), zone)


def _check(opens: int, closes: int, opens_field: str, closes_field: str) -> None:
    if opens % STEP or closes % STEP:
        raise NotOnGrid(field=opens_field if opens % STEP else closes_field)
    if not 0 <= opens < closes <= 1440:
        raise EndsBeforeItBegins(field=closes_field)


def _opens_on(rule: WorkingHours, on: date) -> bool:
    window = availability.WeeklyWindow(
        rule.weekday, rule.opens, rule.closes, rule.valid_from, rule.valid_to, rule.every_n_weeks, rule.nth
    )
    return window.on(on)


def _outside(
    resource: Resource, on: date, spans: Sequence[tuple[datetime, datetime]], zone: ZoneInfo
) -> list[Appointment]:
    """What is booked on a date and does not lie in one of the spans."""
    begins, ends = _at(on, 0, zone), _at(on, 1440, zone)
    booked = [a for a in resources.coming(resource) if begins <= a.starts_at < ends]
    return [a for a in booked if not any(first <= a.starts_at and a.ends_at <= last for first, last in spans)]


def _overlap(window: Window, other: WorkingHours) -> bool:
    if window.weekday != other.weekday or window.closes <= other.opens or other.closes <= window.opens:
        return False
    if window.valid_to is not None and window.valid_to < other.valid_from:
        return False
    if other.valid_to is not None and other.valid_to < window.valid_from:
        return False
    return window.every_n_weeks == other.every_n_weeks == 1 and window.nth == other.nth


def _within(appointment: Appointment, rule: WorkingHours, zone: ZoneInfo) -> bool:
    wall = appointment.starts_at.astimezone(zone)
    at = wall.hour * 60 + wall.minute
    return rule.opens <= at < rule.closes and _opens_on(rule, wall.date())
