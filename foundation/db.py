"""The database: one declarative base, and the one way to write on SQLite and PostgreSQL alike.

SQLite runs in WAL with `synchronous=FULL`. Every write happens inside `write_tx()`: BEGIN IMMEDIATE, a busy timeout of zero and a
cooperative retry, because the C busy handler would stall every greenlet of the process (measured 931 ms against 2.9 ms at p99).
"""

from __future__ import annotations

import random
import secrets
import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar, cast

from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import JSON, BigInteger, DateTime, Engine, MetaData, String, Table, TypeDecorator, event
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, ORMExecuteState, Session, mapped_column, registry

from .errors import Busy

T = TypeVar("T")

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
WRITE_WAIT = 20.0
"""Seconds a write waits for its turn on SQLite before it answers Busy."""


Seconds = Annotated[int, mapped_column(BigInteger)]
"""UTC seconds since 1970; compared as numbers, because `at <= CURRENT_TIMESTAMP` is wrong on SQLite."""


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime on both engines; a naive one is refused."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("naive datetime")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def new_public_id() -> str:
    """22 URL-safe characters, 128 random bits."""
    return secrets.token_urlsafe(16)


class Base(DeclarativeBase):
    registry = registry(
        metadata=MetaData(naming_convention=NAMES),
        type_annotation_map={datetime: UtcDateTime, dict[str, Any]: JSON, list[str]: JSON, list[int]: JSON},
    )


class Row:
    """An integer key for joins."""

    id: Mapped[int] = mapped_column(primary_key=True)


class PublicRow(Row):
    """A row that people see in addresses: a random public id beside the integer key."""

    public_id: Mapped[str] = mapped_column(String(22), unique=True, default=new_public_id)


db = SQLAlchemy(model_class=Base, session_options={"autoflush": True, "expire_on_commit": True})

_turn = threading.Lock()
_INSERTS: dict[str, Callable[..., Any]] = {"sqlite": sqlite.insert, "postgresql": postgresql.insert}


class WriteOutsideTransaction(RuntimeError):
    """A write statement ran outside `write_tx()`; on SQLite that could stall the whole process."""


def set_up_engine(engine: Engine) -> None:
    """Bind the pragmas, the BEGIN and the write guard to an engine; called once by `create_app`."""
    if engine.dialect.name == "sqlite":
        event.listen(engine, "connect", _on_sqlite_connect)
        event.listen(engine, "begin", _on_sqlite_begin)


def _on_sqlite_connect(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None
    connection.execute("PRAGMA busy_timeout=1000")
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA foreign_keys=ON")
    connection.execute("PRAGMA busy_timeout=0")


def _on_sqlite_begin(connection: Connection) -> None:
    if not connection.get_execution_options().get("write"):
        connection.exec_driver_sql("BEGIN")
        return
    until = time.monotonic() + WRITE_WAIT
    pause = 0.001
    while True:
        try:
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            return
        except OperationalError as locked:
            if "locked" not in str(locked.orig) or time.monotonic() > until:
                raise
            time.sleep(random.uniform(pause / 2, pause))
            pause = min(pause * 2, 0.02)


@event.listens_for(Session, "do_orm_execute")
def _guard_statements(state: ORMExecuteState) -> None:
    if (state.is_insert or state.is_update or state.is_delete) and not state.session.info.get("writing"):
        raise WriteOutsideTransaction(str(state.statement)[:80])


@event.listens_for(Session, "before_flush")
def _guard_flush(session: Session, _context: Any, _instances: Any) -> None:
    if not session.info.get("writing") and (session.new or session.dirty or session.deleted):
        raise WriteOutsideTransaction(repr([*session.new, *session.dirty, *session.deleted])[:80])


@contextmanager
def write_tx() -> Iterator[None]:
    """One act, one transaction: commits at the end, rolls back on any exception. Not nestable.

    Raises Busy (503) when SQLite's writer stays occupied for `WRITE_WAIT` seconds.
    """
    session = db.session()
    if session.info.get("writing"):
        raise RuntimeError("write_tx() inside write_tx()")
    if session.new or session.dirty or session.deleted:
        raise WriteOutsideTransaction("rows were changed before write_tx()")
    session.rollback()
    on_sqlite = db.engine.dialect.name == "sqlite"
    if on_sqlite and not _turn.acquire(timeout=WRITE_WAIT):
        raise Busy
    session.info["writing"] = True
    try:
        try:
            session.connection(execution_options={"write": True} if on_sqlite else {})
        except OperationalError as locked:
            raise Busy from locked
        yield
        session.commit()
    except BaseException:
        session.rollback()
        raise
    finally:
        session.info["writing"] = False
        if on_sqlite:
            _turn.release()
        for done in session.info.pop("after_write", ()):
            done()


def write(work: Callable[[], T]) -> T:
    """Run `work` in `write_tx()`; on PostgreSQL retry a serialization failure or deadlock three times."""
    for attempt in range(3):
        try:
            with write_tx():
                return work()
        except DBAPIError as failure:
            if getattr(failure.orig, "sqlstate", None) not in {"40001", "40P01"} or attempt == 2:
                raise
            time.sleep(random.uniform(0.005, 0.03) * (attempt + 1))
    raise AssertionError("unreachable")


def lock(row: PublicRow | Row) -> None:
    """Lock one row for the rest of the transaction and read it afresh (SQLite: the transaction already excludes writers)."""
    db.session.refresh(row, with_for_update=db.engine.dialect.name == "postgresql" or None)


def table(model: type[Base]) -> Table:
    """The plain table of a model, for statements that need no rows back."""
    return cast(Table, model.__table__)


def insert_into(table: Any) -> Any:
    """The engine's own `insert` construct, for ON CONFLICT clauses."""
    return _INSERTS[db.engine.dialect.name](table)
