"""Half an hour of people who come and go leaves nothing behind in the unit."""

from __future__ import annotations

import os

import pytest

from benchmarks.media import churn

MINUTES = float(os.environ.get("TEST_CHURN_MINUTES", "30"))
"""Shorter ones only show that the churn itself works."""


@pytest.mark.soak
@pytest.mark.timeout(int(MINUTES * 60) + 300)
def test_memory_and_files_stay_as_they_were(seed: int) -> None:
    held = churn.measured(MINUTES, seed)
    early, late = held.lowest(1 / 3, 1 / 2), held.lowest(5 / 6, 1)
    print(f"{held.joins} joins; {early} then {late}")
    assert held.joins > MINUTES * 60
    assert late[0] - early[0] <= 4 * 2**20
    assert abs(late[1] - early[1]) <= 10
    assert "Traceback" not in held.log
