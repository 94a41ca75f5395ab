"""Whether the appointment of a row is here already: at its time, or moved away from it since."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import Select, select

from accounts.models import Person
from foundation.db import db
from foundation.models import AuditEvent

from ..appointments import BookingWish
from ..models import Appointment

Left = dict[tuple[str, datetime], list[int]]
"""Ids of appointments by the person's name and the time that they were moved away from."""


class Known:
    """What stands at a row's time is asked row by row; what was moved since is read once for each service of a file."""

    def __init__(self) -> None:
        self.moved: dict[int, Left] = {}

    def why(self, wish: BookingWish, office_id: int, diary_id: int) -> object:
        """Why the row is there already (empty: it is not): also when it was moved, handed over or cancelled since."""
        assert wish.query is not None and wish.starts_at is not None
        service_id = wish.query.service_id
        # By office and time there is an index; a service with many appointments must not be read for each row.
        at = Appointment.office_id == office_id, Appointment.starts_at == wish.starts_at
        for one in db.session.scalars(_named(wish.name, service_id).where(*at).order_by(Appointment.id)):
            if _same(one, wish, diary_id):
                return (
                    _l("This appointment is already there") if one.live else _l("It was imported, and cancelled since")
                )
        ids = self._moved(service_id).get((wish.name, wish.starts_at), ())
        if any(_same(db.session.get_one(Appointment, number), wish, diary_id) for number in ids):
            return _l("It was imported, and moved since")
        return ""

    def _moved(self, service_id: int) -> Left:
        if service_id not in self.moved:
            self.moved[service_id] = _read_moved(service_id)
        return self.moved[service_id]


def _named(name: str, service_id: int) -> Select[Appointment]:
    query = select(Appointment).join(Person, Person.id == Appointment.person_id)
    return query.where(Appointment.service_id == service_id, Person.name == name)


def _same(one: Appointment, wish: BookingWish, diary_id: int) -> bool:
    """Whether it is the person of the row; without any address only with the same counselor."""
    values = {contact.value for contact in one.person.contacts}
    same = values >= {value for value in (wish.email, wish.phone) if value}
    return same and (one.counselor_id == diary_id or bool(values))


def _read_moved(service_id: int) -> Left:
    query = select(Appointment.id, Person.name, AuditEvent.before).join(Person, Person.id == Appointment.person_id)
    query = query.join(AuditEvent, AuditEvent.thing_id == Appointment.id).where(
        AuditEvent.thing_kind == "appointment",
        AuditEvent.act == "appointment.moved",
        Appointment.service_id == service_id,
    )
    found: Left = defaultdict(list)
    for number, name, before in db.session.execute(query):
        if "starts_at" in before:
            found[name, datetime.fromisoformat(before["starts_at"])].append(number)
    return found
