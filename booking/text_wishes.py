"""Somebody with e-mail who wants text messages too: asked for and taken back on the page of the appointment."""

from __future__ import annotations

from accounts.models import ContactKind
from foundation import audit, clock, letters, sms
from foundation.db import db, lock
from foundation.letters import SMS

from . import channels
from .appointments import WrongState
from .models import Appointment

REMINDER = "appointment_reminder"


def possible(appointment: Appointment) -> bool:
    """Whether text messages could go beside e-mail."""
    main = appointment.contact
    by_mail = main is not None and main.kind == ContactKind.EMAIL
    return by_mail and appointment.phone is not None and sms.available()


def wish(appointment: Appointment, on: bool) -> None:
    """Ask for text messages, or take that back; reminders that are still ahead follow. Refuses WrongState."""
    lock(appointment)
    if not appointment.live or not possible(appointment):
        raise WrongState
    if on == (appointment.texts_at is not None):
        return
    appointment.texts_at = clock.now() if on else None
    db.session.flush()
    audit.note("appointment.texts_wished", appointment, after={"on": on})
    if on:
        letters.want_again("appointment", appointment.id, [REMINDER], SMS)
        channels.remind(REMINDER, appointment, SMS)
    else:
        letters.withdraw("appointment", appointment.id, None, SMS, letters.UNWANTED)
