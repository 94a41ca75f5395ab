"""Who is asking, behind proxies: believed only from as many of them as the installation says."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import request

from tests.application import running

FORGED = {
    "X-Forwarded-For": "198.51.100.6, 203.0.113.9",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
}


@pytest.mark.parametrize(("proxies", "address"), [("0", "127.0.0.1"), ("1", "203.0.113.9"), ("2", "198.51.100.6")])
def test_the_address_of_who_asks(tmp_path: Path, proxies: str, address: str) -> None:
    seen = []
    with running(tmp_path, VO_TRUSTED_PROXIES=proxies) as app:
        app.before_request_funcs[None].insert(
            0, lambda: seen.append((request.remote_addr, request.scheme, request.host))
        )
        app.test_client().get("/healthz", headers=FORGED)
    assert seen == [(address, "http" if proxies == "0" else "https", "localhost")]
