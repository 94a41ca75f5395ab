"""S-10: what a sign-in link leaves behind. Its length, life, single use and scanners are in tests/accounts/test_sign_in.py."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from accounts import people
from foundation.db import write_tx
from tests.accounts.test_sign_in import digits_in, letters_of, path_in
from tests.application import Browser, running


def test_the_secret_is_in_no_log_and_no_referrer(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    with running(tmp_path) as app:
        with app.app_context(), write_tx():
            people.register_guest("Bo", "en", "bo@example.org")
        browser = Browser(app)
        browser.post("/sign-in", {"email": "bo@example.org"})
        letter = letters_of(app, "sign_in")[0]
        path, digits = path_in(letter), digits_in(letter)
        opened = browser.get(path, follow=False)
        assert opened.headers["Referrer-Policy"] == "no-referrer" and opened.headers["Cache-Control"] == "no-store"
        browser.post("/sign-in/code", {"digits": "999999"})
        browser.post("/sign-in/link")
        assert browser.signed_in
    said = "\n".join(f"{line.getMessage()} {line.__dict__}" for line in caplog.records)
    assert "request" in said
    for secret in (path.rsplit("/", 1)[-1], path.rsplit("/", 2)[-2], digits, "bo@example.org"):
        assert secret not in said
