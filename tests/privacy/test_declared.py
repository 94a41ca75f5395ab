"""Every table with a reference to a person is declared, and every column with somebody's words is blanked."""

from __future__ import annotations

import pytest
from flask import Flask
from sqlalchemy import JSON, String, Table, Text

from foundation import privacy_sources
from foundation.db import Base

SOFT = {"person_id", "author_id", "contact_id", "created_by", "booked_by", "taken_by", "handled_by", "actor_id"}
"""Columns that name a person without a foreign key."""
PERSONAL = {"person", "contact", "participant", "appointment", "hold", "waitlist_entry", "callback", "letter"}
"""A table that refers to one of these is about a person too."""
AT_WORK = {"office", "service", "closure"}
"""Never about one person."""


def refers(table: Table) -> list[str]:
    """Columns that lead to a person."""
    keys = {key.parent.name for key in table.foreign_keys if key.column.table.name in PERSONAL}
    return sorted(keys | (SOFT & set(table.columns.keys())))


def undeclared(held: dict[str, privacy_sources.Held]) -> list[str]:
    """Tables about persons that nobody declares, each with the line to add."""
    return [
        f"{table.name} leads to a person by {', '.join(found)}. Add to the privacy.py of its package (and import it in register()):\n"
        f'    hold("{table.name}", _l("What it is, in words"), "{found[0]}")   # rows are deleted; or blank={{column: value}} to keep them'
        for table in Base.metadata.tables.values()
        if table.name not in AT_WORK and table.name not in held and (found := refers(table))
    ]


def wordy(table: Table) -> list[str]:
    """Columns that can hold somebody's words."""
    return [column.name for column in table.columns if isinstance(column.type, String | Text | JSON)]


def unblanked(held: dict[str, privacy_sources.Held]) -> list[str]:
    """Text columns of kept rows that are neither blanked nor said to be codes."""
    found = []
    for name, one in held.items():
        table = Base.metadata.tables.get(name)
        if table is None or one.blank is None:
            continue
        for column in wordy(table):
            if column not in one.blank and column not in one.plain:
                found.append(
                    f'{name}.{column}: add it to blank={{"{column}": …}} of hold("{name}", …), or to plain=(…) if it only holds codes'
                )
    return found


def test_every_table_about_a_person_is_declared(app: Flask) -> None:
    missing = undeclared(privacy_sources.declared())
    assert not missing, "\n" + "\n".join(missing)


def test_an_undeclared_table_is_found(app: Flask) -> None:
    held = privacy_sources.declared()
    del held["callback"], held["meeting_event"]
    said = undeclared(held)
    assert len(said) == 2
    assert all("hold(" in one for one in said)


def test_every_word_of_a_kept_row_is_blanked_or_a_code(app: Flask) -> None:
    missing = unblanked(privacy_sources.declared())
    assert not missing, "\n" + "\n".join(missing)


def test_a_declared_table_exists(app: Flask) -> None:
    assert set(privacy_sources.declared()) <= set(Base.metadata.tables)


@pytest.mark.parametrize("table", ["hold", "appointment_note", "letter"])
def test_a_word_that_stays_is_found(app: Flask, table: str) -> None:
    held = privacy_sources.declared()
    one = held[table]
    held[table] = privacy_sources.Held(one.table, one.title, one.mine, one.erased, {"nothing": None}, frozenset())
    assert unblanked(held)
