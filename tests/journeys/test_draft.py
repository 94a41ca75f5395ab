"""What a counselor types outlives a crashed browser, and two windows lose nothing of each other."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

from playwright.sync_api import Error, Page

from .people import Human, until

NOTE = "**/appointments/*/note"


def note_of(page: Page) -> str:
    """What stands in the field."""
    return page.locator("textarea[name=body]").input_value()


def saves(page: Page, act: Callable[[], object]) -> None:
    """Do something after which the script saves, and wait until it has."""
    with page.expect_response(lambda answer: answer.url.endswith("/note")) as answer:
        act()
    assert answer.value.ok


def type_words(page: Page, words: str) -> None:
    """Type over what stands there."""
    page.locator("textarea[name=body]").fill(words)


def open_note(ines: Human, page: Page | None = None) -> Page:
    """A window of hers with the note of one appointment, always the same."""
    window = page or ines.context.new_page()
    window.goto(f"{ines.url}/today")
    first = window.locator(".timeline__who a").first.get_attribute("href")
    window.goto(f"{ines.url}{first}")
    return window


def test_a_crash_loses_no_word(human: Callable[..., Human]) -> None:
    ines = human("Inés")
    page = open_note(ines, ines.page)
    cut = [True]
    ines.context.route(NOTE, lambda route: route.abort() if cut else route.continue_())
    type_words(page, "Wants to weld.\nCalls on Friday.")
    until("it is told", lambda: "Not saved yet" in page.locator("[data-saved]").inner_text())
    with contextlib.suppress(Error):
        page.goto("chrome://crash")
    cut.clear()
    page = ines.context.new_page()
    saves(page, lambda: open_note(ines, page))
    assert note_of(page) == "Wants to weld.\nCalls on Friday."
    page.evaluate("() => localStorage.clear()")
    assert note_of(open_note(ines, page)) == "Wants to weld.\nCalls on Friday.", "now the server has it"


def test_what_was_saved_elsewhere_is_never_overwritten(human: Callable[..., Human]) -> None:
    ines = human("Inés")
    here, there = open_note(ines, ines.page), open_note(human("Inés"))
    saves(there, lambda: type_words(there, "From the phone"))
    type_words(here, "From the desk")
    until("it is told", lambda: "in another window" in here.locator("[data-saved]").inner_text())
    saves(here, here.reload)
    assert note_of(here) == "From the phone\n\nFrom the desk"
    assert note_of(open_note(ines)) == "From the phone\n\nFrom the desk"


def test_words_that_were_saved_by_the_button_do_not_come_back(human: Callable[..., Human]) -> None:
    ines = human("Inés")
    here = open_note(ines, ines.page)
    type_words(here, "First words")
    here.locator("#save-note").click()
    here.get_by_text("Note saved.").wait_for()
    there = open_note(human("Inés"))
    saves(there, lambda: type_words(there, "Later words"))
    assert note_of(open_note(ines, here)) == "Later words"
    assert here.evaluate("() => localStorage.length") == 0
