"""A town whose letters leave: by a real mail server and a real SMS gateway."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from booking.models import Appointment
from foundation import pace, worker
from foundation.db import db, write, write_tx
from foundation.models import Letter
from tests.application import running
from tests.booking.pages.conftest import Time, Town, build
from tests.booking.staff.conftest import time
from tests.booking.staff.desks import staff
from tests.gateway import SECRET, Gateway, gateway
from tests.postbox import Postbox, postbox

__all__ = ["time"]
Act = Callable[[str, Callable[[Appointment], object]], object]
TEN = datetime(2026, 11, 24, 9, tzinfo=UTC)
"""Tuesday, ten o'clock in Madrid; it is Monday, eight."""


@pytest.fixture
def box() -> Iterator[Postbox]:
    with postbox() as opened:
        yield opened


@pytest.fixture
def phones() -> Iterator[Gateway]:
    with gateway() as opened:
        yield opened


@pytest.fixture
def app(tmp_path: Path, time: Time, box: Postbox, phones: Gateway) -> Iterator[Flask]:
    pace.rest()
    settings = {"VO_SMTP_URL": box.url, "VO_SMS_URL": phones.url, "VO_SMS_SECRET": SECRET, "VO_MAIL_PACE": "10000"}
    with running(tmp_path / "instance", VO_RATE_LIMITS="off", **settings) as made:
        yield made


@pytest.fixture
def town(app: Flask) -> Town:
    with app.app_context(), write_tx():
        made = build()
        staff(made)
        return made


@pytest.fixture
def act(app: Flask) -> Act:
    """`act(public_id, rule)`: run a rule on an appointment, as a door does."""

    def run(public_id: str, rule: Callable[[Appointment], object]) -> object:
        with app.test_request_context():
            found = db.session.scalars(select(Appointment).where(Appointment.public_id == public_id)).one()
            return write(lambda: rule(found))

    return run


@pytest.fixture
def work(app: Flask) -> Callable[[], None]:
    """The worker looks until there is nothing to do."""

    def run() -> None:
        while worker.look(app)[0]:
            continue

    return run


def rows(app: Flask, **facts: object) -> list[Letter]:
    """Letters with these facts, oldest first."""
    with app.app_context():
        return list(db.session.scalars(select(Letter).filter_by(**facts).order_by(Letter.id)))
