"""A colleague's time that another feature takes: claimed in their diary like an appointment's, so that nobody is booked with them then."""

from __future__ import annotations

from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from accounts.models import Person
from foundation.db import db
from foundation.errors import Refusal

from . import claims
from .models import Resource


class ColleagueBusy(Refusal):
    """Somebody who has to be there is booked, or works elsewhere, at this time; `who` is their name."""

    code = "colleague_busy"

    def __init__(self, person: Person) -> None:
        said = _l(
            "%(name)s has something else at this time. Choose another time, or another colleague.", name=person.name
        )
        super().__init__(said, who=person.name)


def claim(person: Person, starts_at: datetime, ends_at: datetime, holder: claims.Holder) -> set[int]:
    """Take a colleague's time, in their first diary and as a person; what the holder had before counts as free.

    Returns the diaries touched, for `claims.bump` as the last write of the act. Raises ColleagueBusy.
    """
    ticks = claims.presence(starts_at, ends_at)
    touched = claims.release(holder)
    if not claims.take_person(person.id, ticks, holder, claims.NEVER):
        raise ColleagueBusy(person)
    diary = db.session.scalar(
        select(Resource.id)
        .where(Resource.person_id == person.id, Resource.active, Resource.apart.is_not(True))
        .order_by(Resource.id)
        .limit(1)
    )
    if diary is None:
        return touched
    # Looked at first: a diary is blocked by the person's other diaries too, and that no key can tell.
    if not claims.still_free([(diary,)], ticks) or not claims.take(
        {(diary, tick) for tick in ticks}, holder, claims.NEVER
    ):
        raise ColleagueBusy(person)
    return touched | {diary}
