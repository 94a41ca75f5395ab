"""Rows about meetings: who may enter, who is there, and everything said, in order."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import Contact, Person
from foundation import clock
from foundation.db import Base, PublicRow, Row, Seconds


class Phase(StrEnum):
    LOBBY = "lobby"
    LIVE = "live"
    ENDED = "ended"


class ParticipantRole(StrEnum):
    JOBSEEKER = "jobseeker"
    COUNSELOR = "counselor"
    INTERPRETER = "interpreter"
    CAPTIONER = "captioner"
    COMPANION = "companion"


class Purpose(StrEnum):
    """What a stream key opens."""

    SEND = "send"
    WATCH = "watch"


class Standing(StrEnum):
    """Where a participant is: expected, waiting in the lobby, let in, gone, or shut out."""

    EXPECTED = "expected"
    WAITING = "waiting"
    ADMITTED = "admitted"
    LEFT = "left"
    REMOVED = "removed"


class Meeting(PublicRow, Base):
    """People live together. The feature that arranged it drives its phase."""

    __tablename__ = "meeting"

    kind: Mapped[str] = mapped_column(String(20), default="appointment")
    media: Mapped[str] = mapped_column(String(10), default="p2p")
    phase: Mapped[str] = mapped_column(String(10), default=Phase.LOBBY)
    opens_at: Mapped[datetime]
    closes_at: Mapped[datetime]
    """Nobody enters before `opens_at` or after `closes_at`."""
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    end_reason: Mapped[str | None] = mapped_column(String(30))
    last_seq: Mapped[int] = mapped_column(default=0)
    office_id: Mapped[int | None] = mapped_column(ForeignKey("office.id"), index=True)
    way: Mapped[str | None] = mapped_column(String(10))
    """How picture and sound go now (`ways`): None until the forwarding unit is needed for the first time."""
    direct_failed_at: Mapped[datetime | None]
    """When a page said that no direct way to the other was found."""

    participants: Mapped[list[Participant]] = relationship(back_populates="meeting", order_by="Participant.id")


class Participant(PublicRow, Base):
    """Somebody who may enter a meeting, with a role. Peers are addressed by its public id."""

    __tablename__ = "participant"
    __table_args__ = (UniqueConstraint("meeting_id", "person_id"),)

    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    standing: Mapped[str] = mapped_column(String(10), default=Standing.EXPECTED)
    waiting_since: Mapped[datetime | None]
    admitted_at: Mapped[datetime | None]
    text_only: Mapped[bool] = mapped_column(default=False)
    camera_checked_at: Mapped[datetime | None]
    hides_address: Mapped[bool] = mapped_column(default=False, server_default=false())
    """Whether the others may learn only the relay's internet address, never this person's own."""

    meeting: Mapped[Meeting] = relationship(back_populates="participants")
    person: Mapped[Person] = relationship()

    @property
    def hosts(self) -> bool:
        """Whether this role lets others in and ends the meeting."""
        return self.role == ParticipantRole.COUNSELOR

    @property
    def knows_all(self) -> bool:
        """Whether they may read what is said: who has been let in once; whoever still waits may not."""
        return self.admitted_at is not None


class Presence(Row, Base):
    """One connection of a participant: connected, dropped (grace runs), gone."""

    __tablename__ = "presence"
    __table_args__ = (Index("ix_presence_open", "meeting_id", "disconnected_at"),)

    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"))
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), index=True)
    connection: Mapped[str] = mapped_column(String(40), unique=True)
    node: Mapped[str] = mapped_column(String(40), default="")
    page: Mapped[str | None] = mapped_column(String(64))
    """The page's own name for itself; the same after it was loaded again."""
    connected_at: Mapped[datetime] = mapped_column(default=clock.now)
    disconnected_at: Mapped[datetime | None]
    grace_until: Mapped[Seconds] = mapped_column(default=0)


class PhoneWish(PublicRow, Base):
    """Somebody in a meeting asks to be called by phone instead; a second wish of theirs renews the first."""

    __tablename__ = "phone_wish"
    __table_args__ = (UniqueConstraint("meeting_id", "participant_id"),)

    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"))
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), index=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"), index=True)
    asked_at: Mapped[datetime] = mapped_column(default=clock.now)
    taken_at: Mapped[datetime | None]
    taken_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)

    meeting: Mapped[Meeting] = relationship()
    participant: Mapped[Participant] = relationship()
    contact: Mapped[Contact] = relationship()


class StreamKey(PublicRow, Base):
    """A secret by which a program sends into one meeting (WHIP) or plays it (WHEP); only its fingerprint is stored.

    Its public id is what the program is called as a participant in the forwarding unit.
    """

    __tablename__ = "stream_key"

    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), index=True)
    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), index=True)
    """The host who made it."""
    purpose: Mapped[str] = mapped_column(String(10))
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    made_at: Mapped[datetime] = mapped_column(default=clock.now)
    revoked_at: Mapped[datetime | None]

    meeting: Mapped[Meeting] = relationship()
    participant: Mapped[Participant] = relationship()


class MeetingEvent(Base):
    """Something that happened in a meeting, in order without gaps: the source of every resume."""

    __tablename__ = "meeting_event"

    meeting_id: Mapped[int] = mapped_column(ForeignKey("meeting.id"), primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(default=clock.now)
    kind: Mapped[str] = mapped_column(String(30))
    participant_id: Mapped[int | None] = mapped_column(ForeignKey("participant.id"))
    data: Mapped[dict[str, Any]] = mapped_column(default=dict)


class MeetingCommand(Base):
    """The first answer to a command's idempotency key; a replay gets it again."""

    __tablename__ = "meeting_command"

    participant_id: Mapped[int] = mapped_column(ForeignKey("participant.id"), primary_key=True)
    key: Mapped[str] = mapped_column(String(64), primary_key=True)
    result: Mapped[dict[str, Any]] = mapped_column(default=dict)
    at: Mapped[Seconds] = mapped_column(default=clock.seconds)
