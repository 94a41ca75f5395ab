"""The finder on a Monday morning that does not pass."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import insert, update

from booking import finder
from booking.models import Claim, Resource
from foundation import clock
from foundation.db import db
from tests.booking.world import NOW
from tests.foundation.bare import bare_app

TUESDAY = date(2026, 11, 24)
NEVER = 9_999_999_999


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    app = bare_app(tmp_path)
    with app.app_context(), clock.frozen(NOW):
        yield app
        db.session.remove()
        db.engine.dispose()


def claim(
    resource_id: int, at: datetime, minutes: int = 30, expires: int = NEVER, kind: str = "booking", bump: bool = True
) -> None:
    """Claim time as the kernel does; `bump=False` leaves the version alone."""
    first = int(at.timestamp()) // 300
    rows = [
        {"resource_id": resource_id, "tick": first + n, "kind": kind, "holder": 1, "expires": expires}
        for n in range(minutes // 5)
    ]
    db.session.execute(insert(Claim), rows)
    if bump:
        db.session.execute(update(Resource).where(Resource.id == resource_id).values(version=Resource.version + 1))


def free_on(query: finder.Query, on: date = TUESDAY) -> int:
    """How many times are free that day."""
    return finder.days(query, on, on)[0].free
