"""Registrations: made, approved, offered seats taken or left, withdrawn. The webinar is locked first, always: it is the queue's one door."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from flask_babel import lazy_gettext as _l
from sqlalchemy import func, select

from accounts import people
from accounts.models import Contact, ContactKind, Person
from booking import references, replays
from foundation import clock, deadlines
from foundation.db import db, lock
from foundation.errors import InputWrong, Refusal, TooMany

from . import questions, seat_offers, seats
from .models import SEATED, STANDING, Registration, RegistrationState, Webinar
from .seat_offers import ENDS, changed
from .states import OPEN, NotNow

SCOPE = "registration"
MOST_PLACES = 20
"""Seats of one registration that a colleague makes, for a class or a waiting room."""
MOST_OF_ONES_OWN = 5
MOST_OF_AN_ADDRESS = 5
"""Registrations that one e-mail address or number has for a webinar: a family may share it, a dealer may not."""


class NotOpen(Refusal):
    """Registration has not begun, is over, or the webinar will not take place."""

    code = "registration_not_open"
    message = _l("Registration for this webinar is closed.")


class Full(Refusal):
    """Every seat is taken and there is no waitlist."""

    code = "webinar_full"
    message = _l("Every seat is taken. Look for another date, or ask us to call you.")


class OftenRegistered(TooMany):
    """One address or number registers more people than share one."""

    code = "often_registered"
    message = _l("This address is used for several people already. Call us, and we register you.")


class OfferOver(Refusal):
    """The seat went to the next person."""

    code = "offer_over"
    message = _l("This offer has ended. You are still on the waitlist, and we write when another seat is free.")


@dataclass(frozen=True)
class Wish:
    """Who registers. `person_id` is somebody known; else a guest with a name and, if they have one, an address or a number."""

    name: str = ""
    language: str = ""
    email: str = ""
    phone: str = ""
    places: int = 1
    answers: Mapping[str, str] = field(default_factory=dict)
    person_id: int | None = None
    registered_by: int | None = None

    @property
    def content(self) -> str:
        """A fingerprint of everything that was asked for, 64 hex characters."""
        what = [self.name, self.email, self.phone, self.places, dict(self.answers), self.person_id]
        return hashlib.sha256(json.dumps(what, sort_keys=True).encode()).hexdigest()


def register(webinar: Webinar, wish: Wish, key: str = "") -> Registration:
    """A seat, a place on the waitlist, or the question to a colleague. The same `key`, or the same person, gives the first one's answer.

    Somebody who withdrew and comes again stands at the end. Refuses NotOpen, Full, InputWrong, IdempotencyMismatch.
    """
    if key:
        earlier = replays.begin(SCOPE, key, wish.content)
        if earlier is not None:
            return db.session.get_one(Registration, earlier)
    seats.one_at_a_time(webinar)
    if not is_open(webinar):
        raise NotOpen
    if not 1 <= wish.places <= (MOST_PLACES if wish.registered_by else MOST_OF_ONES_OWN):
        most = (
            _l("Enter a number from 1 to 20")
            if wish.registered_by
            else _l("Enter a number from 1 to 5. Are you more? Call us.")
        )
        raise InputWrong(most, field="places")
    answers = questions.checked(webinar, wish.answers)
    person = _person(webinar, wish)
    registration = _of(webinar, person)
    if registration is None or not registration.stands:
        registration = _enter(webinar, registration, person, wish, answers)
    if key:
        replays.finish(SCOPE, key, registration.id)
    return registration


def withdraw(registration: Registration, by: str) -> None:
    """They do not come: the seat goes to those who wait. A second time changes nothing. `by`: person or office."""
    webinar = registration.webinar
    lock(webinar)
    db.session.refresh(registration)
    if not registration.stands:
        return
    _let_go(registration, RegistrationState.WITHDRAWN, by)


def accept(registration: Registration, by: str) -> None:
    """Take the offered seat. A second time changes nothing. Refuses OfferOver."""
    lock(registration.webinar)
    db.session.refresh(registration)
    if registration.state == RegistrationState.CONFIRMED:
        return
    if registration.state != RegistrationState.OFFERED or (registration.offered_until or 0) <= clock.seconds():
        raise OfferOver
    registration.state, registration.offered_until = RegistrationState.CONFIRMED, None
    deadlines.drop(f"{ENDS}:{registration.id}")
    changed(registration, by)


def decline(registration: Registration, by: str) -> None:
    """Leave the offered seat to the next one, and wait no more. Refuses OfferOver."""
    lock(registration.webinar)
    db.session.refresh(registration)
    if registration.state != RegistrationState.OFFERED:
        raise OfferOver
    _let_go(registration, RegistrationState.DECLINED, by)


def approve(registration: Registration) -> None:
    """A colleague says yes: a seat, or the waitlist where there is none. Refuses NotNow, Full."""
    webinar = registration.webinar
    lock(webinar)
    db.session.refresh(registration)
    if registration.state != RegistrationState.PENDING or webinar.state not in OPEN:
        raise NotNow
    _seat_or_wait(webinar, registration)
    changed(registration, "office")


def reject(registration: Registration) -> None:
    """A colleague says no. Refuses NotNow."""
    lock(registration.webinar)
    db.session.refresh(registration)
    if registration.state != RegistrationState.PENDING:
        raise NotNow
    _let_go(registration, RegistrationState.REJECTED, "office")


def is_open(webinar: Webinar) -> bool:
    """Whether people may register now."""
    until = webinar.registers_until or webinar.ends_at
    return not webinar.template and webinar.state in OPEN and clock.now() < until


def _enter(
    webinar: Webinar, before: Registration | None, person: Person, wish: Wish, answers: dict[str, str]
) -> Registration:
    registration = before or Registration(
        webinar_id=webinar.id,
        person_id=person.id,
        reference=references.new(Registration),
        state=RegistrationState.PENDING,
        version=0,
    )
    contact = person.contact(ContactKind.EMAIL) or person.contact(ContactKind.PHONE)
    if contact is not None and wish.registered_by is None:
        _refuse_dealers(webinar, contact)
    registration.contact_id = contact.id if contact else None
    registration.places, registration.answers = wish.places, answers
    registration.registered_by, registration.offers, registration.offered_until = wish.registered_by, 0, None
    registration.state = RegistrationState.PENDING
    if before is None:
        db.session.add(registration)
    db.session.flush()
    if not webinar.approves:
        _seat_or_wait(webinar, registration)
    unreachable = contact is None and wish.registered_by is None
    if unreachable and registration.state == RegistrationState.WAITLISTED:
        raise InputWrong(_l("Enter an e-mail address or a phone number, so that we can tell you."), field="email")
    changed(registration, "office" if wish.registered_by else "person")
    return registration


def _refuse_dealers(webinar: Webinar, contact: Contact) -> None:
    same = select(func.count()).select_from(Registration).join(Contact, Contact.id == Registration.contact_id)
    same = same.where(Registration.webinar_id == webinar.id, Registration.state.in_(STANDING))
    if (db.session.scalar(same.where(Contact.value == contact.value)) or 0) >= MOST_OF_AN_ADDRESS:
        raise OftenRegistered


def _seat_or_wait(webinar: Webinar, registration: Registration) -> None:
    if not seat_offers.is_spoken_for(webinar) and seats.take(webinar, registration):
        registration.state = RegistrationState.CONFIRMED
        return
    if not webinar.waits or registration.places > webinar.capacity:
        raise Full
    seat_offers.to_the_end(registration)


def _let_go(registration: Registration, state: RegistrationState, by: str) -> None:
    had = registration.state in SEATED
    registration.state, registration.offered_until = state, None
    seats.release(registration)
    deadlines.drop(f"{ENDS}:{registration.id}")
    changed(registration, by)
    if had:
        seat_offers.offer(registration.webinar)


def _person(webinar: Webinar, wish: Wish) -> Person:
    region = webinar.office.region
    if wish.person_id is None:
        return people.register_guest(wish.name, wish.language, wish.email or None, wish.phone or None, region)
    person = people.get(wish.person_id)
    for kind, raw in ((ContactKind.EMAIL, wish.email), (ContactKind.PHONE, wish.phone)):
        if raw.strip():
            people.add_contact(person, kind, raw, region)
    return person


def _of(webinar: Webinar, person: Person) -> Registration | None:
    """What this person has for it, also from before they proved their address."""
    ids = people.same_person_ids(person)
    query = select(Registration).where(Registration.webinar_id == webinar.id, Registration.person_id.in_(ids))
    return db.session.scalar(query.order_by(Registration.person_id != person.id, Registration.id))
