"""Signing in with the agency's own account, against a real provider (npm oidc-provider) in a process of its own."""

from __future__ import annotations

import json
import subprocess
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests
from flask import Flask
from sqlalchemy import select
from werkzeug.test import TestResponse

from accounts import passwords, people, provider
from accounts.factor_models import Challenge, ProviderLink
from accounts.models import Role, SignIn
from foundation import clock
from foundation.db import db, write_tx
from foundation.models import AuditEvent
from tests.accounts.conftest import WORDS
from tests.application import Browser, running
from tests.server import ROOT, free_port

REDIRECT = "http://127.0.0.1:8000/sign-in/provider/answer"
ADA = {"sub": "a-1", "email": "ada@example.org", "email_verified": True}


class Agency:
    """The provider's process; `is_now` says who everybody is there."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        command = ["node", "provider.mjs", str(self.port), self.url, REDIRECT]
        self.process = subprocess.Popen(
            command, cwd=ROOT / "tests/node", stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        )
        assert self.process.stdout is not None and self.process.stdout.readline().strip() == "ready"

    def is_now(self, **claims: Any) -> None:
        asked = urllib.request.Request(self.url + "/who", data=json.dumps(claims).encode(), method="PUT")
        with urllib.request.urlopen(asked, timeout=10) as answer:
            assert answer.read() == b"ok"

    def visit(self, address: str) -> str:
        """What a browser does there: follow until we are sent back; the path and query with which we come."""
        with requests.Session() as browser:
            while address.startswith(self.url):
                answer = browser.get(address, allow_redirects=False, timeout=10)
                assert answer.status_code in {302, 303}, answer.text
                address = requests.compat.urljoin(address, answer.headers["Location"])
        assert address.startswith(REDIRECT), address
        return address.removeprefix("http://127.0.0.1:8000")


@pytest.fixture(scope="module")
def agency() -> Iterator[Agency]:
    made = Agency()
    yield made
    made.process.kill()
    made.process.wait()
    made.process.stdout.close()


def settings_for(url: str, **more: str) -> dict[str, str]:
    return {
        "VO_OIDC_ISSUER": url,
        "VO_OIDC_CLIENT_ID": "office",
        "VO_OIDC_CLIENT_SECRET": "a-secret-of-tests",
        "VO_OIDC_NAME": "the agency",
        "VO_STAFF_SECOND_FACTOR": "required",
        **more,
    }


def people_of(app: Flask) -> None:
    with app.app_context():
        hashed = passwords.make(WORDS)
        with write_tx():
            people.create_staff("Ada Admin", "ada@example.org", "en", [(Role.ADMIN, None)], hashed)
            guest = people.register_guest("Bo", "en", "bo@example.org")
            people.prove(guest.contacts[0])


@pytest.fixture
def app(tmp_path: Path, agency: Agency) -> Iterator[Flask]:
    with running(tmp_path / "instance", **settings_for(agency.url)) as made:
        people_of(made)
        yield made


def go(browser: Browser, path: str = "/sign-in/provider") -> str:
    """Leave for the provider; its address."""
    answer = browser.get(path, follow=False)
    assert answer.status_code == 302, answer.text
    return answer.headers["Location"]


def come(browser: Browser, agency: Agency, **claims: Any) -> TestResponse:
    """There and back as somebody."""
    agency.is_now(**claims)
    return browser.get(agency.visit(go(browser)), follow=False)


def test_a_colleague_comes_in_and_is_known_by_the_provider_s_id_from_then_on(app: Flask, agency: Agency) -> None:
    browser = Browser(app)
    assert "Sign in with the agency" in browser.get("/sign-in/password").text
    with browser.client.session_transaction() as cookie:
        cookie["planted"] = "x"
    there = parse_qs(urlsplit(go(browser)).query)
    assert there["code_challenge_method"] == ["S256"] and there["response_type"] == ["code"]
    assert len(there["state"][0]) >= 22 and len(there["nonce"][0]) >= 22
    assert come(browser, agency, **ADA).headers["Location"] == "/staff/waiting" and browser.signed_in
    assert "planted" not in browser.cookie()
    with app.app_context():
        link = db.session.scalars(select(ProviderLink)).one()
        assert (link.issuer, link.subject) == (agency.url, "a-1")
        sign_in = db.session.scalars(select(SignIn)).one()
        assert sign_in.how == "provider" and sign_in.proven is not None
        told = db.session.scalars(select(AuditEvent).where(AuditEvent.act == "person.signed_in")).one().after
        assert told["amr"] == ["pwd", "otp"]
    # Another address there, even of somebody else here: the same colleague.
    moved = Browser(app)
    come(moved, agency, sub="a-1", email="new@example.org", email_verified=False)
    assert moved.signed_in
    # Another person there who got Ada's old address: nobody.
    stranger = Browser(app)
    assert come(stranger, agency, **{**ADA, "sub": "b-2"}).status_code == 422 and not stranger.signed_in


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "x-1", "email": "nobody@example.org", "email_verified": True},
        {"sub": "x-2", "email": "ada@example.org", "email_verified": False},
        {"sub": "x-3", "email": "ada@example.org"},
        {"sub": "x-4", "email": "ada@example.org", "email_verified": "true"},
        {"sub": "x-5", "email": "bo@example.org", "email_verified": True},
        {"sub": "x-6"},
        {"sub": "x-7", "email": "@" * 5000, "email_verified": True},
    ],
    ids=["unknown", "unverified", "silent", "words", "jobseeker", "no address", "long"],
)
def test_nobody_is_made_a_colleague_by_signing_in(app: Flask, agency: Agency, claims: dict[str, Any]) -> None:
    browser = Browser(app)
    answer = come(browser, agency, **claims)
    assert answer.status_code == 422 and "belongs to nobody here" in answer.text and not browser.signed_in
    with app.app_context():
        assert db.session.scalar(select(ProviderLink.id)) is None


def test_a_colleague_who_left_stays_out(app: Flask, agency: Agency) -> None:
    come(Browser(app), agency, **ADA)
    with app.app_context():
        with write_tx():
            people.create_staff("Eve", "eve@example.org", "en", [(Role.ADMIN, None)])
        with write_tx():
            people.leave(people.find_by_email("ada@example.org"))
    browser = Browser(app)
    assert come(browser, agency, **ADA).status_code == 422 and not browser.signed_in
    with app.app_context():
        assert db.session.scalar(select(ProviderLink.id)) is None, "who leaves takes nothing along"


def test_an_answer_is_good_once_in_the_browser_that_asked(app: Flask, agency: Agency) -> None:
    agency.is_now(**ADA)
    browser, thief, planted = Browser(app), Browser(app), Browser(app)
    address = agency.visit(go(browser))
    # In another browser, with and without a flight of its own.
    assert thief.get(address).status_code == 422
    go(planted)
    assert planted.get(address).status_code == 422 and not thief.signed_in and not planted.signed_in
    held = browser.cookie()
    assert browser.get(address, follow=False).status_code == 302 and browser.signed_in
    copy = Browser(app)
    with copy.client.session_transaction() as cookie:
        cookie.update(held)
    assert copy.get(address).status_code == 422 and not copy.signed_in
    for spoiled in (
        address.replace("state=", "state=x"),
        address.replace("code=", "code=x"),
        "/sign-in/provider/answer",
        "/sign-in/provider/answer?error=access_denied&state=x",
        "/sign-in/provider/answer?state=%00&code=" + "x" * 3000,
    ):
        other = Browser(app)
        go(other)
        answer = other.get(spoiled)
        assert answer.status_code in {404, 422} and not other.signed_in, spoiled


def test_a_token_for_another_question_is_refused(app: Flask, agency: Agency, monkeypatch: pytest.MonkeyPatch) -> None:
    """A nonce of another visit, and a proof (PKCE) of another: as if an answer were put under somebody."""
    agency.is_now(**ADA)
    for part in ("nonce", "verifier"):
        browser = Browser(app)
        address = agency.visit(go(browser))
        with app.app_context(), write_tx():
            flight = db.session.scalars(select(Challenge).order_by(Challenge.id.desc())).first()
            flight.data = {**flight.data, part: "another" * 8}
        assert browser.get(address).status_code == 422 and not browser.signed_in, part
    # Signed with keys that are not the provider's, for another program, or too old.
    keys = requests.get(agency.url + "/jwks", timeout=10).json()
    for spoil in ("keys", "audience", "clock"):
        with monkeypatch.context() as patch:
            browser = Browser(app)
            address = agency.visit(go(browser))
            if spoil == "keys":
                other = {"keys": [{**keys["keys"][0], "n": keys["keys"][0]["n"][:-8] + "AAAAAAAA"}]}
                patch.setattr(provider, "_keys", lambda _about, other=other: provider.KeySet.import_key_set(other))
            else:
                real, wrong = provider.CodeIDToken, {"audience": {"aud": "another"}, "clock": {"exp": 1}}[spoil]
                patch.setattr(
                    provider,
                    "CodeIDToken",
                    lambda claims, *a, real=real, wrong=wrong, **k: real({**claims, **wrong}, *a, **k),
                )
            assert browser.get(address).status_code == 422 and not browser.signed_in, spoil
    # The control: the same way without anything spoiled.
    browser = Browser(app)
    browser.get(agency.visit(go(browser)))
    assert browser.signed_in


def test_our_own_factor_when_it_is_wanted(tmp_path: Path, agency: Agency) -> None:
    with running(tmp_path / "own", **settings_for(agency.url, VO_OIDC_OWN_FACTOR="on")) as app:
        people_of(app)
        browser = Browser(app)
        assert come(browser, agency, **ADA).headers["Location"] == "/sign-in/second-step" and not browser.signed_in


def test_who_comes_from_there_is_asked_there_again(app: Flask, agency: Agency) -> None:
    browser = Browser(app)
    come(browser, agency, **ADA)
    with app.app_context(), write_tx():
        db.session.scalars(select(SignIn)).one().proven = clock.seconds() - 700
    page = browser.get("/staff/people/new")
    assert page.request.path == "/sign-in/confirmation" and "once more with the agency" in page.text
    there = go(browser, "/sign-in/provider?next=/staff/people/new")
    assert "prompt=login" in there and "max_age=0" in there
    assert browser.get(agency.visit(there)).request.path == "/staff/people/new"


def test_the_provider_is_away_or_somebody_else(tmp_path: Path, agency: Agency) -> None:
    with running(tmp_path / "away", **settings_for(f"http://127.0.0.1:{free_port()}")) as app:
        answer = Browser(app).get("/sign-in/provider")
        assert answer.status_code == 503 and "can not be reached" in answer.text
    with running(tmp_path / "else", **settings_for(agency.url + "/tenant")) as app:
        assert Browser(app).get("/sign-in/provider").status_code == 503
    with running(tmp_path / "none") as app:
        assert Browser(app).get("/sign-in/provider").status_code == 404
        assert Browser(app).get("/sign-in/provider/answer?code=x&state=y").status_code == 404
        assert "Sign in with the" not in Browser(app).get("/sign-in/password").text
