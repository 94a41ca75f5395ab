"""What a row would do, before anything is done: shared by the report and by the import itself, so that both say the same."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Protocol

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from accounts.access import Visitor
from accounts.models import Role
from foundation.db import db
from foundation.errors import Refusal
from virtual_office.offices import offices

from ..claims import Spot
from ..models import Service
from .tables import Row


class CellWrong(Refusal):
    """One cell of a row can not be used; `field` is its column."""

    code = "cell_wrong"
    status = 422


@dataclass
class Plan:
    """`there` says why nothing is to be done (empty: something is); `remark` is worth knowing; `act` does it, within a write.

    `noted` is called in a report, where the row is good but nothing of it is saved: rows after it must know of it.

    Rows of one file with the same `key` are the same row; `spots` (resource id, tick) can be taken by one of them only.
    """

    there: Any = ""
    remark: Any = ""
    act: Callable[[], None] = lambda: None
    noted: Callable[[], None] = lambda: None
    key: Any = None
    spots: set[Spot] = field(default_factory=set)


class Importer(Protocol):
    """One kind of table."""

    def plan(self, row: Row) -> Plan:
        """What the row would do; reads only. Raises a Refusal with the column in `field`."""


@dataclass(frozen=True)
class Column:
    """A column of a kind of table: its name in the file, whether each row needs it, what it holds, and an example."""

    name: str
    needed: bool
    words: Any
    example: str


@dataclass(frozen=True)
class Place:
    """An office where the visitor may import."""

    id: int
    name: str
    zone: str
    region: str


class Places:
    """The visitor's offices by the name that stands in a row."""

    def __init__(self, visitor: Visitor) -> None:
        found = [one for one in offices.listed(visitor, Role.ADMIN) if one.active]
        self.all = [Place(one.id, one.name, one.zone, one.region or "") for one in found]

    def of(self, row: Row) -> Place:
        """The office of a row; without a name the only one. Raises CellWrong."""
        wanted = row.cells.get("office", "").casefold()
        if not wanted and len(self.all) == 1:
            return self.all[0]
        same = [one for one in self.all if one.name.casefold() == wanted]
        if not wanted:
            raise CellWrong(_l("Enter the name of the office"), field="office")
        if len(same) != 1:
            raise CellWrong(_l("There is no office of this name that you look after"), field="office")
        return same[0]


def service_named(place: Place, name: str, column: str) -> int:
    """The id of the office's open service of that name. Raises CellWrong."""
    query = select(Service.id, Service.name).where(Service.office_id == place.id, Service.active)
    same = [number for number, its in db.session.execute(query) if its.casefold() == name.casefold()]
    if len(same) != 1:
        raise CellWrong(_l("This office has no service called “%(name)s”", name=name[:60]), field=column)
    return same[0]
