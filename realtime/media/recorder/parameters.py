"""The size of the picture that an H.264 sequence parameter set announces (ITU-T H.264 sections 7.3.2.1.1 and 7.4.2.1.1)."""

from __future__ import annotations

_CHROMA_TOLD = frozenset({100, 110, 122, 244, 44, 83, 86, 118, 128, 138, 139, 134, 135})
"""Profiles whose sets tell the chroma format; all others are 4:2:0."""
LARGEST = 8192
"""Pixels on a side beyond which a size is taken for damage."""


class _Bits:
    """Reads numbers bit by bit; raises `IndexError` at the end."""

    def __init__(self, octets: bytes) -> None:
        self._octets = octets
        self._at = 0

    def bit(self) -> int:
        octet = self._octets[self._at >> 3]
        bit = octet >> (7 - (self._at & 7)) & 1
        self._at += 1
        return bit

    def bits(self, count: int) -> int:
        number = 0
        for _ in range(count):
            number = number << 1 | self.bit()
        return number

    def golomb(self) -> int:
        """ue(v): as many zeros as bits follow the first one (section 9.1)."""
        zeros = 0
        while not self.bit():
            zeros += 1
            if zeros > 32:
                raise IndexError("no number is that long")
        return (1 << zeros) - 1 + self.bits(zeros)

    def signed(self) -> int:
        """se(v)."""
        number = self.golomb()
        return (number + 1) // 2 if number & 1 else -(number // 2)


def picture_size(unit: bytes) -> tuple[int, int] | None:
    """Width and height in pixels after cropping, from a NAL unit of type 7; None when it can not be read. Never raises."""
    try:
        return _read(_Bits(unit[1:].replace(b"\0\0\3", b"\0\0")))
    except IndexError:
        return None


def _read(bits: _Bits) -> tuple[int, int] | None:
    profile = bits.bits(8)
    bits.bits(16)
    bits.golomb()
    chroma = 1
    if profile in _CHROMA_TOLD:
        chroma = bits.golomb()
        if chroma == 3:
            bits.bit()
        bits.golomb()
        bits.golomb()
        bits.bit()
        if bits.bit():
            for at in range(12 if chroma == 3 else 8):
                if bits.bit():
                    _skip_scaling(bits, 16 if at < 6 else 64)
    bits.golomb()
    order = bits.golomb()
    if order == 0:
        bits.golomb()
    elif order == 1:
        bits.bit()
        bits.signed()
        bits.signed()
        for _ in range(min(bits.golomb(), 255)):
            bits.signed()
    bits.golomb()
    bits.bit()
    across = bits.golomb() + 1
    down = bits.golomb() + 1
    frames_only = bits.bit()
    if not frames_only:
        bits.bit()
    bits.bit()
    left = right = top = bottom = 0
    if bits.bit():
        left, right, top, bottom = (bits.golomb() for _ in range(4))
    unit_x = 2 if chroma in (1, 2) else 1
    unit_y = (2 if chroma == 1 else 1) * (2 - frames_only)
    width = across * 16 - unit_x * (left + right)
    height = down * 16 * (2 - frames_only) - unit_y * (top + bottom)
    return (width, height) if 0 < width <= LARGEST and 0 < height <= LARGEST else None


def _skip_scaling(bits: _Bits, count: int) -> None:
    last = following = 8
    for _ in range(count):
        if following:
            following = (last + bits.signed()) % 256
        last = following or last
