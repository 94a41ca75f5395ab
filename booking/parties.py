"""Who books for whom on the public pages: a guest, somebody signed in, or a colleague for a caller."""

from __future__ import annotations

from dataclasses import dataclass

from accounts.access import Visitor
from accounts.models import Person, Role

STAFF_WHO_BOOK = (Role.OPERATOR, Role.COUNSELOR, Role.TEAM_LEADER, Role.ADMIN)


@dataclass(frozen=True)
class Party:
    """`person` has the appointment (None: a guest); `booked_by` acts for them (None: they act themselves)."""

    person: Person | None = None
    booked_by: int | None = None

    @property
    def person_id(self) -> int | None:
        """Id of the person who is known to come, or None."""
        return self.person.id if self.person else None

    @property
    def on_behalf(self) -> bool:
        """Whether a colleague fills the form for somebody else."""
        return self.booked_by is not None

    @property
    def by(self) -> str:
        """Who acts, as the rules say it: `person` or `office`."""
        return "office" if self.on_behalf else "person"


def party_for(visitor: Visitor, office_id: int) -> Party:
    """Who books at this office: colleagues of the office book for callers, everybody else for themselves."""
    if visitor.person is None:
        return Party()
    if visitor.may(*STAFF_WHO_BOOK, office_id=office_id):
        return Party(booked_by=visitor.person.id)
    return Party(person=visitor.person)
