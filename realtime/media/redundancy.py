"""Sound that repeats itself (RED, RFC 2198): a packet carries earlier blocks before the new one."""

from __future__ import annotations

LONG = 4
"""Bytes of a header that announces an earlier block: more-bit, payload type, 14 bits of time, 10 bits of length."""


def primary(payload: bytes | bytearray | memoryview) -> tuple[int, bytes] | None:
    """The newest block, which stands last: (payload type, its bytes). None when malformed or empty. Never raises."""
    length = len(payload)
    at = earlier = 0
    while at < length and payload[at] & 0x80:
        if at + LONG > length:
            return None
        earlier += (payload[at + 2] & 3) << 8 | payload[at + 3]
        at += LONG
    begins = at + 1 + earlier
    if begins >= length:
        return None
    return payload[at] & 0x7F, bytes(payload[begins:])
