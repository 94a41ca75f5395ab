"""When a picture or a sound was made: RTP time on the clock of arrivals, so that one person's sound and picture stay in step.

Network and encoder only ever add delay, so the smallest (arrival - RTP time) of the last seconds is the best guess of where
RTP time stands. Sender reports (RFC 3550 section 6.4.1) put both streams of one sender on that sender's own clock; when they
are there, both streams share one delay and are in step whatever the ways of their packets were.
"""

from __future__ import annotations

WINDOW = 10_000_000
"""Microseconds after which an older smallest delay is forgotten (it holds for one to two windows): clocks drift."""
JUMP = 500_000
"""Microseconds from which a correction is made at once; below, time is stretched."""
STRETCH = 100
"""A correction takes this many times its length: 1 percent of speed is not heard or seen."""
EARLY, EARLY_STRETCH = 5_000_000, 10
"""In a source's first microseconds it goes faster: few packets have come, so the guess may be wrong by most of their jitter."""
LATER = 5_000_000
"""Microseconds behind the smallest delay at which a packet is no longer late: the sender's time jumped back."""
SURE = 10
"""Packets in a row that must say so before a jump of the sender's time is believed: one may be damaged."""
APART = 2_000_000
"""Microseconds between sound and picture beyond which a sender report is not believed."""


class SenderClock:
    """The clock of one participant, which all streams of that participant were stamped by."""

    def __init__(self) -> None:
        self.streams: list[StreamClock] = []

    def delay(self) -> int | None:
        """Microseconds from the sender's clock to the clock of arrivals, by the stream that arrives fastest."""
        return min(
            (own - stream.ntp for stream in self.streams if stream.ntp is not None and (own := stream.own) is not None),
            default=None,
        )


class StreamClock:
    """Maps the unwrapped RTP timestamps of one source (`rate` a second) to microseconds since 1970."""

    def __init__(self, rate: int, sender: SenderClock) -> None:
        self.rate = rate
        self.sender = sender
        self.ntp: int | None = None
        """Where RTP time 0 stands on the sender's own clock, in microseconds; None before a report."""
        self._now: int | None = None
        self._before: int | None = None
        self._turn = 0
        self._odd = 0
        self._applied: int | None = None
        self._first = self._last = 0
        sender.streams.append(self)

    @property
    def own(self) -> int | None:
        """Where RTP time 0 stands on the clock of arrivals, by this stream alone, in microseconds."""
        if self._before is None or self._now is None:
            return self._now
        return min(self._now, self._before)

    def arrived(self, timestamp: int, arrival: int) -> None:
        """Learn from one packet: its unwrapped timestamp and its arrival in microseconds since 1970."""
        zero = arrival - timestamp * 1_000_000 // self.rate
        own = self.own
        if own is None:
            self._now, self._turn = zero, arrival + WINDOW
            return
        if zero < own - JUMP or zero > own + LATER:
            self._odd += 1
            if self._odd >= SURE:
                self._now, self._before, self._turn, self._odd = zero, None, arrival + WINDOW, 0
            return
        self._odd = 0
        if arrival >= self._turn:
            self._before, self._now, self._turn = self._now, zero, arrival + WINDOW
        elif self._now is None or zero < self._now:
            self._now = zero

    def report(self, ntp: float, timestamp: int) -> None:
        """Learn from a sender report: its NTP time in seconds and the unwrapped RTP timestamp of the same moment."""
        self.ntp = round(ntp * 1_000_000) - timestamp * 1_000_000 // self.rate

    def at(self, timestamp: int) -> int:
        """When the sample with this unwrapped timestamp was made, in microseconds since 1970 on the clock of arrivals.

        To be asked in the order of sending. Raises `LookupError` before a packet has arrived.
        """
        target = self._target()
        if self._applied is None:
            self._first = timestamp
        if self._applied is None or abs(target - self._applied) > JUMP:
            self._applied = target
        else:
            gone = (timestamp - self._first) * 1_000_000 // self.rate
            most = max(0, timestamp - self._last) * 1_000_000 // self.rate
            most //= EARLY_STRETCH if gone < EARLY else STRETCH
            self._applied += max(-most, min(most, target - self._applied))
        self._last = max(self._last, timestamp)
        return self._applied + timestamp * 1_000_000 // self.rate

    def close(self) -> None:
        """Leave the sender's clock; what a source that is gone said no longer counts."""
        if self in self.sender.streams:
            self.sender.streams.remove(self)

    def _target(self) -> int:
        own = self.own
        if own is None:
            raise LookupError("no packet has arrived")
        delay = self.sender.delay()
        if self.ntp is None or delay is None:
            return own
        told = self.ntp + delay
        return told if abs(told - own) <= APART else own
