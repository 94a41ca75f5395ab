from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager

import pytest
from flask import Flask

from app import create_app
from tests.application import close
from tests.server import Server

Open = Callable[..., Server]


@pytest.fixture
def open_server(database_url: str) -> Iterator[Open]:
    """`open_server(VO_HOLD_MINUTES="1")`: the whole service with its worker on SQLite and on PostgreSQL, without rate limits."""
    with ExitStack() as stack:

        def start(**settings: str) -> Server:
            return stack.enter_context(Server(database_url=database_url, env={"VO_RATE_LIMITS": "off", **settings}))

        yield start


@contextmanager
def rows_of(server: Server) -> Iterator[Flask]:
    """The server's database through the rules, from this process."""
    app = create_app({key: value for key, value in server.env.items() if key.startswith("VO_")})
    with app.app_context():
        yield app
    close(app)
