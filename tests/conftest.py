"""What every test may ask for: the product in this process, people in it, their browsers, and another moment."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from flask import Flask, session
from flask.testing import FlaskClient

from accounts import browsers, people
from accounts.models import Person, Role
from foundation import clock
from foundation.db import db, write_tx
from tests.application import running
from tests.engines import Postgres


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    """The product on SQLite, without rate limits. No application context is open: open one around rules, never around requests."""
    with running(tmp_path / "instance", VO_RATE_LIMITS="off") as made:
        yield made


@pytest.fixture(scope="session")
def migrated(cluster: Postgres) -> Callable[[], str]:
    """Gives the URL of a new PostgreSQL database that has every table: a copy of one that was migrated once."""
    model = cluster.new_database()
    with TemporaryDirectory() as folder, running(Path(folder), VO_DATABASE_URL=model):
        pass

    def copy() -> str:
        url, _slash, name = model.rpartition("/")
        fresh = f"{name}_{next(numbers)}"
        with psycopg.connect(f"{url}/postgres", autocommit=True) as line:
            line.execute(f'CREATE DATABASE "{fresh}" TEMPLATE "{name}"')
        return f"{url}/{fresh}"

    numbers = count()
    return copy


@pytest.fixture(params=["sqlite", "postgresql"])
def both(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """The product twice: on SQLite and on PostgreSQL."""
    on_postgres = request.param == "postgresql"
    settings = {"VO_DATABASE_URL": request.getfixturevalue("migrated")()} if on_postgres else {}
    with running(tmp_path / "instance", VO_RATE_LIMITS="off", **settings) as made:
        yield made


@pytest.fixture
def at() -> Callable[[datetime | str], object]:
    """`with at("2026-11-24T09:00:00Z"):` holds time there."""

    def hold(moment: datetime | str) -> object:
        when = datetime.fromisoformat(moment) if isinstance(moment, str) else moment
        return clock.frozen(when if when.tzinfo else when.replace(tzinfo=UTC))

    return hold


@pytest.fixture
def client_for() -> Callable[[Flask, int | None], FlaskClient]:
    """`client_for(app, person_id)`: a browser that is signed in; None: one that is not."""

    def make(app: Flask, person_id: int | None) -> FlaskClient:
        client = app.test_client()
        if person_id is not None:
            with app.test_request_context():
                with write_tx():
                    browsers.enter(db.session.get_one(Person, person_id))
                kept = dict(session)
            with client.session_transaction() as cookie:
                cookie.update(kept)
        return client

    return make


@pytest.fixture
def new_person() -> Callable[..., int]:
    """`new_person(app, "Ines", (Role.COUNSELOR, office_id))`: a person with proven e-mail and roles; gives the id."""

    def make(app: Flask, name: str, *grants: tuple[Role, int | None]) -> int:
        with app.app_context():
            with write_tx():
                made = people.create_staff(name, f"{name.lower()}@example.org", "en", grants)
            return made.id

    return make
