"""An office with a colleague who hosts webinars, on SQLite and on PostgreSQL, on a Monday morning."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from foundation import clock
from tests.booking.world import NOW, World, build

from .planning import add_host, sound


@pytest.fixture
def world(both: Flask) -> Iterator[World]:
    with both.app_context(), clock.frozen(NOW):
        made = build(1)
        add_host()
        yield made
        sound()
