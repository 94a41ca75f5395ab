"""Passkeys with a real Chromium and its virtual authenticator: made, used alone and as second step, copied, replayed, removed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from argon2 import PasswordHasher
from flask import Flask
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import Page
from sqlalchemy import select

from accounts import passkeys, passwords, people
from accounts.challenges import ChallengeGone
from accounts.factor_models import Challenge, Passkey
from accounts.models import Role, SignIn
from accounts.passkeys import PasskeyRefused
from foundation import clock
from foundation.db import db, write, write_tx
from tests import browsers
from tests.accounts.conftest import WORDS
from tests.application import running
from tests.journeys.axe import said, violations
from tests.journeys.people import CHROMIUM
from tests.server import Server

AUTHENTICATOR = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


class Device:
    """A browser with a virtual authenticator in it."""

    def __init__(self, chromium: Chromium, url: str) -> None:
        self.context = chromium.new_context(base_url=url)
        self.page: Page = self.context.new_page()
        self.line = self.context.new_cdp_session(self.page)
        self.line.send("WebAuthn.enable")
        self.key = self._plug_in(AUTHENTICATOR)

    def _plug_in(self, options: dict[str, Any]) -> str:
        return str(self.line.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"])

    def verified(self, yes: bool) -> None:
        """Whether the finger, face or PIN fits from now on."""
        self.line.send("WebAuthn.setUserVerified", {"authenticatorId": self.key, "isUserVerified": yes})

    def credentials(self) -> list[dict[str, Any]]:
        """What the authenticator holds."""
        found: list[dict[str, Any]] = self.line.send("WebAuthn.getCredentials", {"authenticatorId": self.key})[
            "credentials"
        ]
        return found

    def open(self, path: str) -> None:
        self.page.goto(path)

    def by_password(self, email: str = "ada@example.org") -> None:
        self.open("/sign-in/password")
        self.page.fill("#email", email)
        self.page.fill("#password", WORDS)
        self.page.get_by_role("button", name="Sign in", exact=True).click()
        self.page.wait_for_url("**/second-step")

    def make(self, label: str) -> None:
        self.open("/account/passkeys")
        self.page.fill("#label", label)
        self.page.get_by_role("button", name="Make the passkey").click()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Flask, Chromium]]:
    folder = Path(tmp_path_factory.mktemp("passkeys"))
    settings = {"VO_STAFF_SECOND_FACTOR": "required"}
    server = Server(folder, env=settings)
    server.env["VO_PUBLIC_URL"] = f"http://localhost:{server.port}"
    with (
        pytest.MonkeyPatch.context() as patch,
        running(folder, **settings, VO_PUBLIC_URL=server.env["VO_PUBLIC_URL"]) as app,
        server,
        browsers.playwright() as playwright,
        playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"]) as chromium,
    ):
        patch.setattr(passwords, "hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))
        with app.app_context():
            hashed = passwords.make(WORDS)
            with write_tx():
                people.create_staff("Ada Admin", "ada@example.org", "en", [(Role.ADMIN, None)], hashed)
                people.create_staff("Cara", "cara@example.org", "en", [(Role.COUNSELOR, None)], hashed)
        yield server, app, chromium


@pytest.fixture
def device(house: tuple[Server, Flask, Chromium]) -> Iterator[Device]:
    made = Device(house[2], house[0].env["VO_PUBLIC_URL"])
    yield made
    made.context.close()


@pytest.mark.serial
def test_a_passkey_s_life(house: tuple[Server, Flask, Chromium], device: Device) -> None:
    """Set up on the way in, recovery codes, signing in with it alone and as second step, one more, removed, dead."""
    app, page = house[1], device.page
    device.by_password()
    assert not violations(page), said(violations(page))
    page.get_by_role("link", name="Set up a passkey").click()
    page.fill("#label", "My phone")
    assert not violations(page), said(violations(page))
    page.get_by_role("button", name="Make the passkey").click()
    page.wait_for_url("**/recovery-codes*")
    with page.expect_navigation():
        page.get_by_role("button", name="Make ten codes").click()
    assert page.locator(".recovery li").count() == 10
    assert not violations(page), said(violations(page))
    with page.expect_navigation():
        page.get_by_role("link", name="I have them, go on").click()
    device.open("/account")
    assert "My phone" in page.inner_text("main")
    held = device.credentials()
    assert len(held) == 1 and held[0]["isResidentCredential"] and held[0]["rpId"] == "localhost"
    # Alone: no address, no password.
    page.get_by_role("navigation", name="Menu").get_by_role("button", name="Sign out").click()
    device.open("/sign-in/password")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.wait_for_url("**/staff/waiting")
    device.open("/account/sign-ins")
    assert page.locator(".card").count() == 1 and "Chrome, Linux" in page.inner_text("main")
    # Is it still you: by passkey, after ten minutes.
    with app.app_context(), write_tx():
        db.session.scalars(select(SignIn).where(SignIn.how == "passkey", SignIn.ended.is_(None))).all()[
            -1
        ].proven -= 700
    device.open("/staff/people/new")
    assert "/sign-in/confirmation" in page.url and not violations(page), said(violations(page))
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url(lambda url: "confirmation" not in url)
    device.open("/account")
    # As the second step; and the button "back" shows nothing of before.
    page.get_by_role("navigation", name="Menu").get_by_role("button", name="Sign out").click()
    page.wait_for_url(lambda url: not url.endswith("/account"))
    page.go_back()
    assert "My phone" not in page.inner_text("body")
    device.by_password()
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/staff/waiting")
    with app.app_context():
        row = db.session.scalars(select(Passkey)).one()
        assert row.sign_count >= 2 and row.used_at is not None
    # The same device makes no second one.
    device.make("Twice")
    page.locator("[data-failed]:visible").wait_for()
    # The last one stays, a second one may go.
    device.open("/account")
    with page.expect_navigation():
        page.get_by_role("button", name="Remove My phone").click()
    assert "only second step" in page.inner_text("main")
    # A finger that does not fit opens nothing.
    device.verified(False)
    page.goto("/account")
    page.get_by_role("navigation", name="Menu").get_by_role("button", name="Sign out").click()
    device.open("/sign-in/password")
    page.get_by_role("button", name="Sign in with a passkey").click()
    page.locator("[data-failed]:visible").wait_for()
    device.open("/account")
    assert page.title().startswith("Page not found") or page.get_by_text("nothing here").count()


def answers(device: Device, options: str) -> str:
    """What the device answers to options, as the page's script would send it."""
    text = (Path(__file__).parents[2] / "static/js/passkey.js").read_text()
    script = text[: text.index("/** @param {HTMLFormElement} form */")]
    told = json.loads(options)
    which = "make" if "rp" in told else "use"
    answer: str = device.page.evaluate(f"async (told) => {{ {script}\n return asText(await {which}(told)); }}", told)
    return answer


@pytest.mark.serial
def test_what_must_not_open(house: tuple[Server, Flask, Chromium], device: Device) -> None:
    """The rules with real answers: replayed, too late, of another person, another origin, a copied counter, garbage."""
    app = house[1]
    device.open("/")
    with app.app_context():
        cara, ada = people.find_by_email("cara@example.org"), people.find_by_email("ada@example.org")
        assert cara and ada
        challenge, options = write(lambda: passkeys.begin_new(cara))
        made = answers(device, options)
        with pytest.raises(PasskeyRefused):
            passkeys.finish_new(ada, write(lambda: passkeys.begin_new(cara))[0], made)
        passkey = passkeys.finish_new(cara, challenge, made)
        with pytest.raises(ChallengeGone):
            passkeys.finish_new(cara, challenge, made)
        write(lambda: passkeys.keep(passkey, "key"))
        with pytest.raises(PasskeyRefused), write_tx():
            passkeys.keep(Passkey(person_id=ada.id, credential_id=passkey.credential_id, public_key="x"), "stolen")
        db.session.rollback()

        def begun() -> tuple[str, str]:
            ticket, told = write(lambda: passkeys.begin_use())
            return ticket, answers(device, told)

        ticket, answer = begun()
        assert passkeys.use(ticket, answer) == cara.id
        with pytest.raises(ChallengeGone):
            passkeys.use(ticket, answer)
        # An answer to another challenge.
        with pytest.raises(PasskeyRefused):
            passkeys.use(begun()[0], answer)
        # Somebody else's passkey is not Ada's second step.
        ticket = write(lambda: passkeys.begin_use(ada))[0]
        with pytest.raises(PasskeyRefused):
            passkeys.use(ticket, begun()[1], ada)
        # Too late.
        ticket, answer = begun()
        with write_tx():
            row = db.session.scalars(select(Challenge).where(Challenge.public_id == ticket)).one()
            row.expires = clock.seconds() - 1
        with pytest.raises(ChallengeGone):
            passkeys.use(ticket, answer)
        # A counter that went on elsewhere: somebody has a copy of the device.
        ticket, answer = begun()
        with write_tx():
            db.session.scalars(
                select(Passkey).where(Passkey.credential_id == passkey.credential_id)
            ).one().sign_count += 1000
        with pytest.raises(PasskeyRefused):
            passkeys.use(ticket, answer)
        with write_tx():
            db.session.scalars(
                select(Passkey).where(Passkey.credential_id == passkey.credential_id)
            ).one().sign_count -= 1000
        for garbage in ("", "null", "[]", "{}", '{"id": 1, "response": {}}', "[" * 10_000, "x" * 30_000, answer[:-20]):
            with pytest.raises(PasskeyRefused):
                passkeys.use(write(lambda: passkeys.begin_use())[0], garbage)
        # Of a colleague who left.
        ticket, answer = begun()
        with write_tx():
            people.leave(people.get(cara.id))
        with pytest.raises(PasskeyRefused):
            passkeys.use(ticket, answer)


def test_an_address_without_a_name_has_no_passkeys(app: Flask) -> None:
    with app.app_context():
        assert not passkeys.possible()
