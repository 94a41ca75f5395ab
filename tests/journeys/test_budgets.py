"""A jobseeker's page is light: bytes over the wire and requests of its first view on a cold cache. Time is `make bench-pages`'."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from . import tour
from .first_view import BYTES, JOBSEEKERS, MEETING, REQUESTS, measure
from .people import Human
from .tour import BO, Tour

SCREENS = 6
FIELDS = 8


@pytest.fixture(scope="module")
def town() -> Iterator[Tour]:
    with tour.town() as made:
        yield made


@pytest.mark.parametrize("language", ["en", "ar"])
@pytest.mark.parametrize("name", JOBSEEKERS)
def test_first_view_is_light(town: Tour, name: str, language: str) -> None:
    cost = measure(town, JOBSEEKERS[name], language)
    assert cost.bytes <= BYTES, f"{name}: {cost.bytes} bytes"
    assert cost.requests <= REQUESTS, f"{name}: {cost.requests} requests"


def test_the_way_into_a_meeting_is_light(town: Tour) -> None:
    for name, path in MEETING.items():
        cost = measure(town, path)
        print(f"{name}: {cost.bytes} bytes in {cost.requests} requests")
        assert cost.bytes <= BYTES, f"{name}: {cost.bytes} bytes"
        assert (cost.requests > 20) == (name == "waiting room"), "the call itself, and not the page before its time"


def test_the_desk_is_light_too(town: Tour) -> None:
    """Behind a sign-in, with what the browser has by then thrown away."""
    bo = town.newcomer(BO, phone=True)
    heavy = _weigh_again(bo, "/desk")
    assert heavy["bytes"] <= BYTES and heavy["requests"] <= REQUESTS, heavy
    bo.context.close()


def test_the_scales_can_say_no(town: Tour) -> None:
    """The control: a page that brings a quarter of a megabyte and twelve requests with it is too heavy."""
    newcomer = town.newcomer()
    newcomer.page.route("**/ballast*", lambda route: route.fulfill(body="x" * 20_000))
    newcomer.open("/help")
    newcomer.page.evaluate(
        "() => Promise.all([...Array(12).keys()].map((n) => fetch(`/ballast${n}`).then((a) => a.text())))"
    )
    seen = newcomer.page.evaluate(WEIGHT)
    assert seen["bytes"] > BYTES and seen["requests"] > REQUESTS, seen
    newcomer.context.close()


def test_booking_takes_six_screens_and_eight_fields(town: Tour) -> None:
    """From the front page to the confirmation, without JavaScript."""
    guest = town.newcomer(java_script_enabled=False)
    screens, fields = 1, 0
    tab = guest.page
    guest.open("/")
    tab.get_by_role("link", name="Book a counselor").click()
    for link in (tab.locator(f"a[href*='{town.things['service']}']"), tab.locator(".days a")):
        screens += 1
        link.first.click()
    screens += 1
    tab.locator("input[name=starts_at]").first.check()
    _go_on(guest)
    screens += 1
    names = (
        "() => new Set([...document.querySelectorAll('main [name]:not([type=hidden])')].map((one) => one.name)).size"
    )
    fields += 1 + int(tab.evaluate(names))
    tab.locator("#name").fill("Guest")
    tab.locator("input[name=modality][value=video]").check()
    _go_on(guest)
    screens += 1
    tab.wait_for_url("**/check")
    _go_on(guest)
    tab.wait_for_url("**/confirmation*")
    assert screens <= SCREENS and fields <= FIELDS, (screens, fields)
    guest.context.close()


WEIGHT = """() => {
  const all = [...performance.getEntriesByType('navigation'), ...performance.getEntriesByType('resource')];
  return {bytes: all.reduce((sum, one) => sum + Math.max(one.transferSize, one.encodedBodySize), 0), requests: all.length};
}"""


def _weigh_again(one: Human, path: str) -> dict[str, int]:
    line = one.context.new_cdp_session(one.page)
    line.send("Network.clearBrowserCache")
    one.open(path)
    seen: dict[str, int] = one.page.evaluate(WEIGHT)
    line.detach()
    return seen


def _go_on(one: Human) -> None:
    one.page.locator("main .govuk-button:not(.govuk-button--secondary)[type=submit]").last.click()
