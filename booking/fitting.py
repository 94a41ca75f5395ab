"""Which coming appointments of a diary lie outside of its open hours, whatever the reason: hours, absences, single or closed days.

What was agreed elsewhere outside of the hours (an import) is no surprise to anybody: of such a time only an absence or a closed day
is told.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from sqlalchemy import select

from foundation import audit, clock, times
from foundation.db import db
from foundation.models import AuditEvent

from . import availability, diary_rules, resources
from .diary_rules import Dates
from .models import Appointment, Resource

AGREED = "appointment.agreed_outside"


def outside(resource: Resource) -> list[Appointment]:
    """Booked and still ahead, but no longer in hours at which the diary is open; soonest first. A diary given up fits nothing."""
    coming = resources.coming(resource)
    if not coming or not resource.active:
        return coming
    first = times.local(min(clock.now(), coming[0].starts_at), resource.office.zone).date() - timedelta(days=1)
    last = max(times.local(one.ends_at, resource.office.zone).date() for one in coming) + timedelta(days=1)
    dates = diary_rules.of(resource, first, (last - first).days)
    found = _not_in(dates, coming)
    agreed = _agreed(found)
    if not agreed:
        return found
    unfit = {one.id for one in _not_in(_whole_days(dates), agreed)} | (
        {one.id for one in found} - {a.id for a in agreed}
    )
    return [one for one in found if one.id in unfit]


def agree_outside(appointment: Appointment) -> None:
    """Write down that its time was agreed although the counselor's hours do not have it; it counts until it is moved."""
    after = {"starts_at": appointment.starts_at.isoformat()}
    audit.note(AGREED, appointment, after=after, on_behalf_of=appointment.person_id)


def _not_in(dates: Dates, coming: Iterable[Appointment]) -> list[Appointment]:
    coming = list(coming)
    masks = {modality: dates.open(modality) for modality in {one.modality for one in coming}}
    return [one for one in coming if not _lies_in(one, masks[one.modality], dates.origin)]


def _agreed(found: Iterable[Appointment]) -> list[Appointment]:
    """Those that were agreed outside of the hours, at the very time at which they are."""
    by_id = {one.id: one for one in found}
    query = select(AuditEvent.thing_id, AuditEvent.after).where(
        AuditEvent.thing_kind == "appointment", AuditEvent.thing_id.in_(by_id), AuditEvent.act == AGREED
    )
    rows = db.session.execute(query) if by_id else ()
    known = {(thing_id, datetime.fromisoformat(after["starts_at"])) for thing_id, after in rows}
    return [one for one in by_id.values() if (one.id, one.starts_at) in known]


def _whole_days(dates: Dates) -> Dates:
    """The same dates as if the hours were all day: only absences, closed days and days without hours are left."""
    none = tuple(one for one in dates.rules.overrides if one.opens is None or one.closes is None)
    return replace(dates, rules=replace(dates.rules, weekly=(), overrides=none, always=True))


def _lies_in(appointment: Appointment, mask: int, origin: int) -> bool:
    begin = int(appointment.starts_at.timestamp()) // availability.TICK - origin
    length = -(-int(appointment.ends_at.timestamp()) // availability.TICK) - origin - begin
    wanted = (1 << length) - 1
    return begin >= 0 and mask >> begin & wanted == wanted
