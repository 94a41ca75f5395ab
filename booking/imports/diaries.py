"""The diary that a row speaks of: by the counselor's e-mail address and the office."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from accounts import people
from foundation.db import db
from foundation.errors import InputWrong

from .. import resources
from ..models import Resource
from .plans import CellWrong, Place


class Diaries:
    """Diaries found so far, by address and office: a file names the same few over and over."""

    def __init__(self) -> None:
        self.found: dict[tuple[str, int], int] = {}

    def of(self, raw: str, place: Place, kinds: tuple[str, ...], column: str) -> Resource:
        """An active diary. Raises CellWrong."""
        email = _address(raw, column)
        key = (email, place.id)
        if key not in self.found:
            number = find(email, place.id, kinds)
            if number is None:
                raise CellWrong(
                    _l("Nobody with this address has a diary at this office. Import the counselors first."),
                    field=column,
                )
            self.found[key] = number
        return db.session.get_one(Resource, self.found[key])


def find(email: str, office_id: int, kinds: tuple[str, ...] = (resources.COUNSELOR,)) -> int | None:
    """The id of an active diary of whoever proved the address, or None."""
    person = people.find_by_email(email)
    if person is None:
        return None
    query = select(Resource.id).where(
        Resource.person_id == person.id, Resource.office_id == office_id, Resource.kind.in_(kinds), Resource.active
    )
    return db.session.scalar(query.order_by(Resource.id))


def _address(raw: str, column: str) -> str:
    try:
        return people.normal_email(raw)
    except InputWrong as wrong:
        raise CellWrong(wrong.message, field=column) from None
