from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask

from foundation.db import write_tx
from tests.application import running
from tests.booking.pages.conftest import Time, Town, build
from tests.booking.pages.reading import Reader
from tests.booking.staff.desks import sit_down, staff


@pytest.fixture
def time() -> Iterator[Time]:
    clock_of_test = Time()
    yield clock_of_test
    clock_of_test.end()


@pytest.fixture
def app(tmp_path: Path, time: Time) -> Iterator[Flask]:
    with running(tmp_path / "instance", VO_RATE_LIMITS="off") as made:
        yield made


@pytest.fixture
def town(app: Flask) -> Town:
    with app.app_context(), write_tx():
        made = build()
        staff(made)
        return made


@pytest.fixture
def desk(app: Flask, town: Town) -> Callable[[str], Reader]:
    """`desk("Lucia")`: a colleague's browser, signed in. Lucia leads Centro, Nora leads Norte, Ada looks after everything."""
    return lambda name: sit_down(app, name)
