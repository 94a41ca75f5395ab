"""Somebody else takes an appointment over at its own time, or it goes to the next free time: each one act, decided by the claims."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, insert

from foundation import audit, clock
from foundation.db import db, lock, table
from foundation.errors import NotFound, Refusal
from foundation.events import record
from foundation.failpoints import failpoint

from . import appointments, claims, encounters, relocation
from .events import AppointmentHandedOver
from .models import Appointment, AppointmentResource, AppointmentState, Resource
from .outcomes import WrongState

TRIES = 6
"""Times or people tried for one appointment."""


class NobodyFree(Refusal):
    """Nobody else could take it at that time."""

    code = "nobody_free"
    message = _l("Nobody else is free at this time for this service.")


class NoOtherTime(Refusal):
    """The service has no free time any more."""

    code = "no_other_time"
    message = _l("There is no other free time. Offer a call, or look again later.")


def hand_over(appointment: Appointment, leaving: Resource, to: Resource | None = None) -> Resource:
    """Give the place of `leaving` to `to`, or to who is free and has least to do; returns who has it now.

    Refuses WrongState, NobodyFree (also when somebody was faster), and NotFound when `leaving` has no part in it.
    """
    lock(appointment)
    if appointment.state != AppointmentState.BOOKED or appointment.starts_at <= clock.now():
        raise WrongState
    had = {one.id for one in appointment.resources}
    if leaving.id not in had:
        raise NotFound
    holder, ticks = (claims.BOOKING, appointment.id), relocation.ticks_of(appointment)
    able = relocation.substitutes(appointment, leaving, [holder])
    if to is not None:
        able = [one for one in able if one == to.id]
    stays = sorted(had - {leaving.id})
    chosen = _take_one(able, stays, ticks, holder)
    if chosen is None:
        raise NobodyFree
    ids = (chosen, *stays) if leaving.id == appointment.counselor_id else (appointment.counselor_id, chosen, *stays)
    ids = tuple(dict.fromkeys(ids))
    touched = claims.trim(holder, ids, ticks, claims.presence(appointment.starts_at, appointment.ends_at)) | set(ids)
    _give(appointment, ids)
    counselor = leaving.id == appointment.counselor_id
    if counselor:
        appointment.counselor_id = chosen
        appointment.version += 1
    appointment.changed_at = clock.now()
    audit.note(
        "appointment.handed_over",
        appointment,
        before={"resource_id": leaving.id},
        after={"resource_id": chosen},
        on_behalf_of=appointment.person_id,
    )
    db.session.flush()
    db.session.expire(appointment, ["counselor", "resources"])
    encounters.rearrange(appointment, ids)
    record(AppointmentHandedOver(appointment.id, counselor))
    claims.bump(touched | {leaving.id})
    failpoint("before_commit")
    return db.session.get_one(Resource, chosen)


def move_on(appointment: Appointment) -> Appointment:
    """Move to the next free time of the same counselor, else of the service. Refuses WrongState, NoOtherTime."""
    lock(appointment)
    if appointment.state != AppointmentState.BOOKED or appointment.starts_at <= clock.now():
        raise WrongState
    for same in (True, False):
        for starts_at in relocation.next_starts(appointment, TRIES, same=same):
            attempt = db.session.begin_nested()
            try:
                moved = appointments.move(appointment, starts_at, "office")
            except WrongState:
                attempt.rollback()
                raise
            except Refusal:
                # Taken meanwhile, or the person has something else then: the next one.
                attempt.rollback()
                db.session.refresh(appointment)
                continue
            attempt.commit()
            return moved
    raise NoOtherTime


def _take_one(able: list[int], stays: list[int], ticks: range, holder: claims.Holder) -> int | None:
    """Claim the first who can be had: not somebody who is there already by another diary.

    Those who stay keep what they have: with longer buffers or ways of today their own time could be taken.
    """
    for one in islice(_free(able, stays, ticks, holder), TRIES):
        attempt = db.session.begin_nested()
        if claims.take({(one, tick) for tick in ticks}, holder, claims.NEVER, [holder]):
            attempt.commit()
            return one
        attempt.rollback()
    return None


def _free(able: list[int], stays: list[int], ticks: range, holder: claims.Holder) -> Iterator[int]:
    """Who of them is free, some looked at together: mostly the first is."""
    for start in range(0, len(able), TRIES):
        some = [(one,) for one in able[start : start + TRIES]]
        yield from (one for (one,) in claims.still_free(some, ticks, [holder], stays))


def _give(appointment: Appointment, ids: tuple[int, ...]) -> None:
    db.session.execute(delete(AppointmentResource).where(AppointmentResource.appointment_id == appointment.id))
    rows = [{"appointment_id": appointment.id, "resource_id": one} for one in ids]
    db.session.execute(insert(table(AppointmentResource)), rows)
