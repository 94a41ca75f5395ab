"""Rows of appointments and of what may be booked."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import Contact, Person
from foundation import clock
from foundation.db import Base, PublicRow, Row, Seconds
from virtual_office.meetings.models import Meeting
from virtual_office.offices.models import Office


class Modality(StrEnum):
    """How a person and a counselor meet."""

    VIDEO = "video"
    PHONE = "phone"
    CHAT = "chat"
    IN_PERSON = "in_person"


class Need(StrEnum):
    """What a person needs so that they can take part; functional, never a diagnosis."""

    INTERPRETER = "interpreter"
    SIGN_INTERPRETER = "sign_interpreter"
    CAPTIONS = "captions"
    STEP_FREE = "step_free"
    COMPANION = "companion"
    MORE_TIME = "more_time"


class AppointmentState(StrEnum):
    BOOKED = "booked"
    CANCELLED_BY_PERSON = "cancelled_by_person"
    CANCELLED_BY_OFFICE = "cancelled_by_office"
    ATTENDED = "attended"
    LATE = "late"
    MISSED = "missed"
    TECHNICAL_FAILURE = "technical_failure"


OUTCOMES = (
    AppointmentState.ATTENDED,
    AppointmentState.LATE,
    AppointmentState.MISSED,
    AppointmentState.TECHNICAL_FAILURE,
)
CANCELLED = (AppointmentState.CANCELLED_BY_PERSON, AppointmentState.CANCELLED_BY_OFFICE)


class HoldState(StrEnum):
    HELD = "held"
    USED = "used"
    RELEASED = "released"


class WaitState(StrEnum):
    WAITING = "waiting"
    OFFERED = "offered"
    ACCEPTED = "accepted"
    CLOSED = "closed"


class Service(PublicRow, Base):
    """What can be booked at an office: how long, how, how soon, and what it needs beside a counselor."""

    __tablename__ = "service"
    __table_args__ = (
        CheckConstraint(
            "minutes > 0 AND minutes % 5 = 0 AND before_minutes % 5 = 0 AND after_minutes % 5 = 0", name="five_minutes"
        ),
    )

    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"), index=True)
    name: Mapped[str] = mapped_column(String(120))
    description: Mapped[str] = mapped_column(Text, default="")
    prepare: Mapped[str] = mapped_column(Text, default="")
    minutes: Mapped[int]
    before_minutes: Mapped[int] = mapped_column(default=0)
    after_minutes: Mapped[int] = mapped_column(default=0)
    step_minutes: Mapped[int] = mapped_column(default=30)
    notice_minutes: Mapped[int] = mapped_column(default=120)
    horizon_days: Mapped[int] = mapped_column(default=60)
    modalities: Mapped[list[str]] = mapped_column(default=list)
    needs: Mapped[list[str]] = mapped_column(default=list)
    """Kinds of resource needed beside the counselor: `place:in_person` (only for that modality) or `interpreter`."""
    detail: Mapped[str] = mapped_column(String(8), default="counts")
    """`counts` shows how many are free, `coarse` only that something is."""
    shows_counselor: Mapped[bool] = mapped_column(default=True)
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)

    office: Mapped[Office] = relationship()


class Resource(PublicRow, Base):
    """Something an appointment claims: counselor, interpreter, place, van. Its `version` grows with every change of rules or claims."""

    __tablename__ = "resource"
    __table_args__ = (Index("ix_resource_person", "person_id"),)

    kind: Mapped[str] = mapped_column(String(12))
    name: Mapped[str] = mapped_column(String(120))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"), index=True)
    features: Mapped[list[str]] = mapped_column(default=list)
    """Languages of an interpreter (`language:ar`, `language:sign-es`) or counselor, features of a place (`step_free`)."""
    modalities: Mapped[list[str]] = mapped_column(default=list)
    """Modalities a counselor receives by; empty means all of the service."""
    apart: Mapped[bool | None]
    """A diary that takes no time from the person's other diaries (a practice corner); None means no."""
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)

    person: Mapped[Person | None] = relationship()
    office: Mapped[Office] = relationship()


class ServiceResource(Base):
    """Which counselors give a service."""

    __tablename__ = "service_resource"

    service_id: Mapped[int] = mapped_column(ForeignKey("service.id"), primary_key=True)
    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id"), primary_key=True, index=True)


class WorkingHours(PublicRow, Base):
    """A rule: on these weekdays, from `opens` to `closes` local wall-clock minutes, between two dates."""

    __tablename__ = "working_hours"
    __table_args__ = (
        CheckConstraint("opens < closes AND opens % 5 = 0 AND closes % 5 = 0", name="opens_before_closes"),
        CheckConstraint("every_n_weeks >= 1", name="every_n_weeks"),
    )

    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id"), index=True)
    weekday: Mapped[int]
    opens: Mapped[int]
    closes: Mapped[int]
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    every_n_weeks: Mapped[int] = mapped_column(default=1)
    """Counted in ISO weeks from the week of `valid_from`."""
    nth: Mapped[int | None]
    """1-5: only the nth such weekday of a month; -1: the last."""
    modalities: Mapped[list[str]] = mapped_column(default=list)
    """Only for these modalities; empty means all."""
    place_id: Mapped[int | None] = mapped_column(ForeignKey("office.id"))
    """The office at which the person works then; None is the diary's own. Elsewhere nobody is received in person."""

    place: Mapped[Office | None] = relationship()


class DayOverride(Row, Base):
    """One window of one date instead of the weekly rule; `opens` empty means closed that day."""

    __tablename__ = "day_override"
    __table_args__ = (Index("ix_day_override_resource", "resource_id", "on_day"),)

    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id"))
    on_day: Mapped[date]
    opens: Mapped[int | None]
    closes: Mapped[int | None]
    reason: Mapped[str] = mapped_column(String(120), default="")


class Absence(PublicRow, Base):
    """A time in which a resource can not be booked; it never touches what is already booked."""

    __tablename__ = "absence"
    __table_args__ = (CheckConstraint("starts_at < ends_at", name="starts_before_ends"),)

    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id"), index=True)
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    reason: Mapped[str] = mapped_column(String(40), default="leave")
    created_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class Claim(Base):
    """One 5-minute UTC tick of one resource. The primary key is the guard against selling it twice."""

    __tablename__ = "claim"
    __table_args__ = (Index("ix_claim_holder", "kind", "holder"),)

    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id"), primary_key=True)
    tick: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    """`hold`, `booking` or `cooling`."""
    holder: Mapped[int]
    """Id of the hold or appointment (for `cooling`: the appointment that let it go)."""
    expires: Mapped[Seconds]
    """UTC seconds after which anybody may take the tick; NEVER for bookings."""


class PersonClaim(Base):
    """One 5-minute UTC tick of one person, so that nobody is booked in two places."""

    __tablename__ = "person_claim"
    __table_args__ = (Index("ix_person_claim_holder", "kind", "holder"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    tick: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    holder: Mapped[int]
    expires: Mapped[Seconds]


class Hold(PublicRow, Base):
    """A slot kept while somebody fills the form; `answers` keeps what they typed."""

    __tablename__ = "hold"
    __table_args__ = (Index("ix_hold_owner", "owner", "state"),)

    service_id: Mapped[int] = mapped_column(ForeignKey("service.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    modality: Mapped[str] = mapped_column(String(10))
    language: Mapped[str] = mapped_column(String(10), default="")
    needs: Mapped[list[str]] = mapped_column(default=list)
    resource_ids: Mapped[list[int]] = mapped_column(default=list)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    owner: Mapped[str] = mapped_column(String(64), default="")
    """Fingerprint of the browser or token that took it."""
    expires: Mapped[Seconds]
    extended: Mapped[bool] = mapped_column(default=False)
    state: Mapped[str] = mapped_column(String(10), default=HoldState.HELD)
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    moves_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    """The appointment that this hold would move, or None for a new one."""
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"))
    """The appointment that this hold became, once it is used."""
    waitlist_entry_id: Mapped[int | None] = mapped_column(ForeignKey("waitlist_entry.id"))
    """The waitlist entry that this hold is offered to, or None."""
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    service: Mapped[Service] = relationship()
    moves: Mapped[Appointment | None] = relationship(foreign_keys=[moves_id])


class Appointment(PublicRow, Base):
    """A jobseeker meets a counselor at an agreed time."""

    __tablename__ = "appointment"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="starts_before_ends"),
        Index("ix_appointment_office_day", "office_id", "starts_at"),
        Index("ix_appointment_person", "person_id", "starts_at"),
        Index("ix_appointment_counselor", "counselor_id", "starts_at"),
    )

    reference: Mapped[str] = mapped_column(String(8), unique=True)
    service_id: Mapped[int] = mapped_column(ForeignKey("service.id"), index=True)
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"))
    counselor_id: Mapped[int] = mapped_column(ForeignKey("resource.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    """Where letters about it go; None means no contact at all."""
    phone_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    zone: Mapped[str] = mapped_column(String(60))
    modality: Mapped[str] = mapped_column(String(10))
    language: Mapped[str] = mapped_column(String(10))
    """The language that the person wants to speak; letters use it where offered."""
    needs: Mapped[list[str]] = mapped_column(default=list)
    state: Mapped[str] = mapped_column(String(20), default=AppointmentState.BOOKED)
    version: Mapped[int] = mapped_column(default=0)
    """SEQUENCE of its calendar entries."""
    link_version: Mapped[int] = mapped_column(default=1)
    meeting_id: Mapped[int | None] = mapped_column(ForeignKey("meeting.id"), index=True)
    booked_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    told_at: Mapped[datetime | None]
    """When somebody without a letter was told (printed, read aloud)."""
    told_how: Mapped[str | None] = mapped_column(String(12))
    texts_at: Mapped[datetime | None]
    """When the person asked for text messages beside e-mail, or None."""
    late_until: Mapped[datetime | None]
    """When the person who runs late expects to come; counts against nobody."""
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    changed_at: Mapped[datetime] = mapped_column(default=clock.now)
    outcome_at: Mapped[datetime | None]

    service: Mapped[Service] = relationship()
    office: Mapped[Office] = relationship()
    counselor: Mapped[Resource] = relationship(foreign_keys=[counselor_id])
    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    contact: Mapped[Contact | None] = relationship(foreign_keys=[contact_id])
    phone: Mapped[Contact | None] = relationship(foreign_keys=[phone_id])
    meeting: Mapped[Meeting | None] = relationship()
    resources: Mapped[list[Resource]] = relationship(secondary="appointment_resource", viewonly=True)

    @property
    def live(self) -> bool:
        """Whether it still stands (not cancelled)."""
        return self.state not in CANCELLED


class AppointmentResource(Base):
    """Everything that an appointment claims."""

    __tablename__ = "appointment_resource"

    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"), primary_key=True)
    resource_id: Mapped[int] = mapped_column(ForeignKey("resource.id"), primary_key=True, index=True)


class AppointmentNote(PublicRow, Base):
    """What a counselor wrote about an appointment; the person may ask to see it."""

    __tablename__ = "appointment_note"
    __table_args__ = (UniqueConstraint("appointment_id", "author_id"),)

    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"))
    author_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    body: Mapped[str] = mapped_column(Text, default="")
    revision: Mapped[int] = mapped_column(default=0)
    saved_at: Mapped[datetime] = mapped_column(default=clock.now)


class WaitlistEntry(PublicRow, Base):
    """A wish for an earlier or any time; offered freed slots in order, and shown to staff."""

    __tablename__ = "waitlist_entry"
    __table_args__ = (
        Index("ix_waitlist_entry_order", "service_id", "state", "id"),
        Index(
            "uq_waitlist_entry_waiting",
            "service_id",
            "person_id",
            unique=True,
            sqlite_where=text("state IN ('waiting', 'offered')"),
            postgresql_where=text("state IN ('waiting', 'offered')"),
        ),
    )

    service_id: Mapped[int] = mapped_column(ForeignKey("service.id"))
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"))
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    modalities: Mapped[list[str]] = mapped_column(default=list)
    needs: Mapped[list[str]] = mapped_column(default=list)
    language: Mapped[str] = mapped_column(String(10), default="en")
    first_day: Mapped[date | None]
    last_day: Mapped[date | None]
    state: Mapped[str] = mapped_column(String(10), default=WaitState.WAITING)
    offered_hold_id: Mapped[int | None]
    offered_until: Mapped[Seconds | None]
    offers: Mapped[int] = mapped_column(default=0)
    handled_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    service: Mapped[Service] = relationship()
    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    contact: Mapped[Contact | None] = relationship()
