"""Rows about people: persons, their contacts, roles, consents and the secrets they sign in with."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from foundation import clock
from foundation.db import Base, PublicRow, Row, Seconds


class Role(StrEnum):
    """What a person may do for the service; a person without any role is a jobseeker."""

    ADMIN = "admin"
    TEAM_LEADER = "team_leader"
    COUNSELOR = "counselor"
    OPERATOR = "operator"
    INTERPRETER = "interpreter"
    WEBINAR_HOST = "webinar_host"


class ContactKind(StrEnum):
    EMAIL = "email"
    PHONE = "phone"


class CodePurpose(StrEnum):
    SIGN_IN = "sign_in"
    RESET = "reset"
    INVITE = "invite"


class Person(PublicRow, Base):
    """A human being: jobseeker, counselor, interpreter, anybody. One name field, any script."""

    __tablename__ = "person"

    name: Mapped[str] = mapped_column(String(200))
    language: Mapped[str] = mapped_column(String(10), default="en")
    guest: Mapped[bool] = mapped_column(default=False)
    active: Mapped[bool] = mapped_column(default=True)
    password_hash: Mapped[str | None] = mapped_column(String(200))
    sign_in_version: Mapped[int] = mapped_column(default=1)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    left_at: Mapped[datetime | None]

    contacts: Mapped[list[Contact]] = relationship(back_populates="person", order_by="Contact.id")
    grants: Mapped[list[RoleGrant]] = relationship(back_populates="person", lazy="selectin")

    @property
    def is_authenticated(self) -> bool:
        return True

    @property
    def is_active(self) -> bool:
        return self.active

    @property
    def is_anonymous(self) -> bool:
        return False

    def get_id(self) -> str:
        """What the cookie holds: a new sign_in_version ends every open sign-in."""
        return f"{self.id}.{self.sign_in_version}"

    @property
    def address(self) -> str:
        """The e-mail address that the person signs in with, or an empty text."""
        found = self.contact(ContactKind.EMAIL)
        return found.value if found else ""

    def contact(self, kind: ContactKind) -> Contact | None:
        """The first contact of a kind, verified ones first."""
        found = [c for c in self.contacts if c.kind == kind]
        return min(found, key=lambda c: (c.verified_at is None, c.id), default=None)


class Contact(Row, Base):
    """An e-mail address (lower case) or phone number (E.164). A shared phone may belong to several people."""

    __tablename__ = "contact"
    __table_args__ = (
        Index("ix_contact_value", "kind", "value"),
        Index(
            "uq_contact_verified_email",
            "value",
            unique=True,
            sqlite_where=text("kind = 'email' AND verified_at IS NOT NULL"),
            postgresql_where=text("kind = 'email' AND verified_at IS NOT NULL"),
        ),
    )

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    kind: Mapped[str] = mapped_column(String(10))
    value: Mapped[str] = mapped_column(String(254))
    verified_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship(back_populates="contacts")


class RoleGrant(Row, Base):
    """A role of a person at one office, or everywhere when `office_id` is empty."""

    __tablename__ = "role_grant"
    __table_args__ = (UniqueConstraint("person_id", "role", "office_id"),)

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[str] = mapped_column(String(20))
    office_id: Mapped[int | None] = mapped_column(ForeignKey("office.id"))

    person: Mapped[Person] = relationship(back_populates="grants")


class Consent(Row, Base):
    """A yes to one purpose, with the version of the text that was shown; withdrawn, never deleted silently."""

    __tablename__ = "consent"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    purpose: Mapped[str] = mapped_column(String(40))
    text_version: Mapped[str] = mapped_column(String(20))
    scope_kind: Mapped[str] = mapped_column(String(40), default="")
    scope_id: Mapped[int | None]
    given_at: Mapped[datetime] = mapped_column(default=clock.now)
    withdrawn_at: Mapped[datetime | None]


class SignInCode(PublicRow, Base):
    """A single-use link and six-digit code for one purpose; only fingerprints are stored."""

    __tablename__ = "sign_in_code"

    person_id: Mapped[int | None] = mapped_column(ForeignKey("person.id"), index=True)
    """None for an address that nobody has: the same work is done, so that nothing tells."""
    contact_id: Mapped[int | None] = mapped_column(ForeignKey("contact.id"))
    """The address that the letter went to, which using the code proves."""
    purpose: Mapped[str] = mapped_column(String(10))
    link_fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    code_fingerprint: Mapped[str] = mapped_column(String(64))
    expires: Mapped[Seconds]
    tries: Mapped[int] = mapped_column(default=0)
    used_at: Mapped[datetime | None]
    created_at: Mapped[datetime] = mapped_column(default=clock.now)

    person: Mapped[Person | None] = relationship()
    contact: Mapped[Contact | None] = relationship()


class SignIn(PublicRow, Base):
    """One browser in which a person is signed in: ended here, its cookie is worth nothing wherever it was copied to."""

    __tablename__ = "sign_in"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    started: Mapped[Seconds] = mapped_column(default=clock.seconds)
    seen: Mapped[Seconds] = mapped_column(default=clock.seconds)
    ended: Mapped[Seconds | None]
    browser: Mapped[str | None] = mapped_column(String(40))
    """What the browser calls itself, as far as its owner needs it: `Firefox, Linux`."""
    how: Mapped[str | None] = mapped_column(String(12))
    """What was shown at sign-in: `letter`, `password`, `code_app`, `passkey`, `recovery`, `provider`."""
    proven: Mapped[Seconds | None]
    """When the second factor was last shown in this browser; None: never."""


class ApiToken(Row, Base):
    """A Bearer token of a member of staff or an integrator; only its fingerprint is stored."""

    __tablename__ = "api_token"

    person_id: Mapped[int] = mapped_column(ForeignKey("person.id"), index=True)
    label: Mapped[str] = mapped_column(String(80))
    fingerprint: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[datetime] = mapped_column(default=clock.now)
    expires: Mapped[Seconds]
    revoked_at: Mapped[datetime | None]
    used_at: Mapped[datetime | None]

    person: Mapped[Person] = relationship()


class Attempt(Row, Base):
    """How often a guessable secret was tried, kept by fingerprint of its subject; old rows are swept."""

    __tablename__ = "attempt"
    __table_args__ = (Index("ix_attempt_subject", "purpose", "subject", "at"),)

    purpose: Mapped[str] = mapped_column(String(40))
    subject: Mapped[str] = mapped_column(String(64))
    at: Mapped[Seconds] = mapped_column(default=clock.seconds)
