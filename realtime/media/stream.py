"""One layer of what somebody publishes: put in order, kept for a second, and given to everybody who gets it as bursts.

A picture's packets are held until its last one (the marker), eight of them or 50 ms, since a train is what makes forwarding cheap.
A voice is sent on at once, together with what of it came in the same look at the port.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import NamedTuple

from . import h264, packet, redundancy, vp8
from .codecs import Dialect
from .fanout import LARGEST, SEGMENTS, Burst, Copy, Fan, Sender
from .loss import Missing
from .packet import Packet, Unwrapped
from .seat import Seat

HOLD = 0.05
"""Seconds that a burst waits for its last packet, without which nobody can show it: longer than the port's rest (`udp.py`)."""
PAIR = 2
"""Packets of a voice in one train at most."""
KEPT = 1.0
"""Seconds for which packets can be asked for again."""
MOST_KEPT = 700
"""Packets of it at most: a second of 6 Mbit/s."""
PADDING = 255
"""Bytes that RTP can pad."""
ASK = 0.5
"""Seconds between two requests for a keyframe of one layer (RFC 4585 leaves it to us; a keyframe costs as much as ten pictures)."""


class Piece(NamedTuple):
    """One packet of the publisher with what its payload says; `number` is its sequence number, unwrapped."""

    number: int
    timestamp: int
    marker: bool
    codec: str
    payload: bytes
    starts: bool
    picture: vp8.Descriptor | None


class Layer:
    """A stream of a publisher. `ask(numbers)` asks for packets again, `refresh()` for a keyframe; both go to the publisher."""

    def __init__(self, kind: str, rid: str, ssrc: int, place_ssrc: int, sender: Sender) -> None:
        self.kind, self.rid, self.ssrc, self.place_ssrc = kind, rid, ssrc, place_ssrc
        self.codec = ""
        self.area = 0
        self.fans: dict[Dialect, Fan] = {}
        self.waiting: dict[Seat, Dialect] = {}
        self.newest: Copy | None = None
        self.newest_at = 0.0
        self.missing = Missing()
        self.octets = self.packets = 0
        self.bits = 0.0
        self.alive = 0.0
        self.ask: Callable[[list[int]], None] = lambda _numbers: None
        self.refresh: Callable[[], None] = lambda: None
        self.sender = sender
        self._numbers, self._times = Unwrapped(16), Unwrapped(32)
        self._top = -1
        self._pending: list[Piece] = []
        self._key: int | None = None
        self._timer: asyncio.Handle | None = None
        self._ring: dict[int, dict[Dialect, Copy]] = {}
        self._ages: deque[tuple[float, int]] = deque()
        self._asked = 0.0

    def take(self, one: Packet, codec: str, now: float) -> None:
        """A packet came."""
        number = self._numbers.take(one.sequence)
        self.alive = now
        self.packets += 1
        self.octets += len(one.payload)
        if lost := self.missing.take(number, now):
            self.ask(lost)
        piece = self._described(one, codec, number)
        if piece is None:
            return
        if number <= self._top:
            self._late(piece, now)
            return
        if piece.starts and self.waiting and self._key is None:
            self.flush(now)
            self._key = number
        self._pending.append(piece)
        if len(self._pending) >= PAIR if self.kind == "audio" else piece.marker or len(self._pending) >= SEGMENTS:
            self.flush(now)
        elif self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_soon(self._timed) if self.kind == "audio" else loop.call_later(HOLD, self._timed)

    def _described(self, one: Packet, codec: str, number: int) -> Piece | None:
        if len(one.payload) > LARGEST - 20:
            return None
        picture, starts = None, False
        if codec == "VP8":
            picture = vp8.describe(one.payload)
            starts = bool(picture and picture.start and picture.keyframe)
            if starts and (size := vp8.picture_size(one.payload)):
                self.area = size[0] * size[1]
        elif codec == "H264":
            starts = h264.is_keyframe_start(one.payload)
        else:
            starts = True
        self.codec = "opus" if codec == "red" else codec
        return Piece(number, self._times.take(one.timestamp), one.marker, codec, one.payload, starts, picture)

    # — to the viewers —

    def _timed(self) -> None:
        self._timer = None
        self.flush(asyncio.get_running_loop().time())

    def flush(self, now: float) -> None:
        """Send what waits; seats that wait for a keyframe come in where it begins."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        pieces, self._pending = sorted(self._pending), []
        key, self._key = self._key, None
        if key is not None:
            self._burst([one for one in pieces if one.number < key], now)
            pieces = [one for one in pieces if one.number >= key]
            self._admit(pieces[0], now)
        self._burst(pieces, now)

    def _admit(self, first: Piece, now: float) -> None:
        self.sender.flush()
        for seat, dialect in self.waiting.items():
            seat.enter(self, self.fan(dialect), self._copy(first, dialect, packet.send_time(now)), now)
        self.waiting.clear()

    def fan(self, dialect: Dialect) -> Fan:
        """Those who get this layer in this dialect."""
        if dialect not in self.fans:
            self.fans[dialect] = Fan(self.kind, dialect)
        return self.fans[dialect]

    def _burst(self, pieces: list[Piece], now: float) -> None:
        if not pieces:
            return
        sent = packet.send_time(now)
        self._top = pieces[-1].number
        for dialect, fan in list(self.fans.items()):
            if not fan.chunks:
                del self.fans[dialect]
                continue
            copies = [self._copy(one, dialect, sent) for one in pieces]
            for group in _even(copies):
                self.sender.send(fan, Burst(group))
                for one in group:
                    self._keep(one, dialect, now)
            fan.last = self._top
            self.newest, self.newest_at = copies[-1], now

    def _copy(self, one: Piece, dialect: Dialect, sent: bytes) -> Copy:
        codec, payload = one.codec, one.payload
        if codec == "red" and "red" not in dialect.types:
            codec, payload = "opus", (redundancy.primary(payload) or (0, b""))[1]
        kind = dialect.types.get(codec, 0)
        time_id = dialect.extensions.get("abs-send-time")
        plain = packet.write(kind, one.marker, one.number, one.timestamp, self.place_ssrc, payload, time_id, sent)
        head = len(plain) - len(payload)
        told = one.picture
        if told is None:
            return Copy(one.number, one.timestamp, plain)
        made = Copy(one.number, one.timestamp, plain)
        if told.wide and told.picture_id_at is not None and told.picture_id is not None:
            made.picture_at, made.picture = head + told.picture_id_at, told.picture_id
        if told.tl0_at is not None and told.tl0 is not None:
            made.tl0_at, made.tl0 = head + told.tl0_at, told.tl0
        return made

    def _late(self, piece: Piece, now: float) -> None:
        """It was lost and came again: to each alone, and only to those who were here when it should have come."""
        if piece.number in self._ring:
            return
        for dialect, fan in self.fans.items():
            copy = self._copy(piece, dialect, packet.send_time(now))
            self._keep(copy, dialect, now)
            for seat in fan.seats:
                seat.late(copy)

    # — again —

    def _keep(self, copy: Copy, dialect: Dialect, now: float) -> None:
        if copy.sequence not in self._ring:
            self._ring[copy.sequence] = {}
            self._ages.append((now, copy.sequence))
        self._ring[copy.sequence][dialect] = copy
        while len(self._ages) > MOST_KEPT or (self._ages and now - self._ages[0][0] > KEPT):
            self._ring.pop(self._ages.popleft()[1], None)

    def kept(self, number: int, dialect: Dialect) -> Copy | None:
        """The packet as it was sent, byte for byte; `number` may be of 16 bits, the nearest to the newest is meant."""
        near = self._top + ((number - self._top + 0x8000) & 0xFFFF) - 0x8000
        return self._ring.get(near, {}).get(dialect)

    def want_keyframe(self, now: float) -> bool:
        """Ask for a keyframe, but not more often than each half second, however many viewers ask."""
        if now - self._asked < ASK:
            return False
        self._asked = now
        self.refresh()
        return True


def _even(copies: list[Copy]) -> list[list[Copy]]:
    """Trains: every packet of one is made as long as the longest, by padding; only its last may stay shorter."""
    trains: list[list[Copy]] = []
    low = high = 0
    for one in copies:
        size = len(one.packet)
        if trains and len(trains[-1]) < SEGMENTS and max(high, size) - low <= PADDING:
            trains[-1].append(one)
            low, high = min(low, size), max(high, size)
        else:
            trains.append([one])
            low = high = size
    for train in trains:
        size = max(len(one.packet) for one in train)
        for one in train[:-1]:
            one.packet = packet.pad(one.packet, size)
    return trains
