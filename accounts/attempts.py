"""Counted tries of anything that can be guessed, by a fingerprint of what was tried, so that the table names nobody."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, func, select

from foundation import clock, deadlines
from foundation.db import db, write
from foundation.errors import TooMany
from foundation.security import fingerprint

from .models import Attempt
from .turns import take_turn

KEPT = 86_400
"""Seconds that a counted try is kept."""
SWEEP = "attempts.sweep"


@dataclass(frozen=True)
class Patience:
    """How often one may fail within `window` seconds before waiting, and how the wait grows up to `longest` seconds."""

    free: int
    window: int
    longest: int

    def wait_after(self, failures: int) -> int:
        """Seconds to wait after so many failures: 0, then 1, 2, 4, 8 …"""
        beyond = failures - self.free
        return 0 if beyond < 0 else min(2 ** min(beyond, 30), self.longest)


def check(purpose: str, subject: str, limit: int, window: int) -> None:
    """Count one try; raises TooMany when `limit` tries were made within `window` seconds.

    Opens a write transaction of its own (call it outside `write_tx()`), so that a refusal after it does not undo the count.
    """
    write(lambda: count(purpose, subject, limit, window))


def count(purpose: str, subject: str, limit: int, window: int) -> None:
    """`check` inside a write transaction: the count stands only if the act does."""
    key = _key(purpose, subject)
    made, _last = _made(purpose, key, window)
    if made >= limit:
        raise TooMany
    _add(purpose, key)


def count_patiently(purpose: str, subject: str, patience: Patience) -> int:
    """Count one try and give its id, or raise TooMany with `wait` seconds left; inside a write transaction of its own act."""
    key = _key(purpose, subject)
    made, last = _made(purpose, key, patience.window)
    left = last + patience.wait_after(made) - clock.seconds() if made else 0
    if left > 0:
        raise TooMany(_wait(left), wait=left)
    return _add(purpose, key)


def take_back(attempt_id: int) -> None:
    """Do not count a try after all; inside a write transaction."""
    db.session.execute(delete(Attempt).where(Attempt.id == attempt_id))


def forgive(purpose: str, subject: str) -> None:
    """Forget the tries after a success; inside a write transaction."""
    key = _key(purpose, subject)
    db.session.execute(delete(Attempt).where(Attempt.purpose == purpose, Attempt.subject == key))


def forget(subjects: list[str]) -> None:
    """Forget every try with one of these subjects, whatever it was for (a person is erased); inside a write transaction."""
    purposes = list(db.session.scalars(select(Attempt.purpose).distinct()))
    keys = [_key(purpose, subject) for purpose in purposes for subject in subjects]
    if keys:
        db.session.execute(delete(Attempt).where(Attempt.subject.in_(keys)))


def sweep() -> None:
    """Remove what is older than a day; inside a write transaction."""
    db.session.execute(delete(Attempt).where(Attempt.at < clock.seconds() - KEPT))


def _wait(left: int) -> LazyString:
    if left < 100:
        return _l("Wait %(seconds)s seconds, then try again.", seconds=left)
    return _l("Wait %(minutes)s minutes, then try again.", minutes=-(-left // 60))


def _made(purpose: str, key: str, window: int) -> tuple[int, int]:
    take_turn(key)
    query = select(func.count(), func.coalesce(func.max(Attempt.at), 0)).where(
        Attempt.purpose == purpose, Attempt.subject == key, Attempt.at > clock.seconds() - window
    )
    made, last = db.session.execute(query).one()
    return int(made), int(last)


def _add(purpose: str, key: str) -> int:
    now = clock.seconds()
    attempt = Attempt(purpose=purpose, subject=key, at=now)
    db.session.add(attempt)
    db.session.flush()
    day = now // KEPT
    deadlines.put(SWEEP, 0, (day + 2) * KEPT, f"{SWEEP}:{day}")
    return attempt.id


def _key(purpose: str, subject: str) -> str:
    return fingerprint(f"{purpose}\x1f{subject}")


@deadlines.handler(SWEEP)
def _sweep(_ref: int) -> None:
    sweep()
