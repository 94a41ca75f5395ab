"""Rows of the counselor's desk beside the appointment: series, who is here, attempts to call, who runs late."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import CheckConstraint, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from accounts.models import Person
from foundation import clock
from foundation.db import Base, PublicRow
from virtual_office.offices.models import Office

from .models import Appointment, Service


class CallResult(StrEnum):
    """What came of an attempt to call somebody at their time; none of them counts against anybody."""

    REACHED = "reached"
    NO_ANSWER = "no_answer"
    WRONG_NUMBER = "wrong_number"
    CALL_AGAIN = "call_again"


class Series(PublicRow, Base):
    """Follow-ups of one person, asked for in one act; each appointment of it goes its own way afterwards."""

    __tablename__ = "series"
    __table_args__ = (CheckConstraint("every_weeks >= 1", name="every_weeks"),)

    service_id: Mapped[int] = mapped_column(ForeignKey("service.id"))
    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"), index=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    every_weeks: Mapped[int]
    booked_by: Mapped[int | None] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    service: Mapped[Service] = relationship()
    office: Mapped[Office] = relationship()
    person: Mapped[Person] = relationship(foreign_keys=[person_id])
    parts: Mapped[list[SeriesPart]] = relationship(back_populates="series", order_by="SeriesPart.number")


class SeriesPart(Base):
    """One date of a series: the appointment that it became, or, without one, a date that was not free."""

    __tablename__ = "series_part"

    series_id: Mapped[int] = mapped_column(ForeignKey("series.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    wanted_at: Mapped[datetime]
    appointment_id: Mapped[int | None] = mapped_column(ForeignKey("appointment.id"), unique=True)

    series: Mapped[Series] = relationship(back_populates="parts")
    appointment: Mapped[Appointment | None] = relationship()


class Arrival(Base):
    """Somebody has come to the office for an appointment in person. How far it has gone is in which times are set."""

    __tablename__ = "arrival"

    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"), primary_key=True)
    here_at: Mapped[datetime]
    called_at: Mapped[datetime | None]
    talk_at: Mapped[datetime | None]
    done_at: Mapped[datetime | None]

    appointment: Mapped[Appointment] = relationship()

    @property
    def state(self) -> str:
        """`here`, `called`, `talk` or `done`."""
        if self.done_at:
            return "done"
        if self.talk_at:
            return "talk"
        return "called" if self.called_at else "here"


class CallAttempt(PublicRow, Base):
    """One attempt to reach somebody by phone; `number` counts within the appointment, so that a double click is one."""

    __tablename__ = "call_attempt"
    __table_args__ = (UniqueConstraint("appointment_id", "number"),)

    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"))
    number: Mapped[int]
    result: Mapped[str] = mapped_column(String(14))
    again_at: Mapped[datetime | None]
    made_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime] = mapped_column(default=clock.now)


class Lateness(Base):
    """The counselor of this appointment begins it later than agreed; the last word counts."""

    __tablename__ = "lateness"

    appointment_id: Mapped[int] = mapped_column(ForeignKey("appointment.id"), primary_key=True)
    minutes: Mapped[int]
    said_by: Mapped[int] = mapped_column(ForeignKey("person.id"))
    said_at: Mapped[datetime]
    starts_at: Mapped[datetime]
    """The time that it was said about: after a move it says nothing any more."""
