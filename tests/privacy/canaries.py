"""A word of its own in every text field that is about one person, and where such words are found again."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sqlalchemy import JSON, String, Text, select, update

from foundation import privacy_sources
from foundation.db import Base, db, write

SONG = "Zk"
"""Short, so that it fits codes too; with three digits and two letters no random id has it."""


def pour(ids: list[int]) -> dict[str, str]:
    """Write a canary into every column with words of every row about these people: {canary: table.column}."""
    return write(lambda: _pour(ids))


def _pour(ids: list[int]) -> dict[str, str]:
    put: dict[str, str] = {}
    for held in privacy_sources.declared().values():
        table = Base.metadata.tables[held.table]
        alone = {column.name for key in table.constraints for column in getattr(key, "columns", ())}
        alone |= {column.name for column in table.columns if column.unique}
        columns = [
            column
            for column in table.columns
            if isinstance(column.type, String | Text | JSON) and column.name not in held.plain | alone
        ]
        where = held.erased(table, ids)
        if not columns or db.session.execute(select(*table.primary_key).where(where)).first() is None:
            continue
        values: dict[str, Any] = {}
        for column in columns:
            canary = f"{SONG}{len(put):03}qj"
            length = getattr(column.type, "length", None)
            if length is not None and length < len(canary):
                continue
            put[canary] = f"{held.table}.{column.name}"
            values[column.name] = {"text": canary} if isinstance(column.type, JSON) else canary
        db.session.execute(update(table).where(where).values(**values))
    return put


def in_tables(words: list[str]) -> dict[str, list[str]]:
    """Which tables hold which of these words, of all that there are."""
    found: dict[str, list[str]] = {}
    for table in Base.metadata.tables.values():
        text = " ".join(str(tuple(row)) for row in db.session.execute(select(table)))
        if hits := [word for word in words if word in text]:
            found[table.name] = hits
    db.session.rollback()
    return found


def in_files(folder: Path, words: list[str]) -> dict[str, list[str]]:
    """Which files of the instance folder hold which of these words."""
    found = {}
    for path in folder.rglob("*"):
        if path.is_file():
            data = path.read_bytes()
            if hits := [word for word in words if word.encode() in data]:
                found[path.name] = hits
    return found
