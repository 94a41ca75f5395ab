"""What the packets of a recording are: the unit's payload types, and how long an Opus packet sounds."""

from __future__ import annotations

OPUS, RED, VP8, H264 = 111, 63, 96, 102
"""The payload types that the unit fixes in every offer (`docs/media-protocol.md`)."""


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
