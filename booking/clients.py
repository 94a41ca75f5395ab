"""The people whom a counselor serves or served: found by name in any script, filtered, sorted; and one person's history."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import joinedload

from accounts.access import Visitor
from accounts.models import Person
from foundation import clock
from foundation.db import db
from foundation.errors import NotFound

from .models import Appointment, AppointmentNote, AppointmentResource, AppointmentState, Resource
from .references import is_public_id
from .visibility import LEADS

PAGE = 50
"""People on one page."""
SEEN = (AppointmentState.ATTENDED, AppointmentState.LATE)
FILTERS = ("", "none_coming", "not_seen", "outcome")
SORTS = ("next", "last", "name")
_FAR = datetime.max.replace(tzinfo=clock.now().tzinfo)
_ARABIC = str.maketrans({"أ": "ا", "إ": "ا", "آ": "ا", "ٱ": "ا", "ى": "ي", "ة": "ه", "ؤ": "و", "ئ": "ي", "ـ": None})


@dataclass(frozen=True)
class Known:
    """One person: when they were seen last, when they come next, how many talks lack their outcome."""

    public_id: str
    name: str
    last_seen: datetime | None
    coming: datetime | None
    waiting: int
    zone: str


@dataclass(frozen=True)
class Shown:
    """One page of people; `total` counts all that fit, `page` begins at 1."""

    people: list[Known]
    total: int
    page: int

    @property
    def pages(self) -> int:
        """How many pages there are, at least one."""
        return max(1, -(-self.total // PAGE))


@dataclass(frozen=True)
class History:
    """Appointments of one person with this counselor or office; `notes` by appointment id, none for a team leader."""

    person: Person
    coming: list[Appointment]
    past: list[Appointment]
    notes: dict[int, AppointmentNote]


def folded(name: str) -> str:
    """A name for comparing: no capitals, accents, vowel signs or letter variants of Arabic."""
    parts = unicodedata.normalize("NFKD", name.translate(_ARABIC).casefold())
    return "".join(letter for letter in parts if not unicodedata.combining(letter)).translate(_ARABIC)


def listed(
    visitor: Visitor,
    office_wide: bool,
    words: str = "",
    only: str = "",
    weeks: int = 8,
    sort: str = "next",
    page: int = 1,
) -> Shown:
    """The people of this counselor, or (`office_wide`, leaders only) of the offices that they lead."""
    rows = db.session.execute(_people(visitor, office_wide)).all()
    asked = folded(words).split()
    since = clock.now() - timedelta(weeks=weeks)
    found = [
        Known(row.public_id, row.name, row.last_seen, row.coming, row.waiting, row.zone)
        for row in rows
        if all(part in folded(row.name) for part in asked) and _fits(row, only, since)
    ]
    found.sort(key=lambda one: _order(one, sort))
    number = min(max(1, page), max(1, -(-len(found) // PAGE)))
    return Shown(found[(number - 1) * PAGE : number * PAGE], len(found), number)


def history(public_id: str, visitor: Visitor) -> History:
    """One person's appointments as far as this colleague serves them, or leads their office. Raises NotFound."""
    person = None
    if is_public_id(public_id):
        person = db.session.scalar(select(Person).where(Person.public_id == public_id))
    if person is None or visitor.person is None:
        raise NotFound
    own = _scope(select(Appointment), visitor, office_wide=False).where(Appointment.person_id == person.id)
    found = _read(own)
    if not found:
        found = _read(_scope(select(Appointment), visitor, True).where(Appointment.person_id == person.id))
    if not found:
        raise NotFound
    notes = select(AppointmentNote).where(
        AppointmentNote.author_id == visitor.person.id, AppointmentNote.appointment_id.in_([a.id for a in found])
    )
    ahead = [a for a in found if a.state == AppointmentState.BOOKED and a.ends_at > clock.now()]
    return History(
        person,
        sorted(ahead, key=lambda a: a.starts_at),
        [a for a in found if a not in ahead],
        {note.appointment_id: note for note in db.session.scalars(notes) if note.body},
    )


def leads(visitor: Visitor) -> bool:
    """Whether the visitor leads an office, or all of them."""
    offices = visitor.offices(*LEADS)
    return offices is None or bool(offices)


def _read(query: Select[Appointment]) -> list[Appointment]:
    query = query.options(joinedload(Appointment.service), joinedload(Appointment.counselor))
    return list(db.session.scalars(query.order_by(Appointment.starts_at.desc(), Appointment.id)).unique())


def _scope(query: Select, visitor: Visitor, office_wide: bool) -> Select:  # type: ignore[type-arg]
    if not office_wide:
        mine = (
            select(AppointmentResource.appointment_id)
            .join(Resource, Resource.id == AppointmentResource.resource_id)
            .where(Resource.person_id == visitor.person_id, Resource.kind == "counselor")
        )
        return query.where(Appointment.id.in_(mine))
    offices = visitor.offices(*LEADS)
    return query if offices is None else query.where(Appointment.office_id.in_(offices))


def _people(visitor: Visitor, office_wide: bool) -> Select:  # type: ignore[type-arg]
    now = clock.now()
    booked = Appointment.state == AppointmentState.BOOKED
    ahead, over = booked & (Appointment.ends_at > now), booked & (Appointment.ends_at <= now)
    query = (
        select(
            Person.public_id,
            Person.name,
            func.max(case((Appointment.state.in_(SEEN), Appointment.starts_at))).label("last_seen"),
            func.min(case((ahead, Appointment.starts_at))).label("coming"),
            func.sum(case((over, 1), else_=0)).label("waiting"),
            func.max(Appointment.zone).label("zone"),
        )
        .join(Appointment, Appointment.person_id == Person.id)
        .group_by(Person.id, Person.public_id, Person.name)
    )
    return _scope(query, visitor, office_wide)


def _fits(row: object, only: str, since: datetime) -> bool:
    last, coming, waiting = row.last_seen, row.coming, row.waiting  # type: ignore[attr-defined]
    if only == "none_coming":
        return coming is None
    if only == "not_seen":
        return last is None or last < since
    return bool(waiting) if only == "outcome" else True


def _order(one: Known, sort: str) -> tuple[object, ...]:
    if sort == "name":
        return (folded(one.name), one.public_id)
    if sort == "last":
        return (one.last_seen or datetime.min.replace(tzinfo=_FAR.tzinfo), folded(one.name), one.public_id)
    return (one.coming or _FAR, folded(one.name), one.public_id)
