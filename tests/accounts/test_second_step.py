"""The second step of colleagues: the app, recovery codes, being led to it, being asked again (S-12, S-32)."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from flask import Flask
from sqlalchemy import select

from accounts import code_apps, passwords, people, recovery_codes, second_factors
from accounts.access import Visitor
from accounts.factor_models import CodeApp, RecoveryCode
from accounts.models import Person, Role
from foundation import clock
from foundation.db import db, write, write_tx
from foundation.models import AuditEvent
from foundation.vault import Unreadable, seal, unseal
from tests.accounts.conftest import WORDS
from tests.accounts.test_sign_in import by_password, digits_in, letters_of, path_in
from tests.application import Browser, running

SECRET = re.compile(r"<code lang=\"en\">([A-Z2-7 ]{32,})</code>")
CODES = re.compile(r"<code lang=\"en\">([0-9A-Z]{5}-[0-9A-Z]{5})</code>")


@pytest.fixture
def strict(tmp_path: Path) -> Iterator[Flask]:
    """An installation where colleagues must have a second factor; Ada is its administrator."""
    with running(tmp_path / "strict", VO_STAFF_SECOND_FACTOR="required") as made:
        with made.app_context():
            hashed = passwords.make(WORDS)
            with write_tx():
                people.create_staff("Ada Admin", "ada@example.org", "en", [(Role.ADMIN, None)], hashed)
                people.create_staff("Cara", "cara@example.org", "en", [(Role.COUNSELOR, None)], hashed)
        yield made


def secret_on(page: str) -> str:
    return SECRET.findall(page)[0].replace(" ", "")


def code(secret: str, steps: int = 0) -> str:
    """The app's code of now, or of some steps away."""
    return pyotp.TOTP(secret).at(clock.seconds() + 30 * steps)


def set_up(browser: Browser, email: str = "ada@example.org") -> tuple[str, list[str]]:
    """Sign in by password, set the app up, make recovery codes: the secret and the codes."""
    by_password(browser, email)
    secret = secret_on(browser.get("/account/code-app").text)
    answer = browser.post("/account/code-app", {"code": code(secret)}, follow=False)
    assert answer.headers["Location"].startswith("/account/recovery-codes")
    made = CODES.findall(browser.post("/account/recovery-codes").text)
    assert len(set(made)) == 10
    return secret, made


def test_a_colleague_without_one_is_led_to_it_and_reaches_nothing_else(strict: Flask) -> None:
    browser = Browser(strict)
    landed = by_password(browser, "ada@example.org")
    assert landed.request.path == "/sign-in/second-step" and "Set up your second step" in landed.text
    for path in ("/account", "/staff/people", "/today", "/desk", "/account/recovery-codes", "/account/sign-ins"):
        assert browser.get(path, follow=False).status_code == 404, path
    assert browser.post("/staff/people/new", {"name": "Eve"}).status_code == 404
    page = browser.get("/account/code-app")
    assert "<svg" in page.text and page.headers["Cache-Control"] == "no-store"
    wrong = browser.post("/account/code-app", {"code": "000000"})
    assert wrong.status_code == 422 and secret_on(wrong.text) == secret_on(page.text), "the picture stays"
    browser.post("/account/code-app", {"code": code(secret_on(page.text))})
    assert browser.signed_in and browser.get("/staff/people").status_code == 200


def test_without_the_rule_the_password_would_do(strict: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    """The control."""
    monkeypatch.setattr(type(strict.config["VO"]), "second_factor_required", False)
    browser = Browser(strict)
    by_password(browser, "ada@example.org")
    assert browser.get("/staff/people").status_code == 200


def test_after_the_password_the_code_is_asked_and_each_step_opens_once(strict: Flask) -> None:
    now = clock.now()
    with clock.frozen(now):
        secret, _codes = set_up(Browser(strict))
    with clock.frozen(now + timedelta(minutes=5)):
        first, second = Browser(strict), Browser(strict)
        by_password(first, "ada@example.org")
        by_password(second, "ada@example.org")
        assert not first.signed_in
        # Who has a factor can not set up another with the password alone.
        assert first.get("/account/code-app").status_code == 404
        assert first.post("/account/code-app", {"code": "123456"}).status_code == 404
        typed = code(secret)
        early = first.post("/sign-in/second-step", {"code": f" {typed[:3]} {typed[3:]}"}, follow=False)
        assert early.status_code == 302 and first.signed_in
        replayed = second.post("/sign-in/second-step", {"code": typed})
        assert replayed.status_code == 422 and not second.signed_in
        assert second.post("/sign-in/second-step", {"code": code(secret, -1)}).status_code == 422, "older than the last"
        assert second.post("/sign-in/second-step", {"code": code(secret, 2)}).status_code == 422, "too far ahead"
        assert second.post("/sign-in/second-step", {"code": code(secret, 1)}).status_code == 200 and second.signed_in
    with strict.app_context():
        row = db.session.scalars(select(CodeApp)).one()
        assert secret not in row.secret and unseal("code_app", row.person_id, row.secret) == secret
        with pytest.raises(Unreadable):
            unseal("code_app", row.person_id + 1, row.secret)
        assert seal("code_app", 1, "x") != seal("code_app", 1, "x")


def test_the_passage_is_for_one_browser_once_and_minutes(strict: Flask) -> None:
    now = clock.now()
    with clock.frozen(now):
        secret, codes = set_up(Browser(strict))
    with clock.frozen(now + timedelta(minutes=2)):
        browser, copy = Browser(strict), Browser(strict)
        by_password(browser, "ada@example.org")
        held = browser.cookie()
        browser.post("/sign-in/second-step", {"code": code(secret)})
        with copy.client.session_transaction() as cookie:
            cookie.update(held)
        assert copy.post("/sign-in/second-step", {"code": codes[0]}).status_code == 404 and not copy.signed_in
        late = Browser(strict)
        by_password(late, "ada@example.org")
    with clock.frozen(now + timedelta(minutes=18)):
        assert late.post("/sign-in/second-step", {"code": code(secret)}).status_code == 404
    with clock.frozen(now + timedelta(minutes=20)):
        between = Browser(strict)
        by_password(between, "ada@example.org")
        with strict.app_context(), write_tx():
            people.leave(people.find_by_email("cara@example.org"))
            people.find_by_email("ada@example.org").sign_in_version += 1
        assert between.post("/sign-in/second-step", {"code": code(secret)}).status_code == 404


def test_guesses_are_counted_and_wait(strict: Flask) -> None:
    now = clock.now()
    with clock.frozen(now):
        secret, _codes = set_up(Browser(strict))
    with clock.frozen(now + timedelta(minutes=2)):
        browser = Browser(strict)
        by_password(browser, "ada@example.org")
        answers = [browser.post("/sign-in/second-step", {"code": "00000" + str(n)}).status_code for n in range(7)]
        assert answers == [422] * 5 + [429] * 2
        assert browser.post("/sign-in/second-step", {"code": code(secret)}).status_code == 429
    with clock.frozen(now + timedelta(minutes=2, seconds=3)):
        assert browser.post("/sign-in/second-step", {"code": code(secret)}).status_code == 200 and browser.signed_in


@pytest.mark.parametrize("typed", ["", "abc", "1" * 10_000, "\x00\ud7ff", "١٢٣٤٥٦", "-----", "0000000000"])
def test_nonsense_as_a_code(strict: Flask, typed: str) -> None:
    set_up(Browser(strict))
    browser = Browser(strict)
    by_password(browser, "ada@example.org")
    assert browser.post("/sign-in/second-step", {"code": typed}).status_code == 422 and not browser.signed_in


def test_recovery_codes_are_shown_once_stored_as_prints_and_open_once(strict: Flask) -> None:
    owner = Browser(strict)
    _secret, codes = set_up(owner)
    assert not any(code in owner.get("/account/recovery-codes").text for code in codes)
    with strict.app_context():
        kept = str([(row.fingerprint, row.used_at) for row in db.session.scalars(select(RecoveryCode))])
        trail = str([row.after for row in db.session.scalars(select(AuditEvent))])
    assert not any(code in kept + trail or code.replace("-", "") in kept + trail for code in codes)
    for n, typed in enumerate((codes[0], codes[1].lower().replace("-", " "), codes[2], *codes[3:7])):
        browser = Browser(strict)
        by_password(browser, "ada@example.org")
        said = browser.post("/sign-in/second-step", {"code": typed})
        assert browser.signed_in and ("3 recovery codes left" in said.text) == (n == 6)
        again = Browser(strict)
        by_password(again, "ada@example.org")
        assert again.post("/sign-in/second-step", {"code": typed}).status_code == 422 and not again.signed_in
        with strict.app_context(), write_tx():
            second_factors.attempts.forgive(second_factors.TRIES, "1")
    fresh = CODES.findall(owner.post("/account/recovery-codes").text)
    assert len(fresh) == 10 and not set(fresh) & set(codes)
    old = Browser(strict)
    by_password(old, "ada@example.org")
    assert old.post("/sign-in/second-step", {"code": codes[9]}).status_code == 422


def test_one_code_typed_by_many_at_once_opens_once(both: Flask) -> None:
    with both.app_context(), write_tx():
        person = people.create_staff("Ada", "ada@example.org", "en", [(Role.ADMIN, None)])
        secret = code_apps.offer(person, "seed")
        code_apps.set_up(person, secret, code(secret, -1))
        paper = recovery_codes.renew(person)[0]
        person_id = person.id
    for typed in (code(secret), paper):
        opened: list[bool] = []
        rule = code_apps.use if typed.isdigit() else recovery_codes.use
        barrier = threading.Barrier(4)

        def try_it(rule=rule, typed=typed, opened=opened, barrier=barrier) -> None:
            with both.app_context():
                barrier.wait()
                opened.append(write(lambda: rule(people.get(person_id), typed)))

        lines = [threading.Thread(target=try_it) for _ in range(4)]
        for line in lines:
            line.start()
        for line in lines:
            line.join()
        assert sorted(opened) == [False, False, False, True]


def test_role_changes_ask_again_after_ten_minutes_and_keep_what_was_typed(strict: Flask) -> None:
    now = clock.now()
    with strict.app_context():
        cara = people.find_by_email("cara@example.org").public_id
    browser = Browser(strict)
    with clock.frozen(now):
        secret, codes = set_up(browser)
        assert (
            browser.post(f"/staff/people/{cara}/roles", {"role": "operator", "office": ""}, follow=False).status_code
            == 302
        )
    with clock.frozen(now + timedelta(minutes=11)):
        assert browser.get("/staff/people").status_code == 200
        asked = browser.post(f"/staff/people/{cara}/roles", {"role": "team_leader", "office": ""})
        assert asked.status_code == 422 and 'name="role" value="team_leader"' in asked.text
        with strict.app_context():
            assert "team_leader" not in {grant.role for grant in people.find(cara).grants}
        form = {"role": "team_leader", "office": "", "confirm_code": "000000"}
        assert browser.post(f"/staff/people/{cara}/roles", form).status_code == 422
        done = browser.post(f"/staff/people/{cara}/roles", {**form, "confirm_code": code(secret)}, follow=False)
        assert done.status_code == 302
        with strict.app_context():
            assert "team_leader" in {grant.role for grant in people.find(cara).grants}
    with clock.frozen(now + timedelta(minutes=22)):
        page = browser.get("/staff/people/new")
        assert page.request.path == "/sign-in/confirmation" and "Is it still you?" in page.text
        assert "Invite a colleague" in browser.post("/sign-in/confirmation", {"confirm_code": codes[0]}).text


def test_the_last_one_stays_and_an_administrator_resets_a_colleague(strict: Flask) -> None:
    now = clock.now()
    ada, cara = Browser(strict), Browser(strict)
    with clock.frozen(now):
        set_up(ada)
        set_up(cara, "cara@example.org")
        assert "only second step" in cara.post("/account/code-app/removal").text
        with strict.app_context():
            ids = {name: people.find_by_email(f"{name}@example.org").public_id for name in ("ada", "cara")}
        assert ada.post(f"/staff/people/{ids['ada']}/second-factors/removal").status_code == 409
        assert cara.post(f"/staff/people/{ids['ada']}/second-factors/removal").status_code == 404
        assert "a letter tells them" in ada.post(f"/staff/people/{ids['cara']}/second-factors/removal").text
        assert not cara.signed_in
        (letter,) = letters_of(strict, "second_factors_reset")
        assert letter.to == "cara@example.org" and "/sign-in/password" in letter.text
        assert "Set up your second step" in by_password(cara, "cara@example.org").text
        # The way out for the last administrator, at the server.
        done = strict.test_cli_runner().invoke(args=["people", "reset-second-step", "ada@example.org"])
        assert done.exit_code == 0 and not ada.signed_in
        assert "Set up your second step" in by_password(ada, "ada@example.org").text
    with strict.app_context():
        rows = db.session.scalars(select(AuditEvent).where(AuditEvent.act == "second_factors.reset")).all()
        assert [row.before for row in rows] == [{"code_app": True, "passkeys": 0, "recovery_codes": 10}] * 2


def test_a_reset_is_for_administrators_of_every_role(both: Flask) -> None:
    with both.app_context(), write_tx():
        head = people.create_staff("Head", "head@example.org", "en", [(Role.COUNSELOR, None)])
        other = people.create_staff("Other", "other@example.org", "en", [(Role.COUNSELOR, None)])
        assert not second_factors.may_reset(Visitor(person=head), other)
        people.grant(head, Role.ADMIN, None)
        assert second_factors.may_reset(Visitor(person=head), other)
        assert not second_factors.may_reset(Visitor(person=head), head)


def test_first_run_invitations_and_new_passwords_lead_to_it(tmp_path: Path) -> None:
    with running(tmp_path / "new", VO_STAFF_SECOND_FACTOR="required") as app:
        browser = Browser(app)
        browser.get("/first-run")
        setup_code = (Path(app.config["VO"].folder) / "setup-code").read_text().strip()
        form = {"code": setup_code, "name": "Ada", "email": "ada@example.org", "password": WORDS}
        assert browser.post("/first-run", form).request.path == "/sign-in/second-step" and not browser.signed_in
        app.test_cli_runner().invoke(
            args=["people", "create-admin", "--name", "Eve", "--email", "eve@example.org", "--invite"]
        )
        eve = Browser(app)
        eve.get(path_in(letters_of(app, "invite")[0]))
        assert eve.post("/new-password", {"password": WORDS}).request.path == "/sign-in/second-step"
        assert not eve.signed_in


def test_jobseekers_are_never_asked(strict: Flask) -> None:
    with strict.app_context(), write_tx():
        people.register_guest("Bo", "en", "bo@example.org")
    browser = Browser(strict)
    browser.post("/sign-in", {"email": "bo@example.org"})
    browser.post("/sign-in/code", {"digits": digits_in(letters_of(strict, "sign_in")[0])})
    assert browser.signed_in and "App with codes" not in browser.get("/account").text
    assert browser.get("/account/code-app").status_code == 404


def test_a_jobseeker_who_is_hired_needs_it_at_once(strict: Flask) -> None:
    with strict.app_context(), write_tx():
        people.register_guest("Bo", "en", "bo@example.org")
    browser = Browser(strict)
    browser.post("/sign-in", {"email": "bo@example.org"})
    browser.post("/sign-in/code", {"digits": digits_in(letters_of(strict, "sign_in")[0])})
    with strict.app_context(), write_tx():
        people.grant(db.session.scalars(select(Person).where(Person.name == "Bo")).one(), Role.COUNSELOR, None)
    assert not browser.signed_in
