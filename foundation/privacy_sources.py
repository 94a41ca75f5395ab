"""What is kept about a person: every feature declares its tables here, and export and erasure read nothing else.

A table with a reference to a person that nobody declares fails `tests/privacy/test_declared.py`, whose message says what to add.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, delete, select, tuple_, update

from .db import Base, db

Ids = list[int]
Mine = Callable[[Table, Ids], "ColumnElement[bool]"]
BATCH = 500
"""Ids in one statement."""


@dataclass(frozen=True)
class Held:
    """One table: which rows are about these people, what of them they get to read, and what is left after erasure."""

    table: str
    title: Any
    """Lazy words above the rows in an export."""
    mine: Mine
    """(table, person ids) → condition: the rows that the export shows."""
    erased: Mine
    """The rows that erasure deletes or blanks; often the same."""
    blank: Mapping[str, Any] | None
    """Columns and what is written over them; None deletes the rows; an empty one keeps them as they are (ids, states, times)."""
    plain: frozenset[str] = field(default_factory=frozenset)
    """Text columns that hold codes and never a person's words."""
    secret: frozenset[str] = field(default_factory=frozenset)
    """Columns that no export shows (fingerprints)."""


_held: dict[str, Held] = {}
_before: list[Callable[[Ids], None]] = []
_finders: list[Callable[[str], int | None]] = []
_duties: list[tuple[Callable[[Ids], list[str]], Callable[[Ids], None]]] = []


def hold(
    table: str,
    title: Any,
    mine: str | Mine,
    *,
    erased: str | Mine | None = None,
    blank: Mapping[str, Any] | None = None,
    plain: Iterable[str] = (),
    secret: Iterable[str] = (),
) -> None:
    """Declare a table. `mine` is a column with the person's id, or (table, ids) → condition. Without `blank` rows are deleted."""
    shown = _by(mine)
    _held[table] = Held(
        table, title, shown, _by(erased) if erased else shown, blank, frozenset(plain), frozenset(secret)
    )


def before_erasing(act: Callable[[Ids], None]) -> Callable[[Ids], None]:
    """Register what else must go (rows found by content), run inside the erasure's transaction before anything is deleted."""
    _before.append(act)
    return act


def finder(find: Callable[[str], int | None]) -> Callable[[str], int | None]:
    """Register how staff find a person by something typed (a reference): words → person id or None."""
    _finders.append(find)
    return find


def duty(listing: Callable[[Ids], list[str]], settle: Callable[[Ids], None]) -> None:
    """Register what still stands with a person: a list in words, and the rule that ends it (appointments: cancel them)."""
    _duties.append((listing, settle))


def standing(ids: Ids) -> list[str]:
    """What still stands with these people, in words."""
    return [said for listing, _settle in _duties for said in listing(ids)]


def settle(ids: Ids) -> None:
    """End what still stands; inside a write transaction."""
    for _listing, end in _duties:
        end(ids)


def found(words: str) -> int | None:
    """The person whom any feature knows by these words, or None."""
    return next((one for find in _finders if (one := find(words)) is not None), None)


def declared() -> dict[str, Held]:
    """Every declaration, by table."""
    return dict(_held)


def rows(ids: Ids) -> Iterator[tuple[Held, list[dict[str, Any]]]]:
    """What is kept about these people, table by table; secrets left out."""
    for held in _held.values():
        table = Base.metadata.tables.get(held.table)
        if table is None:
            continue
        shown = [column for column in table.columns if column.name not in held.secret]
        query = select(*shown).where(held.mine(table, ids)).order_by(*table.primary_key.columns)
        yield held, [dict(row) for row in db.session.execute(query).mappings()]


def offices(ids: Ids) -> set[int]:
    """Ids of the offices that keep something about these people."""
    seen: set[int] = set()
    for held in _held.values():
        table = Base.metadata.tables.get(held.table)
        if table is not None and "office_id" in table.columns and held.table != "audit_event":
            seen |= set(db.session.scalars(select(table.c.office_id).where(held.mine(table, ids)).distinct()))
    return seen - {None}


def erase(ids: Ids) -> dict[str, int]:
    """Blank and delete as declared, inside a write transaction; rows by table. What refers to a deleted row lets go of it."""
    for act in _before:
        act(ids)
    counts: dict[str, int] = {}
    doomed: list[tuple[Table, list[tuple[Any, ...]]]] = []
    for held in _held.values():
        table = Base.metadata.tables.get(held.table)
        if table is None or (held.blank is not None and not held.blank):
            continue
        keys = [tuple(row) for row in db.session.execute(select(*table.primary_key).where(held.erased(table, ids)))]
        counts[held.table] = len(keys)
        if held.blank is None:
            doomed.append((table, keys))
        elif keys:
            db.session.execute(update(table).where(held.erased(table, ids)).values(**held.blank))
    for table, keys in doomed:
        delete_rows(table, keys)
    db.session.expire_all()
    return counts


def delete_rows(table: Table, keys: list[tuple[Any, ...]]) -> int:
    """Delete rows by primary key; rows elsewhere that refer to them let go where they can (NULL), and are deleted where not."""
    gone = 0
    for start in range(0, len(keys), BATCH):
        some = keys[start : start + BATCH]
        for other, column in _referrers(table):
            ids = [key[0] for key in some]
            if column.nullable and not column.primary_key:
                db.session.execute(update(other).where(column.in_(ids)).values({column.name: None}))
            else:
                deeper = [tuple(row) for row in db.session.execute(select(*other.primary_key).where(column.in_(ids)))]
                delete_rows(other, deeper)
        gone += db.session.execute(delete(table).where(one_of(table, some))).rowcount  # type: ignore[attr-defined]
    return gone


def one_of(table: Table, keys: list[tuple[Any, ...]]) -> ColumnElement[bool]:
    """The condition that picks rows by primary key, of one column or several."""
    columns = list(table.primary_key.columns)
    if len(columns) == 1:
        return columns[0].in_([key[0] for key in keys])
    return tuple_(*columns).in_(keys)


def _referrers(table: Table) -> list[tuple[Table, Column[Any]]]:
    return [
        (other, key.parent)
        for other in Base.metadata.tables.values()
        for key in other.foreign_keys
        if key.column.table is table
    ]


def _by(mine: str | Mine) -> Mine:
    if not isinstance(mine, str):
        return mine
    name = mine
    return lambda table, ids: table.c[name].in_(ids)
