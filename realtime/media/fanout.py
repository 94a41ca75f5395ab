"""The hot path: one packet becomes one for each of many viewers. Everything that is paid per packet and viewer stands in `Sender._copy`.

What pays, in the order of what it saves (measured, docs/media-profile.md): packets of a frame leave as one train that the kernel
cuts (GSO); one socket and one call for a chunk of viewers; the library's `srtp_protect` called by `map` over pointers that exist
already, so that no line of Python runs per packet; buffers that stay in the processor's cache because a chunk is small.

The nonce of AES-GCM is made of SSRC and sequence number: different bytes under a used number would give the key stream away.
So within a fan numbers only grow, and a seat that comes from another fan goes on above its last one (`seat.py`).
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from . import native
from .codecs import Dialect
from .dtls import ffi, lib
from .native import NAME, Outbox, address_of

if TYPE_CHECKING:
    from .seat import Seat

CHUNK = 32
"""Viewers at once: 32 × 8 × 1,432 bytes stay in a second-level cache of 1 MiB (measured: 16 and 64 were slower)."""
SEGMENTS = 8
"""Packets of one train at most; longer ones gain little and hold up the voice."""
LARGEST = 1400
"""Bytes of a packet in plain; browsers send at most 1,200."""
_ROOM = LARGEST + 32
SLICE = 0.002
"""Seconds of sending until others get a turn: what comes in is read, and voices go first."""
BACKLOG = 4000
"""Chunks of work that may wait; beyond that the machine is too slow for its viewers, and pictures are dropped whole."""


@dataclass(slots=True)
class Copy:
    """One packet as the viewers of a dialect get it, and where what is made to fit a viewer stands in it (0: nowhere)."""

    sequence: int
    timestamp: int
    packet: bytes
    picture_at: int = 0
    picture: int = 0
    tl0_at: int = 0
    tl0: int = 0


class Burst:
    """Up to eight packets of one stream: all as long as the first, but the last, which may be shorter."""

    def __init__(self, copies: Sequence[Copy]) -> None:
        self.many = len(copies)
        self.size = len(copies[0].packet)
        self.plain = np.zeros((self.many, self.size), np.uint8)
        for row, one in enumerate(copies):
            self.plain[row, : len(one.packet)] = np.frombuffer(one.packet, np.uint8)
        self.lengths = np.array([len(one.packet) for one in copies], np.int32)
        self.sequences = np.array([one.sequence & 0xFFFF for one in copies], np.uint16)
        self.times = np.array([one.timestamp & 0xFFFFFFFF for one in copies], np.uint32)
        self.marks = [(row, one) for row, one in enumerate(copies) if one.picture_at or one.tl0_at]


class Chunk:
    """At most `CHUNK` seats of a fan whose packets are equally long when protected; columns of what differs between them."""

    def __init__(self, fan: Fan, tag: int, namelen: int) -> None:
        self.fan, self.tag, self.namelen = fan, tag, namelen
        self.seats: list[Seat] = []
        self.raw = np.zeros((CHUNK, NAME), np.uint8)
        self.names = address_of(self.raw) + np.arange(CHUNK, dtype=np.uint64) * NAME
        self.sequence = np.zeros(CHUNK, np.uint16)
        self.time = np.zeros(CHUNK, np.uint32)
        self.picture = np.zeros(CHUNK, np.uint16)
        self.tl0 = np.zeros(CHUNK, np.uint8)
        self.shifted = False
        self._contexts: dict[int, list[Any]] = {}

    def put(self, seat: Seat) -> None:
        """A seat comes in; its peer has keys and an address."""
        seat.chunk, seat.row = self, len(self.seats)
        self.seats.append(seat)
        self.write(seat)

    def write(self, seat: Seat) -> None:
        """The columns of one seat, as it stands now."""
        assert seat.peer.address is not None
        row, shift = seat.row, seat.shift
        raw = seat.peer.address.raw
        self.raw[row, : len(raw)] = np.frombuffer(raw, np.uint8)
        self.sequence[row], self.time[row] = shift.sequence & 0xFFFF, shift.time & 0xFFFFFFFF
        self.picture[row], self.tl0[row] = shift.picture & 0x7FFF, shift.tl0 & 0xFF
        self._changed()

    def take(self, seat: Seat) -> None:
        """A seat leaves; the last one moves to its row."""
        last = self.seats.pop()
        row, seat.chunk = seat.row, None
        if last is not seat:
            self.seats[row], last.row = last, row
            self.write(last)
        self._changed()

    def _changed(self) -> None:
        self._contexts.clear()
        many = len(self.seats)
        columns = (self.sequence, self.time, self.picture, self.tl0)
        self.shifted = any(bool(column[:many].any()) for column in columns)

    def contexts(self, segments: int) -> list[Any]:
        """Each seat's SRTP, once for each packet of a train."""
        if segments not in self._contexts:
            keys = [seat.peer.keys for seat in self.seats]
            self._contexts[segments] = [one.tx for one in keys if one for _packet in range(segments)]
        return self._contexts[segments]


class Fan:
    """All who get one layer of one stream in one dialect, in chunks."""

    def __init__(self, dialect: Dialect, ssrc: int) -> None:
        self.dialect, self.ssrc = dialect, ssrc
        self.chunks: list[Chunk] = []
        self.last = -1
        """The highest sequence number (unwrapped) that was given to the sender."""

    @property
    def seats(self) -> list[Seat]:
        """Everybody in it."""
        return [seat for chunk in self.chunks for seat in chunk.seats]

    def add(self, seat: Seat) -> None:
        """A seat joins; what is sent from now on is for it as well."""
        assert seat.peer.keys is not None and seat.peer.address is not None
        tag, namelen = seat.peer.keys.tag, len(seat.peer.address.raw)
        for chunk in self.chunks:
            if chunk.tag == tag and chunk.namelen == namelen and len(chunk.seats) < CHUNK:
                chunk.put(seat)
                return
        self.chunks.append(Chunk(self, tag, namelen))
        self.chunks[-1].put(seat)

    def remove(self, seat: Seat) -> None:
        """A seat leaves."""
        if seat.chunk is None:
            return
        chunk = seat.chunk
        chunk.take(seat)
        if not chunk.seats:
            self.chunks.remove(chunk)


class Sender:
    """Sends bursts to fans, voices first, in slices. One of a process; its buffers are used again for each chunk."""

    def __init__(self, fd: int, segmenting: bool) -> None:
        self.fd = fd
        self.out = Outbox(CHUNK, SEGMENTS, _ROOM, segmenting)
        self.sent = self.dropped = self.refused = 0
        self.busy = 0.0
        self._voices: deque[tuple[Chunk, Burst]] = deque()
        self._pictures: deque[tuple[Chunk, Burst]] = deque()
        self._waits = False
        words = address_of(self.out.packets)
        self._short = self.out.packets.view(">u2")
        self._long = self.out.packets.view(">u4")
        lengths = ffi.cast("int *", address_of(self.out.lengths))
        self._packets: list[list[Any]] = [[]]
        self._lengths: list[list[Any]] = [[]]
        for many in range(1, SEGMENTS + 1):
            places = [row * SEGMENTS + one for row in range(CHUNK) for one in range(many)]
            self._packets.append([ffi.cast("void *", words + place * _ROOM) for place in places])
            self._lengths.append([lengths + place for place in places])

    @property
    def way(self) -> str:
        """How packets leave here: `gso` in trains, `batch` many with one call, `plain` one by one."""
        if not native.BATCH:
            return "plain"
        return "gso" if self.out.segmenting else "batch"

    def send(self, fan: Fan, burst: Burst, *, voice: bool) -> None:
        """Give a burst to everybody of a fan, soon."""
        queue = self._voices if voice else self._pictures
        if len(self._pictures) > BACKLOG and not voice:
            self.dropped += burst.many * sum(len(chunk.seats) for chunk in fan.chunks)
            return
        queue.extend((chunk, burst) for chunk in fan.chunks)
        if not self._waits and queue:
            self._waits = True
            asyncio.get_running_loop().call_soon(self._work)

    def flush(self) -> None:
        """Send all that waits, now: before anybody changes the seat, since what waits is meant for who sits there."""
        while self._voices or self._pictures:
            self._next()

    def _work(self) -> None:
        self._waits = False
        began = time.monotonic()
        until = began + SLICE
        while self._voices or self._pictures:
            self._next()
            if time.monotonic() > until:
                break
        self.busy += time.monotonic() - began
        if self._voices or self._pictures:
            self._waits = True
            asyncio.get_running_loop().call_soon(self._work)

    def _next(self) -> None:
        chunk, burst = (self._voices or self._pictures).popleft()
        if chunk.seats:
            self._copy(chunk, burst)

    def _copy(self, chunk: Chunk, burst: Burst) -> None:
        many, segments = len(chunk.seats), burst.many
        packets = self.out.packets
        packets[:many, :segments, : burst.size] = burst.plain
        self.out.lengths[:many, :segments] = burst.lengths
        if chunk.shifted:
            self._stamp(chunk, burst, many, segments)
        # `list` and not `any`: one that fails must not keep the packets behind it in plain.
        codes = list(map(lib.srtp_protect, chunk.contexts(segments), self._packets[segments], self._lengths[segments]))
        if any(codes):
            # A key that is used up, or memory that is: nobody gets a packet that may be in plain.
            self.refused += many * segments
            return
        if not native.BATCH:
            self.sent += self._one_by_one(chunk, segments)
            return
        full, why = self.out.send(self.fd, chunk.names, chunk.namelen, many, segments)
        self.sent += (many - full) * segments
        if why:
            # A card or a route that does not know segments: from now on one by one, and these are asked for again.
            self.out.segmenting = False
        self.dropped += full * segments

    def _one_by_one(self, chunk: Chunk, segments: int) -> int:
        """The plain way of systems that have no call for many: one packet after the other; how many went."""
        went = 0
        for row, seat in enumerate(chunk.seats):
            for one in range(segments):
                packet = self.out.packets[row, one, : self.out.lengths[row, one]].tobytes()
                went += bool(seat.peer.address and seat.peer.mux.send(packet, seat.peer.address))
        return went

    def _stamp(self, chunk: Chunk, burst: Burst, many: int, segments: int) -> None:
        """Numbers of seats that came from another layer or stream go on where they were."""
        self._short[:many, :segments, 1] = burst.sequences + chunk.sequence[:many, None]
        self._long[:many, :segments, 1] = burst.times + chunk.time[:many, None]
        for row, one in burst.marks:
            if one.picture_at:
                number = (chunk.picture[:many] + np.uint16(one.picture)) & 0x7FFF
                self.out.packets[:many, row, one.picture_at] = 0x80 | number >> 8
                self.out.packets[:many, row, one.picture_at + 1] = number & 0xFF
            if one.tl0_at:
                self.out.packets[:many, row, one.tl0_at] = chunk.tl0[:many] + np.uint8(one.tl0)
