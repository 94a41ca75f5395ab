"""Call after call after call: each connects, both ways, and none leaves anything behind for the next."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from .conftest import House
from .people import Human, until
from .test_call import let_in

CALLS = 40

pytestmark = [pytest.mark.soak, pytest.mark.timeout(1800)]


def test_every_call_connects(house: House, human: Callable[..., Human]) -> None:
    amal, ines = human("Amal Mansour"), human("Inés Vidal")
    took, late = [], []
    for number in range(CALLS):
        let_in(amal, ines, house.meeting())
        began = time.monotonic()
        for one in (amal, ines):
            try:
                until(f"{one.name} receives sound and picture", one.receives, 20)
            except AssertionError:
                late.append((number, one.name, amal.negotiated(), ines.negotiated()))
        took.append(time.monotonic() - began)
        ines.press("Leave")
        ines.press("End it for both")
        until(
            "it is over for both",
            lambda: all(one.page.locator("[data-state-over]").is_visible() for one in (amal, ines)),
        )
    took.sort()
    print("\n".join(map(str, late)))
    print(f"\n{CALLS} calls, both ways after {took[len(took) // 2]:.1f} s (median), {took[-1]:.1f} s (longest)")
    assert not late
