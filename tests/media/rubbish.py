"""Datagrams that are none, made from good ones."""

from __future__ import annotations

import os
import random
from collections.abc import Iterator

MANY = int(os.environ.get("TEST_FUZZ", "0")) * 5 or 5000
"""How many of a kind a test sends: 5,000, and in `make fuzz` 50,000."""


def mutated(dice: random.Random, good: list[bytes], many: int) -> Iterator[bytes]:
    """Good datagrams with bytes changed, cut off, put in, or made up wholly."""
    for _one in range(many):
        raw = (
            bytearray(dice.choice(good))
            if good and dice.random() < 0.8
            else bytearray(dice.randbytes(dice.randrange(1, 200)))
        )
        for _change in range(dice.randrange(4)):
            at = dice.randrange(len(raw))
            raw[at : at + dice.randrange(3)] = dice.randbytes(dice.randrange(4))
            raw = raw or bytearray(b"\0")
        if dice.random() < 0.3:
            del raw[dice.randrange(len(raw)) :]
        yield bytes(raw or b"\x80")
