"""What a colleague shows beside the password: which ones they have, whether what was typed is right, and taking them away."""

from __future__ import annotations

from dataclasses import dataclass

from flask import current_app
from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, exists, select

from foundation import audit, letters
from foundation.db import db, lock, new_public_id, write
from foundation.errors import NotFound, Refusal
from foundation.events import within_transaction

from . import attempts, code_apps, passkeys, people, recovery_codes, sign_ins, staffing
from .access import Visitor
from .code_apps import WrongCode
from .events import AccessChanged
from .factor_models import CodeApp, Passkey, ProviderLink
from .models import ContactKind, Person, Role

TRIES = "second_factor"
PATIENCE = attempts.Patience(free=5, window=3600, longest=900)
RESET = "second_factors_reset"
"""Kind of the letter to a colleague whose second factors were taken away."""


class LastFactor(Refusal):
    """Without it the colleague could not come in again."""

    code = "last_factor"
    message = _l("This is your only second step. Set up another one first.")


@dataclass(frozen=True)
class Factors:
    """What a colleague has: the app, passkeys, and how many recovery codes are left."""

    app: CodeApp | None
    passkeys: list[Passkey]
    codes_left: int

    @property
    def any(self) -> bool:
        """Whether there is anything to be asked for. Recovery codes alone are none: they go with something that can be lost."""
        return self.app is not None or bool(self.passkeys)

    @property
    def few_codes(self) -> bool:
        """Whether it is time to make new recovery codes."""
        return self.any and self.codes_left <= recovery_codes.FEW


def of(person: Person) -> Factors:
    """What the person has."""
    return Factors(code_apps.of(person), passkeys.of(person), recovery_codes.left(person))


def has_any(person: Person) -> bool:
    """Whether the person has an app or a passkey."""
    query = select(exists().where(CodeApp.person_id == person.id) | exists().where(Passkey.person_id == person.id))
    return bool(db.session.scalar(query))


def must_show(person: Person) -> bool:
    """Whether the password is not enough for this person: they have a second factor, or must have one."""
    return bool(person.grants) and (required() or has_any(person))


def required() -> bool:
    """Whether every colleague needs one in this installation."""
    asked: bool = current_app.config["VO"].second_factor_required
    return asked


def check_typed(person_id: int, typed: str) -> str:
    """What was typed, `code_app` or `recovery`; it is used up. Raises WrongCode or TooMany; opens transactions of its own.

    The try is counted before it is looked at, so that many at once are counted too.
    """
    counted = write(lambda: attempts.count_patiently(TRIES, str(person_id), PATIENCE))
    return write(lambda: _use(person_id, typed, counted))


def claim(person: Person, on_the_way_in: bool) -> None:
    """Lock a person who gets a second factor. On the way in, after the password alone, only the first one may be set up: NotFound."""
    lock(person)
    if not person.active or not person.grants or (on_the_way_in and has_any(person)):
        raise NotFound


def renew_codes(person: Person) -> list[str]:
    """Ten new recovery codes for somebody who has a second factor; NotFound for others."""
    lock(person)
    if not has_any(person):
        raise NotFound
    return recovery_codes.renew(person)


def remove_app(person: Person) -> None:
    """One's own app goes; raises LastFactor."""
    lock(person)
    held = of(person)
    if held.app is None:
        raise NotFound
    _refuse_last(len(held.passkeys))
    code_apps.remove(person)
    _without_any(person)


def remove_passkey(person: Person, public_id: str) -> None:
    """One of one's own passkeys goes; raises NotFound, LastFactor."""
    lock(person)
    held = of(person)
    if not any(one.public_id == public_id for one in held.passkeys):
        raise NotFound
    _refuse_last(len(held.passkeys) - 1 + (held.app is not None))
    passkeys.remove(person, public_id)
    _without_any(person)


def may_reset(visitor: Visitor, person: Person) -> bool:
    """Whether the visitor is an administrator over every role of this other person."""
    return (
        person.id != visitor.person_id
        and bool(person.grants)
        and all(visitor.may(Role.ADMIN, office_id=grant.office_id) for grant in person.grants)
    )


def reset(visitor: Visitor, person: Person) -> None:
    """A colleague lost everything: app, passkeys, codes and the provider's link go, every browser is signed out, and a letter
    tells them. With their password they set up new ones. Raises NotFound, NotYourself."""
    if person.id == visitor.person_id:
        raise staffing.NotYourself
    if not may_reset(visitor, person):
        raise NotFound
    take_away(person)


def take_away(person: Person) -> None:
    """`reset` without asking who does it, for the command line."""
    lock(person)
    held = of(person)
    before = {"code_app": held.app is not None, "passkeys": len(held.passkeys), "recovery_codes": held.codes_left}
    _forget(person)
    audit.note("second_factors.reset", person, before=before)
    sign_ins.end_all(person)
    contact = person.contact(ContactKind.EMAIL)
    letters.post(
        RESET,
        language=person.language,
        dedupe=f"{RESET}:{new_public_id()}",
        person_id=person.id,
        contact_id=contact.id if contact else None,
    )


@within_transaction(AccessChanged)
def _left(fact: AccessChanged) -> None:
    """Who leaves takes nothing along: should they return, they set everything up anew."""
    if fact.left:
        _forget(people.get(fact.person_id))


def _forget(person: Person) -> None:
    code_apps.forget(person)
    passkeys.forget(person)
    recovery_codes.forget(person)
    db.session.execute(delete(ProviderLink).where(ProviderLink.person_id == person.id))


def _use(person_id: int, typed: str, counted: int) -> str:
    person = people.get(person_id)
    for how, rule in (("code_app", code_apps.use), ("recovery", recovery_codes.use)):
        if rule(person, typed):
            attempts.take_back(counted)
            return how
    raise WrongCode


def _refuse_last(left: int) -> None:
    if required() and not left:
        raise LastFactor


def _without_any(person: Person) -> None:
    if not has_any(person):
        recovery_codes.forget(person)
