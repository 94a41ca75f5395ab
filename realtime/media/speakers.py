"""Who speaks: from the levels that browsers send with each packet of sound (RFC 6464); nothing is decoded."""

from __future__ import annotations

from collections.abc import Mapping

LOUD = 50.0
"""-dBov; what is quieter is a fan, or breathing."""
CLEARER = 6.0
"""dB by which somebody else must be louder before the word changes hands: else a cough would take it."""
LINGER = 2.0
"""Seconds for which whoever spoke keeps the word in a pause."""


class Speakers:
    """The loudest voice of a meeting; `look` is asked a few times a second."""

    def __init__(self) -> None:
        self.now: str | None = None
        self._heard = 0.0

    def look(self, levels: Mapping[str, float], at: float) -> bool:
        """Levels by participant in -dBov (0 is loudest). Whether another one speaks now."""
        loud = {who: level for who, level in levels.items() if level < LOUD}
        if self.now in loud:
            self._heard = at
        loudest = min(loud, key=lambda who: loud[who], default=None)
        if loudest is None or loudest == self.now:
            if self.now is not None and self.now not in levels:
                self.now = None
                return True
            return False
        holds = self.now is not None and self.now in levels and at - self._heard < LINGER
        if holds and loud[loudest] > loud.get(self.now or "", LOUD) - CLEARER:
            return False
        self.now, self._heard = loudest, at
        return True
