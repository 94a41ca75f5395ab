"""Attempts to reach somebody by phone at their time: listed, never a sanction; after two in vain another way is offered."""

from __future__ import annotations

from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from foundation import audit, clock
from foundation.db import db, lock
from foundation.errors import InputWrong
from foundation.events import record

from .desk_models import CallAttempt, CallResult
from .events import CallAttempted
from .models import OUTCOMES, Appointment, AppointmentState, Modality
from .outcomes import WrongState

VAIN = (CallResult.NO_ANSWER, CallResult.WRONG_NUMBER)
ENOUGH = 2
"""Attempts in vain after which another way is offered."""
MOST = 20


def note(
    appointment: Appointment, result: CallResult, seen: int, made_by: int, again_at: datetime | None = None
) -> CallAttempt:
    """Write an attempt down. `seen` is how many the page showed: sent twice, it is one. Refuses WrongState, InputWrong."""
    lock(appointment)
    if appointment.modality != Modality.PHONE or appointment.state not in (AppointmentState.BOOKED, *OUTCOMES):
        raise WrongState
    earlier = of(appointment)
    if 0 <= seen < len(earlier):
        return earlier[seen]
    if seen != len(earlier) or len(earlier) >= MOST:
        raise WrongState
    if result == CallResult.CALL_AGAIN and (again_at is None or again_at <= clock.now()):
        raise InputWrong(_l("Enter a time later today"), field="again_at")
    attempt = CallAttempt(
        appointment_id=appointment.id,
        number=len(earlier) + 1,
        result=result,
        again_at=again_at if result == CallResult.CALL_AGAIN else None,
        made_by=made_by,
        made_at=clock.now(),
    )
    db.session.add(attempt)
    db.session.flush()
    audit.note("appointment.called", appointment, after={"result": result}, on_behalf_of=appointment.person_id)
    record(CallAttempted(appointment.id))
    return attempt


def of(appointment: Appointment) -> list[CallAttempt]:
    """Every attempt, first one first."""
    query = select(CallAttempt).where(CallAttempt.appointment_id == appointment.id).order_by(CallAttempt.number)
    return list(db.session.scalars(query))


def in_vain(appointment: Appointment) -> bool:
    """Whether it was tried often enough to offer another way."""
    query = select(func.count()).where(CallAttempt.appointment_id == appointment.id, CallAttempt.result.in_(VAIN))
    return (db.session.scalar(query) or 0) >= ENOUGH
