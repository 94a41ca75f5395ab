"""A whole journey: booked without a script, told by letter, met by video, cut by a crash, ended, and written down."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import pytest
from icalendar import Calendar
from playwright.sync_api import Browser

from tests import browsers
from tests.postbox import Postbox, postbox
from tests.server import ROOT, Server

from .open_counter import COUNSELOR, SERVICE
from .people import CHROMIUM, FLAGS, Human, until

LEILA, ADDRESS = "Leila Benali", "leila@example.net"
LEAD = 55
"""Seconds from the start of the service to the next time that can be booked: enough to book it, and short enough to wait for."""
STILLNESS = 2.5
"""Seconds that sound or picture may stand still at most while the service is killed; the machine of the tests is small."""


@dataclass
class Town:
    """The whole service shortly before ten on a working day, a mail server, and a browser."""

    server: Server
    letters: Postbox
    browser: Browser


@pytest.fixture(scope="module")
def town() -> Iterator[Town]:
    """The clock is set when everything is built, so that the soonest free time is near whatever the building took."""
    with postbox() as letters, browsers.playwright() as playwright:
        server = Server(env={"VO_DEMO": "1", "VO_RATE_LIMITS": "off", "VO_SMTP_URL": letters.url})
        server.folder.mkdir(parents=True, exist_ok=True)
        server.env["VO_TEST_CLOCK_SHIFT"] = str(_to_ten())
        server.upgrade()
        server.flask("seed", "--demo-if-empty")
        subprocess.run([sys.executable, "-m", "tests.journeys.open_counter"], cwd=ROOT, env=server.env, check=True)
        server.env["VO_TEST_CLOCK_SHIFT"] = str(_to_ten())
        with server, playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS) as browser:
            yield Town(server, letters, browser)


def _to_ten() -> int:
    """Seconds from now to shortly before ten of the next Tuesday in Madrid."""
    here = datetime.now(UTC).astimezone(ZoneInfo("Europe/Madrid"))
    ten = (here + timedelta(days=8 - (here.weekday() - 1) % 7)).replace(hour=10, minute=0, second=0, microsecond=0)
    return int((ten - here).total_seconds()) - LEAD


def test_booked_without_a_script_met_by_video_and_written_down(town: Town) -> None:
    guest = Human(town.browser, town.server.url, LEILA, java_script_enabled=False)
    starts_at = _book(guest)
    guest.context.close()
    letter = until("the letter is in the mail server", lambda: town.letters.to(ADDRESS), 30)[0]
    _entry_says(letter, starts_at)

    marta = Human(town.browser, town.server.url, COUNSELOR)
    marta.sign_in()
    marta.open("/today")
    leila = Human(town.browser, town.server.url, LEILA)
    leila.page.goto(_join_link(letter))
    until("the device check hears and sees her", lambda: "works" in leila.reads("[data-said=camera]"))
    leila.press("Go to the waiting room")
    until("Leila waits", lambda: leila.waits)
    marta.page.get_by_role("button", name=f"Let {LEILA} in").first.click()
    for one in (marta, leila):
        until(f"{one.name} is in the call after one press", lambda one=one: one.in_call)
        until(f"{one.name} receives sound and picture", one.receives)

    _write_both_ways(marta, leila)
    _survive_a_crash(town.server, marta, leila)

    marta.press("Leave")
    marta.press("End it for both")
    for one in (marta, leila):
        until("the end page", lambda one=one: one.page.locator("[data-state-over]").is_visible())
        assert one.reads("[data-over-title]") == "The meeting is over"
    _record(marta)
    assert not marta.faults + leila.faults
    for one in (marta, leila):
        one.context.close()


def _book(guest: Human) -> datetime:
    """From the front page to the confirmation by links and forms alone; gives the chosen time."""
    tab = guest.page
    guest.open("/")
    tab.get_by_role("link", name="Book a counselor").click()
    tab.get_by_role("link", name=SERVICE).click()
    tab.get_by_role("link", name="First free time").click()
    first = tab.locator("input[name=starts_at]").first
    starts_at = datetime.fromisoformat(first.get_attribute("value") or "")
    first.check()
    guest.submit("Continue")
    tab.get_by_label("Your name").fill(LEILA)
    tab.get_by_label("E-mail").fill(ADDRESS)
    tab.get_by_label("Video").check()
    guest.submit("Continue")
    assert {LEILA, ADDRESS} <= set(tab.locator(".govuk-summary-list__value").all_inner_texts())
    guest.submit("Book this time")
    assert guest.reads(".confirmed__title") == "Your appointment is booked"
    return starts_at


def _entry_says(letter: EmailMessage, starts_at: datetime) -> None:
    """The calendar entry of the letter is an invitation to exactly the time that was chosen."""
    parts = [part for part in letter.walk() if part.get_content_type() == "text/calendar"]
    assert parts, [part.get_content_type() for part in letter.walk()]
    for part in parts:
        read = Calendar.from_ical(part.get_payload(decode=True))
        (event,) = read.walk("VEVENT")
        assert read["METHOD"] == part.get_param("method") == "REQUEST"
        assert re.fullmatch(r"[A-Za-z0-9_-]{22}@127\.0\.0\.1", str(event["UID"])), event["UID"]
        assert event.decoded("DTSTART") == starts_at
        assert event.decoded("DTEND") - starts_at == timedelta(minutes=30)


def _join_link(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    found = re.search(r"http://\S+/j/\S+", body.get_content())
    assert found, body.get_content()
    return found[0]


def _write_both_ways(marta: Human, leila: Human) -> None:
    marta.write("Good morning, Leila")
    leila.write("صباح الخير")
    for one in (marta, leila):
        until("both messages", lambda one=one: one.messages() == ["Good morning, Leila", "صباح الخير"])


def _survive_a_crash(server: Server, marta: Human, leila: Human) -> None:
    """`kill -9` of the web process: sound and picture never stop, what is written meanwhile arrives once and in one order."""
    for one in (marta, leila):
        one.watch_media()
    old = server.kill("web")
    for word in ("one", "two", "three"):
        leila.write(word)
        marta.write(f"{word} too")
    server.wait_for_new("web", old)
    expected = sorted(["Good morning, Leila", "صباح الخير", "one", "two", "three", "one too", "two too", "three too"])
    for one in (marta, leila):
        until("every word once", lambda one=one: sorted(one.messages()) == expected, 30)
        until("nothing is on its way", lambda one=one: not one.unsent())
    assert marta.messages() == leila.messages()
    leila.write("after")
    until("the chat goes on", lambda: marta.messages()[-1] == "after")
    stillness = {one.name: one.longest_stillness() for one in (marta, leila)}
    print("stood still at most, seconds:", stillness)
    assert max(stillness.values()) < STILLNESS, stillness


def _record(marta: Human) -> None:
    """From the end page to the outcome on Today, as soon as the appointment has begun."""
    marta.page.get_by_role("button", name="Say how it went").click()

    def began() -> bool:
        marta.page.reload()
        return marta.page.locator("#save-outcome").is_visible()

    until("the appointment has begun and its outcome is asked for", began, LEAD + 20)
    marta.page.locator("input[name=outcome][value=attended]").check()
    marta.page.locator("#save-outcome").click()
    until("Today says that she came", lambda: "Came" in marta.reads(".timeline__entry--open"))
