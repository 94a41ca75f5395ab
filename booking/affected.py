"""Appointments that something lies over, and what staff do with many at once; each row is an act of its own."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from accounts.access import Visitor
from foundation import clock, times
from foundation.db import db, lock, write
from foundation.errors import Busy, NotFound, Refusal
from virtual_office.offices.models import Office

from . import fitting, handing_over, resources, time_offers, visibility
from .models import Appointment, AppointmentState, Resource

MOST = 100
"""Appointments acted on at once."""


class Act(StrEnum):
    """What can be done with a row."""

    MOVE = "move"
    HAND_OVER = "hand_over"
    OFFER = "offer"


class ChangedSince(Refusal):
    """The appointment is not as the list showed it: somebody has acted on it, or the same form was sent twice."""

    code = "changed_since"
    message = _l("It has changed since this list was made, so nothing was done. Look at it as it is now.")


class NotTheirs(Refusal):
    """Moving it is for the desk of its office."""

    code = "not_theirs"
    message = _l("Only the office of this appointment can move it or offer other times.")


@dataclass(frozen=True)
class Row:
    """An appointment, and the resource that is in its way."""

    appointment: Appointment
    leaving: Resource

    @property
    def mark(self) -> str:
        """What a form sends for it: which appointment, as of which change, and whose place in it; `id:version:resource id`.

        Another interpreter does not change the version, which would end offers of other times: so the resource is named too.
        """
        return f"{self.appointment.public_id}:{self.appointment.version}:{self.leaving.public_id}"


@dataclass(frozen=True)
class Picked:
    """A row that was ticked, and the appointment's version then; None: this row is on the list no more, only to be told of."""

    row: Row
    version: int | None


@dataclass(frozen=True)
class Choice:
    """What was ticked: rows, how many are not there for this visitor any more, and how many are too many for one act."""

    rows: list[Picked]
    gone: int
    left: int


@dataclass(frozen=True)
class Result:
    """What became of a row: `done`, the words for it, and the number to call when no letter goes out."""

    row: Row
    done: bool
    words: str
    call: str = ""


def in_diary(resource: Resource, on: date | None = None, *, everything: bool = False) -> list[Row]:
    """What no longer fits a diary; with `on` all of that local date, with `everything` all that is to come."""
    if on is None and not everything:
        found = fitting.outside(resource)
    else:
        zone = resource.office.zone
        found = [
            one for one in resources.coming(resource) if everything or times.local(one.starts_at, zone).date() == on
        ]
    return [Row(one, resource) for one in found if one.starts_at > clock.now()]


def at_office(office: Office) -> list[Row]:
    """What no longer fits any diary of an office, soonest first: each appointment once."""
    rows: dict[int, Row] = {}
    for resource in db.session.scalars(select(Resource).where(Resource.office_id == office.id).order_by(Resource.id)):
        for row in in_diary(resource):
            rows.setdefault(row.appointment.id, row)
    return sorted(rows.values(), key=lambda row: (row.appointment.starts_at, row.appointment.id))


def colleagues(resource: Resource) -> list[Resource]:
    """Who could take over from a diary at its office."""
    query = select(Resource).where(
        Resource.office_id == resource.office_id, Resource.kind == resource.kind, Resource.id != resource.id
    )
    return list(db.session.scalars(query.where(Resource.active).order_by(Resource.name, Resource.id)))


def colleague(resource: Resource, public_id: str) -> Resource | None:
    """One of them by public id; None for an empty one, NotFound for others."""
    if not public_id:
        return None
    found = next((one for one in colleagues(resource) if one.public_id == public_id), None)
    if found is None:
        raise NotFound
    return found


def chosen(rows: Iterable[Row], marks: Iterable[str], visitor: Visitor) -> Choice:
    """The ticked rows by their marks. One that left the list since is kept for the report, if the visitor may still see it."""
    by_id = {row.appointment.public_id: row for row in rows}
    wanted = dict(one.partition(":")[::2] for one in marks)
    picked = [_picked(by_id, public_id, seen, visitor) for public_id, seen in list(wanted.items())[:MOST]]
    found = [one for one in picked if one is not None]
    return Choice(found, len(picked) - len(found), max(0, len(wanted) - MOST))


def act_on(picked: Iterable[Picked], act: Act, visitor: Visitor, to: Resource | None = None) -> list[Result]:
    """Do it row by row, each in a transaction of its own: one that can not be done leaves the others done.

    A row that is not as it was ticked stays: the same form sent twice acts once.
    """
    results = []
    to_id = to.id if to else None
    for row in [(one.row.appointment.id, one.row.leaving.id, one.version) for one in picked]:
        try:
            words = write(lambda row=row: _do(row[0], row[1], row[2], act, visitor, to_id))  # type: ignore[misc]
            done = True
        except (Refusal, Busy) as refusal:
            words, done = str(refusal.message), False
        appointment = db.session.get_one(Appointment, row[0], populate_existing=True)
        fresh = Row(appointment, db.session.get_one(Resource, row[1]))
        results.append(Result(fresh, done, words, _to_call(appointment)))
    return results


def manageable(appointment: Appointment, visitor: Visitor) -> bool:
    """Whether the visitor may move it or offer other times: more than having it in a diary."""
    return visibility.may(appointment, visitor, "manage")


def _picked(by_id: dict[str, Row], public_id: str, seen: str, visitor: Visitor) -> Picked | None:
    version, _colon, leaving = seen.partition(":")
    known = int(version) if version.isascii() and version.isdigit() and len(version) <= 9 else None
    if public_id in by_id:
        row = by_id[public_id]
        # What was in its way has gone and something else is: not what was ticked.
        return Picked(row, known if row.leaving.public_id == leaving else None)
    try:
        appointment = visibility.get_visible(public_id, visitor, "see")
    except NotFound:
        return None
    return Picked(Row(appointment, appointment.counselor), None)


def _do(
    appointment_id: int, leaving_id: int, version: int | None, act: Act, visitor: Visitor, to_id: int | None
) -> str:
    appointment = db.session.get_one(Appointment, appointment_id)
    if act is not Act.HAND_OVER and not manageable(appointment, visitor):
        raise NotTheirs
    lock(appointment)
    if not _as_ticked(appointment, version) or leaving_id not in {one.id for one in appointment.resources}:
        raise ChangedSince
    if act is Act.MOVE:
        moved = handing_over.move_on(appointment)
        return _("Moved to %(when)s.", when=times.when(moved.starts_at, moved.zone, show_zone=False))
    if act is Act.HAND_OVER:
        to = db.session.get_one(Resource, to_id) if to_id else None
        taker = handing_over.hand_over(appointment, db.session.get_one(Resource, leaving_id), to)
        return _("%(name)s takes it over, at the same time.", name=taker.name)
    time_offers.offer(appointment, visitor.person_id)
    return _("A letter with other times is on its way. The old time is kept until they choose.")


def _as_ticked(appointment: Appointment, version: int | None) -> bool:
    """Whether nothing was changed since the list was shown."""
    return appointment.version == version


def _to_call(appointment: Appointment) -> str:
    """The phone number of somebody who gets no letter."""
    contact = appointment.contact
    if contact is not None and contact.kind == "email":
        return ""
    phone = appointment.phone or contact
    return phone.value if phone else ""


def stands(appointment: Appointment) -> bool:
    """Whether it can still be acted on."""
    return appointment.state == AppointmentState.BOOKED and appointment.starts_at > clock.now()
