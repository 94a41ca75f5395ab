"""Two tiers of tests and their seed: what needs the machine for itself is `serial`, and every run prints the seed of its dice."""

from __future__ import annotations

import os
import random
import shutil
import tempfile
from pathlib import Path

import pytest

SERIAL_FOLDERS = frozenset({"journeys", "storms", "houses"})
"""Folders whose tests start browsers, storms or the whole service."""
PAGES = frozenset({"test_axe", "test_budgets"})
"""Journeys that look at pages; the others call."""
SEED = "TEST_SEED"
SHELF = "TEST_SHELF"
"""Names the folder where one run keeps what several of its processes copy (`tests.server`)."""


def pytest_configure(config: pytest.Config) -> None:
    os.environ.setdefault(SEED, str(random.SystemRandom().randrange(1_000_000)))
    if SHELF not in os.environ:
        os.environ[SHELF] = tempfile.mkdtemp(prefix="office-shelf-")
        config.add_cleanup(lambda: shutil.rmtree(os.environ.pop(SHELF), ignore_errors=True))


def pytest_report_header(config: pytest.Config) -> str:
    return f"seed: {os.environ[SEED]} (repeat with {SEED}={os.environ[SEED]})"


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    here = Path(__file__).parent
    for item in items:
        if item.path.is_relative_to(here) and SERIAL_FOLDERS & set(item.path.relative_to(here).parts):
            item.add_marker("serial")
        if item.get_closest_marker("serial"):
            # Each lane is one process, so nothing in it runs beside itself. xdist reads the mark in a hook of the same name, so after us.
            item.add_marker(pytest.mark.xdist_group(_lane(item.path)))
        else:
            # One process builds what the tests of a module share.
            item.add_marker(pytest.mark.xdist_group(str(item.path)))
    if not os.environ.get("TEST_SOAK"):
        soak = [item for item in items if item.get_closest_marker("soak")]
        config.hook.pytest_deselected(items=soak)
        items[:] = [item for item in items if item not in soak]


def _lane(path: Path) -> str:
    if "journeys" not in path.parts:
        return "services"
    return "pages" if path.stem in PAGES else "calls"


def examples(usually: int) -> int:
    """How many examples a property tries: `usually` in `make test`, `TEST_FUZZ` in `make fuzz`."""
    return int(os.environ.get("TEST_FUZZ", usually))


@pytest.fixture
def seed() -> int:
    """The number that every dice of this run starts from."""
    return int(os.environ[SEED])


@pytest.fixture
def dice(seed: int) -> random.Random:
    """Random numbers that `TEST_SEED` repeats."""
    return random.Random(seed)
