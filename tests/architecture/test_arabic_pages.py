"""With Arabic chosen no English is left: every page that somebody of each kind opens, what forms answer, and letters."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path

import holidays
import pytest
from babel import Locale
from sqlalchemy import select
from werkzeug.test import TestResponse

from booking import letters as booking_letters
from foundation import languages, letters
from foundation.db import db
from foundation.languages import COOKIE
from foundation.models import Letter
from tests.application import running
from tests.security.doors import HttpDoor, http_doors
from tests.security.world import World, build
from webinars.forms import SPOKEN as SPOKEN_THERE

VISITORS = (
    "anonymous",
    "link_a",
    "jobseeker_a",
    "counselor_a",
    "operator_a",
    "interpreter_a",
    "leader_a",
    "admin",
)
SPOKEN = {"alt", "aria-label", "aria-description", "placeholder", "title", "abbr", "data-restored", "data-failed"}
NAMES = re.compile(
    r"Français|Español|OBS|WHIP|WHEP|CSV|XLSX|JavaScript|Safari|Chrome|Firefox|Edge|WCAG|AA|EN|ES-MD|ES|Madrid|Europe|UTC|Idempotency-Key|JSON|English|\.ics|\bvo(?:_\w+)?\b"
)
"""What is spelled in Latin letters in Arabic too: languages in their own words, makers' names, standards, codes, places of the time zone list."""
IMPORTS = "/staff/imports"
CODES = frozenset({"Monday", "Sunday", "video", "phone", "chat", "in", "person"})
"""Words that a file of the import holds, in every language: named on its pages, and only there."""
ADDRESS = re.compile(r"\S+@\S+|https?://\S+|/\S+|\b[A-Z0-9]{8}\b|\b(?:en|ar|sign-es)\b")
WORD = re.compile(r"[A-Za-z]{2,}")
OUTSIDE = ("/api/", "/demo", "/static", "/metrics", "/healthz", "/readyz", "/language/", "/brand")
"""Doors that give no page of the service: other programs read them, or they exist in a demo only."""


class Heard(HTMLParser):
    """All that a person reads or hears of a page, with the title, and the words that scripts say."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self._inside: list[str] = []
        self._kind = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        if tag in {"script", "style"} or found.get("lang"):
            self._kind = found.get("id") or ""
            self._inside.append(tag)
        self.said += [value for name, value in attrs if name in SPOKEN and value]

    def handle_endtag(self, tag: str) -> None:
        if self._inside and self._inside[-1] == tag:
            self._inside.pop()

    def handle_data(self, data: str) -> None:
        if self._inside == ["html"] or not self._inside:
            self.said.append(data)
        elif self._inside[-1] == "script" and self._kind.endswith("words"):
            self.said += list(texts(json.loads(data)))


def texts(value: object) -> Iterator[str]:
    """Every text inside a JSON value; a placeholder is not read out."""
    if isinstance(value, str):
        yield re.sub(r"\{\w+\}", "", value)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from texts(inner)


def english(page: str, names: set[str]) -> set[str]:
    """English words of a page, but names that people gave."""
    heard = Heard()
    heard.feed(page)
    text = NAMES.sub(" ", ADDRESS.sub(" ", "\n".join(heard.said)))
    return set(WORD.findall(text)) - names


def names_of(world: World) -> set[str]:
    """Every word that somebody wrote into the database (names, reasons, ids), holidays, and languages in their own words."""
    names = {"Virtual", "Office", "demo"}
    for code in SPOKEN_THERE:
        names |= set(WORD.findall(Locale.parse(code).display_name or ""))
    for holiday in holidays.country_holidays("ES", years=range(2025, 2035), language="es").values():
        names |= set(WORD.findall(holiday))
    with sqlite3.connect(world.file) as live:
        tables = [name for (name,) in live.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        for table in tables:
            columns = [row[1] for row in live.execute(f'PRAGMA table_info("{table}")')]
            given = [
                c
                for c in columns
                if c in {"name", "title", "reason", "body", "address", "public_id", "value", "words", "answers"}
            ]
            for column in given:
                for (text,) in live.execute(f'SELECT "{column}" FROM "{table}"'):
                    names |= set(WORD.findall(str(text)))
    return names


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(Path(tmp_path_factory.mktemp("arabic")), VO_DEMO="1", VO_RATE_LIMITS="off") as app:
        made = build(app)
        for browser in made.browsers.values():
            browser.client.set_cookie(COOKIE, "ar")
        yield made


@pytest.fixture(autouse=True)
def as_it_was(world: World) -> Iterator[None]:
    yield
    world.restore()


def pages(world: World) -> list[HttpDoor]:
    """The doors that people open."""
    return [door for door in http_doors(world.app) if not door.rule.startswith(OUTSIDE)]


def left_over(world: World, path: str, answer: TestResponse, names: set[str]) -> list[str]:
    """What is wrong with one Arabic page."""
    if answer.mimetype != "text/html":
        return []
    page = answer.get_data(as_text=True)
    given = names | CODES if IMPORTS in path else names
    found = [f"{path}: {sorted(words)}"] if (words := english(page, given)) else []
    if '<html lang="ar" dir="rtl"' not in page:
        found.append(f"{path}: not right-to-left")
    return found


def no_finding(found: list[str]) -> None:
    """Fail with one line for each finding."""
    if found:
        pytest.fail("\n".join(sorted(set(found))), pytrace=False)


@pytest.mark.parametrize("who", VISITORS)
def test_no_english_is_left_on_any_page(world: World, who: str) -> None:
    names, found, seen = names_of(world), [], 0
    for door in pages(world):
        if door.method == "GET":
            answer = world.browsers[who].get(door.path(world.a))
            seen += answer.status_code == 200 and answer.mimetype == "text/html"
            found += left_over(world, str(door), answer, names)
    assert seen > 10
    no_finding(found)


@pytest.mark.parametrize("who", VISITORS)
def test_no_english_is_left_in_what_forms_answer(world: World, who: str) -> None:
    names, found = names_of(world), []
    for door in pages(world):
        if door.method == "POST" and door.endpoint != "sign_in.leave":
            answer = world.browsers[who].post(door.path(world.a), {"version": "1"})
            found += left_over(world, str(door), answer, names)
            world.restore()
    no_finding(found)


def test_no_english_is_left_in_refusals(world: World) -> None:
    browser, names = world.browsers["anonymous"], names_of(world)
    answers = {
        "nowhere": browser.get("/nothing-here"),
        "no token": browser.post("/find", {"reference": "x"}, token=False),
        "wrong method": browser.post("/help"),
        "unknown code": browser.post("/join", {"reference": "4F7K2QXM", "code": "123456"}),
    }
    assert {answer.status_code // 100 for answer in answers.values()} <= {2, 4}
    no_finding([line for what, answer in answers.items() for line in left_over(world, what, answer, names)])


def test_no_english_is_left_in_letters(world: World) -> None:
    """Every kind of letter about an appointment, as text, as a page and in the calendar."""
    names, found, kinds = names_of(world), [], []
    with world.app.app_context(), languages.speaking("ar"):
        for letter in db.session.scalars(select(Letter).where(Letter.subject_kind == booking_letters.ABOUT)):
            for kind in (booking_letters.CONFIRMATION, booking_letters.MOVED, booking_letters.REMINDER):
                given = {
                    "subject_id": letter.subject_id,
                    "person_id": letter.person_id,
                    "contact_id": letter.contact_id,
                }
                words = letters.render(Letter(kind=kind, details=letter.details, **given))
                ics = "\n".join(
                    re.findall(r"(?:SUMMARY|DESCRIPTION):(.*)", words.ics.replace("\r\n ", "").replace("\\n", " "))
                )
                found += [f"{kind}: {sorted(left)}" for left in [english(words.html, names)] if left]
                for text in (words.subject, words.text, ics):
                    found += [f"{kind}: {sorted(left)}" for left in [english(f'<html lang="ar">{text}', names)] if left]
                kinds.append(kind)
        db.session.rollback()
    assert set(kinds) == {booking_letters.CONFIRMATION, booking_letters.MOVED, booking_letters.REMINDER}
    no_finding(found)


def test_a_phone_number_keeps_its_order_in_plain_text(world: World) -> None:
    with world.app.app_context():
        with languages.speaking("ar"):
            assert languages.isolated("+34 910 000 000") == "\u2066+34 910 000 000\u2069"
        with languages.speaking("en"):
            assert languages.isolated("+34 910 000 000") == "+34 910 000 000"


def test_the_ear_for_english_can_fail() -> None:
    page = '<html lang="ar"><p title="Loud">Hello <bdi>Ana</bdi></p><script id="words">{"a": "Soft"}</script><script>x.Quiet</script>'
    assert english(page, {"Ana"}) == {"Loud", "Hello", "Soft"}
