"""T50: a call that goes on and on leaks nothing: one connection, the same heap, and no word is lost."""

from __future__ import annotations

import os
import time

import pytest

from .conftest import House
from .people import Human, until
from .test_call import Come, both_receive, let_in

MINUTES = float(os.environ.get("TEST_LONG_CALL", "120"))
"""How long; two hours in `make soak`."""
GROWTH = 1.2
"""Times that the heap may grow from its size once everything is loaded."""
LOADED, LOOK = 300, 300
"""Seconds after which everything has run that a call runs, so that its code is compiled and its lists are there; and between two looks."""
OPEN = "() => window.connections.filter((pc) => pc.connectionState !== 'closed').length"

pytestmark = [pytest.mark.soak, pytest.mark.timeout(int(MINUTES * 60) + 900)]


def heap(one: Human) -> float:
    """Bytes in use after the rubbish is taken away."""
    line = one.context.new_cdp_session(one.page)
    line.send("HeapProfiler.collectGarbage")
    used = line.send("Runtime.getHeapUsage")["usedSize"]
    line.detach()
    return float(used)


def test_a_long_call_leaks_nothing(house: House, human: Come) -> None:
    people = amal, ines = human("Amal Mansour"), human("Inés Vidal")
    let_in(amal, ines, house.meeting())
    both_receive(amal, ines)
    amal.write("first")
    until("Inés reads it", lambda: ines.messages() == ["first"])
    began, said, heaps = time.monotonic(), 1, []
    while time.monotonic() < began + MINUTES * 60:
        amal.page.wait_for_timeout(30_000)
        both_receive(amal, ines)
        for one in people:
            one.write(f"still here {said}")
            said += 1
            until("every word once", lambda said=said: [len(each.messages()) for each in people] == [said, said])
        if time.monotonic() - began > LOADED + LOOK * len(heaps):
            heaps.append([heap(one) for one in people])
            print(f"after {(time.monotonic() - began) / 60:.0f} minutes: {heaps[-1]}", flush=True)
    before, after = heaps[0], [heap(one) for one in people]
    growth = [then / now for then, now in zip(after, before, strict=True)]
    print(f"{MINUTES:g} minutes: heap times {growth[0]:.2f} and {growth[1]:.2f}, {said} messages")
    for one in people:
        assert one.page.evaluate(OPEN) == 1
    assert max(growth) < GROWTH, (before, after)
