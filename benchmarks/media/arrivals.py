"""What came in on one SSRC, checked packet by packet."""

from __future__ import annotations

import time
from dataclasses import dataclass, field

from benchmarks.media.packets import H264, VP8, Rtp, nal, picture, stamp

HALF = 1 << 15


@dataclass
class Arrivals:
    """The packets of one SSRC. A forwarder that works leaves `bad`, `lost`, `jumps`, `wild_switches` and `broken_pictures` at 0."""

    ssrc: int
    packets: int = 0
    size: int = 0
    """Bytes of RTP, headers included."""
    bad: int = 0
    """Packets whose payload is not what a light peer sent."""
    twice: int = 0
    """Packets whose sequence number had come before."""
    jumps: int = 0
    """In order by sequence number, but not by the number that the sender gave (of the same stream, with nothing lost between)."""
    wild_switches: int = 0
    """Changes to another stream that did not begin with a keyframe (video)."""
    broken_pictures: int = 0
    """Frames whose picture id is not the last one plus 1, or whose timestamp does not grow, with nothing lost between (video)."""
    repaired: int = 0
    """Packets that came as retransmissions (RFC 4588)."""
    frames: int = 0
    keyframes: int = 0
    first_at: float = 0.0
    first_keyframe_at: float = 0.0
    """`time.monotonic()`; 0.0: none yet."""
    last_at: float = 0.0
    streams: list[int] = field(default_factory=list)
    """Streams of senders, one entry for each change."""
    last: Rtp | None = None
    highest: int = -1
    """Highest sequence number, with its wraps."""
    lowest: int = -1
    payload_types: set[int] = field(default_factory=set)
    _seen: set[int] = field(default_factory=set)
    _number: int = -1
    _picture: tuple[int, int] | None = None

    @property
    def lost(self) -> int:
        """Sequence numbers between the lowest and the highest that never came."""
        return 0 if self.highest < 0 else self.highest - self.lowest + 1 - len(self._seen)

    def missing(self) -> list[int]:
        """Their sequence numbers on the wire (16 bits), lowest first: what a NACK asks for."""
        return [number & 0xFFFF for number in range(self.lowest, self.highest) if number not in self._seen]

    def take(self, packet: Rtp, repaired: bool = False) -> None:
        """Count and check one packet. `repaired`: it was unwrapped from a retransmission."""
        now = time.monotonic()
        self.first_at = self.first_at or now
        self.last_at = now
        self.packets += 1
        self.size += len(packet.body) + 12
        self.repaired += repaired
        number = self._whole(packet.sequence)
        if number in self._seen:
            self.twice += 1
            return
        self._seen.add(number)
        follows = number == self.highest + 1
        if number > self.highest:
            self.highest, self.last = number, packet
        self.lowest = number if self.lowest < 0 else min(self.lowest, number)
        if not repaired:
            self.payload_types.add(packet.payload_type)
        self._check(packet, follows, now)

    def _whole(self, sequence: int) -> int:
        if self.highest < 0:
            return sequence + (1 << 16)
        return self.highest + (sequence - self.highest + HALF & 0xFFFF) - HALF

    def _check(self, packet: Rtp, follows: bool, now: float) -> None:
        body, starts, keyframe = packet.body, False, False
        if not body:
            return  # only padding: a probe of the line
        shown = None
        if packet.payload_type in {VP8, H264}:
            try:
                shown = picture(body) if packet.payload_type == VP8 else nal(body)
            except IndexError:
                self.bad += 1
                return
            body, starts, keyframe = body[shown.size :], shown.starts, shown.keyframe
        known = stamp(body)
        if known is None:
            self.bad += 1
            return
        stream, number = known
        switched = not self.streams or self.streams[-1] != stream
        if follows and switched:
            self.streams.append(stream)
            self.wild_switches += shown is not None and not keyframe
        elif follows:
            self.jumps += number != self._number + 1
        if follows or self._number < 0:
            self._number = number
            if not self.streams:
                self.streams.append(stream)
        self.frames += starts
        if starts and shown is not None and shown.picture is not None:
            if follows and self._picture is not None:
                id_before, time_before = self._picture
                grows = 0 < (packet.timestamp - time_before & 0xFFFFFFFF) < 1 << 31
                self.broken_pictures += (shown.picture - id_before & 0x7FFF) != 1 or not grows
            self._picture = (shown.picture, packet.timestamp)
        if keyframe:
            self.keyframes += 1
            self.first_keyframe_at = self.first_keyframe_at or now
