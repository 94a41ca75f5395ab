"""Other times offered by letter: nobody holds them, and the old time is kept until the person picks or the office cancels."""

from __future__ import annotations

from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from foundation import audit, clock, times
from foundation.db import db, lock
from foundation.errors import InputWrong, Refusal
from foundation.events import record

from . import appointments, channels, handing_over, relocation
from .events import TimesOffered
from .models import Appointment, AppointmentState
from .outcomes import WrongState
from .week_models import TimeOffer

OFFERED = 3


class NoAddress(Refusal):
    """No letter can go there."""

    code = "no_address"
    message = _l("No letter and no text message reaches this person. Call them.")


class OfferSettled(Refusal):
    """The appointment has changed since, or its time has come."""

    code = "offer_settled"
    message = _l("This is settled already. Your appointment is shown as it stands.")


def offer(appointment: Appointment, by: int | None) -> TimeOffer:
    """Offer three other times by letter; once for an appointment as it stands. Refuses WrongState, NoAddress, NoOtherTime."""
    lock(appointment)
    if appointment.state != AppointmentState.BOOKED or appointment.starts_at <= clock.now():
        raise WrongState
    if not channels.reachable(appointment):
        raise NoAddress
    asked = select(TimeOffer).where(TimeOffer.appointment_id == appointment.id)
    made = db.session.scalar(asked.where(TimeOffer.version == appointment.version))
    if made is not None:
        return made
    starts = [int(at.timestamp()) for at in other_times(appointment)]
    if not starts:
        raise handing_over.NoOtherTime
    made = TimeOffer(appointment_id=appointment.id, version=appointment.version, starts=starts, offered_by=by)
    db.session.add(made)
    db.session.flush()
    audit.note("appointment.times_offered", appointment, after={"offer": made.id}, on_behalf_of=appointment.person_id)
    record(TimesOffered(made.id))
    return made


def other_times(appointment: Appointment) -> list[datetime]:
    """Three free times, of the same counselor first; in the order of time."""
    found = relocation.next_starts(appointment, OFFERED, same=True)
    more = relocation.next_starts(appointment, 2 * OFFERED, same=False)
    found += [at for at in more if at not in found][: OFFERED - len(found)]
    return sorted(found)


def stands(made: TimeOffer) -> bool:
    """Whether the person may still pick: the appointment is as it was, and its time has not come."""
    appointment = made.appointment
    unchanged = appointment.state == AppointmentState.BOOKED and appointment.version == made.version
    return unchanged and appointment.starts_at > clock.now()


def free_times(made: TimeOffer) -> list[datetime]:
    """Those of the letter that are still free; where some are gone, others fill up."""
    wanted = [times.moment(at) for at in made.starts]
    appointment = made.appointment
    free = {at for same in (True, False) for at in relocation.next_starts(appointment, 200, same=same)}
    left = [at for at in wanted if at in free]
    return left if len(left) == len(wanted) else sorted({*left, *other_times(appointment)})[:OFFERED]


def pick(made: TimeOffer, starts_at: int) -> Appointment:
    """Move to a time of the offer. Refuses OfferSettled, InputWrong, and as `appointments.move` (SlotTaken)."""
    lock(made.appointment)
    if not stands(made):
        raise OfferSettled
    if starts_at not in made.starts and times.moment(starts_at) not in free_times(made):
        raise InputWrong(_l("Choose one of these times."), field="starts_at")
    return appointments.move(made.appointment, times.moment(starts_at), "person")
