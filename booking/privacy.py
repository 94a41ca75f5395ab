"""What booking keeps about a person, what still stands with them, and how staff find them by a reference."""

from __future__ import annotations

import json
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import ColumnElement, Table, delete, or_, select, update

from accounts.models import Contact, Person
from foundation import clock, privacy_sources, times
from foundation.db import Base, db
from foundation.models import IdempotencyKey, Letter
from foundation.privacy_sources import hold

from . import appointments, references, waitlist
from .models import Appointment, AppointmentState, Hold, HoldState, WaitlistEntry, WaitState


def _theirs(ids: list[int]) -> ColumnElement[int]:
    return select(Appointment.id).where(Appointment.person_id.in_(ids))  # type: ignore[return-value]


def _of_appointment(table: Table, ids: list[int]) -> ColumnElement[bool]:
    return table.c.appointment_id.in_(_theirs(ids))


def _of_series(table: Table, ids: list[int]) -> ColumnElement[bool]:
    series = Base.metadata.tables["series"].c
    return table.c.series_id.in_(select(series.id).where(series.person_id.in_(ids)))


def _notes(table: Table, ids: list[int]) -> ColumnElement[bool]:
    return _of_appointment(table, ids) | table.c.author_id.in_(ids)


def _holds(table: Table, ids: list[int]) -> ColumnElement[bool]:
    entry = Base.metadata.tables["waitlist_entry"].c
    return or_(
        table.c.person_id.in_(ids),
        _of_appointment(table, ids),
        table.c.moves_id.in_(_theirs(ids)),
        table.c.waitlist_entry_id.in_(select(entry.id).where(entry.person_id.in_(ids))),
    )


@privacy_sources.finder
def by_reference(words: str) -> int | None:
    """The person of an appointment's reference."""
    query = select(Appointment.person_id).where(Appointment.reference == references.clean(words))
    return db.session.scalar(query)


@privacy_sources.before_erasing
def _by_content(ids: list[int]) -> None:
    """Letters about the appointments to anybody, keys of their requests, and forms begun without a name to them."""
    mine = list(db.session.scalars(select(Appointment.id).where(Appointment.person_id.in_(ids))))
    about = (Letter.subject_kind == "appointment") & Letter.subject_id.in_(mine)
    db.session.execute(
        update(Letter)
        .where(about | Letter.person_id.in_(ids), Letter.state.in_(("waiting", "failed")))
        .values(state="withdrawn")
    )
    emptied: dict[str, Any] = {"subject_line": None, "body": None, "details": {}, "failure": None}
    db.session.execute(update(Letter).where(about).values(**emptied))
    db.session.execute(delete(IdempotencyKey).where(IdempotencyKey.result_id.in_(mine)))
    known = set(db.session.scalars(select(Contact.value).where(Contact.person_id.in_(ids))))
    known |= set(db.session.scalars(select(Person.name).where(Person.id.in_(ids))))
    unfinished = select(Hold.id, Hold.answers).where(Hold.state != HoldState.USED)
    begun = [row.id for row in db.session.execute(unfinished) if _names(row.answers, known)]
    if begun:
        db.session.execute(update(Hold).where(Hold.id.in_(begun)).values(answers={}))


def _names(answers: dict[str, object], known: set[str]) -> bool:
    said = json.dumps(answers, ensure_ascii=False).casefold()
    return any(one.casefold() in said for one in known if one)


def _coming(ids: list[int]) -> list[Appointment]:
    # Nothing is joined to these rows: PostgreSQL can not lock the far side of an outer join.
    query = select(Appointment).where(Appointment.person_id.in_(ids), Appointment.state == AppointmentState.BOOKED)
    return list(db.session.scalars(query.where(Appointment.ends_at > clock.now()).order_by(Appointment.starts_at)))


def _standing(ids: list[int]) -> list[str]:
    said = [
        _("%(service)s, %(when)s, reference %(reference)s", service=one.service.name, when=times.when(one.starts_at, one.zone), reference=one.reference)
        for one in _coming(ids)
    ]  # fmt: skip
    waits = select(WaitlistEntry).where(
        WaitlistEntry.person_id.in_(ids), WaitlistEntry.state.in_((WaitState.WAITING, WaitState.OFFERED))
    )
    return said + [_("Waitlist: %(service)s", service=one.service.name) for one in db.session.scalars(waits)]


def _settle(ids: list[int]) -> None:
    for one in _coming(ids):
        appointments.cancel(one, "office")
    waits = select(WaitlistEntry).where(
        WaitlistEntry.person_id.in_(ids), WaitlistEntry.state.in_((WaitState.WAITING, WaitState.OFFERED))
    )
    for entry in db.session.scalars(waits):
        waitlist.leave(entry)


privacy_sources.duty(_standing, _settle)
hold(
    "appointment",
    _l("Appointments"),
    "person_id",
    blank={"needs": [], "contact_id": None, "phone_id": None},
    plain=("reference", "zone", "modality", "language", "state", "told_how", "public_id"),
)
hold("appointment_note", _l("Notes about your appointments"), _notes)
hold("appointment_resource", _l("Who and what was booked with it"), _of_appointment, blank={})
hold("series", _l("Follow-ups that were booked together"), "person_id")
hold("series_part", _l("Dates of follow-ups"), _of_series)
hold("arrival", _l("When you came to the office"), _of_appointment)
hold("call_attempt", _l("When we tried to call you"), _of_appointment, plain=("result", "public_id"))
hold("lateness", _l("When your counselor was running late"), _of_appointment)
hold("time_offer", _l("Other times that were offered to you"), _of_appointment, plain=("public_id",))
hold("work_claim", _l("Times that are taken for your work"), "person_id", plain=("kind",))
hold("person_claim", _l("Times that are taken for you"), "person_id", plain=("kind",))
hold(
    "hold",
    _l("Times that were kept for you"),
    _holds,
    blank={"answers": {}, "needs": [], "person_id": None, "owner": ""},
    plain=("modality", "language", "state", "public_id", "resource_ids"),
    secret=("owner",),
)
hold(
    "waitlist_entry",
    _l("Waitlist"),
    "person_id",
    blank={"needs": [], "contact_id": None, "state": "closed"},
    plain=("modalities", "language", "state", "public_id"),
)
hold(
    "resource",
    _l("Your diary as a colleague"),
    "person_id",
    blank={"name": "—", "features": []},
    plain=("kind", "modalities", "public_id"),
)
for staff_table in ("working_hours", "day_override", "absence", "recurring_absence", "service_resource"):
    hold(
        staff_table,
        _l("Your hours as a colleague"),
        lambda table, ids: table.c.resource_id.in_(select(Base.metadata.tables["resource"].c.id).where(Base.metadata.tables["resource"].c.person_id.in_(ids))),
        plain=("modalities",),
    )  # fmt: skip
