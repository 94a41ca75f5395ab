"""How an appointment may go on from each state, and how it went in the end."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from foundation import audit, clock
from foundation.db import db, lock
from foundation.errors import Refusal
from foundation.events import record

from .events import OutcomeRecorded
from .models import OUTCOMES, Appointment, AppointmentState

_ENDS = frozenset(OUTCOMES)
TRANSITIONS: dict[AppointmentState, frozenset[AppointmentState]] = {
    AppointmentState.BOOKED: frozenset(AppointmentState) - {AppointmentState.BOOKED},
    AppointmentState.CANCELLED_BY_PERSON: frozenset({AppointmentState.BOOKED}),
    AppointmentState.CANCELLED_BY_OFFICE: frozenset(),
    AppointmentState.ATTENDED: _ENDS,
    AppointmentState.LATE: _ENDS,
    AppointmentState.MISSED: _ENDS,
    AppointmentState.TECHNICAL_FAILURE: _ENDS,
}
"""The only table of states: an outcome can be corrected, a cancellation by the person be taken back by them."""


class WrongState(Refusal):
    """The appointment is over, cancelled or has an outcome."""

    code = "wrong_state"
    message = _l("This appointment can not be changed any more.")


class NotBegun(Refusal):
    """An outcome before the start."""

    code = "not_begun"
    message = _l("Say how it went when the appointment has begun.")


def check(appointment: Appointment, wanted: AppointmentState) -> None:
    """Raises WrongState when the table has no such step."""
    if wanted not in TRANSITIONS[AppointmentState(appointment.state)]:
        raise WrongState


def record_outcome(appointment: Appointment, outcome: AppointmentState) -> None:
    """Say how it went, or correct it. `technical_failure` is ours and counts against nobody. Refuses NotBegun, WrongState."""
    lock(appointment)
    if outcome not in _ENDS:
        raise WrongState
    check(appointment, outcome)
    if appointment.starts_at > clock.now():
        raise NotBegun
    before, appointment.state = appointment.state, outcome
    appointment.outcome_at = appointment.changed_at = clock.now()
    audit.note(
        "appointment.outcome_recorded",
        appointment,
        before={"state": before},
        after={"state": outcome},
        on_behalf_of=appointment.person_id,
    )
    record(OutcomeRecorded(appointment.id, outcome))
    db.session.flush()
