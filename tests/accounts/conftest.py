from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask

from accounts import passwords, people
from accounts.models import Role
from foundation.db import write_tx
from tests.application import Browser, running

WORDS = "four quiet herons landing"


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes of a millisecond: the same code, less memory."""
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    with running(tmp_path / "instance") as made:
        yield made


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Flask]:
    with running(tmp_path / "demo", VO_DEMO="1") as made:
        yield made


@pytest.fixture
def browser(app: Flask) -> Browser:
    return Browser(app)


@pytest.fixture
def admin(app: Flask) -> str:
    """An administrator's e-mail address; their password is WORDS."""
    with app.app_context():
        made = passwords.make(WORDS)
        with write_tx():
            people.create_staff("Ada Admin", "ada@example.org", "en", [(Role.ADMIN, None)], made)
    return "ada@example.org"


@pytest.fixture
def jobseeker(app: Flask) -> str:
    """A guest's e-mail address."""
    with app.app_context(), write_tx():
        people.register_guest("Bo", "en", "bo@example.org")
    return "bo@example.org"
