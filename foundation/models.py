"""Rows of the foundation: letters waiting to be carried, deadlines, the audit trail, used idempotency keys."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from . import clock
from .db import Base, PublicRow, Row, Seconds


class Letter(PublicRow, Base):
    """A message that must go out: kind, ids, language and channel; the words are rendered when it is sent."""

    __tablename__ = "letter"
    __table_args__ = (
        Index(
            "ix_letter_due",
            "due_at",
            sqlite_where=text("state = 'waiting'"),
            postgresql_where=text("state = 'waiting'"),
        ),
        Index("ix_letter_subject", "subject_kind", "subject_id"),
    )

    kind: Mapped[str] = mapped_column(String(60))
    dedupe: Mapped[str] = mapped_column(String(200), unique=True)
    channel: Mapped[str] = mapped_column(String(10), default="email")
    language: Mapped[str] = mapped_column(String(10))
    person_id: Mapped[int | None] = mapped_column(index=True)
    contact_id: Mapped[int | None]
    subject_kind: Mapped[str] = mapped_column(String(40), default="")
    subject_id: Mapped[int | None]
    office_id: Mapped[int | None] = mapped_column(index=True)
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
    state: Mapped[str] = mapped_column(String(12), default="waiting")
    due_at: Mapped[Seconds]
    first_due_at: Mapped[Seconds | None]
    """When it was first to leave: from then on counts how long it has been waiting in vain."""
    lease_until: Mapped[Seconds] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    failure: Mapped[str | None] = mapped_column(String(300))
    subject_line: Mapped[str | None] = mapped_column(String(300))
    body: Mapped[str | None] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    sent_at: Mapped[datetime | None]
    resends: Mapped[int] = mapped_column(default=0, server_default="0")
    """How often staff sent it again; a text message sent again has another id for its gateway."""
    delivery: Mapped[str | None] = mapped_column(String(12))
    """What the SMS gateway reported afterwards: `delivered` or `failed`."""
    delivery_at: Mapped[datetime | None]


class LetterWording(Row, Base):
    """An office's own words for one kind of letter in one language; an empty part leaves the standard words."""

    __tablename__ = "letter_wording"
    __table_args__ = (UniqueConstraint("office_id", "kind", "language"),)

    office_id: Mapped[int]
    kind: Mapped[str] = mapped_column(String(60))
    language: Mapped[str] = mapped_column(String(10))
    intro: Mapped[str] = mapped_column(Text, default="")
    bring: Mapped[str] = mapped_column(Text, default="")
    closing: Mapped[str] = mapped_column(Text, default="")
    short: Mapped[str] = mapped_column(Text, default="")
    version: Mapped[int] = mapped_column(default=1)
    changed_at: Mapped[datetime] = mapped_column(default=clock.now)


class ReminderRule(Row, Base):
    """When an office reminds people, in minutes before the start by channel, and when its text messages keep quiet."""

    __tablename__ = "reminder_rule"

    office_id: Mapped[int] = mapped_column(unique=True)
    email: Mapped[list[int]] = mapped_column(default=list)
    sms: Mapped[list[int]] = mapped_column(default=list)
    printed: Mapped[list[int]] = mapped_column(default=list)
    quiet_from: Mapped[int]
    """Minutes of local wall-clock time; equal to `quiet_until` means never quiet."""
    quiet_until: Mapped[int]
    version: Mapped[int] = mapped_column(default=1)


class Deadline(Row, Base):
    """Something that must happen at a moment, carried at least once by the worker."""

    __tablename__ = "deadline"
    __table_args__ = (
        Index(
            "ix_deadline_due", "due_at", sqlite_where=text("done_at IS NULL"), postgresql_where=text("done_at IS NULL")
        ),
    )

    kind: Mapped[str] = mapped_column(String(60))
    dedupe: Mapped[str] = mapped_column(String(200), unique=True)
    ref: Mapped[int]
    due_at: Mapped[Seconds]
    lease_until: Mapped[Seconds] = mapped_column(default=0)
    tries: Mapped[int] = mapped_column(default=0)
    failure: Mapped[str | None] = mapped_column(String(300))
    done_at: Mapped[Seconds | None]


class AuditEvent(Row, Base):
    """Who did what to which row, on whose behalf: ids, states and field names, never personal values."""

    __tablename__ = "audit_event"
    __table_args__ = (Index("ix_audit_event_thing", "thing_kind", "thing_id"),)

    at: Mapped[datetime] = mapped_column(default=clock.now, index=True)
    act: Mapped[str] = mapped_column(String(80))
    actor_kind: Mapped[str] = mapped_column(String(20))
    actor_id: Mapped[int | None]
    on_behalf_of: Mapped[int | None]
    thing_kind: Mapped[str] = mapped_column(String(40))
    thing_id: Mapped[int | None]
    office_id: Mapped[int | None] = mapped_column(index=True)
    before: Mapped[dict[str, Any]] = mapped_column(default=dict)
    after: Mapped[dict[str, Any]] = mapped_column(default=dict)


class IdempotencyKey(Row, Base):
    """The first answer to a key; written before anything else in the act's transaction."""

    __tablename__ = "idempotency_key"
    __table_args__ = (UniqueConstraint("scope", "key"),)

    scope: Mapped[str] = mapped_column(String(80))
    key: Mapped[str] = mapped_column(String(255))
    content: Mapped[str] = mapped_column(String(64))
    result_id: Mapped[int | None]
    created_at: Mapped[Seconds] = mapped_column(default=clock.seconds)


class Wording(Row, Base):
    """Our own words for one message in one language, over the catalogue's; no words: the catalogue speaks again."""

    __tablename__ = "wording"
    __table_args__ = (UniqueConstraint("language", "digest"),)

    language: Mapped[str] = mapped_column(String(10))
    digest: Mapped[str] = mapped_column(String(22))
    message: Mapped[str] = mapped_column(Text)
    """The English in the code; of a counted message the form for one."""
    said: Mapped[list[str]] = mapped_column(default=list)
    """One text, or one for each plural form."""
    revision: Mapped[int]
    changed_by: Mapped[int | None]
    changed_at: Mapped[datetime] = mapped_column(default=clock.now, onupdate=clock.now)


class RetentionRun(Row, Base):
    """One run of the retention rules: how many rows each rule took, by its key."""

    __tablename__ = "retention_run"

    started: Mapped[Seconds] = mapped_column(default=clock.seconds)
    ended: Mapped[Seconds | None]
    counts: Mapped[dict[str, Any]] = mapped_column(default=dict)
