"""Who works here with which role, and who may change that: an administrator everywhere or at an office, a team leader at theirs."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from foundation.db import db
from foundation.errors import NotFound, Refusal

from . import codes, people
from .access import Visitor
from .models import Person, Role, RoleGrant

LED = frozenset({Role.COUNSELOR, Role.OPERATOR, Role.INTERPRETER, Role.WEBINAR_HOST})
"""Roles that a team leader gives and takes."""


class NotYourself(Refusal):
    """Somebody else has to do this, so that nobody locks themselves out."""

    code = "not_yourself"
    message = _l("You can not do this to your own account. Ask a colleague.")


@dataclass(frozen=True)
class Standing:
    """A colleague with the roles that the visitor may see."""

    person: Person
    grants: tuple[RoleGrant, ...]


def listed(visitor: Visitor) -> list[Standing]:
    """Colleagues at the visitor's offices, by name; a role at another office is not shown."""
    scope = _scope(visitor)
    query = select(Person).join(RoleGrant).where(Person.active).distinct().order_by(Person.name, Person.id)
    if scope is not None:
        query = query.where(RoleGrant.office_id.in_(scope))
    return [Standing(person, _seen(person, scope)) for person in db.session.scalars(query)]


def get(public_id: str, visitor: Visitor) -> Standing:
    """One colleague; NotFound when none of their roles is at the visitor's offices."""
    person = db.session.scalar(select(Person).where(Person.public_id == public_id, Person.active))
    seen = _seen(person, _scope(visitor)) if person else ()
    if person is None or not seen:
        raise NotFound
    return Standing(person, seen)


def invite(visitor: Visitor, name: str, email: str, language: str, role: Role, office_id: int | None) -> Person:
    """A new colleague with one role, and a letter with a link to choose a password. NotFound when the role is not theirs to give."""
    _must_give(visitor, role, office_id)
    person = people.create_staff(name, email, language, [(role, office_id)])
    if person.password_hash is None:
        codes.invite(person)
    return person


def invite_again(visitor: Visitor, person: Person) -> None:
    """The letter once more, while no password was chosen."""
    if person.password_hash is not None or not is_all_theirs(visitor, person):
        raise NotFound
    codes.invite(person)


def give(visitor: Visitor, person: Person, role: Role, office_id: int | None) -> None:
    """One more role for a colleague."""
    _must_give(visitor, role, office_id)
    people.grant(person, role, office_id)


def take(visitor: Visitor, person: Person, grant_id: str) -> None:
    """Take a role back (`grant_id` as a form sent it); the last one makes the colleague leave.

    Raises NotFound, NotYourself, LastAdmin.
    """
    held = next((grant for grant in person.grants if str(grant.id) == grant_id), None)
    if held is None or not may_give(visitor, Role(held.role), held.office_id):
        raise NotFound
    if person.id == visitor.person_id:
        raise NotYourself
    if len(person.grants) == 1:
        people.leave(person)
    else:
        people.revoke(person, Role(held.role), held.office_id)


def dismiss(visitor: Visitor, person: Person) -> None:
    """A colleague leaves; only who may take every role of theirs may do it. Raises NotFound, NotYourself, LastAdmin."""
    if not is_all_theirs(visitor, person):
        raise NotFound
    if person.id == visitor.person_id:
        raise NotYourself
    people.leave(person)


def may_give(visitor: Visitor, role: Role, office_id: int | None) -> bool:
    """Whether the visitor gives and takes this role at this office (None: everywhere)."""
    if visitor.may(Role.ADMIN, office_id=office_id):
        return True
    return role in LED and office_id is not None and visitor.may(Role.TEAM_LEADER, office_id=office_id)


def roles_to_give(visitor: Visitor) -> list[Role]:
    """Roles that the visitor may give somewhere."""
    return list(Role) if Role.ADMIN in visitor.roles else [role for role in Role if role in LED]


def is_all_theirs(visitor: Visitor, person: Person) -> bool:
    """Whether every role of the person is the visitor's to take."""
    return all(may_give(visitor, Role(grant.role), grant.office_id) for grant in person.grants)


def scope_of(visitor: Visitor) -> set[int] | None:
    """Offices whose colleagues the visitor looks after; None means all."""
    return _scope(visitor)


def _must_give(visitor: Visitor, role: Role, office_id: int | None) -> None:
    if not may_give(visitor, role, office_id):
        raise NotFound


def _scope(visitor: Visitor) -> set[int] | None:
    return visitor.offices(Role.ADMIN, Role.TEAM_LEADER)


def _seen(person: Person, scope: set[int] | None) -> tuple[RoleGrant, ...]:
    return tuple(grant for grant in person.grants if scope is None or grant.office_id in scope)
