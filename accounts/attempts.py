"""Counted tries of anything that can be guessed, by a fingerprint of what was tried, so that the table names nobody."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import delete, func, select, text

from foundation import clock, deadlines
from foundation.db import db, write
from foundation.errors import TooMany
from foundation.security import fingerprint

from .models import Attempt

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
    write(lambda: _count(purpose, subject, limit, window))


def check_patience(purpose: str, subject: str, patience: Patience) -> None:
    """Count one try, or raise TooMany with `wait` seconds left since the last; same transaction rule as `check`."""
    write(lambda: _count_patiently(purpose, subject, patience))


def forgive(purpose: str, subject: str) -> None:
    """Forget the tries after a success; inside a write transaction."""
    key = _key(purpose, subject)
    db.session.execute(delete(Attempt).where(Attempt.purpose == purpose, Attempt.subject == key))


def sweep() -> None:
    """Remove what is older than a day; inside a write transaction."""
    db.session.execute(delete(Attempt).where(Attempt.at < clock.seconds() - KEPT))


def _count(purpose: str, subject: str, limit: int, window: int) -> None:
    key = _key(purpose, subject)
    made, _last = _made(purpose, key, window)
    if made >= limit:
        raise TooMany
    _add(purpose, key)


def _count_patiently(purpose: str, subject: str, patience: Patience) -> None:
    key = _key(purpose, subject)
    made, last = _made(purpose, key, patience.window)
    left = last + patience.wait_after(made) - clock.seconds() if made else 0
    if left > 0:
        raise TooMany(wait=left)
    _add(purpose, key)


def _made(purpose: str, key: str, window: int) -> tuple[int, int]:
    if db.engine.dialect.name == "postgresql":
        # Two tries at once would each count the other out.
        db.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:key, 0))"), {"key": purpose + key})
    query = select(func.count(), func.coalesce(func.max(Attempt.at), 0)).where(
        Attempt.purpose == purpose, Attempt.subject == key, Attempt.at > clock.seconds() - window
    )
    made, last = db.session.execute(query).one()
    return int(made), int(last)


def _add(purpose: str, key: str) -> None:
    now = clock.seconds()
    db.session.add(Attempt(purpose=purpose, subject=key, at=now))
    day = now // KEPT
    deadlines.put(SWEEP, 0, (day + 2) * KEPT, f"{SWEEP}:{day}")


def _key(purpose: str, subject: str) -> str:
    return fingerprint(f"{purpose}\x1f{subject}")


@deadlines.handler(SWEEP)
def _sweep(_ref: int) -> None:
    sweep()
