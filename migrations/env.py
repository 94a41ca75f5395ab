"""Alembic environment: one history for SQLite and PostgreSQL."""

from __future__ import annotations

from alembic import context
from flask import current_app
from sqlalchemy import DateTime
from sqlalchemy.types import TypeEngine

from foundation.db import UtcDateTime, db


def compare_type(_context, _column, _meta_column, found: TypeEngine, wanted: TypeEngine) -> bool | None:  # type: ignore[no-untyped-def]
    """Times are UtcDateTime in models and plain DateTime in migrations: the same column."""
    if isinstance(wanted, UtcDateTime) and isinstance(found, DateTime):
        return False
    return None


def run() -> None:
    """Bring the database to the newest version in one transaction."""
    with db.engine.connect() as connection:
        if connection.dialect.name == "sqlite":
            connection = connection.execution_options(write=True)
        context.configure(
            connection=connection,
            target_metadata=db.metadata,
            render_as_batch=True,
            compare_type=compare_type,
            **{
                k: v
                for k, v in current_app.extensions["migrate"].configure_args.items()
                if k not in {"render_as_batch", "compare_type"}
            },
        )
        with context.begin_transaction():
            context.run_migrations()


run()
