"""Ten codes on paper for the day on which the phone is lost: shown once, kept as fingerprints, each opens once."""

from __future__ import annotations

import secrets

from sqlalchemy import delete, func, select, update

from foundation import audit, clock
from foundation.db import db
from foundation.security import fingerprint

from .factor_models import RecoveryCode
from .models import Person

HOW_MANY = 10
FEW = 3
"""From here on down we ask the person to make new ones."""
LETTERS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Crockford's base 32: nothing that looks like something else."""
HALF = 5
LOOKALIKES = str.maketrans("OIL", "011")


def renew(person: Person) -> list[str]:
    """Ten new codes; the old ones end. The only time that they can be seen. Inside a write transaction."""
    forget(person)
    made = [_drawn() for _n in range(HOW_MANY)]
    db.session.add_all(RecoveryCode(person_id=person.id, fingerprint=_print(person, code)) for code in made)
    db.session.flush()
    audit.note("recovery_codes.renewed", person, after={"codes": HOW_MANY})
    return [f"{code[:HALF]}-{code[HALF:]}" for code in made]


def use(person: Person, typed: str) -> bool:
    """Whether this is an unused code of the person; it is used up. Inside a write transaction."""
    code = "".join(letter for letter in typed[:40].upper().translate(LOOKALIKES) if letter in LETTERS)
    if len(code) != 2 * HALF:
        return False
    taken = (
        update(RecoveryCode)
        .where(
            RecoveryCode.person_id == person.id,
            RecoveryCode.fingerprint == _print(person, code),
            RecoveryCode.used_at.is_(None),
        )
        .values(used_at=clock.now())
    )
    if db.session.execute(taken.returning(RecoveryCode.id)).first() is None:
        return False
    audit.note("recovery_code.used", person, after={"left": left(person)})
    return True


def left(person: Person) -> int:
    """How many still open."""
    query = select(func.count()).where(RecoveryCode.person_id == person.id, RecoveryCode.used_at.is_(None))
    return int(db.session.scalar(query) or 0)


def forget(person: Person) -> None:
    """No code works any more."""
    db.session.execute(delete(RecoveryCode).where(RecoveryCode.person_id == person.id))


def _drawn() -> str:
    return "".join(secrets.choice(LETTERS) for _n in range(2 * HALF))


def _print(person: Person, code: str) -> str:
    return fingerprint(f"recovery\x1f{person.id}\x1f{code}")
