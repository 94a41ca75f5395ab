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
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from . import native
from .codecs import Dialect
from .dtls import ffi, lib
from .native import NAME, Messages, Outbox, address_of

if TYPE_CHECKING:
    from .seat import Seat

SEGMENTS = 8
"""Packets of one train at most; longer ones gain little and hold up the voice."""
PLACES = 256
"""Packets at once: their 1,432 bytes each stay in a second-level cache of 1 MiB (measured: half and twice as many were slower)."""
CHUNK = {"audio": PLACES // 2, "video": PLACES // SEGMENTS}
"""Viewers at once: voices go alone or in pairs, pictures in trains."""
LARGEST = 1400
"""Bytes of a packet in plain; browsers send at most 1,200."""
_ROOM = LARGEST + 32
SLICE = 0.01
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
        whole = b"".join(one.packet for one in copies)
        whole += bytes(self.many * self.size - len(whole))
        self.plain = np.frombuffer(whole, np.uint8).reshape(self.many, self.size)
        self.lengths = np.array([len(one.packet) for one in copies], np.int32)
        self._copies = copies
        self.marks = [(row, one) for row, one in enumerate(copies) if one.picture_at or one.tl0_at]
        self._protected: dict[int, tuple[int, ...]] = {}

    @cached_property
    def sequences(self) -> np.ndarray[Any, Any]:
        """The number of each packet."""
        return np.array([one.sequence & 0xFFFF for one in self._copies], np.uint16)

    @cached_property
    def times(self) -> np.ndarray[Any, Any]:
        """The RTP time of each packet."""
        return np.array([one.timestamp & 0xFFFFFFFF for one in self._copies], np.uint32)

    def protected(self, tag: int) -> tuple[int, ...]:
        """Bytes of each packet with a tag of so many behind it."""
        if tag not in self._protected:
            self._protected[tag] = tuple((self.lengths + tag).tolist())
        return self._protected[tag]


class Chunk:
    """At most `most` seats of a fan whose packets are equally long when protected; columns of what differs between them."""

    def __init__(self, most: int, tag: int, namelen: int) -> None:
        self.most, self.tag, self.namelen = most, tag, namelen
        self.seats: list[Seat] = []
        self.raw = np.zeros((most, NAME), np.uint8)
        self._names = address_of(self.raw) + np.arange(most, dtype=np.uint64) * NAME
        self.sequence = np.zeros(most, np.uint16)
        self.time = np.zeros(most, np.uint32)
        self.picture = np.zeros(most, np.uint16)
        self.tl0 = np.zeros(most, np.uint8)
        self.shifted = False
        self._contexts: dict[int, list[Any]] = {}
        self._messages: dict[int, Messages] = {}

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

    def messages(self, out: Outbox, segments: int) -> Messages:
        """Trains to every row. They hold for good: an address that changes is written where the old one lay."""
        if segments not in self._messages:
            self._messages[segments] = out.addressed(self._names, self.namelen, segments)
        return self._messages[segments]


class Fan:
    """All who get one layer of one stream in one dialect, in chunks. `kind`: audio or video."""

    def __init__(self, kind: str, dialect: Dialect) -> None:
        self.kind, self.dialect = kind, dialect
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
            if chunk.tag == tag and chunk.namelen == namelen and len(chunk.seats) < chunk.most:
                chunk.put(seat)
                return
        self.chunks.append(Chunk(CHUNK[self.kind], tag, namelen))
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
        self.out = Outbox(PLACES, SEGMENTS, _ROOM, segmenting)
        self.sent = self.dropped = self.refused = 0
        self.busy = 0.0
        self._voices: deque[tuple[Chunk, Burst]] = deque()
        self._pictures: deque[tuple[Chunk, Burst]] = deque()
        self._waits = False
        self._short = [rows.view(">u2") for rows in self.out.packets]
        self._long = [rows.view(">u4") for rows in self.out.packets]
        bytes_at, lengths = address_of(self.out.packets[1]), ffi.cast("int *", address_of(self.out.lengths[1]))
        self._packets = [ffi.cast("void *", bytes_at + place * _ROOM) for place in range(PLACES)]
        self._lengths = [lengths + place for place in range(PLACES)]

    @property
    def way(self) -> str:
        """How packets leave here: `gso` in trains, `batch` many with one call, `plain` one by one."""
        if not native.BATCH:
            return "plain"
        return "gso" if self.out.segmenting else "batch"

    def send(self, fan: Fan, burst: Burst) -> None:
        """Give a burst to everybody of a fan, soon."""
        voice = fan.kind == "audio"
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
        self.out.packets[segments][:many, :, : burst.size] = burst.plain
        self.out.lengths[segments][:many] = burst.lengths
        if chunk.shifted:
            self._stamp(chunk, burst, many, segments)
        # `list` and not `any`: one that fails must not keep the packets behind it in plain.
        codes = list(map(lib.srtp_protect, chunk.contexts(segments), self._packets, self._lengths))
        if any(codes):
            # A key that is used up, or memory that is: nobody gets a packet that may be in plain.
            self.refused += many * segments
            return
        if not native.BATCH:
            self.sent += self._one_by_one(chunk, segments)
            return
        full, why = self.out.send(self.fd, chunk.messages(self.out, segments), many, burst.protected(chunk.tag))
        self.sent += (many - full) * segments
        if why:
            # A card or a route that does not know segments: from now on one by one, and these are asked for again.
            self.out.segmenting = False
        self.dropped += full * segments

    def _one_by_one(self, chunk: Chunk, segments: int) -> int:
        """The plain way of systems that have no call for many: one packet after the other; how many went."""
        went = 0
        packets, lengths = self.out.packets[segments], self.out.lengths[segments]
        for row, seat in enumerate(chunk.seats):
            for one in range(segments):
                packet = packets[row, one, : lengths[row, one]].tobytes()
                went += bool(seat.peer.address and seat.peer.mux.send(packet, seat.peer.address))
        return went

    def _stamp(self, chunk: Chunk, burst: Burst, many: int, segments: int) -> None:
        """Numbers of seats that came from another layer or stream go on where they were."""
        packets = self.out.packets[segments]
        self._short[segments][:many, :, 1] = burst.sequences + chunk.sequence[:many, None]
        self._long[segments][:many, :, 1] = burst.times + chunk.time[:many, None]
        for row, one in burst.marks:
            if one.picture_at:
                number = (chunk.picture[:many] + np.uint16(one.picture)) & 0x7FFF
                packets[:many, row, one.picture_at] = 0x80 | number >> 8
                packets[:many, row, one.picture_at + 1] = number & 0xFF
            if one.tl0_at:
                packets[:many, row, one.tl0_at] = chunk.tl0[:many] + np.uint8(one.tl0)
