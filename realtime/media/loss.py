"""Packets of a publisher that are missing: asked for again a few times, then given up; and how much is lost, for the report to them."""

from __future__ import annotations

from dataclasses import dataclass

from .rtcp import Report

PAUSE = 0.08
"""Seconds between two requests for the same packet: a round trip on a mobile line."""
TRIES = 8
HOPELESS = 1.0
"""Seconds after which nobody can use it any more."""
MOST = 200
"""Packets missing at once; beyond that the line was away, and a keyframe is cheaper than all of them."""


class Missing:
    """Of one stream. Numbers are unwrapped."""

    def __init__(self) -> None:
        self.top: int | None = None
        self.first = 0
        self.came = 0
        self.broken = False
        self._open: dict[int, tuple[float, float, int]] = {}
        self._reported = (0, 0)

    def take(self, number: int, now: float) -> list[int]:
        """A packet came; the ones that should have come before it and did not are to be asked for now."""
        self.came += 1
        if self.top is None:
            self.top = self.first = number
            return []
        if number <= self.top:
            self._open.pop(number, None)
            return []
        gap = range(self.top + 1, number)
        self.top = number
        if len(gap) + len(self._open) > MOST:
            self._open.clear()
            self.broken = True
            return []
        for lost in gap:
            self._open[lost] = (now, now, 1)
        return list(gap)

    def due(self, now: float) -> list[int]:
        """Those to be asked for again."""
        again = []
        for number, (since, last, tries) in list(self._open.items()):
            if now - since > HOPELESS or tries >= TRIES:
                del self._open[number]
                self.broken = True
            elif now - last >= PAUSE:
                self._open[number] = (since, now, tries + 1)
                again.append(number)
        return again

    def given_up(self) -> bool:
        """Whether something was given up since the last question: only a keyframe helps then."""
        broken, self.broken = self.broken, False
        return broken

    def report(self) -> tuple[float, int, int]:
        """Share lost since the last report (0 to 1), lost in all, highest number: what a receiver's report says."""
        if self.top is None:
            return 0.0, 0, 0
        expected = self.top - self.first + 1
        before_expected, before_came = self._reported
        self._reported = (expected, self.came)
        new, got = expected - before_expected, self.came - before_came
        return max(0.0, (new - got) / new) if new > 0 else 0.0, expected - self.came, self.top


ENOUGH, LITTLE = 50, 20
"""Packets over which loss is counted, so that three of ten do not look like a bad line; after `LATE` seconds fewer must do."""
LATE = 4.0
OLD = 8.0
"""Seconds after which what was counted says nothing about the line any more: nothing was sent since."""


@dataclass
class _Counted:
    lost: int
    highest: int
    since: float
    share: float = 0.0
    packets: int = 0
    at: float = -1e9


class Received:
    """How much of what goes to one viewer is lost, by their receiver reports, over all streams together."""

    def __init__(self) -> None:
        self._streams: dict[int, _Counted] = {}

    def take(self, report: Report, now: float) -> None:
        """They report on one stream."""
        known = self._streams.get(report.ssrc)
        if known is None or report.highest < known.highest:
            self._streams[report.ssrc] = _Counted(report.lost, report.highest, now)
            return
        packets = report.highest - known.highest
        if packets >= ENOUGH or (packets >= LITTLE and now - known.since >= LATE):
            share = min(1.0, max(0, report.lost - known.lost) / packets)
            self._streams[report.ssrc] = _Counted(report.lost, report.highest, now, share, packets, now)

    def forget(self, ssrc: int) -> None:
        """It is not sent any more: what was lost of it says nothing of the line from now on."""
        self._streams.pop(ssrc, None)

    def of(self, ssrc: int) -> float:
        """Share of one stream that was lost last, 0 to 1."""
        known = self._streams.get(ssrc)
        return known.share if known else 0.0

    def share(self, now: float) -> float:
        """Share of everything, 0 to 1; each stream counts as much as was sent of it."""
        fresh = [one for one in self._streams.values() if now - one.at < OLD]
        packets = sum(one.packets for one in fresh)
        return sum(one.share * one.packets for one in fresh) / packets if packets else 0.0
