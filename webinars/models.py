"""Rows of webinars: what is planned, who gives it, who registered, and the seats."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import Contact, Person
from foundation import clock
from foundation.db import Base, PublicRow, Row, Seconds
from virtual_office.offices.models import Office


class WebinarState(StrEnum):
    DRAFT = "draft"
    SCHEDULED = "scheduled"
    LOBBY = "lobby"
    LIVE = "live"
    ON_HOLD = "on_hold"
    ENDED = "ended"
    REPLAY = "replay"
    ARCHIVED = "archived"
    CANCELLED = "cancelled"


class Audience(StrEnum):
    """Who may register: anybody, people who come to the office, or those who hold an invitation."""

    PUBLIC = "public"
    OFFICE = "office"
    INVITED = "invited"


class HostRole(StrEnum):
    """What somebody does in a webinar."""

    HOST = "host"
    CO_HOST = "co_host"
    SPEAKER = "speaker"
    MODERATOR = "moderator"
    CAPTIONER = "captioner"
    INTERPRETER = "interpreter"
    SIGN_INTERPRETER = "sign_interpreter"


class QuestionKind(StrEnum):
    """How a question to registrants is answered."""

    TEXT = "text"
    YES_NO = "yes_no"
    CHOICE = "choice"


class RegistrationState(StrEnum):
    PENDING = "pending"
    CONFIRMED = "confirmed"
    WAITLISTED = "waitlisted"
    OFFERED = "offered"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"


SEATED = (RegistrationState.CONFIRMED, RegistrationState.OFFERED)
"""Who has a seat: an offered one is kept."""
STANDING = (*SEATED, RegistrationState.PENDING, RegistrationState.WAITLISTED)
"""Who has not gone."""


class WebinarSeries(Row, Base):
    """Webinars that were planned together, one every so many weeks."""

    __tablename__ = "webinar_series"

    every_weeks: Mapped[int]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class Webinar(PublicRow, Base):
    """A time at which a few people speak and many listen. Its feature tables hang on it; its meeting is driven by its state."""

    __tablename__ = "webinar"
    __table_args__ = (
        CheckConstraint("starts_at < ends_at", name="starts_before_ends"),
        CheckConstraint("capacity >= 1", name="seats"),
        Index("ix_webinar_state_starts_at", "state", "starts_at"),
    )

    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"), index=True)
    series_id: Mapped[int | None] = mapped_column(ForeignKey("webinar_series.id"), index=True)
    title: Mapped[str] = mapped_column(String(120))
    summary: Mapped[str] = mapped_column(Text, default="")
    language: Mapped[str] = mapped_column(String(10))
    captions: Mapped[bool | None]
    """Whether somebody writes what is said; None: not answered yet, and then it can not be published."""
    interpreted: Mapped[bool | None]
    interpreted_into: Mapped[list[str]] = mapped_column(default=list)
    """Languages, by their codes."""
    signed: Mapped[bool | None]
    state: Mapped[str] = mapped_column(String(10), default=WebinarState.DRAFT)
    template: Mapped[bool] = mapped_column(default=False)
    """Never published: copied into new drafts."""
    starts_at: Mapped[datetime]
    ends_at: Mapped[datetime]
    zone: Mapped[str] = mapped_column(String(60))
    capacity: Mapped[int]
    widest: Mapped[int] = mapped_column(default=0)
    """The largest capacity since it was published: nobody loses a seat when it is lowered."""
    approves: Mapped[bool] = mapped_column(default=False)
    """Whether a colleague says yes to each registration."""
    waits: Mapped[bool] = mapped_column(default=True)
    """Whether there is a waitlist when it is full."""
    audience: Mapped[str] = mapped_column(String(8), default=Audience.PUBLIC)
    registers_until: Mapped[datetime | None]
    """None: until it ends."""
    version: Mapped[int] = mapped_column(default=1)
    """Grows with every edit; a form that was opened before is refused."""
    sequence: Mapped[int] = mapped_column(default=0)
    """SEQUENCE of its calendar entries (RFC 5545): grows when the time changes."""
    last_turn: Mapped[int] = mapped_column(default=0)
    """The last place that was given away at the end of the waitlist."""
    created_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    published_at: Mapped[datetime | None]
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Registrations by their last state, written when the rows are deleted."""

    office: Mapped[Office] = relationship()
    hosts: Mapped[list[WebinarHost]] = relationship(back_populates="webinar", order_by="WebinarHost.id")
    questions: Mapped[list[RegistrationQuestion]] = relationship(
        back_populates="webinar", order_by="RegistrationQuestion.number"
    )


class WebinarHost(PublicRow, Base):
    """A colleague with a part in a webinar; their time is claimed while it is published."""

    __tablename__ = "webinar_host"
    __table_args__ = (UniqueConstraint("webinar_id", "person_id"),)

    webinar_id: Mapped[int] = mapped_column(ForeignKey("webinar.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))

    webinar: Mapped[Webinar] = relationship(back_populates="hosts")
    person: Mapped[Person] = relationship()


class RegistrationQuestion(PublicRow, Base):
    """Something that is asked of those who register."""

    __tablename__ = "registration_question"
    __table_args__ = (UniqueConstraint("webinar_id", "number"),)

    webinar_id: Mapped[int] = mapped_column(ForeignKey("webinar.id"))
    number: Mapped[int]
    words: Mapped[str] = mapped_column(String(200))
    kind: Mapped[str] = mapped_column(String(8))
    choices: Mapped[list[str]] = mapped_column(default=list)
    required: Mapped[bool] = mapped_column(default=False)

    webinar: Mapped[Webinar] = relationship(back_populates="questions")


class Registration(PublicRow, Base):
    """Somebody who wants to take part, alone or with others beside them. A person has one for each webinar."""

    __tablename__ = "registration"
    __table_args__ = (
        UniqueConstraint("webinar_id", "person_id"),
        CheckConstraint("places BETWEEN 1 AND 20", name="places"),
        Index("ix_registration_turn", "webinar_id", "state", "offers", "turn"),
    )

    webinar_id: Mapped[int] = mapped_column(ForeignKey("webinar.id"))
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    reference: Mapped[str] = mapped_column(String(8), unique=True)
    state: Mapped[str] = mapped_column(String(10))
    places: Mapped[int] = mapped_column(default=1)
    answers: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """Public id of the question → what was answered."""
    turn: Mapped[int] = mapped_column(default=0)
    """The place on the waitlist; smaller comes first."""
    offers: Mapped[int] = mapped_column(default=0)
    offered_until: Mapped[Seconds | None]
    link_version: Mapped[int] = mapped_column(default=1)
    version: Mapped[int] = mapped_column(default=0)
    """Grows with every change of state: letters about an older one are stale."""
    registered_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    """The colleague who did it for them."""
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    webinar: Mapped[Webinar] = relationship()
    person: Mapped[Person] = relationship(foreign_keys=person_id)
    contact: Mapped[Contact | None] = relationship()

    @property
    def stands(self) -> bool:
        """Whether they have not gone."""
        return self.state in STANDING


class Seat(Base):
    """One seat of a webinar. The primary key is the guard against giving it twice."""

    __tablename__ = "seat"

    webinar_id: Mapped[int] = mapped_column(ForeignKey("webinar.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registration.id"), index=True)
