"""Packets made into trains: as the kernel wants them, and with nothing of the pictures changed."""

from __future__ import annotations

import random

from realtime.media import packet
from realtime.media.fanout import SEGMENTS, Burst, Copy
from realtime.media.stream import _even


def made(sizes: list[int]) -> list[Copy]:
    return [
        Copy(
            number,
            90 * number,
            packet.write(96, False, number, 90 * number, 7, bytes([number % 251]) * size, 5, b"abc"),
        )
        for number, size in enumerate(sizes)
    ]


def test_all_but_the_last_of_a_train_are_equally_long_and_say_the_same() -> None:
    dice = random.Random(4)
    for _case in range(2000):
        sizes = [dice.choice((dice.randrange(1200), 1100, 1101)) for _packet in range(dice.randrange(1, 9))]
        trains = _even(made(sizes))
        told = []
        for train in trains:
            lengths = [len(one.packet) for one in train]
            assert len(train) <= SEGMENTS
            assert len(set(lengths[:-1])) <= 1 and lengths[-1] <= lengths[0], lengths
            burst = Burst(train)
            for row, one in enumerate(train):
                plain = burst.plain[row, : burst.lengths[row]].tobytes()
                read = packet.read(plain)
                assert plain == one.packet and read is not None
                told.append((read.sequence, len(read.payload)))
        assert told == list(enumerate(sizes)), "every packet once, in order, without its padding"


def test_what_is_asked_for_again_is_the_same_to_the_byte() -> None:
    one = packet.write(96, True, 65_535, 2**32 - 1, 7, b"picture", 5, b"abc")
    padded = packet.pad(one, len(one) + 9)
    assert len(padded) == len(one) + 9
    read = packet.read(padded)
    assert read is not None and read.payload == b"picture" and read.marker and read.extensions == {5: b"abc"}
    assert packet.pad(one, len(one) - 1) == one


def test_numbers_that_wrap_only_grow_but_for_those_that_come_late() -> None:
    numbers = packet.Unwrapped(16)
    assert [numbers.take(one) for one in (65_533, 65_535, 65_534, 1, 0, 40_000, 5)][:5] == [
        65_533,
        65_535,
        65_534,
        65_537,
        65_536,
    ]
