"""Real Chromium takes the unit's offer and our answers to its own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Page

from realtime.media import sdp
from realtime.media.answers import Remote, answer, read_answer, read_offer
from realtime.media.codecs import OURS
from realtime.media.sdp import Direction, Section

from .descriptions import local, places
from .record_sdp import chromium

pytestmark = pytest.mark.serial
SECTIONS = places(4, 4)


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    with chromium() as opened:
        yield opened


def answered(page: Page, offer: str, publish: bool) -> tuple[Remote, dict[str, object]]:
    told = page.evaluate("(how) => answer(how)", {"offer": offer, "publish": publish})
    return read_answer(told["sdp"], SECTIONS), told


def test_chromium_publishes_in_two_layers_and_takes_every_place(page: Page) -> None:
    read, told = answered(page, sdp.offer(local(), SECTIONS), publish=True)
    assert told["layers"] == [["h", 1], ["l", 4]]
    assert read.sections[1].rids == ("h", "l")
    assert read.setup == "active"
    assert [one.direction for one in read.sections] == ["sendonly", "sendonly", "inactive", *["recvonly"] * 8]
    assert {mid: OURS.types[mid] for mid in read.sections[7].dialect.types} == read.sections[7].dialect.types
    assert read.sections[7].dialect.extensions == {"mid": 1, "abs-send-time": 5}


def test_a_viewer_of_chromium_sends_nothing_and_reads_the_same_packets(page: Page) -> None:
    publisher, _told = answered(page, sdp.offer(local(), SECTIONS), publish=True)
    viewer, told = answered(page, sdp.offer(local(), SECTIONS), publish=False)
    assert [one["current"] for one in told["sections"]] == ["inactive"] * 3 + ["recvonly"] * 8
    assert {one.dialect for one in viewer.sections[7:]} == {publisher.sections[7].dialect}


def test_chromium_takes_an_offer_that_names_only_ipv6(page: Page) -> None:
    read, _told = answered(page, sdp.offer(local(candidates=(("2001:db8::7", 47000),)), SECTIONS), publish=False)
    assert read.ufrag


@pytest.mark.parametrize(
    ("publish", "rids", "agreed"),
    [
        (True, ("h", "l"), ["sendonly", "sendonly", "h", "l"]),
        # Who takes no layers gets one.
        (True, (), ["sendonly", "sendonly", "h"]),
        (False, (), ["recvonly", "recvonly", ""]),
    ],
)
def test_chromium_takes_our_answer_to_its_whip_or_whep_offer(
    page: Page, publish: bool, rids: tuple[str, ...], agreed: list[str]
) -> None:
    page.evaluate("() => { window.asked = new Promise((go) => { window.ask = go; }); }")
    page.evaluate(
        """(publish) => {
          window.done = agree({publish}, (sdp) => { window.ask(sdp); return new Promise((go) => { window.reply = go; }); });
        }""",
        publish,
    )
    remote = read_offer(page.evaluate("() => window.asked"))
    direction: Direction = "recvonly" if publish else "sendonly"
    ours = [
        Section("0", "audio", direction, 1000, None, "s", "a"),
        Section("1", "video", direction, 2000, 3000, "s", "v", rids),
    ]
    assert page.evaluate("(sdp) => { window.reply(sdp); return window.done; }", answer(local(), remote, ours)) == agreed
