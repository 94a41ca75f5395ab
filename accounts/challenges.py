"""Begun here, finished here: what a browser starts and must finish once, within minutes, with the secret half kept by us."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, select, update

from foundation import clock, deadlines
from foundation.db import db
from foundation.errors import InputWrong

from .factor_models import Challenge
from .models import Person

SWEEP = "challenges.sweep"
KEPT = 86_400
"""Seconds that a used or old challenge is kept."""


class ChallengeGone(InputWrong):
    """Unknown, used, too old or of another browser: the same words."""

    code = "challenge_gone"
    message = _l("This took too long, or was done already. Start again.")


def begin(purpose: str, life: int, person: Person | None = None, **data: Any) -> Challenge:
    """A new one, good for `life` seconds; inside a write transaction."""
    challenge = Challenge(
        purpose=purpose, person_id=person.id if person else None, data=data, expires=clock.seconds() + life
    )
    db.session.add(challenge)
    db.session.flush()
    day = clock.seconds() // KEPT
    deadlines.put(SWEEP, 0, (day + 2) * KEPT, f"{SWEEP}:{day}")
    return challenge


def look(public_id: str, purpose: str) -> Challenge | None:
    """An open one, unused; None for anything else."""
    return db.session.scalar(
        select(Challenge).where(
            Challenge.public_id == public_id,
            Challenge.purpose == purpose,
            Challenge.used_at.is_(None),
            Challenge.expires > clock.seconds(),
        )
    )


def take(public_id: str, purpose: str) -> Challenge:
    """Use one up: of many who try at once one gets it. Raises ChallengeGone; inside a write transaction."""
    taken = db.session.scalar(
        update(Challenge)
        .where(
            Challenge.public_id == public_id,
            Challenge.purpose == purpose,
            Challenge.used_at.is_(None),
            Challenge.expires > clock.seconds(),
        )
        .values(used_at=clock.now())
        .returning(Challenge.id)
    )
    if taken is None:
        raise ChallengeGone
    return db.session.get_one(Challenge, taken, populate_existing=True)


@deadlines.handler(SWEEP)
def _sweep(_ref: int) -> None:
    db.session.execute(delete(Challenge).where(Challenge.expires < clock.seconds() - KEPT))
