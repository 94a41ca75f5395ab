"""Rows of the second factor: the app with codes, passkeys, recovery codes, single-use challenges, the link to the agency's provider."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from foundation import clock
from foundation.db import Base, PublicRow, Row, Seconds

from .models import Person


class CodeApp(Row, Base):
    """The app that shows a colleague a new code every 30 seconds (TOTP); one each. The secret is sealed (`foundation.vault`)."""

    __tablename__ = "code_app"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), unique=True)
    secret: Mapped[str] = mapped_column(String(200))
    last_step: Mapped[Seconds] = mapped_column(default=0)
    """The newest 30-second step whose code was used: neither it nor an older one works again."""
    created_at: Mapped[datetime] = mapped_column(default=clock.now)


class Passkey(PublicRow, Base):
    """A key that a device keeps for a colleague (WebAuthn); ids and keys are URL-safe base64."""

    __tablename__ = "passkey"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    label: Mapped[str] = mapped_column(String(80))
    credential_id: Mapped[str] = mapped_column(String(1400), unique=True)
    public_key: Mapped[str] = mapped_column(Text)
    sign_count: Mapped[Seconds] = mapped_column(default=0)
    synced: Mapped[bool] = mapped_column(default=False)
    """Whether the maker of the device keeps a copy (the backup flag)."""
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    used_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()


class RecoveryCode(Row, Base):
    """One of ten codes on paper, for the day on which the phone is lost; only its fingerprint is stored."""

    __tablename__ = "recovery_code"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    used_at: Mapped[datetime | None]


class Challenge(PublicRow, Base):
    """Something begun in one browser that must be finished there, once and soon: a passkey, the second step, a visit to the provider."""

    __tablename__ = "challenge"

    purpose: Mapped[str] = mapped_column(String(20))
    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    data: Mapped[dict[str, Any]]
    expires: Mapped[Seconds] = mapped_column(index=True)
    used_at: Mapped[datetime | None]

    person: Mapped[Person | None] = relationship()


class ProviderLink(Row, Base):
    """Which account at the agency's provider belongs to a colleague: by the provider's own id, whatever happens to addresses."""

    __tablename__ = "provider_link"
    __table_args__ = (UniqueConstraint("issuer", "subject"), UniqueConstraint("issuer", "person_id"))

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    issuer: Mapped[str] = mapped_column(String(300))
    subject: Mapped[str] = mapped_column(String(255))
    linked_at: Mapped[datetime] = mapped_column(default=clock.now)

    person: Mapped[Person] = relationship()
