"""One act at a time on a thing that has no row to lock."""

from __future__ import annotations

from sqlalchemy import text

from foundation.db import db


def take_turn(thing: str) -> None:
    """Until this write transaction ends nobody else takes a turn on the same thing. SQLite's writer is alone anyway."""
    if db.engine.dialect.name == "postgresql":
        db.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:thing, 0))"), {"thing": thing})
