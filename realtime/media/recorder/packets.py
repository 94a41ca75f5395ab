"""What the unit sends a recorder: plain RTP packets, each with who sent it, what it is and when it arrived."""

from __future__ import annotations

import struct
from typing import NamedTuple

AUDIO, CAMERA, SCREEN = 0, 1, 2
KINDS = {AUDIO: "audio", CAMERA: "camera", SCREEN: "screen"}
"""The kinds of the feed, by number, with their names in the manifest."""
OPUS, RED, VP8, H264 = 111, 63, 96, 102
"""The payload types that the unit fixes in every offer (`docs/media-protocol.md`)."""

_HEAD = struct.Struct("!BQB")


class Malformed(ValueError):
    """Bytes that are not what they should be; the message says which rule they break."""


class Arrival(NamedTuple):
    """One packet of the feed; `at` is in microseconds since 1970."""

    at: int
    participant: str
    kind: int
    packet: bytes


def read_arrival(frame: bytes) -> Arrival:
    """Take a binary frame of the feed apart: 0x00, u64 microseconds, u8 length and participant, u8 kind, RTP. Raises `Malformed`."""
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


def opus_duration(payload: bytes) -> int:
    """How many samples at 48 kHz an Opus packet holds, from its first bytes (RFC 6716 section 3.1); 0 if it can not be Opus."""
    if not payload:
        return 0
    config = payload[0] >> 3
    if config < 12:
        frame = (480, 960, 1920, 2880)[config & 3]
    elif config < 16:
        frame = (480, 960)[config & 1]
    else:
        frame = (120, 240, 480, 960)[config & 3]
    code = payload[0] & 3
    if code < 3:
        return frame * (1, 2, 2)[code]
    # RFC 6716 section 3.2.5 allows no packet of more than 120 ms.
    samples = frame * (payload[1] & 0x3F) if len(payload) > 1 else 0
    return samples if samples <= 5760 else 0
