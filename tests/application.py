"""The whole product in this process, on a migrated database of its own, and a browser without JavaScript in front of it."""

from __future__ import annotations

import re
import secrets
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any

from flask import Flask
from flask_migrate import upgrade
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from app import create_app
from foundation.db import db

TOKENS = re.compile(rb'name="csrf_token" value="[^"]*"')


def make_app(folder: Path, **settings: str) -> Flask:
    """The product on a fresh SQLite file in `folder`; settings by name (`VO_DEMO="1"`).

    Tests open application contexts only around rules, never around requests: Flask-Login keeps its person there.
    """
    folder.mkdir(parents=True, exist_ok=True)
    if "VO_DATABASE_URL" not in settings:
        shutil.copy(_migrated_file(), folder / "office.sqlite3")
    app = create_app({"VO_INSTANCE": str(folder), **settings})
    app.config["TESTING"] = True
    app.config["PROPAGATE_EXCEPTIONS"] = False
    if "VO_DATABASE_URL" in settings:
        with app.app_context():
            upgrade()
    return app


def close(app: Flask) -> None:
    """Give the database's connections back."""
    with app.app_context():
        db.engine.dispose()


@contextmanager
def running(folder: Path, **settings: str) -> Iterator[Flask]:
    """`make_app`, closed at the end."""
    app = make_app(folder, **settings)
    try:
        yield app
    finally:
        close(app)


class Browser:
    """One person's browser: cookies, the form token where a form would have it, pages as text."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.client = app.test_client()

    def get(self, path: str, **more: Any) -> TestResponse:
        """Open a page, redirects included."""
        return self.client.get(path, follow_redirects=more.pop("follow", True), **more)

    def post(self, path: str, data: dict[str, Any] | None = None, *, token: bool = True, **more: Any) -> TestResponse:
        """Send a form; redirects are followed unless `follow=False`."""
        form = {**(data or {}), **({"csrf_token": self.token()} if token else {})}
        return self.client.post(path, data=form, follow_redirects=more.pop("follow", True), **more)

    def token(self) -> str:
        """A form token of this browser's cookie session."""
        with self.client.session_transaction() as cookie:
            secret = cookie.setdefault("csrf_token", secrets.token_hex(20))
        return URLSafeTimedSerializer(str(self.app.secret_key), salt="wtf-csrf-token").dumps(secret)

    def cookie(self) -> dict[str, Any]:
        """What the cookie session holds."""
        with self.client.session_transaction() as cookie:
            return dict(cookie)

    @property
    def signed_in(self) -> bool:
        """Whether the account page opens."""
        return self.get("/account", follow=False).status_code == 200


def words_of(answer: TestResponse) -> bytes:
    """A page without what differs between two equal ones: form tokens."""
    return TOKENS.sub(b"", answer.data)


@cache
def _migrated_file() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="office-template-"))
    app = create_app({"VO_INSTANCE": str(folder)})
    with app.app_context():
        upgrade()
    close(app)
    return folder / "office.sqlite3"
