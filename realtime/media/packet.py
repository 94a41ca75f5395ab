"""RTP packets (RFC 3550) with one-byte header extensions (RFC 8285): read once when they come, written once for all who get them."""

from __future__ import annotations

import struct
from dataclasses import dataclass

FIXED = 12
ABS_SEND_TIME_STEP = 262_144
"""Steps of a second: 6 bits of seconds and 18 of their fractions (abs-send-time)."""
_HEADER = struct.Struct("!BBHII")
_ONE_BYTE = 0xBEDE


@dataclass(slots=True)
class Packet:
    """One packet in plain. `payload` is without padding; `extensions` by their ids in this dialect."""

    marker: bool
    payload_type: int
    sequence: int
    timestamp: int
    ssrc: int
    payload: bytes
    extensions: dict[int, bytes]


def read(data: bytes | memoryview) -> Packet | None:
    """The packet, or None where it is none; never raises."""
    size = len(data)
    if size < FIXED or data[0] >> 6 != 2:
        return None
    first, second, sequence, timestamp, ssrc = _HEADER.unpack_from(data)
    at = FIXED + 4 * (first & 15)
    extensions: dict[int, bytes] = {}
    if first & 16:
        if at + 4 > size:
            return None
        profile, words = struct.unpack_from("!HH", data, at)
        at += 4
        end = at + 4 * words
        if end > size:
            return None
        if profile == _ONE_BYTE:
            extensions = _extensions(bytes(data[at:end]))
        at = end
    if first & 32:
        if at >= size or data[size - 1] == 0:
            return None
        size -= data[size - 1]
    if at > size:
        return None
    return Packet(bool(second & 128), second & 127, sequence, timestamp, ssrc, bytes(data[at:size]), extensions)


def _extensions(raw: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at = 0
    while at < len(raw):
        one = raw[at]
        if one == 0:
            at += 1
            continue
        if one >> 4 == 15:
            break
        end = at + 2 + (one & 15)
        if end > len(raw):
            break
        found[one >> 4] = raw[at + 1 : end]
        at = end
    return found


def send_time(now: float) -> bytes:
    """abs-send-time of a moment in seconds."""
    return (int(now * ABS_SEND_TIME_STEP) & 0xFFFFFF).to_bytes(3, "big")


def write(
    payload_type: int,
    marker: bool,
    sequence: int,
    timestamp: int,
    ssrc: int,
    payload: bytes,
    time_id: int | None,
    sent: bytes,
) -> bytes:
    """A packet as the viewers of one dialect get it: abs-send-time where they take it, so that they can tell how much they bear."""
    head = _HEADER.pack(
        0x90 if time_id else 0x80,
        payload_type | (128 if marker else 0),
        sequence & 0xFFFF,
        timestamp & 0xFFFFFFFF,
        ssrc,
    )
    if time_id:
        return head + struct.pack("!HHB", _ONE_BYTE, 1, time_id << 4 | 2) + sent + payload
    return head + payload


def again(one: Packet) -> bytes:
    """A packet as it would have come, without extensions."""
    return write(one.payload_type, one.marker, one.sequence, one.timestamp, one.ssrc, one.payload, None, b"")


def pad(packet: bytes, size: int) -> bytes:
    """The packet made `size` bytes long by RTP padding; at most 255 bytes are added."""
    missing = size - len(packet)
    if missing <= 0:
        return packet
    return bytes([packet[0] | 32]) + packet[1:] + bytes(missing - 1) + bytes([missing])


class Unwrapped:
    """Numbers that wrap (16 bits of sequence, 32 of time) as ones that only grow."""

    def __init__(self, bits: int) -> None:
        self._size = 1 << bits
        self._last: int | None = None

    def take(self, value: int) -> int:
        """The whole number that stands nearest to the last one."""
        if self._last is None:
            self._last = value
            return value
        step = (value - self._last) % self._size
        if step >= self._size // 2:
            step -= self._size
        self._last = max(self._last, self._last + step)
        return self._last if step >= 0 else self._last + step
