"""Seats: numbered rows under a primary key, so that none is given twice. Whoever gives or frees one has locked the webinar."""

from __future__ import annotations

import itertools
import random

from sqlalchemy import delete, func, insert, select

from booking import claims
from foundation.db import db, lock, table

from .models import Registration, Seat, Webinar

FAR = 1_000_000
"""Numbers from here on belong to the test that takes the guard away."""


def one_at_a_time(webinar: Webinar) -> None:
    """Whoever gives or frees seats of a webinar comes after whoever does it now. Off only in the test that proves that the race can fail."""
    if claims.guarded():
        lock(webinar)


def taken(webinar: Webinar) -> int:
    """How many seats are given away or kept."""
    return db.session.scalar(select(func.count()).where(Seat.webinar_id == webinar.id)) or 0


def free(webinar: Webinar) -> int:
    """How many are left; none where the capacity was lowered below those that are taken."""
    return max(0, webinar.capacity - taken(webinar))


def take(webinar: Webinar, registration: Registration) -> bool:
    """Give a registration all the seats it needs, the lowest numbers first; or none."""
    left = free(webinar)
    claims.dawdle()
    if left < registration.places:
        return False
    used = set(db.session.scalars(select(Seat.number).where(Seat.webinar_id == webinar.id)))
    open_numbers = (one for one in itertools.count(1) if one not in used)
    numbers = list(itertools.islice(open_numbers, registration.places))
    if not claims.guarded():
        numbers = [random.randint(FAR, 2 * FAR) for _one in numbers]
    rows = [{"webinar_id": webinar.id, "number": one, "registration_id": registration.id} for one in numbers]
    db.session.execute(insert(table(Seat)), rows)
    return True


def release(registration: Registration) -> bool:
    """Free the seats of a registration; whether it had any."""
    gone = db.session.execute(delete(table(Seat)).where(Seat.registration_id == registration.id))
    return bool(gone.rowcount)  # type: ignore[attr-defined]
