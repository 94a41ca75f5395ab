from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher

from accounts import passwords
from tests.application import running

from .world import World, build


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Two towns and everybody at their browsers; without rate limits, which would answer before the doors do."""
    with running(Path(tmp_path_factory.mktemp("world")), VO_DEMO="1", VO_RATE_LIMITS="off") as app:
        yield build(app)


@pytest.fixture(autouse=True)
def as_it_was(request: pytest.FixtureRequest) -> Iterator[None]:
    """Every test finds the towns as they were built."""
    yield
    if "world" in request.fixturenames:
        request.getfixturevalue("world").restore()


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
