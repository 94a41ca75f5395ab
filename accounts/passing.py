"""The way in of a colleague: after the password they stand between two doors, and reach nothing but the second one."""

from __future__ import annotations

from flask import session, url_for

from foundation.db import write
from foundation.errors import NotFound

from . import browsers, challenges, people, second_factors
from .access import PASSING_KEY, PASSING_PURPOSE, forget_visitor, visitor
from .challenges import ChallengeGone
from .models import Person

LIFE = 15 * 60
"""Seconds between the password and the second step; setting one up on a phone takes minutes."""


def arrive(person: Person, how: str, *, ask: bool = False) -> None:
    """A person showed a password or a letter: they are in, or at the second step (always, with `ask`). Inside a write transaction."""
    if not (ask or second_factors.must_show(person)):
        browsers.enter(person, how)
        return
    between = challenges.begin(PASSING_PURPOSE, LIFE, person, version=person.sign_in_version)
    browsers.clear_session()
    session[PASSING_KEY] = between.public_id
    forget_visitor()


def next_page() -> str:
    """Where to go after `arrive`."""
    return url_for("second_step.show") if PASSING_KEY in session else browsers.next_page()


def somebody() -> Person:
    """Who is at the second step; NotFound when nobody is."""
    found = visitor().passing
    if found is None:
        raise NotFound
    return found


def candidate() -> tuple[Person, bool]:
    """Who may set up a second factor here, and whether they are on the way in: a colleague who is signed in, or who has none yet."""
    at_the_door = visitor()
    if at_the_door.person is not None and at_the_door.person.grants:
        return at_the_door.person, False
    person = somebody()
    if second_factors.has_any(person):
        raise NotFound
    return person, True


def enter(person: Person, how: str) -> None:
    """The second factor was shown or set up: the colleague is in, and the same passage opens no other browser. Inside a write
    transaction; raises ChallengeGone."""
    passage = challenges.take(session.get(PASSING_KEY, ""), PASSING_PURPOSE)
    if passage.person_id != person.id or passage.data["version"] != person.sign_in_version or not person.active:
        raise ChallengeGone
    browsers.enter(person, how, proven=True)


def enter_by_code(person: Person, typed: str) -> None:
    """Show a code of the app or a recovery code. Raises WrongCode, TooMany, ChallengeGone; opens transactions of its own."""
    person_id = person.id
    how = second_factors.check_typed(person_id, typed)
    write(lambda: enter(people.get(person_id), how))
