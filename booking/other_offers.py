"""Offer another time or another way to somebody who was not reached or did not come: one letter, no blame."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from foundation import audit
from foundation.db import lock
from foundation.errors import Refusal
from foundation.events import record

from . import call_attempts, channels
from .events import OtherTimeOffered
from .models import Appointment, AppointmentState


class NoReason(Refusal):
    code = "no_reason"
    message = _l("A new time is offered when somebody did not come, or was called twice in vain.")


class NoAddress(Refusal):
    code = "no_address"
    message = _l("No letter and no text message reaches this person. Call them.")


def offer(appointment: Appointment) -> None:
    """Write to the person how to choose another time; twice is one letter. Refuses NoReason, NoAddress."""
    lock(appointment)
    if not due(appointment):
        raise NoReason
    if not channels.reachable(appointment):
        raise NoAddress
    audit.note("appointment.new_time_offered", appointment, on_behalf_of=appointment.person_id)
    record(OtherTimeOffered(appointment.id))


def due(appointment: Appointment) -> bool:
    """Whether there is a reason: not come, or not reached by phone twice."""
    return appointment.state == AppointmentState.MISSED or call_attempts.in_vain(appointment)
