"""Every page opens in every language of the house, and lists are put in words without loss."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import update

from foundation import languages
from foundation.db import db, write_tx
from foundation.languages import COOKIE
from tests.application import running
from tests.security.world import World, build
from virtual_office.offices.models import Office

from .test_arabic_pages import VISITORS, pages

LANGUAGES = ("en", "es", "fr", "ar")


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with running(Path(tmp_path_factory.mktemp("languages")), VO_DEMO="1", VO_RATE_LIMITS="off") as app:
        yield build(app)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("who", VISITORS)
def test_every_page_opens(world: World, who: str, language: str) -> None:
    browser = world.browsers[who]
    browser.client.set_cookie(COOKIE, language)
    seen = 0
    for door in pages(world):
        if door.method == "GET":
            answer = browser.get(door.path(world.a))
            assert answer.status_code < 500, f"{door} in {language}"
            if answer.status_code == 200 and answer.mimetype == "text/html":
                assert f'<html lang="{language}"' in answer.get_data(as_text=True), f"{door} in {language}"
                seen += 1
    world.restore()
    assert seen > 10


@pytest.mark.parametrize(("language", "comma"), [("en", ", "), ("es", ", "), ("fr", ", "), ("ar", "، ")])
def test_each_word_of_a_list_comes_once(world: World, language: str, comma: str) -> None:
    with world.app.app_context(), languages.speaking(language):
        for words in ([], ["A"], ["A", "B"], ["A", "B", "C"], ["A", "B", "C", "D"]):
            assert languages.listed(words) == comma.join(words)


def test_the_number_in_the_footer_speaks_each_reader_s_language(tmp_path: Path) -> None:
    """It is remembered for half a minute: the number, and no words of whoever came first."""
    with running(tmp_path, VO_DEMO="1", VO_RATE_LIMITS="off") as app:
        browser = build(app).browsers["anonymous"]
        with app.app_context(), write_tx():
            db.session.execute(update(Office).values(phone_cost="free"))
        for language, comma in (("ar", "، "), ("en", ", "), ("es", ", ")):
            browser.client.set_cookie(COOKIE, language)
            page = browser.get("/book").get_data(as_text=True)
            footer = page.partition('class="footer__help"')[2].partition("</p>")[0]
            assert f"Office a{comma}free" in footer, footer
