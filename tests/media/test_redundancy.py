"""RED: the newest block of a packet."""

from __future__ import annotations

import random

import pytest

from realtime.media.redundancy import primary
from tests.tiers import examples


def packed(payload_type: int, newest: bytes, *earlier: bytes) -> bytes:
    """A RED payload as a browser packs it: the earlier blocks 20 ms apart, then the newest."""
    heads = [
        (1 << 31 | payload_type << 24 | 960 * (len(earlier) - at) << 10 | len(one)).to_bytes(4, "big")
        for at, one in enumerate(earlier)
    ]
    return b"".join((*heads, bytes([payload_type]), *earlier, newest))


@pytest.mark.parametrize("earlier", [(), (b"before",), (b"a" * 1023, b"b" * 300), (b"",)])
def test_the_newest_block_comes_out_whatever_stands_before_it(earlier: tuple[bytes, ...]) -> None:
    payload = packed(111, b"newest", *earlier)
    assert primary(payload) == (111, b"newest")
    assert primary(memoryview(payload)) == (111, b"newest")


def test_what_is_cut_off_or_empty_gives_nothing() -> None:
    payload = packed(111, b"n", b"before")
    assert [primary(payload[:length]) for length in range(len(payload))] == [None] * len(payload)
    assert primary(packed(111, b"", b"before")) is None


@pytest.mark.fuzz
def test_random_bytes_raise_nothing(dice: random.Random) -> None:
    for _turn in range(examples(5_000)):
        payload = dice.randbytes(dice.randrange(40))
        found = primary(payload)
        assert found is None or (found[0] < 128 and payload.endswith(found[1]) and found[1])
