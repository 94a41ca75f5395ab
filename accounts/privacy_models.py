"""Rows about data protection: who is to be erased, and who was. Ids and times only."""

from __future__ import annotations

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from foundation import clock
from foundation.db import Base, PublicRow, Seconds


class Erasure(PublicRow, Base):
    """A person asked to be erased, or was. The list of done ones is replayed after an old backup is restored."""

    __tablename__ = "erasure"

    person_id: Mapped[int] = mapped_column(unique=True)
    """No foreign key: after a restore the row may name somebody who is not there yet."""
    person_public_id: Mapped[str] = mapped_column(String(22))
    asked_at: Mapped[Seconds] = mapped_column(default=clock.seconds)
    done_at: Mapped[Seconds | None]
    done_by: Mapped[int | None]
    state: Mapped[str] = mapped_column(String(10), default="asked", server_default="asked")
    """`asked`, `done`."""
