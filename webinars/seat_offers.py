"""A freed seat goes to those who wait, in their order: kept for one until a moment, then for the next; near the start all are seated at once."""

from __future__ import annotations

from sqlalchemy import select

from foundation import audit, clock, deadlines
from foundation.db import db, lock
from foundation.events import record

from . import seats
from .events import RegistrationChanged
from .models import Registration, RegistrationState, Webinar
from .states import OPEN

LONGEST = 12 * 3600
"""Seconds that an offer holds at most."""
SHARE = 4
"""It holds at most one part in four of the time that is left."""
LAST = 600
"""Seconds before the start from which on nobody is offered a seat any more: those who wait stand by."""
MOST_OFFERS = 3
"""Offers that one registration gets; who let three go wants none."""
ENDS = "registration.offer_ends"


def offer(webinar: Webinar, beside: int | None = None) -> list[Registration]:
    """Offer what is free to those who wait, as far as it goes. The webinar is locked. `beside` was asked just now and is passed over.

    Those who were never asked come first, in the order in which they came; a group that does not fit lets smaller ones go ahead.
    """
    offered: list[Registration] = []
    until = _until(webinar)
    if until is None:
        return offered
    for registration in _in_turn(webinar):
        left = seats.free(webinar)
        if left == 0:
            break
        if registration.id == beside or registration.places > left or not seats.take(webinar, registration):
            continue
        registration.state, registration.offered_until = RegistrationState.OFFERED, until
        registration.offers += 1
        changed(registration, "system")
        deadlines.put(ENDS, registration.id, until, f"{ENDS}:{registration.id}")
        offered.append(registration)
    return offered


def is_spoken_for(webinar: Webinar) -> bool:
    """Whether somebody who was never asked waits for the seats that are free: whoever comes now stands behind them."""
    query = select(Registration.id).where(
        Registration.webinar_id == webinar.id,
        Registration.state == RegistrationState.WAITLISTED,
        Registration.offers == 0,
        Registration.places <= seats.free(webinar),
    )
    return db.session.scalar(query.limit(1)) is not None


def to_the_end(registration: Registration) -> None:
    """Give a place at the end of the waitlist."""
    webinar = registration.webinar
    webinar.last_turn += 1
    registration.turn, registration.offered_until = webinar.last_turn, None
    registration.state = RegistrationState.WAITLISTED


@deadlines.handler(ENDS)
def _on_end(registration_id: int) -> None:
    registration = db.session.get(Registration, registration_id)
    if registration is not None:
        end(registration)


def end(registration: Registration) -> None:
    """The offer was not taken in time: the next one is asked, and this one waits on behind everybody."""
    webinar = registration.webinar
    lock(webinar)
    db.session.refresh(registration)
    if registration.state != RegistrationState.OFFERED or (registration.offered_until or 0) > clock.seconds():
        return
    seats.release(registration)
    to_the_end(registration)
    changed(registration, "system")
    offer(webinar, beside=registration.id)


def retime(webinar: Webinar) -> None:
    """The webinar has another time: offers that stand hold as long as one that is made now, and more may be made."""
    until = _until(webinar)
    query = select(Registration).where(
        Registration.webinar_id == webinar.id, Registration.state == RegistrationState.OFFERED
    )
    for registration in db.session.scalars(query):
        registration.offered_until = until if until is not None else clock.seconds()
        deadlines.put(ENDS, registration.id, registration.offered_until, f"{ENDS}:{registration.id}")
    offer(webinar)


def seat_those_who_stand_by(webinar: Webinar) -> list[Registration]:
    """Five minutes after the start: whoever still waits gets what is free, in their order."""
    lock(webinar)
    seated: list[Registration] = []
    if webinar.state not in OPEN:
        return seated
    for registration in _in_turn(webinar, anybody=True):
        if not seats.take(webinar, registration):
            continue
        registration.state, registration.offered_until = RegistrationState.CONFIRMED, None
        changed(registration, "system")
        seated.append(registration)
    return seated


def changed(registration: Registration, by: str) -> None:
    """Another state: older letters about it are stale, and the trail and everybody who listens know."""
    registration.version += 1
    db.session.flush()
    audit.note(
        f"registration.{registration.state}",
        registration,
        after={"webinar_id": registration.webinar_id, "places": registration.places},
        on_behalf_of=registration.person_id if by != "person" else None,
        office_id=registration.webinar.office_id,
    )
    record(RegistrationChanged(registration.id, by))


def _until(webinar: Webinar) -> int | None:
    """Until when an offer that is made now would hold, in UTC seconds; None when none is made any more."""
    now, starts = clock.seconds(), int(webinar.starts_at.timestamp())
    closes = int(webinar.registers_until.timestamp()) if webinar.registers_until is not None else starts
    last = min(starts - LAST, closes)
    if webinar.state not in OPEN or now >= last:
        return None
    return min(now + LONGEST, now + (starts - now) // SHARE, last)


def _in_turn(webinar: Webinar, *, anybody: bool = False) -> list[Registration]:
    query = select(Registration).where(
        Registration.webinar_id == webinar.id, Registration.state == RegistrationState.WAITLISTED
    )
    if not anybody:
        query = query.where(Registration.offers < MOST_OFFERS)
    return list(db.session.scalars(query.order_by(Registration.offers, Registration.turn)))
