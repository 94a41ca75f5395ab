"""VP8 payloads: every form of the descriptor, and what is cut off."""

from __future__ import annotations

import random

import pytest

from realtime.media.vp8 import Descriptor, describe, picture_size
from tests.tiers import examples

KEYFRAME = bytes([0x50, 0x01, 0x00, 0x9D, 0x01, 0x2A, 0x00, 0x45, 0xD0, 0x02])
"""1280 × 720, with scaling bits (01) above the width."""


@pytest.mark.parametrize(
    ("head", "told"),
    [
        (b"\x10", Descriptor(True, True, None, None, False, None, None, 0, 1)),
        (b"\x90\x80\x05", Descriptor(True, True, 5, 2, False, None, None, 0, 3)),
        (b"\x90\x80\x85\x39", Descriptor(True, True, 0x539, 2, True, None, None, 0, 4)),
        (b"\x90\xe0\x85\x39\x07\x80", Descriptor(True, True, 0x539, 2, True, 7, 4, 2, 6)),
        (b"\x90\x40\x09", Descriptor(True, True, None, None, False, 9, 2, 0, 3)),
        # Only K: the byte is there, its two upper bits are no layer.
        (b"\x90\x10\xc3", Descriptor(True, True, None, None, False, None, None, 0, 3)),
        (b"\x90\xa0\x07\x40", Descriptor(True, True, 7, 2, False, None, None, 1, 4)),
        # Partition 1, and a continuation: no start, so no keyframe whatever the next bit says.
        (b"\x11", Descriptor(False, False, None, None, False, None, None, 0, 1)),
        (b"\x80\x80\x05", Descriptor(False, False, 5, 2, False, None, None, 0, 3)),
    ],
)
def test_a_descriptor_is_read_in_all_its_forms(head: bytes, told: Descriptor) -> None:
    assert describe(head + KEYFRAME) == told
    assert describe(memoryview(head + KEYFRAME)) == told
    for cut in range(len(head) + 1):
        assert describe(head[:cut]) is None


def test_the_first_bit_of_the_picture_tells_a_keyframe() -> None:
    between = describe(b"\x90\x80\x05" + bytes([KEYFRAME[0] | 1]) + KEYFRAME[1:])
    assert between is not None
    assert between.start
    assert not between.keyframe


def test_a_keyframe_tells_its_size_without_the_scaling_bits() -> None:
    assert picture_size(b"\x90\xe0\x85\x39\x07\x80" + KEYFRAME) == (0x0500, 0x02D0) == (1280, 720)
    assert picture_size(b"\x10" + KEYFRAME[:-1]) is None
    assert picture_size(b"\x11" + KEYFRAME) is None
    assert picture_size(b"\x10" + KEYFRAME.replace(b"\x9d", b"\x9e")) is None


@pytest.mark.fuzz
def test_random_bytes_raise_nothing_and_stay_inside(dice: random.Random) -> None:
    for _turn in range(examples(5_000)):
        payload = dice.randbytes(dice.choice((0, 1, 2, 3, 4, 5, 6, 7, 12, 40)))
        told = describe(payload)
        if told is not None:
            assert told.size < len(payload)
            assert all(at is None or at < told.size for at in (told.picture_id_at, told.tl0_at))
            assert told.picture_id is None or told.picture_id < (1 << 15 if told.wide else 1 << 7)
        size = picture_size(payload)
        assert size is None or max(size) < 1 << 14
