"""Erase one person: what stood is ended, their rows are blanked or deleted as declared, and the act is listed for replays.

People ask, staff act: an open browser on a library's computer must not be enough to destroy somebody's papers (decision 0013).
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from flask import current_app
from flask_babel import lazy_gettext as _l
from sqlalchemy import select, text

from foundation import audit, clock, privacy_sources
from foundation.db import db, lock, write
from foundation.errors import Refusal
from foundation.events import record

from . import privacy
from .events import AccessChanged
from .models import Person
from .privacy_models import Erasure

LIST = "erasures.jsonl"
"""Beside the database, so that an older backup of it can be told who was erased since. Ids and times only."""


class StillStanding(Refusal):
    """Something is still agreed with the person; `standing` lists it."""

    code = "still_standing"
    message = _l("Something is still agreed with this person. Cancel it first.")


class WorksHere(Refusal):
    """Colleagues leave first, so that their work is handed over."""

    code = "works_here"
    message = _l("This person works here. They leave first, then their data can be erased.")


def ask(person: Person) -> Erasure:
    """The person wants to be erased: a row that staff act on. Twice is once. Raises WorksHere."""
    _refuse_staff(person)
    found = of(person)
    if found is None:
        found = Erasure(person_id=person.id, person_public_id=person.public_id)
        db.session.add(found)
        audit.note("erasure.asked", person)
    return found


def take_back(person: Person) -> None:
    """The person changed their mind before anybody acted."""
    found = of(person)
    if found is not None and found.state == "asked":
        db.session.delete(found)
        audit.note("erasure.taken_back", person)


def of(person: Person) -> Erasure | None:
    """What the person asked for, or None."""
    return db.session.scalar(select(Erasure).where(Erasure.person_id == person.id))


def asked() -> list[tuple[Erasure, Person]]:
    """Everybody who waits to be erased, longest first."""
    query = select(Erasure, Person).join(Person, Person.id == Erasure.person_id).where(Erasure.state == "asked")
    return [(row, person) for row, person in db.session.execute(query.order_by(Erasure.asked_at))]


def erase(person: Person, by: int | None = None, *, cancel: bool = False) -> dict[str, int]:
    """Erase a person inside a write transaction; rows touched, by table. Call `finish` after the commit.

    Raises WorksHere, and StillStanding unless `cancel` ends what is agreed.
    """
    lock(person)
    _refuse_staff(person)
    ids = privacy.same_ids(person)
    if standing := privacy_sources.standing(ids):
        if not cancel:
            raise StillStanding(standing=standing)
        privacy_sources.settle(ids)
        db.session.flush()
    people = list(db.session.scalars(select(Person).where(Person.id.in_(ids))))
    for one in people:
        row = of(one) or Erasure(person_id=one.id, person_public_id=one.public_id)
        row.state, row.done_at, row.done_by = "done", clock.seconds(), by
        one.sign_in_version += 1
        db.session.add(row)
    db.session.flush()
    counts = privacy_sources.erase(ids)
    for row_id in ids:
        audit.note("person.erased", db.session.get(Person, row_id), after={"tables": counts})
        record(AccessChanged(row_id, left=True))
    return counts


def finish() -> None:
    """After the commit: write the list beside the database, and on SQLite wipe what deleted rows left in its files."""
    query = select(Erasure).where(Erasure.state == "done").order_by(Erasure.id)
    done = [
        {"person": row.person_id, "public_id": row.person_public_id, "at": row.done_at}
        for row in db.session.scalars(query)
    ]
    db.session.rollback()
    known = {(one["person"], one["public_id"]): one for one in [*listed(), *done]}
    path = list_path()
    fresh = path.with_suffix(".new")
    fresh.write_text("".join(json.dumps(one) + "\n" for one in known.values()))
    os.replace(fresh, path)
    if db.engine.dialect.name == "sqlite":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as line:
            raw = line.connection.driver_connection
            assert raw is not None
            raw.execute("PRAGMA busy_timeout=20000")
            raw.execute("VACUUM")
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            raw.execute("PRAGMA busy_timeout=0")
    elif db.engine.dialect.name == "postgresql":
        with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as line:
            for table in privacy_sources.declared():
                line.execute(text(f'VACUUM "{table}"'))


def replay(path: Path | None = None) -> int:
    """Erase again everybody on the list who is there and not erased (an older backup was restored); how many."""
    done = 0
    for one in listed(path):
        person = db.session.get(Person, one["person"])
        if person is None or person.public_id != one["public_id"] or person.name == privacy.NAMELESS:
            continue
        write(lambda person=person: erase(person, cancel=True))  # type: ignore[misc]
        done += 1
    if done:
        finish()
    return done


def listed(path: Path | None = None) -> list[dict[str, Any]]:
    """The list beside the database: {person, public_id, at}."""
    path = path or list_path()
    return [json.loads(line) for line in path.read_text().splitlines() if line.strip()] if path.exists() else []


def list_path() -> Path:
    """Where the list is."""
    folder: Path = current_app.config["VO"].folder
    return folder / LIST


def _refuse_staff(person: Person) -> None:
    if person.grants:
        raise WorksHere
