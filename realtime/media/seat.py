"""A viewer's seat before one place of a meeting: which stream and layer it gets, and under which numbers, so that a change is not seen.

To a browser a place is one stream for ever: the same SSRC, numbers and times that go on. Layers and publishers behind it change.
"""

from __future__ import annotations

import struct
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING

from .fanout import Chunk, Copy, Fan
from .peer import Peer

if TYPE_CHECKING:
    from .stream import Layer

CLOCK = {"audio": 48_000, "video": 90_000}
"""RTP ticks of a second."""
HISTORY = 4
"""Earlier stretches of numbers that are still known, for those who ask for a packet again after a change."""
CLOCKS, CLOCK_EVERY = 3, 5.0
"""Reports of a publisher's clock that a viewer gets at once, as they come; then one in so many seconds (RFC 3550, 6.2): browsers fit a line
through them, and clocks drift slowly."""
AGAIN = 400
"""Packets a second that one seat gets again at most."""


@dataclass(frozen=True, slots=True)
class Shift:
    """What is added to a stream's numbers for this viewer."""

    sequence: int = 0
    time: int = 0
    picture: int = 0
    tl0: int = 0


@dataclass(slots=True)
class Last:
    """Where a viewer's numbers ended when a stretch ended."""

    sequence: int
    time: int
    at: float
    picture: int
    tl0: int


@dataclass(frozen=True, slots=True)
class Stretch:
    """From `first` on (as the viewer counts) numbers come from `layer`, by `shift`."""

    first: int
    layer: Layer
    shift: Shift


class Seat:
    """One viewer at one place. `layer` is what it gets now, `waits_for` what it gets from the next keyframe on."""

    def __init__(self, peer: Peer, kind: str, ssrc: int, rtx: int) -> None:
        self.peer, self.kind, self.ssrc, self.rtx = peer, kind, ssrc, rtx
        self.fan: Fan | None = None
        self.chunk: Chunk | None = None
        self.row = 0
        self.layer: Layer | None = None
        self.waits_for: Layer | None = None
        self.shift = Shift()
        self.start = 0
        self._last: Last | None = None
        self._stretches: deque[Stretch] = deque(maxlen=HISTORY)
        self._rtx_sequence = 0
        self._clocks, self._clock_at = 0, 0.0
        self._allowed, self._allowed_at = float(AGAIN), 0.0

    def enter(self, layer: Layer, fan: Fan, first: Copy, now: float) -> None:
        """Get a layer from this packet on; nothing of the fan waits to be sent."""
        self.leave(now)
        last = self._last
        if last is None:
            # A first number below 32,768: who misses the first packets can not mistake how often it has wrapped (RFC 3711, 3.3.1).
            base = first.sequence & 0x7FFF
            self.shift = Shift(base - first.sequence)
        else:
            ticks = last.time + max(1, int((now - last.at) * CLOCK[self.kind]))
            picture = last.picture + 1 - first.picture if first.picture_at else 0
            tl0 = last.tl0 + 1 - first.tl0 if first.tl0_at else 0
            self.shift = Shift(last.sequence + 1 - first.sequence, ticks - first.timestamp, picture, tl0)
        self.layer, self.fan, self.start = layer, fan, first.sequence
        self._clocks = 0
        self.waits_for = None
        self._stretches.append(Stretch((first.sequence + self.shift.sequence) & 0xFFFF, layer, self.shift))
        fan.add(self)

    def leave(self, now: float) -> None:
        """Get nothing any more; where the numbers ended is remembered."""
        self.waits_for = None
        if self.fan is None or self.layer is None:
            return
        newest = self.layer.newest
        if self.fan.last >= self.start and newest is not None:
            picture, tl0 = newest.picture + self.shift.picture, newest.tl0 + self.shift.tl0
            ticks = newest.timestamp + self.shift.time
            self._last = Last(self.fan.last + self.shift.sequence, ticks, self.layer.newest_at, picture, tl0)
        self.fan.remove(self)
        self.fan = self.layer = None

    def late(self, copy: Copy) -> None:
        """A packet that came out of turn: sent alone, and only if its number was kept free for it."""
        if self.fan is not None and copy.sequence >= self.start:
            self.peer.send(_stamped(copy, self.shift))

    def again(self, numbers: list[int], now: float) -> int:
        """Packets that the viewer misses, on the stream for that (RFC 4588); returns how many went."""
        self._allowed = min(float(AGAIN), self._allowed + (now - self._allowed_at) * AGAIN)
        self._allowed_at = now
        went = 0
        for number in numbers:
            stretch = next((one for one in reversed(self._stretches) if (number - one.first) & 0xFFFF < 0x8000), None)
            if stretch is None or self.fan is None or self._allowed < 1:
                continue
            copy = stretch.layer.kept(number - stretch.shift.sequence, self.fan.dialect)
            if copy is None:
                continue
            plain = _stamped(copy, stretch.shift)
            size = 12 + (8 if plain[0] & 16 else 0)
            kind = self.fan.dialect.types.get(f"rtx:{stretch.layer.codec}")
            if kind is None:
                # Who has no such stream gets the same bytes under the same number again.
                went += self.peer.send(plain)
                continue
            self._allowed -= 1
            self._rtx_sequence = (self._rtx_sequence + 1) & 0xFFFF
            head = bytes([plain[0], plain[1] & 128 | kind]) + struct.pack("!H", self._rtx_sequence)
            head += plain[4:8] + struct.pack("!I", self.rtx)
            went += self.peer.send(head + plain[12:size] + plain[2:4] + plain[size:])
        return went

    def moved(self) -> None:
        """The viewer has another address."""
        fan, chunk = self.fan, self.chunk
        if fan is None or chunk is None or self.peer.address is None:
            return
        if len(self.peer.address.raw) == chunk.namelen:
            chunk.write(self)
        else:
            fan.remove(self)
            fan.add(self)

    def clock_due(self, now: float) -> bool:
        """Whether the viewer is to get the report of the publisher's clock that came now."""
        if self._clocks >= CLOCKS and now - self._clock_at < CLOCK_EVERY:
            return False
        self._clocks, self._clock_at = self._clocks + 1, now
        return True

    def report_time(self, rtp: int) -> int:
        """A publisher's RTP time as this viewer counts it."""
        return rtp + self.shift.time


def _stamped(copy: Copy, shift: Shift) -> bytes:
    """The packet under the viewer's own numbers."""
    made = bytearray(copy.packet)
    struct.pack_into("!H", made, 2, (copy.sequence + shift.sequence) & 0xFFFF)
    struct.pack_into("!I", made, 4, (copy.timestamp + shift.time) & 0xFFFFFFFF)
    if copy.picture_at:
        struct.pack_into("!H", made, copy.picture_at, 0x8000 | (copy.picture + shift.picture) & 0x7FFF)
    if copy.tl0_at:
        made[copy.tl0_at] = (copy.tl0 + shift.tl0) & 0xFF
    return bytes(made)
