"""Rows of working weeks: absences that come again, travel between offices, whose time is claimed in several diaries, times offered."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from foundation import clock
from foundation.db import Base, PublicRow, Seconds

from .models import Appointment


class RecurringAbsence(PublicRow, Base):
    """A rule: away on such a weekday from `opens` to `closes` (local wall-clock minutes), between two dates. As in WorkingHours."""

    __tablename__ = "recurring_absence"
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
    nth: Mapped[int | None]
    reason: Mapped[str] = mapped_column(String(40), default="meeting")
    created_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))


class TravelTime(Base):
    """Minutes that a person needs between two offices; the lower id stands first."""

    __tablename__ = "travel_time"
    __table_args__ = (
        CheckConstraint("one_id < other_id", name="lower_first"),
        CheckConstraint("minutes >= 0 AND minutes <= 720", name="minutes"),
    )

    one_id: Mapped[int] = mapped_column(ForeignKey("office.id"), primary_key=True)
    other_id: Mapped[int] = mapped_column(ForeignKey("office.id"), primary_key=True, index=True)
    minutes: Mapped[int]


class WorkClaim(Base):
    """One 5-minute UTC tick of a person with several diaries: the key that keeps two of them from being sold at once."""

    __tablename__ = "work_claim"
    __table_args__ = (Index("ix_work_claim_holder", "kind", "holder"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), primary_key=True)
    tick: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(8))
    holder: Mapped[int]
    expires: Mapped[Seconds]


class TimeOffer(PublicRow, Base):
    """Other times offered by letter for an appointment as it stood at `version`; the old time is kept until the person picks."""

    __tablename__ = "time_offer"
    __table_args__ = (UniqueConstraint("appointment_id", "version"),)

    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"))
    version: Mapped[int]
    starts: Mapped[list[int]] = mapped_column(default=list)
    """UTC seconds of the times in the letter; nobody holds them."""
    offered_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    appointment: Mapped[Appointment] = relationship()
