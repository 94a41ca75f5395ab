"""A row for each counselor: an account with an invitation, a diary at an office, the languages, and the services they give."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from accounts import people, staffing
from accounts.access import Visitor
from accounts.models import Role
from foundation import languages
from foundation.db import db
from virtual_office.offices.models import Office

from .. import catalogue_changes, resources
from ..models import Service
from . import cells, diaries
from .plans import CellWrong, Column, Places, Plan, service_named
from .tables import Row

COLUMNS = (
    Column("name", True, _l("Name of the counselor"), "Inés Ortega"),
    Column("email", True, _l("Their own e-mail address; the invitation goes there"), "ines.ortega@example.org"),
    Column("office", False, _l("Name of the office, as it stands here; may be left out if there is only one"), "Riverside"),
    Column("languages", False, _l("Codes of the languages they speak: en, ar, sign-es"), "es, en"),
    Column("ways", False, _l("Only receives by: video, phone, chat, in_person; empty means all"), ""),
    Column("services", False, _l("Names of the services they give, with | between them"), "First talk"),
    Column("letter_language", False, _l("Code of the language of their letters"), "es"),
)  # fmt: skip
LONGEST_NAME = 120


class Counselors:
    """The rows of one file."""

    def __init__(self, visitor: Visitor) -> None:
        self.visitor, self.places = visitor, Places(visitor)

    def plan(self, row: Row) -> Plan:
        """Raises a Refusal with the column."""
        place = self.places.of(row)
        name = people.clean_name(cells.text(row, "name", _l("Enter a name"), LONGEST_NAME))
        email = people.normal_email(cells.text(row, "email", _l("Enter an e-mail address")))
        speaks, ways = cells.languages(row, "languages"), cells.ways(row, "ways")
        letters_in = row.cells.get("letter_language", "") or languages.current()
        if languages.known(letters_in) != letters_in:
            raise CellWrong(_l("Letters are not written in this language here"), field="letter_language")
        gives = [service_named(place, one, "services") for one in _names(row)]
        if diaries.find(email, place.id) is not None:
            return Plan(there=_l("This counselor is already there"))
        if not staffing.may_give(self.visitor, Role.COUNSELOR, place.id):
            raise CellWrong(_l("There is no office of this name that you look after"), field="office")

        def act() -> None:
            office = db.session.get_one(Office, place.id)
            diary = resources.add_person(
                self.visitor, office, resources.COUNSELOR, name, email, letters_in, speaks, ways
            )
            for service_id in gives:
                service = db.session.get_one(Service, service_id)
                catalogue_changes.give(service, [*catalogue_changes.givers(service), diary.id])

        return Plan(act=act, key=(email, place.id))


def _names(row: Row) -> list[str]:
    return [one.strip() for one in row.cells.get("services", "").split("|") if one.strip()]
