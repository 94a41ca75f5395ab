"""Real Chromium through the unit: one publishes a camera in two layers, two watch; what getStats says at each end (U2)."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Page

from benchmarks.media import unit as units
from benchmarks.media.browsers import Line, come, served
from tests import browsers
from tests.journeys.people import CHROMIUM, FULL_RATE

from .narrow import Narrow

pytestmark = pytest.mark.serial


@pytest.fixture
def line() -> Iterator[Line]:
    with units.running() as (_pid, path):
        yield Line(path)


@pytest.fixture(scope="module")
def site() -> Iterator[str]:
    with served() as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with browsers.playwright() as play:
        flags = [*FULL_RATE, "--allow-loopback-in-peer-connection"]
        with play.chromium.launch(executable_path=CHROMIUM, args=flags) as one:
            yield one


def until(page: Page, true: str, patience: float = 10.0) -> dict[str, Any]:
    """Look until an expression over `seen` holds."""
    end = time.monotonic() + patience
    while True:
        seen: dict[str, Any] = page.evaluate("() => window.seen()")
        if eval(true, {}, {"seen": seen}):
            return seen
        assert time.monotonic() < end, (true, seen)
        page.wait_for_timeout(50)


def test_one_publishes_and_two_watch(browser: Browser, site: str, line: Line) -> None:
    ana, _ = come(browser, site, line, "ana", publish=True)
    sent = until(ana, "seen['sent'].get('h', 0) > 20 and seen['sent'].get('l', 0) > 20", 20)
    assert sent["tls"] == "FEFD" and "GCM" in sent["cipher"], sent
    bo, bo_id = come(browser, site, line, "bo")
    began = time.monotonic()
    until(bo, "seen['frames'] > 0")
    took = time.monotonic() - began
    cleo, _ = come(browser, site, line, "cleo")
    until(cleo, "seen['frames'] > 0 and seen['audio'] > 10")
    print(f"a picture {took:.2f} s after joining")
    assert took < 3, "a ceiling: the figure is in the closing note"
    full = until(bo, "seen['width'] >= 640 and seen['frames'] > 30", 20)

    line.ask("want", peer=bo_id, wants={"ana": "small"})
    small = until(bo, "0 < seen['width'] <= 320")
    line.ask("want", peer=bo_id, wants={"ana": "full"})
    again = until(bo, "seen['width'] >= 640")
    print(f"full {full}, small {small}, again {again}")
    line.ask("want", peer=bo_id, wants={"ana": "audio"})
    bo.wait_for_timeout(500)
    still = bo.evaluate("() => window.seen()")
    bo.wait_for_timeout(800)
    later = bo.evaluate("() => window.seen()")
    assert later["frames"] - still["frames"] <= 2 and later["audio"] > still["audio"] + 20
    line.ask("want", peer=bo_id, wants={})
    until(bo, f"seen['frames'] > {later['frames'] + 20}")
    for page in (bo, cleo):
        seen = page.evaluate("() => window.seen()")
        assert seen["lost"] == 0, seen
    assert until(ana, "seen['delay'] >= 0")["delay"] < 1, "the unit reports to who publishes"
    for page in (ana, bo, cleo):
        page.close()


def test_a_thin_line_gets_the_small_picture_and_the_large_one_again(browser: Browser, site: str, line: Line) -> None:
    ana, _ = come(browser, site, line, "ana", publish=True)
    until(ana, "seen['sent'].get('h', 0) > 20 and seen['sent'].get('l', 0) > 20", 40)
    with Narrow(line.ask("figures")["port"]) as narrow:
        bo, _ = come(browser, site, line, "bo", through=narrow.offer)
        cleo, _ = come(browser, site, line, "cleo")
        for page in (bo, cleo):
            until(page, "seen['width'] >= 640 and seen['frames'] > 20", 40)
        narrow.bits = 200_000
        began = time.monotonic()
        small = until(bo, "0 < seen['width'] <= 320", 30)
        print(f"200 kbit/s: the small picture after {time.monotonic() - began:.1f} s; {narrow.dropped} packets dropped")
        until(bo, f"seen['frames'] > {small['frames'] + 40} and 0 < seen['width'] <= 320", 20)
        assert cleo.evaluate("() => window.seen()")["width"] >= 640, "nobody else pays for it"
        narrow.bits = None
        began = time.monotonic()
        until(bo, "seen['width'] >= 640", 60)
        print(f"a wide line again: the large picture after {time.monotonic() - began:.1f} s")
    for page in (ana, bo, cleo):
        page.close()
