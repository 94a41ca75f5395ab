"""How fast letters leave: at most so many a second in the long run, a batch at once."""

from __future__ import annotations

import time

BURST = 20
"""Letters that may leave at once after a rest."""
_buckets: dict[str, tuple[float, float]] = {}


def turns(channel: str, per_second: float, most: int) -> int:
    """How many letters may leave by a way now, `most` at most."""
    now = time.monotonic()
    left, then = _buckets.get(channel, (float(BURST), now))
    left = min(float(max(BURST, most)), left + (now - then) * per_second)
    _buckets[channel] = (left, now)
    return min(most, int(left))


def take(channel: str, many: int) -> None:
    """So many have left."""
    left, then = _buckets[channel]
    _buckets[channel] = (left - many, then)


def rest() -> None:
    """Forget what left (tests)."""
    _buckets.clear()
