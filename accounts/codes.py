"""Single-use links and six-digit codes by letter: to sign in, to choose a new password, to accept an invitation.

The secrets are derived from the signing key and the code's public id when the letter is written; the row holds fingerprints only.
"""

from __future__ import annotations

import hmac

from flask import current_app
from sqlalchemy import Select, delete, select

from foundation import audit, clock, deadlines, letters
from foundation.db import db, lock, new_public_id
from foundation.errors import TooMany
from foundation.security import digits, fingerprint, sign

from . import attempts, people
from .models import CodePurpose, Contact, ContactKind, Person, SignInCode

RESET_LIFE = 30 * 60
INVITE_LIFE = 7 * 86_400
MOST_TRIES = 5
LETTERS_AN_HOUR = 3
"""To one address, asked for by whoever typed it."""
KEPT = 86_400
"""Seconds that a used or old code is kept."""
SWEEP = "codes.sweep"
STAFF_DOOR = "sign_in_staff"
"""Kind of letter for a colleague who asked for a code: staff use their password."""


def ask(email: str) -> SignInCode:
    """A code to sign in, with its letter. For an address that nobody has, and for the fourth letter in an hour, the row opens
    nothing and there is no letter: the same answer for all."""
    contact = people.find_for_sign_in(email) if _may_write_to(email) else None
    person = contact.person if contact else None
    if person is not None and person.grants:
        _post(STAFF_DOOR, person, contact, new_public_id())
        return _issue(CodePurpose.SIGN_IN, None, None, _sign_in_life())
    code = _issue(CodePurpose.SIGN_IN, person, contact, _sign_in_life())
    if person is not None:
        _post(CodePurpose.SIGN_IN, person, contact, code.public_id, code)
    return code


def ask_reset(email: str) -> None:
    """A letter with a link to choose a new password, to a person who works here; for anybody else nothing."""
    person = people.find_by_email(email) if _may_write_to(email) else None
    if person is not None and person.active and person.grants:
        contact = person.contact(ContactKind.EMAIL)
        code = _issue(CodePurpose.RESET, person, contact, RESET_LIFE)
        _post(CodePurpose.RESET, person, contact, code.public_id, code)
        audit.note("password.reset_asked", person)


def invite(person: Person) -> None:
    """A letter with a link to choose the first password; earlier invitations end."""
    for earlier in db.session.scalars(_open(person, CodePurpose.INVITE)):
        earlier.used_at = clock.now()
    contact = person.contact(ContactKind.EMAIL)
    code = _issue(CodePurpose.INVITE, person, contact, INVITE_LIFE)
    _post(CodePurpose.INVITE, person, contact, code.public_id, code)
    audit.note("person.invited", person)


def link_token(code: SignInCode) -> str:
    """The secret part of the code's link."""
    return sign(code.purpose, code.public_id)


def six_digits(code: SignInCode) -> str:
    """The code that a person types."""
    return digits("sign_in_code", code.public_id)


def use_digits(public_id: str, typed: str) -> Person | None:
    """The person whose open sign-in code this is: the code is used up and their address proven. None for anything else, and the
    try counts."""
    typed = "".join(str(int(letter)) for letter in typed if letter.isdecimal())
    return _use(public_id, (CodePurpose.SIGN_IN,), typed_print=_digits_print(public_id, typed))


def use_link(public_id: str, token: str, *purposes: CodePurpose) -> Person | None:
    """The person whose open link this is, and the link is used up; None for anything else."""
    return _use(public_id, purposes, link_print=fingerprint(token))


def look(public_id: str, token: str, *purposes: CodePurpose) -> SignInCode | None:
    """The open code that a link belongs to, unused; None for anything else."""
    code = _find(public_id, purposes)
    return code if code and _same(code.link_fingerprint, fingerprint(token)) and is_open(code) else None


def is_open(code: SignInCode) -> bool:
    """Whether it was not used, not guessed at too often, and is not too old."""
    return code.used_at is None and code.tries < MOST_TRIES and code.expires > clock.seconds()


def _use(
    public_id: str, purposes: tuple[CodePurpose, ...], *, typed_print: str = "", link_print: str = ""
) -> Person | None:
    code = _find(public_id, purposes)
    if code is None:
        return None
    lock(code)
    if not is_open(code):
        return None
    right = _same(code.code_fingerprint, typed_print) if typed_print else _same(code.link_fingerprint, link_print)
    if not right:
        code.tries += 1
        return None
    code.used_at = clock.now()
    if code.person is None or not code.person.active:
        return None
    if code.contact is not None:
        people.prove(code.contact)
    return code.person


def _find(public_id: str, purposes: tuple[CodePurpose, ...]) -> SignInCode | None:
    return db.session.scalar(
        select(SignInCode).where(SignInCode.public_id == public_id, SignInCode.purpose.in_(purposes))
    )


def _issue(purpose: CodePurpose, person: Person | None, contact: Contact | None, life: int) -> SignInCode:
    public_id = new_public_id()
    code = SignInCode(
        public_id=public_id,
        purpose=purpose,
        person=person,
        contact=contact,
        link_fingerprint=fingerprint(sign(purpose, public_id)),
        code_fingerprint=_digits_print(public_id, digits("sign_in_code", public_id)),
        expires=clock.seconds() + life,
    )
    db.session.add(code)
    db.session.flush()
    day = clock.seconds() // KEPT
    deadlines.put(SWEEP, 0, (day + 2) * KEPT, f"{SWEEP}:{day}")
    return code


def _post(kind: str, person: Person, contact: Contact | None, about: str, code: SignInCode | None = None) -> None:
    letters.post(
        kind,
        language=person.language,
        dedupe=f"{kind}:{about}",
        person_id=person.id,
        contact_id=contact.id if contact else None,
        subject_kind=SignInCode.__tablename__ if code else "",
        subject_id=code.id if code else None,
    )


def _open(person: Person, purpose: CodePurpose) -> Select[SignInCode]:
    return select(SignInCode).where(
        SignInCode.person_id == person.id, SignInCode.purpose == purpose, SignInCode.used_at.is_(None)
    )


def _digits_print(public_id: str, typed: str) -> str:
    return fingerprint(f"{public_id}\x1f{typed}")


def _same(kept: str, given: str) -> bool:
    return hmac.compare_digest(kept, given)


def _may_write_to(email: str) -> bool:
    try:
        attempts.count("letter", people.spelled(email), LETTERS_AN_HOUR, 3600)
    except TooMany:
        return False
    return True


def _sign_in_life() -> int:
    minutes: int = current_app.config["VO"].sign_in_minutes
    return minutes * 60


@deadlines.handler(SWEEP)
def _sweep(_ref: int) -> None:
    db.session.execute(delete(SignInCode).where(SignInCode.expires < clock.seconds() - KEPT))
