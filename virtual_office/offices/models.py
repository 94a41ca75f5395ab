"""Rows about offices."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import CheckConstraint, ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from foundation import clock
from foundation.db import Base, PublicRow, Row


class Office(PublicRow, Base):
    """A place that people belong to, with its zone, phone and hours."""

    __tablename__ = "office"

    name: Mapped[str] = mapped_column(String(120))
    address: Mapped[str] = mapped_column(Text, default="")
    zone: Mapped[str] = mapped_column(String(60), default="Europe/Madrid")
    phone: Mapped[str] = mapped_column(String(40), default="")
    phone_cost: Mapped[str] = mapped_column(String(120), default="")
    region: Mapped[str] = mapped_column(String(12), default="")
    """Country, or country and subdivision, for public holidays: `ES`, `ES-MD`; empty observes none."""
    directions: Mapped[str] = mapped_column(Text, default="")
    active: Mapped[bool] = mapped_column(default=True)
    version: Mapped[int] = mapped_column(default=1)
    """Grows with every change of closures, region or zone, so that cached masks notice."""
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    hours: Mapped[list[OfficeHours]] = relationship(
        back_populates="office", order_by="OfficeHours.weekday, OfficeHours.opens", cascade="all, delete-orphan"
    )
    closures: Mapped[list[Closure]] = relationship(back_populates="office", order_by="Closure.first_day")


class OfficeHours(Row, Base):
    """When the counter and the phone answer; minutes of local wall-clock time, weekday 0 is Monday."""

    __tablename__ = "office_hours"
    __table_args__ = (CheckConstraint("opens < closes", name="opens_before_closes"),)

    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"), index=True)
    weekday: Mapped[int]
    opens: Mapped[int]
    closes: Mapped[int]

    office: Mapped[Office] = relationship(back_populates="hours")


class Closure(Row, Base):
    """Days on which an office is closed, both included."""

    __tablename__ = "closure"
    __table_args__ = (CheckConstraint("first_day <= last_day", name="first_before_last"),)

    office_id: Mapped[int] = mapped_column(ForeignKey("office.id"), index=True)
    first_day: Mapped[date]
    last_day: Mapped[date]
    reason: Mapped[str] = mapped_column(String(120), default="")

    office: Mapped[Office] = relationship(back_populates="closures")
