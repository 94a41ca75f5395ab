"""Appointments that lie on days that an office closes."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from datetime import time as wall_time
from zoneinfo import ZoneInfo

from sqlalchemy import select

from foundation.db import db
from virtual_office.offices import impact
from virtual_office.offices.models import Office

from .models import Appointment, AppointmentState


def lines_of(found: list[Appointment]) -> list[impact.Line]:
    """Appointments as staff read them, with the place where each can be moved or cancelled."""
    return [
        impact.Line(a.starts_at, a.zone, a.person.name, a.service.name, a.reference, f"/appointments/{a.public_id}")
        for a in found
    ]


@impact.add_source
def booked_on_days(office: Office, first: date, last: date) -> list[impact.Line]:
    """What is booked at an office between two days, both included."""
    zone = ZoneInfo(office.zone)
    begins = datetime.combine(first, wall_time(), zone)
    ends = datetime.combine(last + timedelta(days=1), wall_time(), zone)
    query = select(Appointment).where(
        Appointment.office_id == office.id,
        Appointment.state == AppointmentState.BOOKED,
        Appointment.starts_at < ends,
        Appointment.ends_at > begins,
    )
    return lines_of(list(db.session.scalars(query)))
