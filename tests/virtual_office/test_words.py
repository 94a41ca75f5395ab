"""Administrators say things their own way: at once, everywhere, in every language, and never so that a page breaks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from flask_babel import force_locale, gettext, lazy_gettext, ngettext
from sqlalchemy import select

from accounts.models import Role
from foundation import wordings
from foundation.db import db, write
from foundation.languages import COOKIE
from foundation.models import AuditEvent, Wording
from tests.application import Browser, running
from virtual_office.offices.models import Office

BOOK = "Book a counselor"
UNTIL = "We keep it until %(when)s."
TIMES = "%(num)s time"
ROW = lazy_gettext(BOOK)


@pytest.fixture
def admin(app: Flask, new_person: Callable[..., int], client_for: Callable[..., FlaskClient]) -> Browser:
    browser = Browser(app)
    browser.client = client_for(app, new_person(app, "Ada", (Role.ADMIN, None)))
    return browser


@pytest.fixture(autouse=True)
def at_once(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(wordings, "LOOK_EVERY", 0.0)
    yield


def save(browser: Browser, language: str, english: str, *said: str):
    path = f"/staff/words/{language}/{wordings.digest_of(english)}"
    return browser.post(path, {f"said-{number}": form for number, form in enumerate(said)})


def front(app: Flask, language: str) -> str:
    browser = Browser(app)
    browser.client.set_cookie(COOKIE, language)
    return browser.get("/").text


def test_words_change_on_every_page_and_come_back(app: Flask, admin: Browser) -> None:
    before = front(app, "es")
    assert "Pedir cita con un orientador" in before
    assert save(admin, "es", BOOK, "Hablar con una orientadora").status_code == 200
    after = front(app, "es")
    assert "Hablar con una orientadora" in after and "Pedir cita con un orientador" not in after
    assert BOOK in front(app, "en") and "Prendre rendez-vous avec un conseiller" in front(app, "fr")
    assert save(admin, "en", BOOK, "Speak with an adviser").status_code == 200
    assert "Speak with an adviser" in front(app, "en")
    page = admin.get("/staff/words?language=es&own=yes").text
    assert "Hablar con una orientadora" in page and "Changed here" in page
    admin.post(f"/staff/words/es/{wordings.digest_of(BOOK)}/removal")
    assert front(app, "es").count("Pedir cita con un orientador") == before.count("Pedir cita con un orientador")
    with app.app_context():
        acts = list(db.session.scalars(select(AuditEvent.act).where(AuditEvent.act.startswith("wording"))))
        assert acts == ["wording.changed", "wording.changed", "wording.taken_back"]


def test_another_process_hears_of_it(app: Flask, admin: Browser, tmp_path: Path) -> None:
    with running(tmp_path / "instance", VO_DATABASE_URL=app.config["SQLALCHEMY_DATABASE_URI"]) as other:
        assert BOOK in front(other, "en")
        save(admin, "en", BOOK, "Speak with an adviser")
        assert "Speak with an adviser" in front(other, "en")


def test_it_looks_every_few_seconds_only(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wordings, "LOOK_EVERY", 5.0)
    with app.test_request_context():
        wordings.refresh(now=100.0)
        message = wordings.get("en", wordings.digest_of(BOOK))
        write(lambda: wordings.override("en", message, ("Speak with an adviser",), None))
        wordings.refresh(now=104.9)
        assert gettext(BOOK) == BOOK
        wordings.refresh(now=105.0)
        assert gettext(BOOK) == str(ROW) == "Speak with an adviser"


def test_counted_words_have_every_form(app: Flask, admin: Browser) -> None:
    assert save(admin, "ar", TIMES, "a %(num)s", "b %(num)s").status_code == 422
    said = [f"{letter} %(num)s" for letter in "abcdef"]
    assert save(admin, "ar", TIMES, *said).status_code == 200
    with app.test_request_context(), force_locale("ar"):
        wordings.refresh()
        assert [ngettext(TIMES, "%(num)s times", number) for number in (0, 1, 2, 5, 11, 100)] == [
            "a 0", "b 1", "c 2", "d 5", "e 11", "f 100",
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("english", "said", "why"),
    [
        (UNTIL, "We keep it.", "Keep each part in brackets"),
        (UNTIL, "Until %(when)s and %(place)s", "Keep each part in brackets"),
        (UNTIL, "Until %(when)s %(when)s", "Keep each part in brackets"),
        (UNTIL, "Until %(when)s, 50 % of it", "Keep each part in brackets"),
        (BOOK, "<script>alert(1)</script>", "Write words only"),
        (BOOK, "x" * 2001, "Shorten this to 2000 characters"),
    ],
)
def test_what_would_break_a_page_is_refused_and_kept_in_the_form(
    app: Flask, admin: Browser, english: str, said: str, why: str
) -> None:
    answer = save(admin, "en", english, said)
    assert answer.status_code == 422 and why in answer.text and "There is a problem" in answer.text
    assert said.replace("<", "&lt;").replace(">", "&gt;") in answer.text
    with app.app_context():
        assert db.session.scalar(select(Wording)) is None


def test_empty_words_give_the_catalogue_back(app: Flask, admin: Browser) -> None:
    save(admin, "en", BOOK, "Speak with an adviser")
    assert save(admin, "en", BOOK, "  ").status_code == 200
    assert BOOK in front(app, "en")


def test_only_who_looks_after_every_office(app: Flask, admin: Browser, new_person, client_for) -> None:
    with app.app_context():
        write(lambda: db.session.add(Office(name="Centro", zone="Europe/Madrid", region="")))
        office = db.session.query(Office).one().id
    address = f"/staff/words/en/{wordings.digest_of(BOOK)}"
    for name, grant in (
        ("Lea", (Role.TEAM_LEADER, office)),
        ("Abo", (Role.ADMIN, office)),
        ("Ina", (Role.COUNSELOR, office)),
    ):
        browser = Browser(app)
        browser.client = client_for(app, new_person(app, name, grant))
        assert {browser.get(path).status_code for path in ("/staff/words", address)} == {404}
        assert browser.post(address, {"said-0": "x"}).status_code == 404
        assert browser.post(address + "/removal").status_code == 404
    assert admin.get("/staff/words/en/" + "A" * 22).status_code == 404
    assert admin.get(address.replace("/en/", "/xx/")).status_code == 404
    assert admin.get("/staff/words?language=xx&text=%00").status_code in {200, 404}


def test_a_database_that_does_not_answer_leaves_the_words(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    with app.test_request_context():
        message = wordings.get("en", wordings.digest_of(BOOK))
        write(lambda: wordings.override("en", message, ("Speak with an adviser",), None))
        wordings.refresh()
        db.session.remove()
        monkeypatch.setattr(wordings, "Wording", type("Gone", (), {"revision": db.text("nothing.here")}))
        wordings.refresh()
        assert gettext(BOOK) == "Speak with an adviser"
