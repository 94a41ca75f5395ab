"""The first administrator, colleagues, one's own account, the demo door and the commands, through the real doors."""

from __future__ import annotations

import re
import threading

import pytest
from flask import Flask
from sqlalchemy import func, select

from accounts import first_run, passwords, people, places, tokens
from accounts.models import ApiToken, Person, Role, RoleGrant
from foundation.db import db, write_tx
from foundation.models import AuditEvent
from tests.accounts.conftest import WORDS
from tests.accounts.test_sign_in import by_password, letters_of, path_in
from tests.application import Browser, running
from virtual_office.offices.models import Office


@pytest.fixture
def two_offices(app: Flask) -> dict[str, int]:
    """Offices A and B, a colleague in each, a team leader in A; all with the password WORDS but no mailbox read."""

    with app.app_context():
        made = passwords.make(WORDS)
        with write_tx():
            offices = [Office(name=name) for name in ("A town", "B town")]
            db.session.add_all(offices)
            db.session.flush()
            first, second = (office.id for office in offices)
            found = {"a": first, "b": second}
            for name, role, office in (
                ("lead", Role.TEAM_LEADER, first),
                ("coun", Role.COUNSELOR, first),
                ("other", Role.COUNSELOR, second),
                ("head", Role.ADMIN, first),
            ):
                found[name] = people.create_staff(name.title(), f"{name}@example.org", "en", [(role, office)], made).id
    return found


def public(app: Flask, row_id: int) -> str:
    with app.app_context():
        return db.session.get_one(Person, row_id).public_id


def roles_of(app: Flask, row_id: int) -> set[tuple[str, int | None]]:
    with app.app_context():
        return {(held.role, held.office_id) for held in db.session.get_one(Person, row_id).grants}


FIRST = {"name": "Ada", "email": "ada@example.org", "password": WORDS}


def test_the_first_administrator_needs_the_code_and_the_page_goes_away(app: Flask, browser: Browser) -> None:
    page = browser.get("/first-run")
    assert page.status_code == 200
    code = (app.config["VO"].folder / first_run.FILE).read_text().strip()
    assert code not in page.text and (app.config["VO"].folder / first_run.FILE).stat().st_mode & 0o077 == 0
    wrong = browser.post("/first-run", FIRST | {"code": "0" * 8})
    assert wrong.status_code == 422 and "Ada" in wrong.text
    assert browser.post("/first-run", FIRST | {"code": code}, follow=False).status_code == 302
    assert browser.signed_in
    assert Browser(app).get("/first-run").status_code == 404
    assert not (app.config["VO"].folder / first_run.FILE).exists()


def test_of_many_first_administrators_one_wins(app: Flask) -> None:
    Browser(app).get("/first-run")
    code = (app.config["VO"].folder / first_run.FILE).read_text().strip()
    answers: list[int] = []

    def race(number: int) -> None:
        form = FIRST | {"code": code, "email": f"ada{number}@example.org"}
        answers.append(Browser(app).post("/first-run", form, follow=False).status_code)

    threads = [threading.Thread(target=race, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers.count(302) == 1 and set(answers) <= {302, 404, 422}
    with app.app_context():
        assert db.session.scalar(select(func.count(RoleGrant.id))) == 1


def test_an_invited_colleague_chooses_a_password_and_works(app: Flask, browser: Browser, admin: str) -> None:
    by_password(browser, admin)
    form = {"name": "Omar", "email": "Omar@example.org", "role": "operator", "office": "", "language": "ar"}
    assert browser.post("/staff/people/new", form).status_code == 200
    letter = letters_of(app, "invite")[0]
    assert letter.to == "omar@example.org" and 'dir="rtl"' in letter.html
    omar = Browser(app)
    assert omar.get(path_in(letter)).status_code == 200
    assert omar.post("/new-password", {"password": "nine slow turtles run"}, follow=False).status_code == 302
    assert omar.signed_in and omar.get("/staff/people").status_code == 404


def test_an_invitation_sent_again_ends_the_first(app: Flask, browser: Browser, admin: str) -> None:
    by_password(browser, admin)
    form = {"name": "Omar", "email": "omar@example.org", "role": "operator", "office": "", "language": "en"}
    browser.post("/staff/people/new", form)
    first = path_in(letters_of(app, "invite")[0])
    with app.app_context():
        omar = people.find_by_email("omar@example.org").public_id
    assert browser.post(f"/staff/people/{omar}/invitation").status_code == 200
    assert Browser(app).get(first).status_code == 422


def test_the_form_says_what_is_wrong_and_keeps_what_was_typed(app: Flask, browser: Browser, admin: str) -> None:
    by_password(browser, admin)
    page = browser.post("/staff/people/new", {"name": "O'Mar <b>", "email": "omar", "role": "king", "office": "x"})
    assert page.status_code == 422
    assert "O&#39;Mar &lt;b&gt;" in page.text and "like name@example.org" in page.text


@pytest.mark.parametrize(
    ("who", "role", "office", "given"),
    [
        ("lead", "operator", "a", True),
        ("lead", "operator", "b", False),
        ("lead", "team_leader", "a", False),
        ("lead", "admin", "a", False),
        ("head", "team_leader", "a", True),
        ("head", "admin", "a", True),
        ("head", "operator", "b", False),
        ("head", "admin", None, False),
    ],
)
def test_roles_are_given_only_at_one_s_own_office(
    app: Flask, two_offices: dict[str, int], who: str, role: str, office: str | None, given: bool
) -> None:
    with app.app_context():
        known = {place.id: place.public_id for place in _places()}
    browser = Browser(app)
    by_password(browser, f"{who}@example.org")
    where = known[two_offices[office]] if office else ""
    path = f"/staff/people/{public(app, two_offices['coun'])}/roles"
    browser.post(path, {"role": role, "office": where})
    wanted = (role, two_offices[office] if office else None)
    assert (wanted in roles_of(app, two_offices["coun"])) is given


def test_a_team_leader_closes_accounts_of_their_office_only(app: Flask, two_offices: dict[str, int]) -> None:
    lead = Browser(app)
    by_password(lead, "lead@example.org")
    for other in ("other", "head"):
        assert lead.post(f"/staff/people/{public(app, two_offices[other])}/leaving").status_code == 404
        assert roles_of(app, two_offices[other])
    assert lead.post(f"/staff/people/{public(app, two_offices['lead'])}/leaving").status_code in {404, 409}
    coun = Browser(app)
    by_password(coun, "coun@example.org")
    assert coun.signed_in
    assert lead.post(f"/staff/people/{public(app, two_offices['coun'])}/leaving").status_code == 200
    assert not coun.signed_in and roles_of(app, two_offices["coun"]) == set()


def test_a_shared_colleague_shows_and_loses_only_the_role_here(app: Flask, two_offices: dict[str, int]) -> None:
    with app.app_context(), write_tx():
        shared = db.session.get_one(Person, two_offices["coun"])
        people.grant(shared, Role.OPERATOR, two_offices["b"])
    lead = Browser(app)
    by_password(lead, "lead@example.org")
    person = public(app, two_offices["coun"])
    page = lead.get(f"/staff/people/{person}").text
    assert "Phone operator" not in page.split("Give one more role")[0] and "Close this account" not in page
    assert lead.post(f"/staff/people/{person}/leaving").status_code == 404
    with app.app_context():
        held = {grant.office_id: grant.id for grant in db.session.get_one(Person, two_offices["coun"]).grants}
    assert lead.post(f"/staff/people/{person}/roles/removal", {"held": held[two_offices["b"]]}).status_code == 404
    assert lead.post(f"/staff/people/{person}/roles/removal", {"held": held[two_offices["a"]]}).status_code == 200
    assert roles_of(app, two_offices["coun"]) == {("operator", two_offices["b"])}


def test_nobody_closes_their_own_account(app: Flask, browser: Browser, admin: str) -> None:
    by_password(browser, admin)
    with app.app_context():
        own = people.find_by_email(admin).public_id
    assert browser.post(f"/staff/people/{own}/leaving").status_code == 409
    assert browser.signed_in


def test_one_s_own_account_is_changed_and_other_browsers_go(app: Flask, browser: Browser, admin: str) -> None:
    by_password(browser, admin)
    other = Browser(app)
    by_password(other, admin)
    assert "Saved." in browser.post("/account", {"name": "Ada Lovelace", "language": "ar"}).text
    assert browser.post("/account", {"name": "", "language": "xx"}).status_code == 422
    assert browser.post("/account/phone", {"phone": "nobody"}).status_code == 422
    assert browser.post("/account/phone", {"phone": "+34 600 111 222"}).status_code == 200
    assert (
        browser.post("/account/password", {"current": "wrong", "password": "nine slow turtles run"}).status_code == 422
    )
    changed = browser.post("/account/password", {"current": WORDS, "password": "nine slow turtles run"})
    assert changed.status_code == 200 and browser.signed_in and not other.signed_in
    by_password(other, admin, "nine slow turtles run")
    browser.post("/account/sign-outs")
    assert browser.signed_in and not other.signed_in
    with app.app_context():
        ada = people.find_by_email(admin)
        assert (ada.name, ada.language) == ("Ada Lovelace", "ar")
        trail = str([(row.before, row.after) for row in db.session.scalars(select(AuditEvent))])
    assert "Lovelace" not in trail and "600111222" not in trail


def test_the_demo_door_is_there_in_a_demo_only(app: Flask, demo: Flask, browser: Browser) -> None:
    assert browser.get("/demo").status_code == 404 and browser.post("/demo/sign-in").status_code == 404
    with demo.app_context(), write_tx():
        ines = people.create_staff("Inés", "ines@example.org", "en", [(Role.COUNSELOR, None)]).public_id
        amal = people.register_guest("Amal", "ar", "amal@example.org")
        people.prove(amal.contacts[0])
        people.register_guest("Guest", "en", "guest@example.org")
    page = Browser(demo).get("/demo").text
    assert "Inés" in page and "Amal" in page and "Guest" not in page
    click, typed, guest = Browser(demo), Browser(demo), Browser(demo)
    assert click.post("/demo/sign-in", {"person": ines}, follow=False).status_code == 302 and click.signed_in
    assert by_password(typed, "amal@example.org", "demo", follow=False).status_code == 302 and typed.signed_in
    assert by_password(guest, "guest@example.org", "demo").status_code == 422 and not guest.signed_in
    assert Browser(demo).post("/demo/sign-in", {"person": "x"}).status_code == 404


def test_the_word_demo_opens_nothing_elsewhere(app: Flask, browser: Browser, admin: str) -> None:
    assert by_password(browser, admin, "demo").status_code == 422


def test_commands_make_an_administrator_and_a_token(app: Flask) -> None:
    run = app.test_cli_runner()
    weak = run.invoke(
        args=["people", "create-admin", "--name", "Ada", "--email", "ada@example.org", "--password-stdin"],
        input="short\n",
    )
    assert weak.exit_code == 1 and "12 characters" in weak.output
    made = run.invoke(
        args=["people", "create-admin", "--name", "Ada", "--email", "ada@example.org", "--password-stdin"],
        input=WORDS + "\n",
    )
    assert made.exit_code == 0, made.output
    browser = Browser(app)
    assert by_password(browser, "ada@example.org", follow=False).status_code == 302
    invited = run.invoke(args=["people", "create-admin", "--name", "Eve", "--email", "eve@example.org", "--invite"])
    assert invited.exit_code == 0 and len(letters_of(app, "invite")) == 1
    token = run.invoke(args=["tokens", "create", "ada@example.org", "--days", "2"])
    secret = token.output.strip()
    assert token.exit_code == 0 and re.fullmatch(r"vo_[\w-]{43}", secret)
    with app.app_context():
        row = db.session.scalars(select(ApiToken)).one()
        assert secret not in row.fingerprint
    assert run.invoke(args=["tokens", "create", "nobody@example.org"]).exit_code == 1
    assert run.invoke(args=["tokens", "revoke", "ada@example.org"]).output.startswith("1 ")


def test_a_jobseeker_can_not_have_a_token(app: Flask) -> None:
    with app.app_context(), pytest.raises(tokens.InputWrong), write_tx():
        tokens.create(people.register_guest("Bo", "en"), "x")


@pytest.mark.parametrize(
    ("wrong", "settings"),
    [
        ("VO_PUBLIC_URL", {"VO_PUBLIC_URL": "http://office.example.org"}),
        ("VO_PUBLIC_URL", {"VO_BIND": "0.0.0.0:8000"}),
        ("VO_DEMO", {"VO_PUBLIC_URL": "https://office.example.org", "VO_DEMO": "1"}),
        ("VO_STAFF", {"VO_PUBLIC_URL": "https://office.example.org", "VO_STAFF_SECOND_FACTOR": "optional"}),
        ("VO_STAFF", {"VO_STAFF_SECOND_FACTOR": "maybe"}),
        ("VO_STAFF", {"VO_STAFF_SECOND_FACTOR": "required", "VO_DEMO": "1"}),
        ("VO_OIDC", {"VO_OIDC_ISSUER": "https://login.example.org"}),
        (
            "VO_OIDC",
            {"VO_OIDC_ISSUER": "http://login.example.org", "VO_OIDC_CLIENT_ID": "x", "VO_OIDC_CLIENT_SECRET": "y"},
        ),
    ],
)
def test_unsafe_ways_to_sign_in_stop_the_start(tmp_path, wrong: str, settings: dict[str, str]) -> None:
    with pytest.raises(Exception, match=wrong), running(tmp_path, **settings):
        pass


def test_a_public_address_needs_second_factors(tmp_path) -> None:
    with running(tmp_path, VO_PUBLIC_URL="https://office.example.org", VO_BIND="0.0.0.0:8000") as app:
        assert app.config["VO"].second_factor_required and app.config["SESSION_COOKIE_NAME"] == "__Host-vo"
    with running(tmp_path / "here") as app:
        assert not app.config["VO"].second_factor_required


def _places() -> list[places.Place]:
    return places.all_places()
