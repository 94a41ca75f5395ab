"""Nobody is in two places: a known person's time is claimed like a resource's, and a clash is told only to them."""

from __future__ import annotations

from collections.abc import Sequence

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from accounts import people
from accounts.models import Person
from foundation import clock
from foundation.db import db
from foundation.errors import Refusal

from . import claims
from .models import Appointment, AppointmentState, PersonClaim


class PersonBusy(Refusal):
    """The person has another appointment then."""

    code = "person_busy"
    message = _l(
        "You already have an appointment at this time. Choose another time, or change the other appointment first."
    )


def hold(
    person_id: int,
    ticks: range,
    holder: claims.Holder,
    expires: int,
    own: Sequence[claims.Holder] = (),
    leave: claims.Holder | None = None,
) -> None:
    """Claim the time of a person known by a verified contact, by sign-in or to an operator. Raises PersonBusy.

    What `leave` has stays with it, as in `claims.take_first`.
    """
    if _booked_as_guest(person_id, ticks, own):
        raise PersonBusy
    left = _ticks_of(person_id, leave) if leave else set()
    parts = [tick for tick in ticks if tick not in left]
    if not claims.take_person(person_id, parts, holder, expires, own):
        raise PersonBusy


def _ticks_of(person_id: int, holder: claims.Holder) -> set[int]:
    query = select(PersonClaim.tick).where(PersonClaim.person_id == person_id)
    return set(db.session.scalars(query.where(PersonClaim.kind == holder[0], PersonClaim.holder == holder[1])))


def _booked_as_guest(person_id: int, ticks: range, own: Sequence[claims.Holder]) -> bool:
    """What they booked before they proved their address is theirs too, but nothing claims their time for it."""
    person = db.session.get_one(Person, person_id)
    others = [one for one in people.same_person_ids(person) if one != person_id]
    if not others:
        return False
    mine = [number for kind, number in own if kind == claims.BOOKING]
    query = select(Appointment.starts_at, Appointment.ends_at).where(
        Appointment.person_id.in_(others),
        Appointment.state == AppointmentState.BOOKED,
        Appointment.ends_at > clock.now(),
        Appointment.id.not_in(mine),
    )
    begin, end = ticks.start * claims.TICK, ticks.stop * claims.TICK
    spans = db.session.execute(query)
    return any(starts.timestamp() < end and ends.timestamp() > begin for starts, ends in spans)
