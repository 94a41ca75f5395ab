"""What the rules of a diary come to: the open hours of each of the coming days, and how much is booked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from foundation.db import db

from . import availability, diary_rules
from .models import Appointment, AppointmentResource, AppointmentState, Resource


@dataclass(frozen=True)
class DayPlan:
    """One date: open windows as local minutes, why it is closed if it is, and how many appointments it has."""

    on: date
    windows: tuple[tuple[int, int], ...]
    closed: str | None
    booked: int


def preview(resource: Resource, first: date, days: int) -> list[DayPlan]:
    """The coming days of a diary, absences and closures taken out."""
    dates = diary_rules.of(resource, first, days)
    booked = _booked(resource, dates.zone, first, first + timedelta(days=days - 1))
    mask, plans = dates.open(), []
    for number in range(days):
        on = first + timedelta(days=number)
        windows = _windows(
            (mask & dates.day(number)) >> dates.starts[number] - dates.origin, dates.starts[number], dates.zone
        )
        plans.append(DayPlan(on, tuple(windows), dates.closed.get(on), booked.get(on, 0)))
    return plans


def _windows(mask: int, origin: int, zone: ZoneInfo) -> list[tuple[int, int]]:
    """Runs of set bits as minutes of the wall clock."""
    found, tick = [], 0
    while mask >> tick:
        if not mask >> tick & 1:
            tick += 1
            continue
        end = tick
        while mask >> end & 1:
            end += 1
        opens, closes = (_wall(origin + at, zone) for at in (tick, end))
        found.append((opens, closes or 1440))
        tick = end
    return found


def _wall(tick: int, zone: ZoneInfo) -> int:
    at = datetime.fromtimestamp(tick * availability.TICK, UTC).astimezone(zone)
    return at.hour * 60 + at.minute


def _booked(resource: Resource, zone: ZoneInfo, first: date, last: date) -> dict[date, int]:
    begins = datetime.combine(first, datetime.min.time(), zone)
    query = (
        select(Appointment.starts_at, func.count())
        .join(AppointmentResource, AppointmentResource.appointment_id == Appointment.id)
        .where(AppointmentResource.resource_id == resource.id, Appointment.state == AppointmentState.BOOKED)
        .where(
            Appointment.starts_at >= begins, Appointment.starts_at < begins + timedelta(days=(last - first).days + 1)
        )
        .group_by(Appointment.starts_at)
    )
    found: dict[date, int] = {}
    for starts_at, count in db.session.execute(query):
        on = starts_at.astimezone(zone).date()
        found[on] = found.get(on, 0) + count
    return found
