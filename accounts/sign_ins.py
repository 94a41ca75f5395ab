"""Who is signed in where: one row a browser, ended by hand, after 12 hours, or for staff after half an hour without a sign of life."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app
from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update

from foundation import audit, clock
from foundation.db import db, write
from foundation.errors import InputWrong, NotFound
from foundation.events import record

from . import attempts, passwords, people
from .events import AccessChanged, SignedOut
from .models import Person, SignIn

LONGEST = 12 * 3600
STAFF_IDLE = 30 * 60
SEEN_EVERY = 5 * 60
"""Seconds between marks that a browser is still there."""
DEMO_PASSWORD = "demo"
"""Opens every account, where the demo door is registered."""
ACCOUNT = "password"
NETWORK = "password_network"
ACCOUNT_PATIENCE = attempts.Patience(free=5, window=3600, longest=900)
NETWORK_PATIENCE = attempts.Patience(free=40, window=3600, longest=300)


class WrongSignIn(InputWrong):
    """Unknown address, no password, wrong password, or gone: nobody learns which."""

    code = "wrong_sign_in"
    message = _l("This e-mail address and password do not belong together.")


@dataclass(frozen=True)
class _Try:
    """A counted try: the rows to take back when it is right, and what to compare with."""

    attempt_ids: tuple[int, ...]
    person_id: int | None
    password_hash: str | None


def check_password(email: str, words: str, network: str, known_browser: str = "") -> int:
    """The id of the person whom the address and password belong to; raises WrongSignIn or TooMany.

    Opens transactions of its own. Tries are counted by address and by network before the password is looked at, whether or not
    the address is anybody's. `known_browser` names a browser where this address signed in before: it has a count of its own,
    so that strangers who guess can not keep the owner out.
    """
    address = people.spelled(email)
    counted = write(lambda: _count(address, network, known_browser))
    right = passwords.verify(counted.password_hash, words) or _is_demo_password(words)
    if not right or counted.person_id is None:
        raise WrongSignIn
    write(lambda: _take_back(counted.attempt_ids))
    return counted.person_id


def begin(
    person: Person, how: str = "", proven: int | None = None, browser: str = "", amr: list[str] | None = None
) -> SignIn:
    """A person is signed in in one more browser; `proven` is when the second factor was shown (UTC seconds), `amr` what the
    agency's provider said it looked at."""
    sign_in = SignIn(person_id=person.id, how=how, proven=proven, browser=browser)
    db.session.add(sign_in)
    db.session.flush()
    told = {"how": how, "proven": proven is not None, **({"amr": amr} if amr else {})}
    audit.note("person.signed_in", person, after=told)
    return sign_in


def open_of(person: Person) -> list[SignIn]:
    """Browsers in which the person is signed in now, the newest first."""
    now = clock.seconds()
    idle = STAFF_IDLE if person.grants else LONGEST
    return list(
        db.session.scalars(
            select(SignIn)
            .where(
                SignIn.person_id == person.id,
                SignIn.ended.is_(None),
                SignIn.started > now - LONGEST,
                SignIn.seen > now - idle,
            )
            .order_by(SignIn.started.desc(), SignIn.id.desc())
        )
    )


def end_one(person: Person, public_id: str) -> None:
    """One of the person's own browsers is signed out, wherever it is; NotFound for anything else."""
    if not any(one.public_id == public_id for one in open_of(person)):
        raise NotFound
    end(public_id)
    audit.note("person.signed_out", person)


def is_open(sign_in_id: int | None) -> bool:
    """Whether a browser's sign-in was not ended by hand."""
    query = select(SignIn.id).where(SignIn.id == sign_in_id, SignIn.ended.is_(None))
    return db.session.scalar(query) is not None


def prove(sign_in_id: int) -> None:
    """The second factor was shown once more in this browser; inside a write transaction."""
    db.session.execute(update(SignIn).where(SignIn.id == sign_in_id).values(proven=clock.seconds()))


def end(public_id: str) -> None:
    """A browser is signed out; copies of its cookie are worth nothing from now on."""
    sign_in = db.session.scalar(select(SignIn).where(SignIn.public_id == public_id, SignIn.ended.is_(None)))
    if sign_in is not None:
        sign_in.ended = clock.seconds()
        record(SignedOut(sign_in.person_id, sign_in.id))


def end_all(person: Person) -> None:
    """Every browser is signed out."""
    _end_rows(person)
    person.sign_in_version += 1
    audit.note("person.signed_out_everywhere", person)
    record(AccessChanged(person.id))


def set_password(person: Person, password_hash: str) -> None:
    """A new password: every browser is signed out, and earlier wrong tries are forgotten."""
    person.password_hash = password_hash
    _end_rows(person)
    person.sign_in_version += 1
    for contact in person.contacts:
        attempts.forgive(ACCOUNT, _subject(contact.value, ""))
    audit.note("password.changed", person)
    record(AccessChanged(person.id))


def standing(person_key: str, public_id: str) -> tuple[Person, SignIn] | None:
    """The person and sign-in behind a cookie while both still stand; None otherwise."""
    person_id, _dot, version = person_key.partition(".")
    if not (person_id.isascii() and person_id.isdigit() and len(person_id) < 16):
        return None
    query = select(Person, SignIn).join(SignIn, SignIn.person_id == Person.id)
    row = db.session.execute(
        query.where(Person.id == int(person_id), SignIn.public_id == public_id, SignIn.ended.is_(None))
    ).one_or_none()
    if row is None:
        return None
    person, sign_in = row
    now = clock.seconds()
    if not person.active or str(person.sign_in_version) != version or now - sign_in.started >= LONGEST:
        return None
    if person.grants and now - sign_in.seen >= STAFF_IDLE:
        return None
    if person.grants and sign_in.proven is None and current_app.config["VO"].second_factor_required:
        return None
    return person, sign_in


def mark_seen(sign_in_id: int) -> None:
    """The browser is still there; inside a write transaction. Pages call it by themselves, open sockets every few minutes."""
    db.session.execute(update(SignIn).where(SignIn.id == sign_in_id).values(seen=clock.seconds()))


def _end_rows(person: Person) -> None:
    standing_rows = (SignIn.person_id == person.id, SignIn.ended.is_(None))
    db.session.execute(update(SignIn).where(*standing_rows).values(ended=clock.seconds()))


def _count(address: str, network: str, known_browser: str) -> _Try:
    counted = [attempts.count_patiently(ACCOUNT, _subject(address, known_browser), ACCOUNT_PATIENCE)]
    if not known_browser:
        counted.append(attempts.count_patiently(NETWORK, network, NETWORK_PATIENCE))
    person = people.find_by_email(address)
    if person is None or not person.active:
        return _Try(tuple(counted), None, None)
    return _Try(tuple(counted), person.id, person.password_hash)


def _take_back(attempt_ids: tuple[int, ...]) -> None:
    for attempt_id in attempt_ids:
        attempts.take_back(attempt_id)


def _subject(address: str, known_browser: str) -> str:
    return f"{address}\x1f{known_browser}"


def _is_demo_password(words: str) -> bool:
    return words == DEMO_PASSWORD and "demo_door" in current_app.blueprints
