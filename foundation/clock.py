"""The only reader of time, so that tests can replace it and nothing else."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

_frozen_at: float | None = None
_shift = 0


def seconds() -> int:
    """Whole UTC seconds since 1970; the unit of `expires`, `due_at` and (divided by 300) of ticks."""
    return int(_reading())


def now() -> datetime:
    """The present moment, aware, in UTC."""
    return datetime.fromtimestamp(_reading(), UTC)


def shift(by: int) -> None:
    """Run the clock of this process some seconds ahead (the setting `VO_TEST_CLOCK_SHIFT`, loopback only)."""
    global _shift
    _shift = by


def _reading() -> float:
    return time.time() + _shift if _frozen_at is None else _frozen_at


@contextmanager
def frozen(at: datetime) -> Iterator[None]:
    """Hold time at a moment (tests only); nests, and gives the earlier time back."""
    global _frozen_at
    before = _frozen_at
    _frozen_at = at.timestamp()
    try:
        yield
    finally:
        _frozen_at = before
