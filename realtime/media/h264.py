"""Where an H.264 keyframe starts (RFC 6184, packetization-mode 1)."""

from __future__ import annotations

Payload = bytes | bytearray | memoryview

IDR, SPS, STAP_A, FU_A = 5, 7, 24, 28


def is_keyframe_start(payload: Payload) -> bool:
    """Whether a decoder can start here: a parameter set (SPS), or the first slice of an IDR picture. Never raises."""
    length = len(payload)
    if length < 2:
        return False
    form = payload[0] & 0x1F
    if form == STAP_A:
        at = 1
        while at + 3 < length:
            size = payload[at] << 8 | payload[at + 1]
            if size < 2 or at + 2 + size > length:
                return False
            if _starts(payload[at + 2] & 0x1F, payload[at + 3]):
                return True
            at += 2 + size
        return False
    if form == FU_A:
        # Only the first fragment holds the slice's head.
        return length > 2 and bool(payload[1] & 0x80) and _starts(payload[1] & 0x1F, payload[2])
    return _starts(form, payload[1])


def _starts(form: int, after: int) -> bool:
    # A slice's head begins with first_mb_in_slice in Exp-Golomb: the single bit 1 is 0, the top of the picture.
    return form == SPS or (form == IDR and bool(after & 0x80))
