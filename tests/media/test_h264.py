"""Where H.264 keyframes start, in the three forms of packetization-mode 1."""

from __future__ import annotations

import random

import pytest

from realtime.media.h264 import is_keyframe_start
from tests.tiers import examples

SPS, PPS = b"\x67\x42\xe0\x1f", b"\x68\xce\x3c\x80"
TOP, LOWER, BETWEEN = b"\x65\x88\x84", b"\x65\x4f\x00", b"\x41\x9a\x02"
"""The first slice of an IDR picture, its second slice, a slice of a later picture."""


def together(*units: bytes) -> bytes:
    """STAP-A."""
    return b"\x78" + b"".join(len(one).to_bytes(2, "big") + one for one in units)


def fragments(unit: bytes) -> tuple[bytes, bytes]:
    """FU-A: the first and the last of two."""
    indicator, kind = unit[0] & 0xE0 | 28, unit[0] & 0x1F
    return bytes([indicator, 0x80 | kind]) + unit[1:2], bytes([indicator, 0x40 | kind]) + unit[2:]


@pytest.mark.parametrize(
    "payload", [SPS, TOP, together(SPS, PPS), together(PPS, SPS, TOP), together(PPS, TOP), fragments(TOP)[0]]
)
def test_a_decoder_can_start_at_a_parameter_set_or_at_the_top_of_an_idr_picture(payload: bytes) -> None:
    assert is_keyframe_start(payload)
    assert is_keyframe_start(memoryview(payload))


@pytest.mark.parametrize(
    "payload",
    [
        PPS,
        LOWER,
        BETWEEN,
        together(PPS, BETWEEN),
        together(PPS, LOWER),
        fragments(TOP)[1],
        fragments(LOWER)[0],
        fragments(BETWEEN)[0],
    ],
)
def test_it_cannot_start_anywhere_else(payload: bytes) -> None:
    assert not is_keyframe_start(payload)


@pytest.mark.parametrize("payload", [SPS, TOP, together(SPS, PPS), fragments(TOP)[0]])
def test_what_is_cut_off_is_no_start(payload: bytes) -> None:
    assert not is_keyframe_start(payload[:1])
    assert not is_keyframe_start(b"")
    assert not is_keyframe_start(together(SPS)[:-1]), "the size points past the end"


@pytest.mark.fuzz
def test_random_bytes_raise_nothing(dice: random.Random) -> None:
    forms = (5, 7, 24, 28, 1, 0, 31)
    for _turn in range(examples(5_000)):
        head = bytes([dice.choice(forms) | dice.getrandbits(3) << 5])
        assert is_keyframe_start(head + dice.randbytes(dice.randrange(30))) in (True, False)
