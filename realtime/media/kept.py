"""Meetings for which this unit was chosen and into which nobody has come yet."""

from __future__ import annotations

KEEP = 60.0
"""Seconds until a promise is forgotten: a token lives no longer."""
MOST = 10_000
"""Promises at once; beyond that the oldest goes."""


class Kept:
    """`keep(name, now)` promises; `now` in seconds of any clock that only goes forward."""

    def __init__(self) -> None:
        self._until: dict[str, float] = {}

    def keep(self, name: str, now: float) -> None:
        """Promise a meeting a place here from now on; once more makes it last longer."""
        self._until.pop(name, None)
        self._until[name] = now + KEEP
        self._sweep(now)

    def names(self, now: float) -> set[str]:
        """Those that are still promised."""
        self._sweep(now)
        return set(self._until)

    def _sweep(self, now: float) -> None:
        # The oldest stand first, since every promise lasts equally long.
        while self._until and (len(self._until) > MOST or next(iter(self._until.values())) <= now):
            del self._until[next(iter(self._until))]
