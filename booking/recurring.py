"""Absences that come again, every week or in another rhythm. Saving never touches what is booked; it tells."""

from __future__ import annotations

from datetime import date, timedelta

from sqlalchemy import or_, select

from foundation import audit, clock, times
from foundation.db import db, lock
from foundation.errors import NotFound

from . import hours, resources
from .availability import WEEK, WeeklyWindow
from .models import Appointment, Resource
from .week_models import RecurringAbsence

LOOKED_AHEAD = 400
"""Days within which the next dates of a rule are looked for."""


def of(resource: Resource) -> list[RecurringAbsence]:
    """Those that are not over, by weekday and time."""
    today = times.local(clock.now(), resource.office.zone).date()
    query = select(RecurringAbsence).where(
        RecurringAbsence.resource_id == resource.id,
        or_(RecurringAbsence.valid_to.is_(None), RecurringAbsence.valid_to >= today),
    )
    return list(db.session.scalars(query.order_by(RecurringAbsence.weekday, RecurringAbsence.opens)))


def add(resource: Resource, window: hours.Window, reason: str, by: int | None) -> list[Appointment]:
    """One more; returns the coming appointments it lies over, soonest first, all kept. Twice is once. Refuses as `hours.add`."""
    lock(resource)
    hours.check(window)
    if window.weekly not in [window_of(one) for one in of(resource)]:
        rule = RecurringAbsence(resource_id=resource.id, reason=reason, created_by=by)
        for name in ("weekday", "opens", "closes", "valid_from", "valid_to", "every_n_weeks", "nth"):
            setattr(rule, name, getattr(window, name))
        db.session.add(rule)
        resources.touch(resource)
        after = {"reason": reason, "weekday": window.weekday}
        audit.note("absence.added_again", resource, after=after, office_id=resource.office_id)
    return [one for one in resources.coming(resource) if _lies_over(window.weekly, one, resource.office.zone)]


def remove(resource: Resource, public_id: str) -> None:
    """Take one back. Raises NotFound."""
    lock(resource)
    query = select(RecurringAbsence).where(RecurringAbsence.resource_id == resource.id)
    rule = db.session.scalar(query.where(RecurringAbsence.public_id == public_id))
    if rule is None:
        raise NotFound
    db.session.delete(rule)
    resources.touch(resource)
    audit.note("absence.removed_again", resource, before={"weekday": rule.weekday}, office_id=resource.office_id)


def window_of(rule: RecurringAbsence) -> WeeklyWindow:
    """As the finder has it."""
    return WeeklyWindow(
        *(rule.weekday, rule.opens, rule.closes, rule.valid_from, rule.valid_to, rule.every_n_weeks, rule.nth)
    )


def next_dates(window: WeeklyWindow, today: date, limit: int = 3) -> list[date]:
    """The next dates of a rule, today included."""
    day = max(today, window.valid_from)
    day += timedelta(days=(window.weekday - day.weekday()) % WEEK)
    coming = (day + timedelta(days=WEEK * number) for number in range(LOOKED_AHEAD // WEEK))
    return [on for on in coming if window.on(on)][:limit]


def _lies_over(window: WeeklyWindow, appointment: Appointment, zone: str) -> bool:
    begins, ends = (times.local(at, zone) for at in (appointment.starts_at, appointment.ends_at))
    return any(
        window.on(on) and hours.at(on, window.opens, zone) < ends and hours.at(on, window.closes, zone) > begins
        for on in {begins.date(), ends.date()}
    )
