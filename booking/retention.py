"""How long booking keeps things: forms that were not finished, appointments with all that hangs on them, guests without any."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, exists, select, update

from accounts.models import Person, RoleGrant
from accounts.privacy_models import Erasure
from foundation.db import Base, db
from foundation.models import Letter
from foundation.privacy_sources import delete_rows
from foundation.retention import Keys, Rule, deletes, older_than, rule
from virtual_office.meetings.models import Meeting

from .models import Appointment, Hold, WaitlistEntry, WaitState

PERSONS_OWN = {"contact", "consent", "sign_in", "sign_in_code", "role_grant"}
"""Tables of a person that are no reason to keep them."""


def _begun(limit: int) -> Any:
    return select(Hold.id).where(Hold.expires < limit, Hold.created_at < older_than(limit), Hold.owner != "")


def _empty_holds(keys: Keys) -> None:
    chosen = Hold.id.in_([key[0] for key in keys])
    db.session.execute(update(Hold).where(chosen).values(answers={}, needs=[], owner=""))


def _take_appointments(keys: Keys) -> None:
    ids = [key[0] for key in keys]
    meetings = db.session.scalars(
        select(Appointment.meeting_id).where(Appointment.id.in_(ids), Appointment.meeting_id.is_not(None))
    )
    held = [(one,) for one in meetings]
    db.session.execute(delete(Letter).where(Letter.subject_kind == "appointment", Letter.subject_id.in_(ids)))
    delete_rows(Base.metadata.tables["appointment"], keys)
    delete_rows(Meeting.__table__, held)  # type: ignore[arg-type]
    db.session.expire_all()


def _idle_guests(limit: int) -> Any:
    query = select(Person.id).where(
        Person.guest,
        Person.created_at < older_than(limit),
        ~exists().where(RoleGrant.person_id == Person.id),
        ~exists().where(Erasure.person_id == Person.id, Erasure.state == "asked"),
    )
    for table in Base.metadata.tables.values():
        for key in table.foreign_keys if table.name not in PERSONS_OWN else ():
            if key.column.table.name == "person":
                query = query.where(~exists().where(key.parent == Person.id))
    return query


rule(
    Rule(
        "begun",
        "keep_codes_days",
        _l("What somebody typed who did not finish booking, and which browser kept a time"),
        _l("The answers are deleted."),
        _begun,
        _empty_holds,
    )
)
rule(
    Rule(
        "appointments",
        "keep_bookings_days",
        _l("Appointments, how they ended, notes about them, and their meetings"),
        _l("They are deleted."),
        lambda limit: select(Appointment.id).where(Appointment.ends_at < older_than(limit)),
        _take_appointments,
    )
)
rule(
    Rule(
        "wishes",
        "keep_bookings_days",
        _l("Wishes on the waitlist that are over"),
        _l("They are deleted."),
        lambda limit: select(WaitlistEntry.id).where(
            WaitlistEntry.created_at < older_than(limit),
            WaitlistEntry.state.in_((WaitState.ACCEPTED, WaitState.CLOSED)),
        ),
        deletes(WaitlistEntry),
    )
)
rule(
    Rule(
        "guests",
        "keep_bookings_days",
        _l("Name and addresses of people without an account of whom we keep nothing else"),
        _l("They are deleted."),
        _idle_guests,
        deletes(Person),
    )
)
