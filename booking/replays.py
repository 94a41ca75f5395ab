"""The same act asked for twice is done once: a key, what was asked, and the row that came of it."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update

from foundation import clock
from foundation.db import db, insert_into
from foundation.errors import InputWrong, Refusal
from foundation.models import IdempotencyKey

KEPT = 86_400
"""Seconds after which a key is new again."""
LONGEST = 255


class IdempotencyMismatch(Refusal):
    """The key was used for something else."""

    code = "idempotency_mismatch"
    status = 422
    message = _l("This Idempotency-Key was used for another request. Use a new one.")


def read_key(raw: str) -> str:
    """A key as sent; raises InputWrong for one that can not be kept."""
    if not 0 < len(raw) <= LONGEST or not raw.isprintable():
        raise InputWrong(_l("An Idempotency-Key has 1 to 255 printable characters."), field="Idempotency-Key")
    return raw


def seen(scope: str, key: str, content: str) -> int | None:
    """What came of the key earlier, by a read alone; None when it is new. Raises IdempotencyMismatch."""
    query = select(IdempotencyKey).where(IdempotencyKey.scope == scope, IdempotencyKey.key == key)
    row = db.session.scalar(query.where(IdempotencyKey.created_at > clock.seconds() - KEPT))
    return _result(row, content) if row else None


def begin(scope: str, key: str, content: str) -> int | None:
    """Take the key before anything else is written: None means go on, an id is the answer given before.

    On PostgreSQL a second taker waits here until the first has committed. Raises IdempotencyMismatch.
    """
    now = clock.seconds()
    fresh = {"content": content, "result_id": None, "created_at": now}
    taken = (
        insert_into(IdempotencyKey)
        .values(scope=scope, key=key, **fresh)
        .on_conflict_do_update(
            index_elements=["scope", "key"], set_=fresh, where=IdempotencyKey.created_at <= now - KEPT
        )
    )
    if db.session.execute(taken).rowcount == 1:  # type: ignore[attr-defined]
        return None
    query = select(IdempotencyKey).where(IdempotencyKey.scope == scope, IdempotencyKey.key == key)
    return _result(db.session.scalars(query).one(), content)


def finish(scope: str, key: str, result_id: int) -> None:
    """Write down what came of it, in the same transaction."""
    done = (
        update(IdempotencyKey)
        .where(IdempotencyKey.scope == scope, IdempotencyKey.key == key)
        .values(result_id=result_id)
    )
    db.session.execute(done.execution_options(synchronize_session=False))


def _result(row: IdempotencyKey, content: str) -> int | None:
    if row.content != content:
        raise IdempotencyMismatch
    return row.result_id
