"""Meetings for which this unit was chosen and into which nobody has come yet: to have them, or to follow them where they are."""

from __future__ import annotations

KEEP = 60.0
"""Seconds until a promise is forgotten: a token lives no longer."""
MOST = 10_000
"""Promises at once; beyond that the oldest goes."""


class Kept:
    """`keep(name, now)` promises; `now` in seconds of any clock that only goes forward."""

    def __init__(self) -> None:
        self._until: dict[str, tuple[float, str]] = {}

    def keep(self, name: str, now: float, home: str = "") -> None:
        """Promise a meeting a place here from now on, or to follow it at its `home`; once more makes it last longer."""
        self._until.pop(name, None)
        self._until[name] = now + KEEP, home
        self._sweep(now)

    def names(self, now: float) -> set[str]:
        """Those that are promised to be here."""
        self._sweep(now)
        return {name for name, (_until, home) in self._until.items() if not home}

    def home(self, name: str, now: float) -> str:
        """The unit at which a meeting is to be followed; "" for none."""
        self._sweep(now)
        return self._until.get(name, (0.0, ""))[1]

    def _sweep(self, now: float) -> None:
        # The oldest stand first, since every promise lasts equally long.
        while self._until and (len(self._until) > MOST or next(iter(self._until.values()))[0] <= now):
            del self._until[next(iter(self._until))]
