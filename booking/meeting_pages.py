"""What the pages of an appointment's meeting say, to the jobseeker and to the counselor."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from foundation import times
from foundation.db import db
from virtual_office.meetings import about, agreement
from virtual_office.meetings.models import Meeting, Participant

from . import lateness
from .models import Appointment, Need

agreement.ask_for("appointment")


@about.source("appointment")
def tell(meeting: Meeting, participant: Participant) -> about.About:
    """The service and its time; the counselor goes back to the day, the others to the appointment."""
    appointment = db.session.scalar(select(Appointment).where(Appointment.meeting_id == meeting.id))
    if appointment is None:
        return about.About("", meeting.opens_at, meeting.closes_at, "UTC")
    on = times.local(appointment.starts_at, appointment.zone).date()
    if participant.hosts:
        back, step = f"/today?on={on.isoformat()}&open={appointment.public_id}", _l("Say how it went")
    else:
        back, step = f"/appointments/{appointment.public_id}", _l("See the appointment")
    late = lateness.of(appointment)
    return about.About(
        appointment.service.name,
        appointment.starts_at,
        appointment.ends_at,
        appointment.zone,
        appointment.office.phone,
        back,
        step,
        late.minutes if late is not None and not participant.hosts else 0,
        Need.SIGN_INTERPRETER in appointment.needs,
    )
