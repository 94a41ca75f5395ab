"""Signing in by letter and by password, through the real doors (S-10, S-13, S-14)."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts import browsers, codes, passwords, people, sign_ins
from accounts.models import Attempt, CodePurpose, Contact, Person, Role, SignIn, SignInCode
from foundation import clock, letters
from foundation.db import db, write_tx
from foundation.languages import speaking
from foundation.letters import Rendered
from foundation.models import Letter
from tests.accounts.conftest import WORDS
from tests.application import Browser, running, words_of


def letters_of(app: Flask, kind: str) -> list[Rendered]:
    """Waiting letters of a kind, in words, oldest first."""
    with app.test_request_context():
        rows = db.session.scalars(select(Letter).where(Letter.kind == kind).order_by(Letter.id)).all()
        written = []
        for row in rows:
            with speaking(row.language):
                written.append(letters.render(row))
        return written


def digits_in(letter: Rendered) -> str:
    return re.findall(r"^\d{6}$", letter.text, re.M)[0]


def path_in(letter: Rendered) -> str:
    return re.findall(r"http://127\.0\.0\.1:8000(/\S+/\S+/\S+)", letter.text)[0]


def ask(browser: Browser, email: str) -> None:
    assert browser.post("/sign-in", {"email": email}).status_code == 200


def by_password(browser: Browser, email: str, words: str = WORDS, **more: object):
    return browser.post("/sign-in/password", {"email": email, "password": words}, **more)


def test_a_jobseeker_signs_in_with_the_code(app: Flask, browser: Browser, jobseeker: str) -> None:
    ask(browser, jobseeker)
    (letter,) = letters_of(app, "sign_in")
    assert letter.to == jobseeker
    wrong = browser.post("/sign-in/code", {"digits": "000000"})
    assert wrong.status_code == 422 and not browser.signed_in
    code = digits_in(letter)
    assert browser.post("/sign-in/code", {"digits": f" {code[:3]} {code[3:]} "}, follow=False).status_code == 302
    assert browser.signed_in
    with app.app_context():
        contact = db.session.scalars(select(Contact).where(Contact.value == jobseeker)).one()
        assert contact.verified_at is not None and not contact.person.guest


def test_the_link_is_for_the_browser_that_asked_and_only_a_button_uses_it(
    app: Flask, browser: Browser, jobseeker: str
) -> None:
    ask(browser, jobseeker)
    (letter,) = letters_of(app, "sign_in")
    path = path_in(letter)
    scanner = Browser(app)
    for _ in range(20):
        assert scanner.get(path).status_code == 200
        scanner.client.head(path)
    assert scanner.post("/sign-in/link").status_code == 200 and not scanner.signed_in
    opened = browser.get(path, follow=False)
    assert opened.headers["Location"] == "/sign-in/link"
    page = browser.get("/sign-in/link")
    assert path.rsplit("/")[-1] not in page.text and page.headers["Referrer-Policy"] == "no-referrer"
    assert not browser.signed_in
    assert browser.post("/sign-in/link", follow=False).status_code == 302 and browser.signed_in
    # Single use, also for a copy of the cookie from before.
    again = Browser(app)
    ask_cookie = {"asked_code": path.split("/")[3], "sign_in_link": path.split("/")[3:]}
    with again.client.session_transaction() as cookie:
        cookie.update(ask_cookie)
    assert again.post("/sign-in/link").status_code == 422 and not again.signed_in


def test_a_code_of_eleven_minutes_and_the_sixth_guess_do_not_work(app: Flask, browser: Browser, jobseeker: str) -> None:
    ask(browser, jobseeker)
    code = digits_in(letters_of(app, "sign_in")[0])
    with clock.frozen(clock.now() + timedelta(minutes=11)):
        assert browser.post("/sign-in/code", {"digits": code}).status_code == 422
    for _ in range(5):
        browser.post("/sign-in/code", {"digits": "999999" if code != "999999" else "888888"})
    assert browser.post("/sign-in/code", {"digits": code}).status_code == 422
    assert not browser.signed_in


def test_only_fingerprints_are_stored_and_the_secret_has_128_bits(app: Flask, browser: Browser, jobseeker: str) -> None:
    ask(browser, jobseeker)
    letter = letters_of(app, "sign_in")[0]
    token, code = path_in(letter).rsplit("/", 1)[-1], digits_in(letter)
    assert len(token) * 6 >= 128
    with app.app_context():
        row = db.session.scalars(select(SignInCode)).one()
        stored = [str(getattr(row, column.key)) for column in SignInCode.__table__.columns]
        stored += [str(value) for kept in db.session.scalars(select(Letter)) for value in (kept.details, kept.body)]
    assert not any(token in value or code in value for value in stored)


def test_colleagues_get_no_code(app: Flask, browser: Browser, admin: str) -> None:
    ask(browser, admin)
    assert letters_of(app, "sign_in") == []
    assert "/sign-in/password" in letters_of(app, "sign_in_staff")[0].text
    with app.app_context():
        row = db.session.scalars(select(SignInCode)).one()
        assert row.person_id is None
        code = codes.six_digits(row)
    browser.post("/sign-in/code", {"digits": code})
    assert not browser.signed_in


def test_at_most_three_letters_an_hour_to_one_address(app: Flask, jobseeker: str) -> None:
    for _ in range(8):
        ask(Browser(app), jobseeker)
    assert len(letters_of(app, "sign_in")) == 3


def test_a_colleague_signs_in_and_out_and_the_old_cookie_is_dead(app: Flask, browser: Browser, admin: str) -> None:
    browser.get("/sign-in")
    planted = {"csrf_token": "1" * 40, "planted": "x", "links": {"abc": {"manage": 1}}}
    with browser.client.session_transaction() as cookie:
        cookie.update(planted)
    assert by_password(browser, admin, follow=False).status_code == 302
    held = browser.cookie()
    assert "planted" not in held and held.get("csrf_token") != "1" * 40 and held["links"] == planted["links"]
    assert browser.signed_in
    thief = Browser(app)
    with thief.client.session_transaction() as cookie:
        cookie.update(held)
    assert thief.signed_in
    browser.post("/sign-out")
    assert not browser.signed_in and not thief.signed_in and browser.cookie().get("links") is None


def test_staff_are_signed_out_after_half_an_hour_idle_and_everybody_after_twelve(
    app: Flask, admin: str, jobseeker: str
) -> None:
    now = clock.now()
    colleague, bo = Browser(app), Browser(app)
    with clock.frozen(now):
        by_password(colleague, admin)
        ask(bo, jobseeker)
        bo.post("/sign-in/code", {"digits": digits_in(letters_of(app, "sign_in")[0])})
    for minutes in range(20, 11 * 60, 20):
        with clock.frozen(now + timedelta(minutes=minutes)):
            assert colleague.signed_in
    with clock.frozen(now + timedelta(minutes=11 * 60 + 15)):
        assert not colleague.signed_in and bo.signed_in
    with clock.frozen(now + timedelta(hours=12, seconds=1)):
        assert not bo.signed_in


def test_even_a_busy_colleague_is_signed_out_after_twelve_hours(app: Flask, browser: Browser, admin: str) -> None:
    now = clock.now()
    with clock.frozen(now):
        by_password(browser, admin)
    for minutes in range(20, 12 * 60, 20):
        with clock.frozen(now + timedelta(minutes=minutes)):
            assert browser.signed_in
    with clock.frozen(now + timedelta(hours=12)):
        assert not browser.signed_in


def test_leaving_ends_every_sign_in_at_once(app: Flask, browser: Browser, admin: str) -> None:
    with app.app_context():
        made = passwords.make(WORDS)
        with write_tx():
            eve = people.create_staff("Eve", "eve@example.org", "en", [(Role.ADMIN, None)], made).id
    by_password(browser, "eve@example.org")
    assert browser.signed_in
    with app.app_context(), write_tx():
        people.leave(db.session.get_one(Person, eve))
    assert not browser.signed_in
    assert by_password(browser, "eve@example.org").status_code == 422


def test_guessing_waits_longer_each_time_but_never_locks_the_owner_out(
    app: Flask, browser: Browser, admin: str
) -> None:
    now = clock.now()
    with clock.frozen(now):
        by_password(browser, admin)
        browser.post("/sign-out")
        stranger = Browser(app)
        answers = [by_password(stranger, admin, "wrong words entirely").status_code for _ in range(7)]
        assert answers == [422] * 5 + [429] * 2
        assert by_password(stranger, admin).status_code == 429
        # The owner's own browser has a count of its own.
        assert by_password(browser, admin, follow=False).status_code == 302
    with clock.frozen(now + timedelta(seconds=2)):
        assert by_password(Browser(app), admin, follow=False).status_code == 302
    assert sign_ins.ACCOUNT_PATIENCE.wait_after(1000) <= 900


def test_a_mark_of_another_address_is_no_known_browser(app: Flask, browser: Browser, admin: str) -> None:
    by_password(browser, admin)
    with app.test_request_context(headers={"Cookie": f"vo_known={browser.client.get_cookie('vo_known').value}"}):
        from_here = browsers.known_browser
        assert from_here(admin) and from_here(admin.upper()) and not from_here("eve@example.org")


def test_one_network_can_not_try_many_accounts(app: Flask, admin: str) -> None:
    with clock.frozen(clock.now()):
        answers = [
            by_password(Browser(app), f"p{n}@example.org", "wrong words entirely").status_code for n in range(42)
        ]
        assert answers[:40] == [422] * 40 and 429 in answers[40:]


@pytest.mark.parametrize("door", ["/sign-in", "/sign-in/forgotten", "/sign-in/password"])
def test_the_answer_is_the_same_whether_or_not_an_address_is_known(
    tmp_path, monkeypatch: pytest.MonkeyPatch, door: str
) -> None:
    hashed: list[str] = []
    with running(tmp_path, VO_RATE_LIMITS="off") as app:
        with app.app_context():
            made = passwords.make(WORDS)
            with write_tx():
                for number in range(10):
                    people.create_staff(
                        f"K {number}", f"known{number}@example.org", "en", [(Role.OPERATOR, None)], made
                    )
                    people.register_guest(f"G {number}", "en", f"guest{number}@example.org")
        verify = passwords.hasher.verify
        counting = type(
            "Counting",
            (),
            {"verify": lambda _self, *a: hashed.append("x") or verify(*a), "hash": passwords.hasher.hash},
        )
        monkeypatch.setattr(passwords, "hasher", counting())
        seen = set()
        for kind in ("known", "guest", "other"):
            for number in range(10):
                email = f"{kind}{number}@example.org"
                before = len(hashed)
                answer = Browser(app).post(door, {"email": email, "password": "wrong words entirely"})
                body = words_of(answer).replace(email.encode(), b"ADDRESS")
                seen.add((answer.status_code, body, len(hashed) - before, answer.request.path))
    assert len(seen) == 1
    assert seen.pop()[2] == (1 if door == "/sign-in/password" else 0)


def test_a_new_password_by_letter(app: Flask, browser: Browser, admin: str) -> None:
    by_password(browser, admin)
    other = Browser(app)
    other.post("/sign-in/forgotten", {"email": admin})
    path = path_in(letters_of(app, "reset")[0])
    assert browser.signed_in
    assert other.get(path).status_code == 200
    weak = other.post("/new-password", {"password": "Ada Admin 2026"})
    assert weak.status_code == 422 and "Choose other words" in weak.text
    assert other.post("/new-password", {"password": "seven small boats at sea"}, follow=False).status_code == 302
    assert other.signed_in and not browser.signed_in
    third = Browser(app)
    third.get(path)
    assert third.post("/new-password", {"password": "nine small boats at sea"}).status_code == 422
    assert by_password(Browser(app), admin).status_code == 422
    assert by_password(Browser(app), admin, "seven small boats at sea", follow=False).status_code == 302


def test_jobseekers_and_strangers_get_no_reset_letter(app: Flask, browser: Browser, jobseeker: str) -> None:
    for email in (jobseeker, "nobody@example.org"):
        browser.post("/sign-in/forgotten", {"email": email})
    assert letters_of(app, "reset") == []


def test_an_unknown_an_old_and_a_foreign_link_look_the_same(app: Flask, browser: Browser, admin: str) -> None:
    browser.post("/sign-in/forgotten", {"email": admin})
    path = path_in(letters_of(app, "reset")[0])
    tampered = path[:-1] + ("A" if path[-1] != "A" else "B")
    answers = set()
    for tried in (tampered, "/new-password/abc/def", path.replace("/new-password/", "/new-password/x")):
        page = Browser(app).get(tried)
        answers.add((page.status_code, words_of(page)))
    with clock.frozen(clock.now() + timedelta(minutes=31)):
        page = Browser(app).get(path)
        answers.add((page.status_code, words_of(page)))
    assert len(answers) == 1 and page.status_code == 422


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "/\t/evil.example", "javascript:alert(1)"]
)
def test_the_way_on_stays_on_this_site(app: Flask, browser: Browser, admin: str, target: str) -> None:
    browser.get("/sign-in/password", query_string={"next": target})
    answer = by_password(browser, admin, follow=False)
    assert answer.headers["Location"].startswith("/") and "evil" not in answer.headers["Location"]


def test_the_way_on_leads_where_the_person_wanted(app: Flask, browser: Browser, admin: str) -> None:
    browser.get("/sign-in?next=/account%3Fa%3D1")
    browser.get("/sign-in/password")
    assert by_password(browser, admin, follow=False).headers["Location"] == "/account?a=1"


def test_links_in_letters_ignore_the_host_header(app: Flask, jobseeker: str) -> None:
    browser = Browser(app)
    browser.post("/sign-in", {"email": jobseeker}, headers={"X-Forwarded-Host": "evil.example"})
    assert "evil" not in letters_of(app, "sign_in")[0].text + letters_of(app, "sign_in")[0].html


def test_a_name_with_line_breaks_makes_no_header(app: Flask, browser: Browser) -> None:
    with app.app_context(), write_tx():
        people.register_guest("Eve\r\nBcc: all@example.org\r\n\r\nHi", "en", "eve@example.org")
    ask(browser, "eve@example.org")
    letter = letters_of(app, "sign_in")[0]
    assert "\nBcc:" not in letter.text and "\n" not in letter.subject and "\n" not in letter.to


def test_letters_speak_the_person_s_language_and_carry_no_secret_when_used(app: Flask, browser: Browser) -> None:
    with app.app_context(), write_tx():
        people.register_guest("أمل", "ar", "amal@example.org")
    ask(browser, "amal@example.org")
    letter = letters_of(app, "sign_in")[0]
    assert 'dir="rtl"' in letter.html
    browser.post("/sign-in/code", {"digits": digits_in(letter)})
    with pytest.raises(letters.Stale):
        letters_of(app, "sign_in")


def test_ten_thousand_characters_in_each_field_break_nothing(app: Flask, browser: Browser) -> None:
    long = "x" * 10_000
    for door, fields in (
        ("/sign-in", {"email": long}),
        ("/sign-in/password", {"email": long, "password": long}),
        ("/sign-in/forgotten", {"email": "\u202e" + long + "@example.org"}),
    ):
        answer = browser.post(door, fields)
        assert answer.status_code in {200, 422}, door
    with app.app_context():
        assert db.session.scalar(select(func.count(SignIn.id))) == 0
        assert db.session.scalar(select(func.count(Attempt.id))) >= 1
    assert CodePurpose.SIGN_IN == "sign_in"
