"""Callbacks: asked by anybody with a phone, taken by one member of staff, ended with a word."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from accounts import people
from accounts.access import Visitor
from accounts.models import ContactKind, Role
from foundation import audit, clock
from foundation.db import db, lock
from foundation.errors import NotFound, Refusal
from virtual_office.offices.models import Office

from .models import Callback, CallbackState

DESK = (Role.OPERATOR, Role.COUNSELOR, Role.TEAM_LEADER, Role.ADMIN)
"""Who sees and calls back."""
OPEN = (CallbackState.WAITING, CallbackState.TAKEN)
MOVES: dict[CallbackState, frozenset[CallbackState]] = {
    CallbackState.WAITING: frozenset({CallbackState.TAKEN, CallbackState.CLOSED}),
    CallbackState.TAKEN: frozenset(
        {CallbackState.WAITING, CallbackState.REACHED, CallbackState.NOT_REACHED, CallbackState.CLOSED}
    ),
    CallbackState.NOT_REACHED: frozenset({CallbackState.TAKEN, CallbackState.CLOSED}),
    CallbackState.REACHED: frozenset(),
    CallbackState.CLOSED: frozenset(),
}
"""The one table of what may follow what."""


class TakenByColleague(Refusal):
    """Somebody else has it; `by` is their name."""

    code = "taken_by_colleague"
    message = _l("A colleague has taken this call.")


class AlreadyEnded(Refusal):
    """It has ended meanwhile."""

    code = "already_ended"
    message = _l("This call is finished already.")


def ask(
    office: Office,
    *,
    name: str,
    phone: str,
    language: str,
    topic: str = "",
    best_time: str = "any",
    note: str = "",
    person_id: int | None = None,
) -> Callback:
    """A wish to be called at a number; one person's second wish at the same office renews the first. Refuses a bad name or number."""
    person = people.get(person_id) if person_id is not None else people.register_guest(name, language)
    contact = people.add_contact(person, ContactKind.PHONE, phone, office.region)
    db.session.flush()
    query = select(Callback).where(
        Callback.office_id == office.id, Callback.person_id == person.id, Callback.state.in_(OPEN)
    )
    wish = db.session.scalar(query)
    if wish is None:
        wish = Callback(office_id=office.id, person_id=person.id, state=CallbackState.WAITING, tries=0)
        db.session.add(wish)
    wish.contact_id, wish.topic, wish.best_time, wish.note, wish.language = (
        contact.id,
        topic[:120],
        best_time,
        note,
        language,
    )
    db.session.flush()
    audit.note("callback.asked", wish, on_behalf_of=person.id)
    return wish


def get(public_id: str, visitor: Visitor) -> Callback:
    """A callback of an office whose desk the visitor serves; NotFound for others."""
    wish = db.session.scalar(select(Callback).where(Callback.public_id == public_id))
    if wish is None or not visitor.may(*DESK, office_id=wish.office_id):
        raise NotFound
    return wish


def listed(visitor: Visitor, *, done: bool = False, limit: int = 200) -> list[Callback]:
    """Callbacks of the visitor's offices, longest wait first; `done`: those that ended, newest first."""
    offices = visitor.offices(*DESK)
    states = [state for state in CallbackState if (state in (CallbackState.REACHED, CallbackState.CLOSED)) == done]
    query = select(Callback).where(Callback.state.in_(states)).limit(limit)
    if offices is not None:
        query = query.where(Callback.office_id.in_(offices))
    return list(db.session.scalars(query.order_by(Callback.id.desc() if done else Callback.id)))


def move(wish: Callback, state: CallbackState, by: Visitor) -> None:
    """Take it, give it back, or say how it ended; only one colleague has it at a time."""
    lock(wish)
    before = CallbackState(wish.state)
    if state not in MOVES[before]:
        raise TakenByColleague if before == CallbackState.TAKEN and state == CallbackState.TAKEN else AlreadyEnded
    if before == CallbackState.TAKEN and wish.taken_by != by.person_id:
        raise TakenByColleague
    wish.state = state
    wish.taken_by = by.person_id if state != CallbackState.WAITING else None
    if state in (CallbackState.REACHED, CallbackState.NOT_REACHED):
        wish.tries += 1
    if state in (CallbackState.REACHED, CallbackState.CLOSED):
        wish.done_at = clock.now()
    audit.note("callback.moved", wish, before={"state": before.value}, after={"state": state.value})
