"""S-13: whether an address or a reference is known does not show in how long the answer takes.

That status and bytes are the same is in tests/accounts/test_sign_in.py and tests/booking/pages/test_find.py.
"""

from __future__ import annotations

import statistics
import time
from pathlib import Path

import pytest
from flask import Flask

from accounts import passwords, people
from accounts.models import Role
from foundation.db import write_tx
from tests.application import Browser, running

TRIES = 40
CEILING = 0.025
"""Seconds between the medians: S-13 asks for 10 ms on a quiet machine; this one is shared."""


def gap(app: Flask, door: str) -> float:
    """Seconds between the medians of known and unknown addresses, asked in turns."""
    took: dict[str, list[float]] = {"known": [], "nobody": []}
    browser = Browser(app)
    for n in range(TRIES):
        for kind, times in took.items():
            form = {
                "email": f"{kind}{n}@example.org",
                "password": "wrong words entirely",
                "csrf_token": browser.token(),
            }
            began = time.perf_counter()
            # Each from a network of its own: forty wrong ones of one network wait.
            browser.client.post(door, data=form, environ_base={"REMOTE_ADDR": f"10.0.{n}.{len(kind)}"})
            times.append(time.perf_counter() - began)
    known, other = (statistics.median(times) for times in took.values())
    return abs(known - other)


@pytest.fixture
def crowd(tmp_path: Path) -> Flask:
    with running(tmp_path, VO_RATE_LIMITS="off") as app:
        with app.app_context():
            made = passwords.make("four quiet herons landing")
            with write_tx():
                for n in range(TRIES):
                    people.create_staff(f"K {n}", f"known{n}@example.org", "en", [(Role.OPERATOR, None)], made)
        yield app


@pytest.mark.parametrize("door", ["/sign-in", "/sign-in/forgotten", "/sign-in/password"])
def test_the_time_tells_nothing(crowd: Flask, door: str) -> None:
    assert gap(crowd, door) <= CEILING


def test_a_door_that_works_longer_for_known_addresses_would_show(crowd: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    verify = passwords.verify

    def slow(stored: str | None, words: str) -> bool:
        if stored:
            time.sleep(2 * CEILING)
        return verify(stored, words)

    monkeypatch.setattr(passwords, "verify", slow)
    assert gap(crowd, "/sign-in/password") > CEILING
