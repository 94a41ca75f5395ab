"""What figures are added up from: appointments by service, way and state, first appointments, and open hours."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as wall_time
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Integer, cast, extract, func, select

from foundation.db import db
from virtual_office.offices import offices
from virtual_office.offices.models import Office

from . import availability, mask_rows
from .models import CANCELLED, Appointment, Modality, Resource, Service, ServiceResource


class Counted(NamedTuple):
    """So many appointments of one service, way and state, and their seconds together."""

    service_id: int
    modality: str
    state: str
    number: int
    seconds: int


class First(NamedTuple):
    """A person's first appointment at the office: what it was, and local days from booking to it."""

    service_id: int
    modality: str
    days: int


@dataclass(frozen=True)
class Hours:
    """Open minutes of the office's counselors: all, by service, by modality."""

    total: int
    by_service: dict[int, int]
    by_way: dict[str, int]


def counted(office: Office, first: date, last: date) -> list[Counted]:
    """Appointments that begin on these local days and were not cancelled, added up by the database."""
    begins, ends = _span(office, first, last)
    length = _seconds(Appointment.ends_at) - _seconds(Appointment.starts_at)
    query = select(
        Appointment.service_id, Appointment.modality, Appointment.state, func.count(), func.sum(length)
    ).where(
        Appointment.office_id == office.id,
        Appointment.starts_at >= begins,
        Appointment.starts_at < ends,
        Appointment.state.not_in(CANCELLED),
    )
    grouped = query.group_by(Appointment.service_id, Appointment.modality, Appointment.state)
    return [Counted(one, way, state, number, int(seconds)) for one, way, state, number, seconds in _rows(grouped)]


def firsts(office: Office, first: date, last: date) -> list[First]:
    """The first appointment that each person ever had at the office, where it begins on these days; cancelled ones are none."""
    begins, ends = _span(office, first, last)
    zone = ZoneInfo(office.zone)
    standing = (Appointment.office_id == office.id, Appointment.state.not_in(CANCELLED))
    earliest = (
        select(Appointment.person_id, func.min(Appointment.starts_at).label("starts_at"))
        .where(*standing, Appointment.starts_at < ends)
        .group_by(Appointment.person_id)
        .having(func.min(Appointment.starts_at) >= begins)
        .subquery()
    )
    row = Appointment
    query = (
        select(row.service_id, row.modality, row.created_at, row.starts_at)
        .join(earliest, (earliest.c.person_id == row.person_id) & (earliest.c.starts_at == row.starts_at))
        .where(*standing)
    )
    return [
        First(one, way, (starts_at.astimezone(zone).date() - created_at.astimezone(zone).date()).days)
        for one, way, created_at, starts_at in _rows(query)
    ]


def services(office: Office) -> list[tuple[int, str]]:
    """Services that the office gives or gave, as (id, name)."""
    query = select(Service.id, Service.name).where(Service.office_id == office.id).order_by(Service.name, Service.id)
    return [(one, name) for one, name in _rows(query)]


def open_minutes(office: Office, first: date, last: date) -> Hours:
    """Minutes in which the office's counselors could be booked by the rules that stand now; absences and closed days are taken out."""
    zone, days = ZoneInfo(office.zone), (last - first).days + 1
    columns = select(Resource.id, Resource.modalities)
    counselors = dict(
        _rows(columns.where(Resource.office_id == office.id, Resource.kind == "counselor").order_by(Resource.id))
    )
    gives = select(ServiceResource.service_id, ServiceResource.resource_id).where(
        ServiceResource.resource_id.in_(counselors)
    )
    starts = availability.day_starts(zone, first, days)
    weekly = mask_rows.weekly(counselors)
    overrides = mask_rows.overrides(counselors, first, last)
    absences = mask_rows.absences(counselors, starts[0] * availability.TICK, starts[-1] * availability.TICK)
    closed = frozenset(offices.closed_days(office, first, last))
    away = mask_rows.away(counselors)
    at_all: dict[int, int] = {}
    by_way = {str(way): 0 for way in Modality}
    for one, receives in counselors.items():
        rules = availability.ResourceRules(
            weekly.get(one, ()),
            overrides.get(one, ()),
            absences.get(one, ()),
            closed,
            always=False,
            away=away.get(one, ()),
        )
        at_all[one] = _minutes(rules, zone, first, days, None)
        for way in by_way:
            if not receives or way in receives:
                by_way[way] += _minutes(rules, zone, first, days, way)
    by_service: dict[int, int] = {}
    for service, one in _rows(gives):
        by_service[service] = by_service.get(service, 0) + at_all[one]
    return Hours(sum(at_all.values()), by_service, by_way)


def _minutes(rules: availability.ResourceRules, zone: ZoneInfo, first: date, days: int, way: str | None) -> int:
    return availability.open_mask(rules, zone, first, days, way).bit_count() * availability.TICK_MINUTES


def _span(office: Office, first: date, last: date) -> tuple[datetime, datetime]:
    zone = ZoneInfo(office.zone)
    return (
        datetime.combine(first, wall_time(), zone),
        datetime.combine(last + timedelta(days=1), wall_time(), zone),
    )


def _seconds(moment: Any) -> ColumnElement[int]:
    """UTC seconds of a moment on either engine."""
    if db.engine.dialect.name == "sqlite":
        return cast(func.strftime("%s", moment), Integer)
    return cast(extract("epoch", moment), Integer)


def _rows(query: Any) -> list[Any]:
    return list(db.session.execute(query))
