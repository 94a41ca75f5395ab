"""What a person has coming up from booking: their own appointments, for the desk page."""

from __future__ import annotations

from datetime import datetime

from flask import Flask

from virtual_office import diary
from virtual_office.diary import DiaryEntry

from .method import method_of
from .models import Appointment
from .visibility import coming_of


def coming(person_id: int, _now: datetime) -> list[DiaryEntry]:
    """A person's appointments that stand and are not over."""
    return [_entry(appointment) for appointment in coming_of(person_id)]


def register(_app: Flask) -> None:
    """The source that the desk reads."""
    diary.add_source(coming)


def _entry(appointment: Appointment) -> DiaryEntry:
    method, meeting = method_of(appointment), appointment.meeting
    return DiaryEntry(
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        zone=appointment.zone,
        title=appointment.service.name,
        how=method.how,
        place=method.place,
        path=f"/appointments/{appointment.public_id}",
        meeting_path=f"/meetings/{meeting.public_id}" if meeting else "",
        check_path=f"/meetings/{meeting.public_id}/device-check" if meeting else "",
        opens_at=meeting.opens_at if meeting else None,
        with_whom=appointment.counselor.name if appointment.service.shows_counselor else "",
        reference=appointment.reference,
        office=appointment.office,
    )
