"""A series of follow-ups: booked all or none, or those that are free with a report of the others; ended in one act."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from accounts import people
from accounts.access import Visitor
from foundation import audit, clock
from foundation.db import db, lock
from foundation.errors import InputWrong, NotFound, Refusal

from . import agreed, appointments, claims, collective, follow_ups, openings, replays
from .desk_models import Series, SeriesPart
from .finder import Query
from .models import Appointment, AppointmentState
from .references import is_public_id
from .visibility import DESK
from .wishes import BookingWish

SCOPE = "series"


@dataclass(frozen=True)
class SeriesWish:
    """Who gets which times (UTC, in order). `preferred` is a counselor's id; `query.only` insists on one."""

    like: Appointment
    query: Query
    wanted: tuple[datetime, ...]
    every_weeks: int
    booked_by: int | None
    preferred: int | None = None

    def content(self, partly: bool) -> str:
        """A fingerprint of everything asked for, 64 hex characters."""
        at = [one.isoformat() for one in self.wanted]
        what = [self.like.public_id, repr(self.query), at, self.every_weeks, self.booked_by, self.preferred, partly]
        return hashlib.sha256(json.dumps(what).encode()).hexdigest()


class SeriesNotFree(Refusal):
    """Not every date can be had, and nothing was booked; `why` has the refusal of each date by its number, from 1."""

    code = "series_not_free"
    message = _l("Nothing is booked yet: not every date is free. Change the dates below, or book only the free ones.")

    def __init__(self, why: Mapping[int, Refusal]) -> None:
        Exception.__init__(self, self.code)
        self.why = dict(why)

    @property
    def extra(self) -> dict[str, Any]:  # type: ignore[override]
        """The codes by number, for programs."""
        return {"dates": {str(number): one.code for number, one in self.why.items()}}


class NothingFree(Refusal):
    code = "nothing_free"
    message = _l("None of these dates is free. Choose other dates.")


def book(wish: SeriesWish, key: str, partly: bool = False) -> Series:
    """Book every date in one transaction, or refuse with SeriesNotFree; `partly` books what is free and keeps the rest as a report.

    The same `key` again gives the first one's series. Refuses InputWrong, IdempotencyMismatch, NothingFree.
    """
    earlier = replays.begin(SCOPE, key, wish.content(partly))
    if earlier is not None:
        return db.session.get_one(Series, earlier)
    _check(wish)
    found, why = _look(wish)
    if why and not partly:
        raise SeriesNotFree(why)
    series = _write_down(wish)
    booked: dict[int, Appointment] = {}
    touched: set[int] = set()
    for number, opening in sorted(found.items(), key=lambda pair: pair[1].starts_at):
        attempt = db.session.begin_nested()
        try:
            booked[number], more = appointments.book_quietly(_one(wish, opening.starts_at), opening=opening)
        except InputWrong:
            raise
        except Refusal as refusal:
            attempt.rollback()
            if not partly:
                raise SeriesNotFree({**why, number: refusal}) from None
            why[number] = refusal
            continue
        attempt.commit()
        touched |= more
        appointments.ensure_told(booked[number], "read_aloud")
        agreed.give(booked[number], by_voice=True)
    if not booked:
        raise NothingFree
    for number, at in enumerate(wish.wanted, 1):
        one = booked.get(number)
        db.session.add(
            SeriesPart(
                series_id=series.id, number=number, wanted_at=at, appointment_id=one.id if one is not None else None
            )
        )
    replays.finish(SCOPE, key, series.id)
    after = {"booked": len(booked), "not_free": len(why), "every_weeks": wish.every_weeks}
    audit.note("series.booked", series, after=after, on_behalf_of=series.person_id, office_id=series.office_id)
    db.session.flush()
    claims.bump(touched)
    return series


def fill(series: Series, number: int, starts_at: datetime, booked_by: int | None) -> Appointment:
    """Book another time for a date that was not free. Twice it is one appointment. Refusals as in `appointments.book`."""
    lock(series)
    part = next((one for one in series.parts if one.number == number), None)
    if part is None:
        raise NotFound
    db.session.refresh(part)
    if part.appointment is not None:
        return part.appointment
    like = _any_of(series)
    query = collective.query_of(like)
    wish = SeriesWish(like, query, (starts_at,), series.every_weeks, booked_by, like.counselor_id)
    opening = openings.look(query, starts_at, like.counselor_id)
    appointment, touched = appointments.book_quietly(_one(wish, starts_at), opening=opening)
    appointments.ensure_told(appointment, "read_aloud")
    agreed.give(appointment, by_voice=True)
    part.appointment_id = appointment.id
    db.session.flush()
    claims.bump(touched)
    return appointment


def end(series: Series, by: str) -> list[Appointment]:
    """Cancel everything of it that is still ahead, in one act; what is over or moved to the past stays. Returns what it cancelled."""
    lock(series)
    ahead = coming(series)
    for appointment in ahead:
        appointments.cancel(appointment, by)
    audit.note("series.ended", series, after={"cancelled": len(ahead)}, office_id=series.office_id)
    return ahead


def coming(series: Series) -> list[Appointment]:
    """What of it stands and has not begun, soonest first."""
    query = (
        select(Appointment)
        .join(SeriesPart, SeriesPart.appointment_id == Appointment.id)
        .where(SeriesPart.series_id == series.id, Appointment.state == AppointmentState.BOOKED)
        .where(Appointment.starts_at > clock.now())
        .order_by(Appointment.starts_at, Appointment.id)
    )
    return list(db.session.scalars(query))


def get(public_id: str, visitor: Visitor) -> Series:
    """A series for the desk of its office, and for its person when signed in. Raises NotFound."""
    query = select(Series).where(Series.public_id == public_id).options(selectinload(Series.parts))
    series = db.session.scalar(query) if is_public_id(public_id) else None
    if series is None or visitor.person is None:
        raise NotFound
    if visitor.may(*DESK, office_id=series.office_id) or series.person_id in people.same_person_ids(visitor.person):
        return series
    raise NotFound


def of(appointment: Appointment) -> Series | None:
    """The series that an appointment belongs to."""
    query = select(Series).join(SeriesPart, SeriesPart.series_id == Series.id)
    return db.session.scalar(query.where(SeriesPart.appointment_id == appointment.id))


def shown(appointment: Appointment, visitor: Visitor) -> Series | None:
    """The series of an appointment, if it has more than one date and this visitor may see all of it."""
    found = of(appointment)
    try:
        return get(found.public_id, visitor) if found is not None and len(found.parts) > 1 else None
    except NotFound:
        return None


def query_like(series: Series) -> Query:
    """What another time for this series must be looked for with."""
    return collective.query_of(_any_of(series))


def _look(wish: SeriesWish) -> tuple[dict[int, openings.Opening], dict[int, Refusal]]:
    """Every date before anything is written: what may be had, and why the others may not."""
    found: dict[int, openings.Opening] = {}
    why: dict[int, Refusal] = {}
    for number, at in enumerate(wish.wanted, 1):
        try:
            found[number] = openings.look(wish.query, at, wish.preferred)
        except Refusal as refusal:
            why[number] = refusal
    return found, why


def _check(wish: SeriesWish) -> None:
    if not 1 <= len(wish.wanted) <= follow_ups.MOST:
        raise InputWrong(_l("Choose from 1 to 12 dates."), field="times")
    if len(set(wish.wanted)) < len(wish.wanted):
        raise InputWrong(_l("Two of these dates are the same. Choose another time for one of them."), field="times")
    follow_ups.check_service(wish.query)


def _write_down(wish: SeriesWish) -> Series:
    series = Series(
        service_id=wish.query.service_id,
        office_id=wish.like.office_id,
        person_id=wish.like.person_id,
        every_weeks=wish.every_weeks,
        booked_by=wish.booked_by,
    )
    db.session.add(series)
    db.session.flush()
    return series


def _one(wish: SeriesWish, starts_at: datetime) -> BookingWish:
    like, query = wish.like, wish.query
    return BookingWish(
        name=like.person.name,
        language=query.language or like.language,
        query=replace(query, only=0),
        starts_at=starts_at,
        modality=query.modality or like.modality,
        needs=query.needs,
        person_id=like.person_id,
        booked_by=wish.booked_by,
    )


def _any_of(series: Series) -> Appointment:
    """One of its appointments: who comes, how, and with whom. The last one that was booked knows best."""
    found = [part.appointment for part in series.parts if part.appointment is not None]
    if not found:
        raise NotFound
    return max(found, key=lambda one: one.id)
