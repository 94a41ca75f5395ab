"""Facts about people that higher floors listen to."""

from __future__ import annotations

from dataclasses import dataclass

from foundation.events import Event


@dataclass(frozen=True)
class SignedOut(Event):
    """A sign-in ended in one browser; open pages of it must close."""

    person_id: int
    sign_in_id: int


@dataclass(frozen=True)
class AccessChanged(Event):
    """A person's roles changed, their password changed, or they left: every open page of theirs must ask again who they are."""

    person_id: int
    left: bool = False


@dataclass(frozen=True)
class AddressProven(Event):
    """A person showed that an e-mail address is theirs."""

    person_id: int
    contact_id: int


@dataclass(frozen=True)
class RoleGranted(Event):
    """A person may do something from now on, at one office or everywhere (None)."""

    person_id: int
    role: str
    office_id: int | None


@dataclass(frozen=True)
class ConsentWithdrawn(Event):
    """Somebody took a yes back: what it allowed ends at once."""

    person_id: int
    purpose: str
    scope_kind: str
    scope_id: int | None
