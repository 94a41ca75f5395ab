"""The finder equals a slow oracle on random worlds around the days on which clocks change."""

from __future__ import annotations

import os
import random
from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from booking import availability
from foundation.db import db
from tests.foundation.bare import bare_app
from tests.fuzz.finder import check

PARTS = 10
WORLDS = int(os.environ.get("TEST_FUZZ", "500"))


WRONG_ONCE = (44308229624,)
"""Worlds that the finder got wrong: a counselor in Kolkata for a service in Cairo, where the horizon ends on Kolkata's next Monday."""


@pytest.mark.parametrize("one", WRONG_ONCE)
def test_worlds_that_were_wrong_once(one: int, tmp_path: Path) -> None:
    app = bare_app(tmp_path)
    with app.app_context():
        check(random.Random(one))


@pytest.mark.fuzz
@pytest.mark.parametrize("part", range(PARTS))
def test_the_finder_equals_the_oracle_on_random_worlds(part: int, seed: int, tmp_path: Path) -> None:
    app = bare_app(tmp_path)
    with app.app_context():
        for number in range(part, WORLDS, PARTS):
            one = seed * 100_003 + number
            try:
                check(random.Random(one))
            except AssertionError as difference:
                raise AssertionError(f"python -m tests.fuzz.finder 1 {one}: {difference}") from difference


def test_postgresql_adds_claims_up_alike(seed: int, tmp_path: Path, postgres_url: str) -> None:
    app = bare_app(tmp_path, VO_DATABASE_URL=postgres_url)
    with app.app_context():
        for number in range(12):
            check(random.Random(seed * 11 + number))
        db.session.remove()
        db.engine.dispose()


def test_the_oracle_catches_a_finder_that_adds_24_hours_to_a_day(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = availability.first_tick

    def wrong(zone: ZoneInfo, first: date, days: int) -> tuple[int, ...]:
        return tuple(right(zone, first) + number * 86_400 // 300 for number in range(days + 1))

    monkeypatch.setattr(availability, "day_starts", wrong)
    availability._windows.cache_clear()
    app = bare_app(tmp_path)
    with app.app_context(), pytest.raises(AssertionError, match="the oracle says"):
        for number in range(60):
            check(random.Random(seed * 7 + number))
    availability._windows.cache_clear()
