"""When a resource can be booked: weekly hours from/to, single days, absences. Saving never touches what is booked; it tells."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from datetime import time as wall_time
from hashlib import sha256
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select

from foundation import audit, clock, times
from foundation.db import db, lock
from foundation.errors import InputWrong, NotFound, Refusal
from virtual_office.offices.offices import ChangedMeanwhile

from . import availability, claims, fitting, overlaps, resources
from .models import Absence, Appointment, DayOverride, Resource, WorkingHours

STEP = 5
"""Minutes: hours lie on this grid."""
FROM_CALENDAR = "calendar"
"""`reason` of an absence that came out of another calendar (`calendars.busy_times`)."""
MOST_WEEKS = 26
"""The slowest rhythm: twice a year."""


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
    place_id: int | None = None

    @property
    def weekly(self) -> availability.WeeklyWindow:
        """The same as the finder has it."""
        return availability.WeeklyWindow(
            *(self.weekday, self.opens, self.closes, self.valid_from, self.valid_to, self.every_n_weeks, self.nth)
        )


def window_of(rule: WorkingHours) -> Window:
    """A rule as it is saved."""
    return Window(
        *(rule.weekday, rule.opens, rule.closes, rule.valid_from, rule.valid_to, rule.every_n_weeks, rule.nth),
        tuple(rule.modalities),
        rule.place_id,
    )


def rule_print(rule: WorkingHours) -> str:
    """Stands for a rule as it is now, so that two who change it see each other."""
    return sha256(repr(window_of(rule)).encode()).hexdigest()[:16]


def of(resource: Resource) -> list[WorkingHours]:
    """Its weekly hours, past ones too, by weekday and time."""
    query = select(WorkingHours).where(WorkingHours.resource_id == resource.id)
    return list(db.session.scalars(query.order_by(WorkingHours.weekday, WorkingHours.opens, WorkingHours.valid_from)))


def overrides_of(resource: Resource, first: date) -> list[DayOverride]:
    """Single days with other hours from a date on."""
    query = select(DayOverride).where(DayOverride.resource_id == resource.id, DayOverride.on_day >= first)
    return list(db.session.scalars(query.order_by(DayOverride.on_day, DayOverride.opens)))


def absences_of(resource: Resource) -> list[Absence]:
    """Absences that are not over, soonest first; without those that come out of another calendar, which go as one."""
    query = select(Absence).where(Absence.resource_id == resource.id, Absence.ends_at > clock.now())
    query = query.where(Absence.reason != FROM_CALENDAR)
    return list(db.session.scalars(query.order_by(Absence.starts_at)))


def booked_in(resource: Resource, absences: Sequence[Absence]) -> dict[int, list[Appointment]]:
    """What is still booked in each absence, by its id, soonest first: it waits to be moved or called off."""
    coming = resources.coming(resource) if absences else []
    return {one.id: [a for a in coming if a.starts_at < one.ends_at and a.ends_at > one.starts_at] for one in absences}


def add(resource: Resource, window: Window) -> WorkingHours:
    """One more rule; refuses one that is off the grid, ends before it begins, or overlaps another."""
    lock(resource)
    check(window)
    if any(overlaps.meet(window.weekly, window_of(other).weekly) for other in of(resource)):
        raise HoursOverlap
    rule = WorkingHours(resource_id=resource.id)
    _write_down(rule, window)
    db.session.add(rule)
    _bump(resource)
    audit.note("hours.added", resource, after={"weekday": window.weekday}, office_id=resource.office_id)
    return rule


def change(resource: Resource, public_id: str, window: Window, seen: str | None = None) -> list[Appointment]:
    """Change a rule in place; returns what was booked in open hours and is not any more, and keeps it.

    With `seen` (a `rule_print`) refuses ChangedMeanwhile when a colleague saved since. Other refusals as in `add`, and NotFound.
    """
    lock(resource)
    rule = get(resource, public_id)
    if seen is not None and seen != rule_print(rule):
        raise ChangedMeanwhile
    check(window)
    if any(overlaps.meet(window.weekly, window_of(other).weekly) for other in of(resource) if other is not rule):
        raise HoursOverlap
    before = {one.id for one in fitting.outside(resource)}
    _write_down(rule, window)
    _bump(resource)
    audit.note("hours.changed", resource, after={"weekday": window.weekday}, office_id=resource.office_id)
    return [one for one in fitting.outside(resource) if one.id not in before]


def get(resource: Resource, public_id: str) -> WorkingHours:
    """One rule of a diary, or NotFound."""
    rule = db.session.scalar(
        select(WorkingHours).where(WorkingHours.resource_id == resource.id, WorkingHours.public_id == public_id)
    )
    if rule is None:
        raise NotFound
    return rule


def check(window: Window) -> None:
    """Refuses what is off the grid, ends before it begins, or comes in a rhythm that there is not."""
    _check(window.opens, window.closes, "opens", "closes")
    if window.valid_to is not None and window.valid_to < window.valid_from:
        raise EndsBeforeItBegins(field="valid_to")
    if not 1 <= window.every_n_weeks <= MOST_WEEKS or window.nth not in (None, 1, 2, 3, 4, 5, -1):
        raise InputWrong(field="every_n_weeks")


def set_week(resource: Resource, windows: Sequence[Window]) -> None:
    """Replace every rule by these."""
    lock(resource)
    db.session.execute(delete(WorkingHours).where(WorkingHours.resource_id == resource.id))
    db.session.expire(resource)
    for window in windows:
        add(resource, window)


def remove(resource: Resource, public_id: str) -> list[Appointment]:
    """Take a rule away; returns what was booked in open hours and is not any more, and keeps it."""
    lock(resource)
    rule = get(resource, public_id)
    before = {one.id for one in fitting.outside(resource)}
    db.session.delete(rule)
    _bump(resource)
    audit.note("hours.removed", resource, before={"weekday": rule.weekday}, office_id=resource.office_id)
    return [one for one in fitting.outside(resource) if one.id not in before]


def end_on(resource: Resource, public_id: str, last_day: date) -> None:
    """Let a rule end on a date."""
    lock(resource)
    rule = get(resource, public_id)
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
    return _outside(resource, on)


def drop_override(resource: Resource, on: date) -> list[Appointment]:
    """Back to the weekly hours on a date; returns what is booked on it outside of them, and keeps it."""
    lock(resource)
    db.session.execute(delete(DayOverride).where(DayOverride.resource_id == resource.id, DayOverride.on_day == on))
    resources.touch(resource)
    audit.note("day.override_dropped", resource, after={"on": on.isoformat()}, office_id=resource.office_id)
    return _outside(resource, on)


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


def at(on: date, minutes: int, zone_name: str) -> datetime:
    """Local wall-clock time as a moment, without asking whether the clock shows it."""
    return _at(on, minutes, ZoneInfo(zone_name))


def _at(on: date, minutes: int, zone: ZoneInfo) -> datetime:
    day = on + timedelta(days=minutes // 1440)
    return datetime.combine(day, wall_time((minutes % 1440) // 60, minutes % 60), zone)


def _check(opens: int, closes: int, opens_field: str, closes_field: str) -> None:
    if opens % STEP or closes % STEP:
        raise NotOnGrid(field=opens_field if opens % STEP else closes_field)
    if not 0 <= opens < closes <= 1440:
        raise EndsBeforeItBegins(field=closes_field)


def _outside(resource: Resource, on: date) -> list[Appointment]:
    """What is booked on a date and does not lie in open hours."""
    zone = resource.office.zone
    return [one for one in fitting.outside(resource) if times.local(one.starts_at, zone).date() == on]


def _bump(resource: Resource) -> None:
    """Hours say where somebody works: the masks of all diaries of the person are made anew, for the way between them."""
    db.session.flush()
    claims.bump([resource.id])
    db.session.expire(resource, ["version"])


def _write_down(rule: WorkingHours, window: Window) -> None:
    for name in ("weekday", "opens", "closes", "valid_from", "valid_to", "every_n_weeks", "nth", "place_id"):
        setattr(rule, name, getattr(window, name))
    rule.modalities = list(window.modalities)
