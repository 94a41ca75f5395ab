"""A day of a counselor or interpreter: appointments in order, what each person needs, and who waits in the lobby now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from datetime import time as wall_time
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import joinedload

from accounts.models import Person
from foundation import clock, times
from foundation.db import db
from foundation.errors import NotFound
from virtual_office.meetings.models import Meeting, Participant, ParticipantRole, Phase, Standing

from .desk_models import Arrival, CallAttempt
from .models import OUTCOMES, Appointment, AppointmentNote, AppointmentResource, AppointmentState, Resource

EARLY = timedelta(minutes=15)
"""How long before the start a card counts as near."""


@dataclass(frozen=True)
class Entry:
    """One appointment of the day, as its counselor sees it."""

    appointment: Appointment
    participant: Participant | None
    """The jobseeker in the meeting, or None without a meeting."""
    note: AppointmentNote | None
    first_visit: bool
    """Whether the person has never been here before."""
    arrival: Arrival | None = None
    """That they came to the office, or None."""
    attempts: tuple[CallAttempt, ...] = ()
    """Attempts to call them, first one first."""
    last_note: AppointmentNote | None = None
    """What this colleague wrote about an earlier appointment of the same person."""

    @property
    def waiting_since(self) -> datetime | None:
        """Since when the person waits in the lobby, or None."""
        if self.arrival is not None:
            waits = self.arrival.state == "here" and self.appointment.state == AppointmentState.BOOKED
            return self.arrival.here_at if waits else None
        return (
            self.participant.waiting_since
            if self.participant and self.participant.standing == Standing.WAITING
            else None
        )

    @property
    def in_call(self) -> bool:
        """Whether the person has been let in and the meeting runs."""
        meeting = self.appointment.meeting
        return bool(
            meeting
            and meeting.phase == Phase.LIVE
            and self.participant
            and self.participant.standing == Standing.ADMITTED
        )

    @property
    def near(self) -> bool:
        """Whether it is about now: from 15 minutes before to its end."""
        return self.appointment.starts_at - EARLY <= clock.now() <= self.appointment.ends_at

    @property
    def can_record(self) -> bool:
        """Whether its outcome can be said or said anew."""
        return self.appointment.starts_at <= clock.now() and self.appointment.state in (
            AppointmentState.BOOKED,
            *OUTCOMES,
        )

    @property
    def missing_outcome(self) -> bool:
        """Whether it is over and nobody has said how it went."""
        return self.appointment.state == AppointmentState.BOOKED and self.appointment.ends_at < clock.now()


@dataclass(frozen=True)
class Day:
    """A day: `entries` in order of time, `waiting` the people in the lobby, longest wait first."""

    on: date
    zone: str
    entries: list[Entry]

    @property
    def before(self) -> str:
        """The day before, as in an address."""
        return (self.on - timedelta(days=1)).isoformat()

    @property
    def after(self) -> str:
        """The day after, as in an address."""
        return (self.on + timedelta(days=1)).isoformat()

    @property
    def waiting(self) -> list[Entry]:
        """Entries whose person waits now, longest first."""
        return sorted((e for e in self.entries if e.waiting_since), key=lambda e: e.waiting_since or clock.now())

    def entry(self, public_id: str) -> Entry | None:
        """One entry by the appointment's public id."""
        return next((e for e in self.entries if e.appointment.public_id == public_id), None)

    def next_up(self) -> Entry | None:
        """Who waits longest, else what runs now, else what comes next."""
        ahead = [e for e in self.entries if e.appointment.ends_at > clock.now() and e.appointment.live]
        return next(iter([*self.waiting, *ahead]), None)


def resources_of(person: Person) -> list[Resource]:
    """The diaries that this person keeps (as a counselor or interpreter, perhaps at several offices)."""
    return list(db.session.scalars(select(Resource).where(Resource.person_id == person.id).order_by(Resource.id)))


def day_of(person: Person, on: date | None = None) -> Day:
    """The person's day in the zone of their office; today by default. Raises NotFound for somebody without a diary."""
    resources = resources_of(person)
    if not resources:
        raise NotFound
    zone = resources[0].office.zone
    on = on or times.local(clock.now(), zone).date()
    begins = datetime.combine(on, wall_time(), ZoneInfo(zone))
    query = (
        select(Appointment)
        .join(AppointmentResource, AppointmentResource.appointment_id == Appointment.id)
        .where(AppointmentResource.resource_id.in_([r.id for r in resources]))
        .where(Appointment.starts_at >= begins, Appointment.starts_at < begins + timedelta(days=1))
        .options(joinedload(Appointment.person), joinedload(Appointment.service), joinedload(Appointment.meeting))
        .order_by(Appointment.starts_at, Appointment.id)
    )
    found = list(db.session.scalars(query).unique())
    beside = _beside(found, person)
    return Day(on, zone, [_entry(a, *beside) for a in found])


def last_notes(person: Person, found: list[Appointment]) -> dict[int, AppointmentNote]:
    """The newest note of this colleague about an earlier day of each person, by the person's id."""
    if not found:
        return {}
    query = (
        select(Appointment.person_id, AppointmentNote)
        .join(AppointmentNote, AppointmentNote.appointment_id == Appointment.id)
        .where(AppointmentNote.author_id == person.id, AppointmentNote.body != "")
        .where(Appointment.person_id.in_({a.person_id for a in found}))
        .where(Appointment.starts_at < min(a.starts_at for a in found))
        .order_by(Appointment.starts_at)
    )
    return {person_id: note for person_id, note in db.session.execute(query)}  # noqa: C416


def serving(person: Person, appointment: Appointment) -> bool:
    """Whether this appointment is in the person's diary."""
    query = select(AppointmentResource.appointment_id).join(Resource, Resource.id == AppointmentResource.resource_id)
    query = query.where(AppointmentResource.appointment_id == appointment.id, Resource.person_id == person.id)
    return db.session.scalar(query) is not None


def jobseeker_in(meeting: Meeting) -> Participant | None:
    """The jobseeker of a meeting."""
    return next((p for p in meeting.participants if p.role == ParticipantRole.JOBSEEKER), None)


Beside = tuple[
    dict[int, Participant],
    dict[int, AppointmentNote],
    set[int],
    dict[int, Arrival],
    dict[int, list[CallAttempt]],
    dict[int, AppointmentNote],
]


def _beside(found: list[Appointment], person: Person) -> Beside:
    """Lobby rows by meeting, own notes by appointment, and people seen before, who is here, attempts to call, earlier notes: six queries for the whole day."""
    meetings = [a.meeting_id for a in found if a.meeting_id]
    lobby = select(Participant).where(
        Participant.meeting_id.in_(meetings), Participant.role == ParticipantRole.JOBSEEKER
    )
    notes = select(AppointmentNote).where(
        AppointmentNote.appointment_id.in_([a.id for a in found]), AppointmentNote.author_id == person.id
    )
    before = select(Appointment.person_id).where(
        Appointment.person_id.in_({a.person_id for a in found}),
        Appointment.state.in_([AppointmentState.ATTENDED, AppointmentState.LATE]),
        Appointment.starts_at < min((a.starts_at for a in found), default=clock.now()),
    )
    ids = [a.id for a in found]
    attempts: dict[int, list[CallAttempt]] = {}
    calls = select(CallAttempt).where(CallAttempt.appointment_id.in_(ids)).order_by(CallAttempt.number)
    for one in db.session.scalars(calls):
        attempts.setdefault(one.appointment_id, []).append(one)
    return (
        {p.meeting_id: p for p in db.session.scalars(lobby)},
        {n.appointment_id: n for n in db.session.scalars(notes)},
        set(db.session.scalars(before)),
        {one.appointment_id: one for one in db.session.scalars(select(Arrival).where(Arrival.appointment_id.in_(ids)))},
        attempts,
        last_notes(person, found),
    )


def _entry(
    appointment: Appointment,
    lobby: dict[int, Participant],
    notes: dict[int, AppointmentNote],
    seen: set[int],
    arrivals: dict[int, Arrival],
    attempts: dict[int, list[CallAttempt]],
    last: dict[int, AppointmentNote],
) -> Entry:
    participant = lobby.get(appointment.meeting_id) if appointment.meeting_id else None
    return Entry(
        appointment,
        participant,
        notes.get(appointment.id),
        appointment.person_id not in seen,
        arrivals.get(appointment.id),
        tuple(attempts.get(appointment.id, ())),
        last.get(appointment.person_id),
    )
