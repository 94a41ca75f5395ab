"""axe-core finds nothing on any page, in any state, in English and Arabic (WCAG 2.2 AA and good practice);
none scrolls sideways at 400 % zoom, and a keyboard reaches everything and shows where it is."""

from __future__ import annotations

import re
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing

import pytest
from playwright.sync_api import Page as Tab
from playwright.sync_api import ViewportSize

from app import create_app
from booking.claims import HOLD
from tests.server import ROOT, Server

from . import axe, tour
from .keyboard import Keyboard
from .pages import NO_PAGE, PAGES, WALKS, Page
from .people import Human, until
from .tour import ADMIN, AMAL, BO, INES, LUCIA, NOBODY, Tour

LANGUAGES = ("en", "ar")
ON_A_PHONE = (
    "front.show",
    "booking.calendar",
    "booking.day_times",
    "booking.confirmation-later",
    "desk.show",
    "today.show-somebody open",
    "waiting.index",
    "hours.show",
    "meetings.show",
    "account.show-with a second step",
    "security.code_app",
)
"""Pages that axe also sees 360 px wide, by their test's name."""
ZOOMED: ViewportSize = {"width": 320, "height": 256}
"""1280 x 1024 at 400 % (WCAG 1.4.10)."""
TOO_WIDE = """() => document.documentElement.scrollWidth <= innerWidth ? [] : [...document.querySelectorAll('body *')]
  .filter((one) => { const box = one.getBoundingClientRect(); return box.width && (box.right > innerWidth + 1 || box.left < -1); })
  .slice(-3).map((one) => one.outerHTML.slice(0, 120))"""
Look = Callable[[Tab, str], None]


@pytest.fixture(scope="module")
def town() -> Iterator[Tour]:
    with tour.town() as made:
        made.things["sent"] = until("a letter is sent", lambda: _sent_letter(made.server))
        yield made


@pytest.fixture(params=LANGUAGES)
def language(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def clean(town: Tour, language: str) -> Iterator[Look]:
    """`clean(tab, "what")`: the page is in the language and axe finds nothing; at the end no script has failed."""

    def look(tab: Tab, what: str) -> None:
        root = tab.evaluate("() => [document.documentElement.lang, document.documentElement.dir]")
        assert root == [language, {"en": "ltr", "ar": "rtl"}[language]], what
        assert tab.locator("h1:visible").count() == 1, f"{what}: one heading says what the page is"
        assert not (found := axe.violations(tab)), f"{what} ({tab.url})\n{axe.said(found)}"

    for one in town.people.values():
        one.faults.clear()
    yield look
    assert not [fault for one in town.people.values() for fault in one.faults]


def test_every_route_is_looked_at(tmp_path: object) -> None:
    app = create_app({"VO_DEMO": "1", "VO_INSTANCE": str(tmp_path)})
    gets = {rule.endpoint for rule in app.url_map.iter_rules() if "GET" in (rule.methods or ())}
    known = {page.endpoint for page in PAGES} | WALKS.keys() | NO_PAGE.keys()
    gets -= {rule.endpoint for rule in app.url_map.iter_rules() if rule.endpoint.endswith("static")}
    assert gets - known == set(), "pages that nobody looks at: add them to tests/journeys/pages.py"
    assert known - gets == set(), "lines of tests/journeys/pages.py without a route"
    assert set(WALKS.values()) <= globals().keys()
    doors = app.url_map.bind("localhost")
    for page in PAGES:
        path = re.sub(r"\{[a-z_]+\}", "x", page.path) if page.path.startswith("/") else ""
        if path and page.status == 200:
            assert doors.match(path.partition("?")[0])[0] == page.endpoint, f"{page} is another page"


def test_axe_sees_what_is_wrong(town: Tour) -> None:
    """The control: a picture without words, a target that is too small, pale text."""
    tab = town.human(NOBODY).page
    tab.goto(town.server.url + "/cookies")
    tab.evaluate(
        """() => {
          document.querySelector('main').append(document.createElement('img'));
          for (const word of ['a', 'b']) {
            const small = document.createElement('button');
            small.textContent = word;
            small.style.cssText = 'font-size:6px; inline-size:9px; block-size:9px; padding:0; border:0; float:left';
            document.querySelector('main').append(small);
          }
          document.querySelector('h1').style.color = '#ccc';
        }"""
    )
    assert {"image-alt", "target-size", "color-contrast"} <= {one["rule"] for one in axe.violations(tab)}
    assert tab.evaluate(TOO_WIDE) == []
    tab.evaluate("() => { document.querySelector('h1').style.inlineSize = '3000px'; }")
    assert "<h1" in tab.evaluate(TOO_WIDE)[-1]


@pytest.mark.parametrize("language", ["en", pytest.param("ar", marks=pytest.mark.soak)], indirect=True)
@pytest.mark.parametrize("page", PAGES, ids=str)
def test_page(town: Tour, clean: Look, language: str, page: Page) -> None:
    one = town.human(page.who, language)
    _open(town, clean, one, page)
    if language == LANGUAGES[0]:
        assert not (missed := Keyboard(one.page).around()), f"out of reach by keyboard: {missed}"


@pytest.mark.parametrize("page", [page for page in PAGES if str(page) in ON_A_PHONE], ids=str)
def test_page_on_a_phone(town: Tour, clean: Look, language: str, page: Page) -> None:
    one = town.human(page.who, language, phone=True)
    _open(town, clean, one, page)
    assert one.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth"), "it scrolls sideways"


@pytest.mark.parametrize(
    ("who", "path", "button"),
    [
        (NOBODY, "/book/{service}/{day}", "main form button"),
        (NOBODY, "/book/{service}/waitlist", "main form button"),
        (NOBODY, "/book/{service}/callback", "main form button"),
        (NOBODY, "/find", "main form button"),
        (NOBODY, "/join", "main form button"),
        (NOBODY, "/sign-in", "main form button"),
        (NOBODY, "/sign-in/password", "main form button"),
        (NOBODY, "/sign-in/forgotten", "main form button"),
        (AMAL, "/account/phone", "main form button"),
        (AMAL, "/account/password", "main form button"),
        (INES, "/meetings/{call}/seats", "main form button"),
        (LUCIA, "/staff/services/new/{office}", "main form button"),
        (LUCIA, "/staff/counselors/new", "main form button"),
        (LUCIA, "/staff/hours/{counselor}", "form[action$=weekly] button"),
        (LUCIA, "/staff/hours/{counselor}", "form[action$=absences] button"),
        (LUCIA, "/staff/offices/{office}", "form[action$=closures] button"),
        (ADMIN, "/staff/people/new", "main form button"),
        (ADMIN, "/staff/offices/new", "main form button"),
    ],
)
def test_a_form_with_errors(town: Tour, clean: Look, language: str, who: str, path: str, button: str) -> None:
    tab = town.human(who, language).page
    tab.goto(town.server.url + town.path(path))
    tab.locator("main form input:not([type=hidden]):not([type=radio]):not([type=checkbox])").evaluate_all(
        "(all) => all.forEach((one) => { one.value = ''; one.required = false })"
    )
    tab.locator(button).last.click()
    tab.locator(".govuk-error-summary").wait_for()
    assert tab.title().startswith(("Error:", "خطأ")), tab.title()
    clean(tab, "the form with errors")


def test_a_guest_books(town: Tour, clean: Look, language: str) -> None:
    """A time, answers with and without errors, check, confirmation; and the page of somebody who was too late for that time."""
    first, late = town.newcomer(language=language), town.newcomer(language=language)
    tab, day = first.page, town.path("/book/{advice}/{day}")
    late.open(day)
    late.page.locator("input[name=starts_at]").first.check()
    _take_a_time(first, day)
    clean(tab, "answers")
    _go_on(tab)
    tab.locator(".govuk-error-summary").wait_for()
    clean(tab, "answers with errors")
    tab.locator("#name").fill("Guest")
    _go_on(tab)
    tab.wait_for_url("**/check")
    clean(tab, "check")
    late.page.locator("form:has(input[name=starts_at]) .govuk-button").last.click()
    late.page.locator(".other-times").wait_for()
    clean(late.page, "taken")
    _go_on(tab)
    tab.wait_for_url("**/confirmation*")
    clean(tab, "confirmation")
    _close(first, late)


def test_a_held_time_ends(town: Tour, clean: Look, language: str) -> None:
    """The answers page after eight minutes, and the check when somebody else was faster meanwhile."""
    guest, faster = town.newcomer(language=language), town.newcomer(language=language)
    day = town.path("/book/{advice}/{day}")
    _take_a_time(guest, day)
    _end_hold(town.server, guest.page.url.split("/holds/")[1].partition("/")[0])
    guest.page.reload()
    clean(guest.page, "answers after the end of the hold")
    _take_a_time(faster, day)
    guest.page.locator("#name").fill("Guest")
    _go_on(guest.page)
    guest.page.locator(".govuk-error-summary, .other-times").first.wait_for()
    clean(guest.page, "somebody was faster")
    _close(guest, faster)


def test_an_appointment_is_moved(town: Tour, clean: Look, language: str) -> None:
    bo = town.human(BO, language)
    # Each language its own time: what is kept for somebody in one browser is their other appointment in the next.
    _take_a_time(bo, town.path("/book/{service}/{day}?moves={later}"), {"en": 0, "ar": -1}[language])
    bo.page.wait_for_url("**/move")
    clean(bo.page, "confirm the move")


def test_signing_in_by_code(town: Tour, clean: Look, language: str) -> None:
    somebody = town.newcomer(language=language)
    somebody.open("/sign-in")
    somebody.page.locator("#email").fill("bo@example.org")
    _go_on(somebody.page)
    somebody.page.wait_for_url("**/sign-in/code")
    clean(somebody.page, "code")
    somebody.page.locator("#digits").fill("000000")
    _go_on(somebody.page)
    somebody.page.locator(".govuk-error-summary").wait_for()
    clean(somebody.page, "wrong code")
    somebody.open("/sign-in/forgotten")
    somebody.page.locator("#email").fill("nobody@example.org")
    _go_on(somebody.page)
    somebody.page.wait_for_load_state()
    clean(somebody.page, "letter sent")
    _close(somebody)


def test_the_second_step(town: Tour, clean: Look, language: str) -> None:
    somebody = town.newcomer(language=language)
    somebody.open("/sign-in/password")
    somebody.page.locator("#email").fill("tomas@example.org")
    somebody.page.locator("#password").fill("demo")
    _go_on(somebody.page)
    somebody.page.wait_for_url("**/sign-in/second-step")
    clean(somebody.page, "second step")
    somebody.page.locator("#code").fill("not this")
    _go_on(somebody.page)
    somebody.page.locator(".govuk-error-summary").wait_for()
    clean(somebody.page, "wrong code")
    _close(somebody)


def test_the_stages_of_a_call(town: Tour, clean: Look, language: str) -> None:
    """Check, waiting room, the stage alone and together, writing, devices, the question before leaving, the end."""
    amal, ines = town.newcomer(AMAL, language), town.newcomer(INES, language)
    path = _new_call(town.server)
    amal.open(path)
    amal.page.locator("[data-go]").wait_for()
    clean(amal.page, "before going in")
    amal.page.locator("[data-go]").click()
    until("Amal waits", lambda: amal.waits)
    clean(amal.page, "waiting room")
    ines.open(path)
    until("Inés is on the stage", lambda: ines.in_call)
    ines.page.locator("[data-lobby] button").first.wait_for()
    clean(ines.page, "somebody waits")
    ines.page.locator("[data-lobby] button").first.click()
    until("Amal is on the stage", lambda: amal.in_call)
    clean(amal.page, "in the call")
    amal.page.locator("[data-text]").click()
    ines.write("Good morning")
    until("the message is there", lambda: amal.messages() == ["Good morning"])
    clean(amal.page, "writing")
    amal.page.set_viewport_size({"width": 360, "height": 740})
    clean(amal.page, "writing on a phone")
    ines.page.locator("[data-devices]").click()
    clean(ines.page, "devices")
    ines.page.locator("[data-hang-up]").click()
    clean(ines.page, "before leaving")
    ines.page.locator("[data-end]").click()
    for one in (amal, ines):
        one.page.locator("[data-state-over]").wait_for()
        clean(one.page, "over")
    assert not amal.faults + ines.faults
    _close(amal, ines)


def test_no_camera(town: Tour, clean: Look, language: str) -> None:
    """The device check of somebody who refuses the camera."""
    refuse = "() => Promise.reject(new DOMException('no', 'NotAllowedError'))"
    somebody = town.newcomer(AMAL, language)
    somebody.context.add_init_script(f"navigator.mediaDevices.getUserMedia = {refuse}")
    somebody.open(town.path("/meetings/{call}"))
    somebody.page.wait_for_load_state("networkidle")
    clean(somebody.page, "without a camera")
    _close(somebody)


def test_the_first_page_of_a_new_installation(town: Tour) -> None:
    with Server(env={"VO_DEMO": "1"}) as server:
        empty = Tour(server, town.browser, {})
        for language in LANGUAGES:
            somebody = empty.newcomer(language=language)
            for path in ("/", "/book", "/demo", "/demo/mailbox", "/first-run"):
                somebody.open(path)
                assert not (found := axe.violations(somebody.page)), f"{path}: {axe.said(found)}"
            _go_on(somebody.page)
            somebody.page.locator(".govuk-error-summary").wait_for()
            assert not (found := axe.violations(somebody.page)), axe.said(found)
            _close(somebody)


def _take_a_time(one: Human, day: str, which: int = 0) -> None:
    one.open(day)
    one.page.locator("input[name=starts_at]").nth(which).check()
    _go_on(one.page)
    one.page.wait_for_url("**/holds/**")


def _go_on(tab: Tab) -> None:
    """Press the page's main button."""
    tab.locator("main .govuk-button:not(.govuk-button--secondary)[type=submit]").last.click()


def _close(*people: Human) -> None:
    for one in people:
        one.context.close()


def _end_hold(server: Server, public_id: str) -> None:
    """As eight minutes would."""
    with closing(sqlite3.connect(server.folder / "office.sqlite3", timeout=10)) as line, line:
        (row_id,) = line.execute(
            "UPDATE hold SET expires = 1 WHERE public_id = ? RETURNING id", (public_id,)
        ).fetchone()
        assert line.execute("UPDATE claim SET expires = 1 WHERE kind = ? AND holder = ?", (HOLD, row_id)).rowcount


def _new_call(server: Server) -> str:
    command = [sys.executable, "-m", "tests.journeys.arrange"]
    made = subprocess.run(command, cwd=ROOT, env=server.env, input="p2p\n", capture_output=True, text=True, check=True)
    return f"/meetings/{made.stdout.strip()}"


def _open(town: Tour, clean: Look, one: Human, page: Page) -> None:
    answer = one.page.goto(town.server.url + town.path(page.path))
    assert answer is not None and answer.status == page.status, f"{one.page.url} answers {answer and answer.status}"
    clean(one.page, str(page))
    size = one.page.viewport_size
    assert size
    one.page.set_viewport_size(ZOOMED)
    assert not (wide := one.page.evaluate(TOO_WIDE)), f"{page} at 400 %: {wide}"
    one.page.set_viewport_size(size)


def _sent_letter(server: Server) -> str:
    found = re.search(rb"/demo/mailbox/([A-Za-z0-9_-]{22})", server.get("/demo/mailbox")[1])
    return found[1].decode() if found else ""
