"""What one viewer gets: what they asked for, as far as their line bears it. Down at once, up slowly."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

LEVELS = ("nothing", "audio", "small", "full")
SHARE = 0.85
"""Part of what the viewer's browser says that it bears (REMB); the rest is for sound and what is sent again."""
FALLS = 0.9
"""REMB below this part of what it was means that packets queue up. Its height alone says little: it grows only with what is sent."""
TIGHT = 3.0
"""Seconds for which a fallen REMB is what the line bears."""
LOSSY = 0.10
"""Loss beyond which less is sent whatever REMB says; under `CALM` more may be tried (EN 301 549, 6.5: 5 % must be borne)."""
HOPELESS = 0.30
"""Loss beyond which also the smallest picture of whoever matters most is given up, for the voice; below it what is lost comes again in time."""
CALM = 0.03
UP = 8.0
"""Seconds of a calm line before more is tried; doubled, up to a minute, after a try that did not hold."""
SOON = 2.0
"""Seconds of a line that is not lossy before somebody without any picture gets the smallest."""
LONGEST = 60.0
HELD = 20.0
"""A try that fails sooner than this was too early."""
DOWN = 2.0
"""Seconds between two steps down: what the first one did must be seen."""


@dataclass
class Wants:
    """A viewer's choice: by participant, for all the rest, and who is pinned (served first)."""

    of: dict[str, str] = field(default_factory=dict)
    rest: str = "full"
    pinned: tuple[str, ...] = ()

    def level(self, participant: str) -> str:
        """How much of this participant."""
        return self.of.get(participant, self.rest)


@dataclass(frozen=True)
class Offer:
    """A picture that could be sent: the rates of its layers in bits a second, smallest first; `most` is how many steps may be taken."""

    rates: tuple[float, ...]
    most: int


class Ladder:
    """How much one viewer's line bears; `loss` 0 to 1 is what they said last."""

    def __init__(self) -> None:
        self.loss = 0.0
        self.below = 0
        """Steps below the best that are given up just now."""
        self._wait = UP
        self._calm_since: float | None = None
        self._climbed = self._fell = self._tight = -1e9
        self._remb = self._peak = 0.0
        self._many = 0

    def bears(self, remb: float, now: float) -> None:
        """The viewer's browser says how many bits a second it bears (REMB)."""
        if remb < self._peak * FALLS:
            self._tight, self._peak = now, remb
        self._remb, self._peak = remb, max(self._peak, remb)

    def settled(self, now: float) -> bool:
        """Whether choosing again would change nothing by itself: everything is sent, and nothing says that it is too much."""
        return not self.below and self.loss <= LOSSY and now - self._tight >= TIGHT

    def choose(self, offers: Sequence[Offer], now: float) -> list[int]:
        """For each picture, the most important first: 0 for nothing, 1 for its smallest layer, and so on."""
        steps = [0] * len(offers)
        order = [
            (one, step)
            for step in range(1, 4)
            for one in range(len(offers))
            if step <= min(offers[one].most, len(offers[one].rates))
        ]
        self._move(now, len(order))
        spent, budget = 0.0, self._remb * SHARE if now - self._tight < TIGHT else float("inf")
        # Whoever went took steps along: else the one who stays would pay for them with their picture.
        self.below = max(0, self.below - max(0, self._many - len(order)))
        self._many = len(order)
        allowed = max(0, len(order) - self.below)
        for one, step in order[:allowed]:
            more = offers[one].rates[step - 1] - (offers[one].rates[step - 2] if step > 1 else 0.0)
            # The smallest picture of whoever matters most is given up for lost packets only: REMB also falls where a phone is busy.
            if spent + more > budget and (one, step) != order[0]:
                break
            spent += more
            steps[one] = step
        taken = sum(steps)
        if taken < allowed:
            # The line bears less than it did: remembered, so that it does not come and go with each report.
            self.below = len(order) - taken
            self._step_down(now)
        return steps

    def _step_down(self, now: float) -> None:
        if now - self._climbed < HELD:
            self._wait = min(LONGEST, self._wait * 2)
        self._fell, self._calm_since = now, None

    def _move(self, now: float, most: int) -> None:
        calm, wait = (LOSSY, SOON) if self.below >= most else (CALM, self._wait)
        if self.loss > LOSSY and now - self._fell > DOWN and self.below < most - (self.loss <= HOPELESS):
            self.below += 1
            self._step_down(now)
        elif self.loss > calm:
            self._calm_since = None
        elif self.below:
            self._calm_since = self._calm_since if self._calm_since is not None else now
            if now - self._calm_since > wait:
                self.below -= 1
                self._climbed, self._calm_since = now, None
        elif now - self._climbed > HELD:
            self._wait = UP
