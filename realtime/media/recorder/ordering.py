"""Packets of one source, put back in the order in which they were sent."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from typing import Generic, TypeVar

T = TypeVar("T")

WAIT = 300_000
"""Microseconds that a missing packet may be waited for: a resend takes about one round trip, and more than this few have."""
MOST = 512
"""Packets that may wait; 300 ms of 10 Mbit/s are about 340."""
FAR = 3000
"""A step in sequence numbers that no loss explains (MAX_DROPOUT of RFC 3550 appendix A.1): the source began anew."""


class Reorder(Generic[T]):
    """Holds packets back while one before them is missing, for `wait` microseconds at most."""

    def __init__(self, wait: int = WAIT, most: int = MOST) -> None:
        self.wait = wait
        self.most = most
        self.late = 0
        """Packets that came twice, or after they had been given up."""
        self._heap: list[tuple[int, int, T]] = []
        self._held: set[int] = set()
        self._next: int | None = None
        self._newest: tuple[int, int] | None = None
        self._strange: int | None = None
        self._settled: int | None = None

    def push(self, sequence: int, arrival: int, item: T) -> bool:
        """Take a packet with its sequence number (16 bits) and its arrival in microseconds; False when it is of no use."""
        full = self._full(sequence)
        if full is None or full in self._held or (self._next is not None and full < self._next):
            self.late += 1
            return False
        if self._settled is None:
            self._settled = arrival + self.wait
        self._held.add(full)
        heapq.heappush(self._heap, (full, arrival, item))
        return True

    def pop(self, now: int) -> Iterator[tuple[int, T]]:
        """Give what may go at `now` (microseconds), each with how many packets are missing right before it.

        Nothing goes in the first `wait`: the first packet to arrive need not be the first that was sent.
        """
        while self._heap:
            full, arrival, item = self._heap[0]
            if self._next is None:
                if self._settled is None or (now < self._settled and len(self._heap) <= self.most):
                    return
                self._next = full
            lost = full - self._next
            if lost and now < arrival + self.wait and len(self._heap) <= self.most:
                return
            heapq.heappop(self._heap)
            self._held.discard(full)
            self._next = full + 1
            yield lost, item

    def _full(self, sequence: int) -> int | None:
        """The number of a packet without wrapping; None for one from far away, until a second one confirms it."""
        if self._newest is None:
            self._newest = (sequence, sequence)
            return sequence
        full = self._near(sequence, self._newest)
        if abs(full - self._newest[0]) > FAR:
            if sequence != self._strange:
                self._strange = (sequence + 1) & 0xFFFF
                return None
            # Two in a row: the source began anew. A step of two leaves one missing, so a new keyframe is waited for.
            full = self._newest[0] + 2
        self._strange = None
        if full > self._newest[0]:
            self._newest = (full, sequence)
        return full

    @staticmethod
    def _near(sequence: int, newest: tuple[int, int]) -> int:
        return newest[0] + ((sequence - newest[1] + 0x8000) & 0xFFFF) - 0x8000
