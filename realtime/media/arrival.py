"""A packet of the feed: who sent it, what it is, when it came, and the RTP itself; written by the unit, read by recorders and siblings."""

from __future__ import annotations

import struct
from typing import NamedTuple

AUDIO, CAMERA, SCREEN = 0, 1, 2
KINDS = {AUDIO: "audio", CAMERA: "camera", SCREEN: "screen"}
"""The kinds of the feed, by number (docs/media-protocol.md)."""
NUMBERS = {name: number for number, name in KINDS.items()}
"""And back."""
_HEAD = struct.Struct("!BQB")


class Malformed(ValueError):
    """Bytes that are not what they should be; the message says which rule they break."""


class Arrival(NamedTuple):
    """`at` is in microseconds since 1970; `participant` has at most 255 bytes in UTF-8."""

    at: int
    participant: str
    kind: int
    packet: bytes


def write(one: Arrival) -> bytes:
    """The binary frame: 0x00, u64 microseconds, u8 length and participant, u8 kind, RTP."""
    who = one.participant.encode()
    return _HEAD.pack(0, one.at, len(who)) + who + bytes([one.kind]) + one.packet


def read(frame: bytes) -> Arrival:
    """Take a binary frame apart; raises `Malformed`."""
    if len(frame) < _HEAD.size:
        raise Malformed("feed: short frame")
    mark, at, length = _HEAD.unpack_from(frame)
    end = _HEAD.size + length
    if mark or at >= 1 << 62 or len(frame) < end + 1:
        raise Malformed("feed: bad head")
    kind = frame[end]
    if kind not in KINDS:
        raise Malformed("feed: unknown kind")
    try:
        participant = frame[_HEAD.size : end].decode()
    except UnicodeDecodeError as error:
        raise Malformed("feed: participant is not UTF-8") from error
    return Arrival(at, participant, kind, frame[end + 1 :])
