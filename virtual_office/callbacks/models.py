"""Rows about callbacks."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import Contact, Person
from foundation import clock
from foundation.db import Base, PublicRow
from virtual_office.offices.models import Office


class CallbackState(StrEnum):
    WAITING = "waiting"
    TAKEN = "taken"
    REACHED = "reached"
    NOT_REACHED = "not_reached"
    CLOSED = "closed"


class Callback(PublicRow, Base):
    """A person asks to be called; somebody takes it and says how it ended."""

    __tablename__ = "callback"

    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    contact_id: Mapped[int] = mapped_column(ForeignKey("contact.id"))
    topic: Mapped[str] = mapped_column(String(120), default="")
    best_time: Mapped[str] = mapped_column(String(20), default="any")
    note: Mapped[str] = mapped_column(Text, default="")
    language: Mapped[str] = mapped_column(String(10), default="en")
    state: Mapped[str] = mapped_column(String(12), default=CallbackState.WAITING)
    taken_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    tries: Mapped[int] = mapped_column(default=0)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    done_at: Mapped[datetime | None]

    office: Mapped[Office] = relationship()
    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    contact: Mapped[Contact] = relationship()
