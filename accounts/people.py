"""Persons and their contacts: guests, staff, names in any script, e-mail addresses and phone numbers as people type them."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from typing import Any

import phonenumbers
from email_validator import EmailNotValidError, validate_email
from flask_babel import lazy_gettext as _l
from sqlalchemy import exists, select, update

from foundation import audit, clock
from foundation.db import db, lock
from foundation.errors import InputWrong, NotFound, Refusal
from foundation.events import record
from foundation.languages import known

from .events import AccessChanged, AddressProven, RoleGranted
from .models import ApiToken, Contact, ContactKind, Person, Role, RoleGrant

LONGEST_NAME = 200
LONGEST_EMAIL = 254
LONGEST_PHONE = 40
NOT_IN_A_LINE = {"Cc", "Cs", "Zl", "Zp"}
TURNS_TEXT_ROUND = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufeff")


class AddressTaken(Refusal):
    """The e-mail address is proven by somebody else."""

    code = "address_taken"
    status = 422
    field = "email"
    message = _l("This e-mail address belongs to another account.")


class LastAdmin(Refusal):
    """Without this person nobody could look after the service."""

    code = "last_admin"
    message = _l("This is the last administrator. Make somebody else an administrator first.")


def register_guest(
    name: str, language: str, email: str | None = None, phone: str | None = None, region: str = ""
) -> Person:
    """A new person without an account. Refusals carry the field `name`, `email` or `phone`; `region` as in `add_contact`."""
    person = Person(name=clean_name(name), language=known(language), guest=True)
    for kind, raw in ((ContactKind.EMAIL, email), (ContactKind.PHONE, phone)):
        if raw and raw.strip():
            person.contacts.append(Contact(kind=kind, value=normal(kind, raw, region)))
    db.session.add(person)
    db.session.flush()
    return person


def add_contact(person: Person, kind: ContactKind | str, raw: str, region: str = "") -> Contact:
    """Add an unproven e-mail address or phone number, or give back the one that is there already.

    `region` is the country that a number without `+` belongs to: an office's region (`ES` or `ES-MD`).
    """
    kind = ContactKind(kind)
    value = normal(kind, raw, region)
    for contact in person.contacts:
        if contact.kind == kind and contact.value == value:
            return contact
    contact = Contact(kind=kind, value=value)
    person.contacts.append(contact)
    db.session.flush()
    return contact


def normal(kind: ContactKind, raw: str, region: str = "") -> str:
    """The one spelling of a contact that is stored and compared."""
    return normal_email(raw) if kind == ContactKind.EMAIL else normal_phone(raw, region)


def normal_email(raw: str) -> str:
    """Lower case, Unicode NFC, at most 254 characters; raises InputWrong (field email)."""
    try:
        value = validate_email(raw.strip(), check_deliverability=False).normalized.lower()
    except EmailNotValidError:
        raise InputWrong(_l("Enter an e-mail address like name@example.org"), field="email") from None
    if len(value) > LONGEST_EMAIL:
        raise InputWrong(_l("Enter an e-mail address with at most 254 characters"), field="email")
    return value


def spelled(email: str) -> str:
    """How a typed address is counted and compared; what is no address stays as it is, cut to a length that can be kept."""
    try:
        return normal_email(email)
    except InputWrong:
        return email.strip().lower()[:LONGEST_EMAIL].encode(errors="replace").decode()


def normal_phone(raw: str, region: str = "") -> str:
    """E.164 (`+34600111222`); raises InputWrong (field phone)."""
    country = region.partition("-")[0].upper() or None
    try:
        if len(raw) > LONGEST_PHONE:
            raise phonenumbers.NumberParseException(phonenumbers.NumberParseException.TOO_LONG, "")
        number = phonenumbers.parse(raw, country)
    except phonenumbers.NumberParseException:
        number = None
    # Possible, not assigned: the list of assigned numbers grows older than an installation.
    if number is None or not phonenumbers.is_possible_number(number):
        words = _l("Enter a phone number that you can be called on, like +34 600 111 222")
        raise InputWrong(words, field="phone")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def clean_name(raw: str) -> str:
    """A name in any script on one line, 1 to 200 characters; raises InputWrong (field name)."""
    kept = "".join(_line_letter(letter) for letter in unicodedata.normalize("NFC", raw))
    name = " ".join(kept.split())
    if not any(unicodedata.category(letter)[0] in "LNPS" for letter in name):
        raise InputWrong(_l("Enter a name"), field="name")
    if len(name) > LONGEST_NAME:
        raise InputWrong(_l("Enter a name with at most 200 characters"), field="name")
    return name


def rename(person: Person, name: str) -> None:
    """Give a person another name."""
    person.name = clean_name(name)
    audit.note("person.renamed", person, after={"fields": ["name"]})


def describe(person: Person, name: str, language: str) -> None:
    """Another name, and the language of letters from now on."""
    person.name, person.language = clean_name(name), known(language)
    audit.note("person.described", person, after={"fields": ["name", "language"]})


def get(person_id: int) -> Person:
    """A person by row id, for the doors that found out who it is; NotFound."""
    person = db.session.get(Person, person_id)
    if person is None:
        raise NotFound
    return person


def find(public_id: str) -> Person | None:
    """An active person by public id."""
    return db.session.scalar(select(Person).where(Person.public_id == public_id, Person.active))


def own_words(person: Person) -> list[str]:
    """What a password must not be made of: the person's name and addresses."""
    return [person.name, *(contact.value for contact in person.contacts)]


def with_proven_email(limit: int = 200) -> list[Person]:
    """Active people with an account, oldest first."""
    proven = exists().where(Contact.person_id == Person.id, Contact.kind == ContactKind.EMAIL, _is_proven())
    return list(db.session.scalars(select(Person).where(Person.active, proven).order_by(Person.id).limit(limit)))


def find_by_email(raw: str) -> Person | None:
    """The person who proved this address, or None; also None for what is no address."""
    contact = _proven(raw)
    return contact.person if contact else None


def find_for_sign_in(raw: str) -> Contact | None:
    """The contact that a sign-in by letter would prove: the proven one, else the oldest guest's; None when unknown."""
    proven = _proven(raw)
    if proven is not None:
        return proven
    try:
        value = normal_email(raw)
    except InputWrong:
        return None
    query = select(Contact).join(Person).where(Contact.kind == ContactKind.EMAIL, Contact.value == value, Person.active)
    return db.session.scalar(query.order_by(Contact.id).limit(1))


def prove(contact: Contact) -> None:
    """Mark an e-mail address as shown to be this person's; from now on they are no guest. Raises AddressTaken."""
    lock(contact)
    if contact.verified_at is not None:
        return
    taken = select(exists().where(Contact.kind == contact.kind, Contact.value == contact.value, _is_proven()))
    if contact.kind == ContactKind.EMAIL and db.session.scalar(taken):
        raise AddressTaken
    contact.verified_at = clock.now()
    contact.person.guest = False
    audit.note("contact.proven", contact.person, after={"kind": contact.kind})
    record(AddressProven(contact.person_id, contact.id))


def same_person_ids(person: Person) -> list[int]:
    """The person and the guests who gave an e-mail address that this person proved: their bookings are this person's too."""
    proven = [c.value for c in person.contacts if c.kind == ContactKind.EMAIL and c.verified_at is not None]
    if not proven:
        return [person.id]
    query = (
        select(Contact.person_id)
        .join(Person)
        .where(Contact.kind == ContactKind.EMAIL, Contact.value.in_(proven), Person.guest)
    )
    return [person.id, *sorted(set(db.session.scalars(query)) - {person.id})]


def create_staff(
    name: str,
    email: str,
    language: str,
    grants: Iterable[tuple[Role, int | None]] = (),
    password_hash: str | None = None,
) -> Person:
    """A colleague with roles, each at an office id or everywhere (None). Whoever had the address is that colleague, leavers too.

    Without `password_hash` they choose a password by an invite letter (`codes.invite`).
    """
    person = find_by_email(email)
    if person is None:
        person = Person(name=clean_name(name), language=known(language), contacts=[], grants=[])
        contact = Contact(kind=ContactKind.EMAIL, value=normal_email(email), verified_at=clock.now())
        person.contacts.append(contact)
        db.session.add(person)
        db.session.flush()
        audit.note("person.created", person)
    if not person.active:
        person.active, person.left_at = True, None
        audit.note("person.returned", person)
    if password_hash is not None:
        person.password_hash = password_hash
    for role, office_id in grants:
        grant(person, role, office_id)
    return person


def grant(person: Person, role: Role, office_id: int | None) -> RoleGrant:
    """Give a role at one office or everywhere (None); nothing changes when it is there already."""
    role = Role(role)
    for held in person.grants:
        if held.role == role and held.office_id == office_id:
            return held
    given = RoleGrant(role=role, office_id=office_id)
    person.grants.append(given)
    audit.note("role.granted", person, after={"role": role, "office_id": office_id}, office_id=office_id)
    record(AccessChanged(person.id))
    record(RoleGranted(person.id, role, office_id))
    db.session.flush()
    return given


def revoke(person: Person, role: Role, office_id: int | None) -> None:
    """Take a role back; raises LastAdmin for the last administrator of all offices."""
    for held in list(person.grants):
        if held.role == role and held.office_id == office_id:
            if _is_head(held):
                _refuse_last_admin(person)
            person.grants.remove(held)
            db.session.delete(held)
            audit.note("role.revoked", person, before={"role": held.role, "office_id": office_id}, office_id=office_id)
            record(AccessChanged(person.id))
    db.session.flush()


def leave(person: Person) -> None:
    """A colleague leaves: no roles, no password, no tokens, every sign-in ends. What they did stays. Raises LastAdmin."""
    if any(_is_head(held) for held in person.grants):
        _refuse_last_admin(person)
    before: dict[str, Any] = {"roles": [[held.role, held.office_id] for held in person.grants]}
    for held in list(person.grants):
        person.grants.remove(held)
        db.session.delete(held)
    person.active, person.left_at, person.password_hash = False, clock.now(), None
    person.sign_in_version += 1
    live = (ApiToken.person_id == person.id, ApiToken.revoked_at.is_(None))
    db.session.execute(update(ApiToken).where(*live).values(revoked_at=clock.now()))
    audit.note("person.left", person, before=before)
    record(AccessChanged(person.id, left=True))
    db.session.flush()


def has_admin() -> bool:
    """Whether anybody looks after the whole service yet."""
    return bool(db.session.scalar(select(exists().where(_heads()))))


def _refuse_last_admin(person: Person) -> None:
    query = select(RoleGrant.person_id).where(_heads()).order_by(RoleGrant.id)
    if db.engine.dialect.name == "postgresql":
        query = query.with_for_update()
    if set(db.session.scalars(query)) <= {person.id}:
        raise LastAdmin


def _heads() -> Any:
    return (RoleGrant.role == Role.ADMIN) & RoleGrant.office_id.is_(None)


def _is_head(held: RoleGrant) -> bool:
    return held.role == Role.ADMIN and held.office_id is None


def _is_proven() -> Any:
    return Contact.verified_at.is_not(None)


def _proven(raw: str) -> Contact | None:
    try:
        value = normal_email(raw)
    except InputWrong:
        return None
    return db.session.scalar(
        select(Contact).where(Contact.kind == ContactKind.EMAIL, Contact.value == value, _is_proven())
    )


def _line_letter(letter: str) -> str:
    if letter in TURNS_TEXT_ROUND:
        return ""
    return " " if unicodedata.category(letter) in NOT_IN_A_LINE else letter
