"""Who has come to the office: here, called, in talk, done; checked in at the counter, at a screen or by their own phone."""

from __future__ import annotations

from datetime import datetime, timedelta

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from accounts.access import Visitor
from foundation import audit, clock, times
from foundation.db import db, lock
from foundation.errors import InputWrong, Refusal
from foundation.events import record, within_transaction
from virtual_office.offices.models import Office

from . import links
from .desk_models import Arrival
from .events import ArrivalChanged, OutcomeRecorded
from .models import Appointment, AppointmentState, Modality
from .visibility import DESK

EARLY = timedelta(minutes=60)
"""How long before the time somebody may say that they are here."""


class NotHere(Refusal):
    """They can not check in here and now; the message says what to do instead."""

    code = "not_here"
    status = 422


class NotCalled(Refusal):
    code = "not_here_yet"
    message = _l("This person has not checked in.")


def arrive(appointment: Appointment, office: Office | None = None) -> Arrival:
    """Say that the person is here; twice changes nothing. `office` is where the screen stands. Raises NotHere."""
    lock(appointment)
    found = of(appointment)
    if found is not None:
        return found
    _refuse(appointment, office)
    arrival = Arrival(appointment_id=appointment.id, here_at=clock.now())
    db.session.add(arrival)
    db.session.flush()
    audit.note("appointment.arrived", appointment, after={"state": "here"}, office_id=appointment.office_id)
    record(ArrivalChanged(appointment.id))
    return arrival


def call(appointment: Appointment) -> Arrival:
    """The counselor calls the person in; twice changes nothing. Raises NotCalled."""
    return _step(appointment, "called_at", "called")


def begin(appointment: Appointment) -> Arrival:
    """They talk. Raises NotCalled."""
    return _step(appointment, "talk_at", "talk")


def of(appointment: Appointment) -> Arrival | None:
    """The arrival of an appointment, or None while the person is expected."""
    return db.session.get(Arrival, appointment.id, populate_existing=True)


def may_come(appointment: Appointment) -> bool:
    """Whether the person could check in now."""
    return _why_not(appointment, None) is None and of(appointment) is None


def here(visitor: Visitor, zone_day: timedelta = timedelta(hours=14)) -> list[Arrival]:
    """Who is at the offices of a colleague and is not done, longest wait first."""
    query = (
        select(Arrival)
        .join(Appointment, Appointment.id == Arrival.appointment_id)
        .where(Arrival.done_at.is_(None), Arrival.here_at > clock.now() - zone_day)
        .where(Appointment.state == AppointmentState.BOOKED)
        .order_by(Arrival.here_at)
    )
    offices = visitor.offices(*DESK)
    if offices is not None:
        query = query.where(Appointment.office_id.in_(offices))
    return list(db.session.scalars(query))


def from_link(typed: str) -> Appointment:
    """The appointment of a whole manage link, as a scanner types it. Raises NotFound like any wrong link."""
    parts = typed.strip().split("/m/", 1)[-1].split("/")
    public_id, token = (parts + ["", ""])[:2]
    return links.open_appointment(public_id, links.MANAGE, token.partition("?")[0][:200])


@within_transaction(OutcomeRecorded)
def _on_outcome(fact: OutcomeRecorded) -> None:
    arrival = db.session.get(Arrival, fact.appointment_id)
    if arrival is not None and arrival.done_at is None:
        arrival.done_at = clock.now()


def _step(appointment: Appointment, field: str, state: str) -> Arrival:
    lock(appointment)
    if appointment.state != AppointmentState.BOOKED:
        raise NotCalled
    arrival = of(appointment)
    if arrival is None:
        raise NotCalled
    if getattr(arrival, field) is None:
        setattr(arrival, field, clock.now())
        if field == "talk_at" and arrival.called_at is None:
            arrival.called_at = clock.now()
        audit.note("appointment.called_in", appointment, after={"state": state}, office_id=appointment.office_id)
        record(ArrivalChanged(appointment.id))
        db.session.flush()
    return arrival


def _refuse(appointment: Appointment, office: Office | None) -> None:
    words = _why_not(appointment, office)
    if words is not None:
        raise NotHere(words)


def _why_not(appointment: Appointment, office: Office | None) -> str | None:
    now, starts_at = clock.now(), appointment.starts_at
    when = times.when(starts_at, appointment.zone, show_zone=False)
    if not appointment.live:
        return _("This appointment is cancelled. Speak to somebody at the counter.")
    if appointment.modality != Modality.IN_PERSON:
        return _("This appointment is not at the office: you meet another way. Open your confirmation to see how.")
    if office is not None and office.id != appointment.office_id:
        return _("Your appointment is at another office: %(office)s, %(address)s.", **_place(appointment.office))
    if appointment.ends_at <= now or appointment.state != AppointmentState.BOOKED:
        return _("This appointment is over. Speak to somebody at the counter.")
    if _day(starts_at, appointment.zone) != _day(now, appointment.zone):
        return _("Your appointment is on another day: %(when)s.", when=when)
    if starts_at - EARLY > now:
        opens = times.clock_time(starts_at - EARLY, appointment.zone)
        return _("You are early. Check in from %(time)s on. Your appointment is on %(when)s.", time=opens, when=when)
    return None


def _place(office: Office) -> dict[str, str]:
    return {"office": office.name, "address": ", ".join(office.address.split("\n"))}


def _day(at: datetime, zone: str) -> object:
    return times.local(at, zone).date()


def read_office(public_id: str) -> Office | None:
    """The office where a screen stands, by its public id; None for none. Raises InputWrong for one that is not there."""
    if not public_id:
        return None
    office = db.session.scalar(select(Office).where(Office.public_id == public_id, Office.active))
    if office is None:
        raise InputWrong(_l("This screen belongs to no office. Ask somebody at the counter."))
    return office
