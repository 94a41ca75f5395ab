"""The VP8 payload descriptor (RFC 7741, 4.2) and the little that the unit reads of the picture behind it."""

from __future__ import annotations

from typing import NamedTuple

Payload = bytes | bytearray | memoryview


class Descriptor(NamedTuple):
    """What stands before a piece of a picture; offsets and `size` count bytes from the start of the RTP payload.

    `start`: the piece begins a picture (S bit, partition 0). `wide`: the picture id has 15 bits, not 7.
    `tid` is the temporal layer, 0 where none is told.
    """

    start: bool
    keyframe: bool
    picture_id: int | None
    picture_id_at: int | None
    wide: bool
    tl0: int | None
    tl0_at: int | None
    tid: int
    size: int


def describe(payload: Payload) -> Descriptor | None:
    """Reads the descriptor of one RTP payload; None when it is cut off or nothing follows it. Never raises."""
    length = len(payload)
    if length < 2:
        return None
    first = payload[0]
    start = first & 0x17 == 0x10
    at = 1
    picture_id = picture_id_at = tl0 = tl0_at = None
    wide = False
    tid = 0
    if first & 0x80:
        more = payload[1]
        at = 2
        if more & 0x80:
            if length <= at:
                return None
            picture_id_at = at
            picture_id = payload[at]
            if picture_id & 0x80:
                if length <= at + 1:
                    return None
                wide = True
                picture_id = (picture_id & 0x7F) << 8 | payload[at + 1]
                at += 1
            at += 1
        if more & 0x40:
            if length <= at:
                return None
            tl0_at = at
            tl0 = payload[at]
            at += 1
        if more & 0x30:
            if length <= at:
                return None
            # Without the T bit these two bits mean nothing.
            tid = payload[at] >> 6 if more & 0x20 else 0
            at += 1
    if length <= at:
        return None
    # The lowest bit of a picture's first byte is 0 in keyframes (RFC 6386, 9.1).
    keyframe = start and not payload[at] & 1
    return Descriptor(start, keyframe, picture_id, picture_id_at, wide, tl0, tl0_at, tid, at)


def picture_size(payload: Payload) -> tuple[int, int] | None:
    """Width and height (pixels) told in the first piece of a keyframe; None for any other payload. Never raises."""
    told = describe(payload)
    if told is None or not told.keyframe or len(payload) < told.size + 10:
        return None
    picture = bytes(payload[told.size : told.size + 10])
    if picture[3:6] != b"\x9d\x01\x2a":
        return None
    # The upper two bits of each number ask for scaling, which WebRTC does not use (RFC 6386, 9.1).
    return (picture[6] | picture[7] << 8) & 0x3FFF, (picture[8] | picture[9] << 8) & 0x3FFF
