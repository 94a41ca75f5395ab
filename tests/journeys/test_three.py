"""A call that goes through the forwarding unit: with a third person, with a hidden address, without a direct way, and when the unit dies."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from . import axe
from .conftest import House, opened
from .people import Human, until
from .test_call import both_receive, let_in
from .test_devices import SCREEN
from .test_firefox import Firefox
from .test_relay import HIDE, hide

Come = Callable[..., Human]
GAP = 2.0
"""Seconds that the picture of the other stands still at most when the way changes: the figure, printed. The machine of the tests is small and
makes the descriptions of three browsers at once, so they wait with a ceiling of three times that."""
CEILING = 3 * GAP
AGAIN = 5.0
"""Seconds after which the picture is back when the unit was killed; the ceiling is twice that."""
TILES = """() => [...document.querySelectorAll('[data-tiles] .tile')].map((tile) => ({
  name: tile.querySelector('.tile__name').textContent,
  shown: !tile.querySelector('video').hidden && tile.querySelector('video').videoWidth > 0,
  at: tile.querySelector('video').currentTime,
  wide: tile.querySelector('video').videoWidth,
  large: tile.classList.contains('tile--large'),
  pinned: tile.querySelector('button').getAttribute('aria-pressed') === 'true',
}))"""
WATCH_PICTURE = """(name) => {
  window.pictureWatch = {at: performance.now(), longest: 0, ticked: performance.now(), lag: 0};
  const watch = window.pictureWatch, seen = new WeakMap();
  window.setInterval(() => {
    const tile = [...document.querySelectorAll('[data-tiles] .tile')].find((one) => one.textContent.includes(name));
    const video = tile?.querySelector('video') ?? document.querySelector('[data-other]');
    const frames = video.getVideoPlaybackQuality().totalVideoFrames;
    const now = performance.now();
    watch.longest = Math.max(watch.longest, now - watch.at);
    // How long the page itself was kept from looking: a figure of the machine.
    watch.lag = Math.max(watch.lag, now - watch.ticked);
    watch.ticked = now;
    if (frames > (seen.get(video) ?? -1) && video.videoWidth > 0) watch.at = now;
    seen.set(video, frames);
  }, 50);
}"""
WAY = "() => document.querySelector('[data-through]').hidden ? 'direct' : 'unit'"
SOUNDS = """async () => {
  const found = {};
  for (const pc of window.connections ?? []) {
    if (pc.connectionState === 'closed') continue;
    for (const one of (await pc.getStats()).values())
      if (one.type === 'inbound-rtp' && one.kind === 'audio') found[one.mid] = one.bytesReceived;
  }
  return found;
}"""


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """The town with a forwarding unit."""
    with opened(VO_MEDIA_PROCESSES="1") as made:
        yield made


def way(one: Human) -> str:
    """How picture and sound go, as the page says."""
    return str(one.page.evaluate(WAY))


def tiles(one: Human) -> list[dict[str, Any]]:
    """The tiles on the page, in their order."""
    return list(one.page.evaluate(TILES))


def sees(one: Human, *names: str) -> bool:
    """Whether there is a moving picture of each, and of nobody else; and as many voices come in."""
    before, heard = tiles(one), one.page.evaluate(SOUNDS)
    one.page.wait_for_timeout(700)
    after, hears = tiles(one), one.page.evaluate(SOUNDS)
    moving = {
        now["name"].split(",")[0]
        for was, now in zip(before, after, strict=False)
        if now["shown"] and now["at"] > was["at"]
    }
    voices = [mid for mid, many in hears.items() if many > heard.get(mid, 0)]
    return moving == set(names) and len(voices) == len(names)


def looks_well(one: Human) -> None:
    """Axe finds nothing in the grid, on a desk and on a phone; nothing is wider than the window; pins are reached by keyboard."""
    for width, height in ((1280, 800), (360, 740)):
        one.page.set_viewport_size({"width": width, "height": height})
        one.page.wait_for_timeout(300)
        assert not (found := axe.violations(one.page)), axe.said(found)
        assert one.page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")
    one.page.set_viewport_size({"width": 1280, "height": 800})
    pins = one.page.locator(".tile__pin")
    pins.first.focus()
    one.page.keyboard.press("Enter")
    until("pinned", lambda: pins.first.get_attribute("aria-pressed") == "true")
    assert one.page.evaluate("() => document.activeElement.classList.contains('tile__pin')"), "the focus stays"
    one.page.keyboard.press("Enter")
    until("not pinned", lambda: pins.first.get_attribute("aria-pressed") == "false")


def watch(amal: Human, ines: Human) -> None:
    """From now on, how long the picture of the other stands still."""
    amal.page.evaluate(WATCH_PICTURE, ines.name)
    ines.page.evaluate(WATCH_PICTURE, amal.name)


def stillness(*both: Human) -> dict[str, float]:
    """Seconds at most since `watch`, by name."""
    for one in both:
        print(
            f"{one.name}'s page was kept from looking for {one.page.evaluate('() => window.pictureWatch.lag'):.0f} ms at most"
        )
    return {one.name: round(one.page.evaluate("() => window.pictureWatch.longest / 1000"), 2) for one in both}


def third(house: House, human: Come, ines: Human, path: str, role: str = "An interpreter") -> Human:
    """Somebody with a link of their own, let in by Inés."""
    ines_too = human("Inés Vidal")
    ines_too.open(path + "/seats")
    ines_too.page.get_by_label("Name of the person").fill("Noor")
    ines_too.page.get_by_label(role).check()
    ines_too.submit("Make a link")
    link = ines_too.page.locator("#seat-link").inner_text().strip()
    ines_too.context.close()
    house.humans.remove(ines_too)
    guest = house.human("Noor")
    guest.page.goto(guest.url + re.sub(r"^https?://[^/]+", "", link))
    guest.press("Go to the waiting room")
    ines.press("Let Noor in")
    until("Noor is on the stage", lambda: guest.in_call)
    return guest


def test_an_interpreter_comes_and_goes_without_a_gap(house: House, human: Come) -> None:
    amal, ines = human("Amal Mansour"), human("Inés Vidal")
    ines.context.add_init_script(f"({SCREEN})()")
    path = house.meeting()
    let_in(amal, ines, path)
    both_receive(amal, ines)
    assert [way(one) for one in (amal, ines)] == ["direct", "direct"]
    watch(amal, ines)
    began = time.monotonic()
    noor = third(house, human, ines, path)
    until("Noor sees both", lambda: sees(noor, "Amal Mansour", "Inés Vidal"), 30)
    until("Amal sees both", lambda: sees(amal, "Inés Vidal", "Noor"), 30)
    until("Inés sees both", lambda: sees(ines, "Amal Mansour", "Noor"), 30)
    print(f"three see each other {time.monotonic() - began:.1f} s after the link was asked for")
    assert {way(one) for one in (amal, ines, noor)} == {"unit"}
    until("the straight connections are given up", lambda: _open(amal) == _open(ines) == 1, 25)
    print(f"to the unit: still for {(gaps := stillness(amal, ines))}")
    assert max(gaps.values()) <= CEILING, gaps

    amal.page.get_by_role("button", name="Large: Noor", exact=False).click()
    until("Noor is large", lambda: tiles(amal)[0]["large"] and tiles(amal)[0]["name"].startswith("Noor"))
    assert [one["pinned"] for one in tiles(amal)] == [True, False]
    until("in full size", lambda: tiles(amal)[0]["wide"] >= 640, 15)
    amal.page.get_by_role("button", name="Large: Noor", exact=False).click()
    assert not any(one["large"] for one in tiles(amal))
    amal.press("Who speaks")
    until("somebody is large", lambda: any(one["large"] for one in tiles(amal)))
    amal.press("Everybody")
    ines.page.get_by_role("button", name="Show screen, off").click()
    for one in (amal, noor):
        until("the screen is large", lambda one=one: tiles(one)[0]["large"] and tiles(one)[0]["wide"] == 640)  # type: ignore[misc]
        assert [tile["name"].partition(",")[0] for tile in tiles(one)][:1] == ["Screen of Inés Vidal"]
        assert len(tiles(one)) == 3
    looks_well(amal)
    ines.page.get_by_role("button", name="Show screen, on").click()
    until("the screen is gone", lambda: len(tiles(amal)) == len(tiles(noor)) == 2)

    watch(amal, ines)
    noor.press("Leave")
    noor.page.locator("[data-leave-now]").click()
    until("Amal is back on the direct way", lambda: way(amal) == "direct", 40)
    until("Inés is back on the direct way", lambda: way(ines) == "direct", 40)
    both_receive(amal, ines)
    print(f"back: still for {(gaps := stillness(amal, ines))}")
    assert max(gaps.values()) <= CEILING, gaps


@pytest.mark.soak
def test_without_a_direct_way_it_goes_through_the_unit(house: House, human: Come) -> None:
    """Amal's browser knows a wrong password of the other's: every check of a direct way fails, as with two firewalls in between."""
    amal, ines = human("Amal Mansour"), human("Inés Vidal")
    block = """() => {
      const Real = window.RTCPeerConnection;
      window.RTCPeerConnection = class extends Real {
        setRemoteDescription(told) {
          if (!/a=ice-lite/.test(told?.sdp ?? '')) told = {type: told.type, sdp: told.sdp.replace(/a=ice-pwd:.*/g, 'a=ice-pwd:' + 'x'.repeat(24))};
          return super.setRemoteDescription(told);
        }
      };
    }"""
    amal.context.add_init_script(f"({block})()")
    path = house.meeting()
    let_in(amal, ines, path)
    began = time.monotonic()
    until("through the unit", lambda: way(amal) == way(ines) == "unit", 25)
    both_receive(amal, ines)
    print(f"no direct way: picture through the unit after {time.monotonic() - began:.1f} s")


def test_a_hidden_address_goes_through_the_unit_which_is_killed_and_the_picture_comes_back(
    house: House, human: Come
) -> None:
    amal, ines = human("Amal Mansour"), human("Inés Vidal")
    path = house.meeting()
    hide(amal, path)
    assert not amal.page.locator("[data-no-relay]").is_visible()
    let_in(amal, ines, path)
    both_receive(amal, ines)
    assert {way(one) for one in (amal, ines)} == {"unit"}
    unit_only = ines.page.evaluate(
        "() => window.connections.every((pc) => /a=ice-lite/.test(pc.remoteDescription?.sdp ?? 'a=ice-lite'))"
    )
    assert unit_only, "Inés' browser never has a description of Amal's"
    for one in (amal, ines):
        one.watch_media()
    old = house.server.kill("media-0")
    house.server.wait_for_new("media-0", old)
    both_receive(amal, ines)
    gaps = {one.name: one.longest_stillness() for one in (amal, ines)}
    print(f"unit killed: still for {gaps}")
    assert max(gaps.values()) <= 2 * AGAIN, gaps


def test_firefox_joins_through_the_unit(house: House, human: Come) -> None:
    ines, path = human("Inés Vidal"), house.meeting()
    amal = Firefox(house, path)
    try:
        until("Amal waits", lambda: amal.look().get("waits"), 120)
        ines.open(path)
        until("Inés is on the stage", lambda: ines.in_call)
        ines.page.evaluate(HIDE)
        ines.press("Let Amal Mansour in")
        until("Amal is on the stage", lambda: amal.look().get("stage"), 60)
        until("pictures come to Firefox", lambda: amal.look()["frames"] > 30 and amal.last["width"] > 0, 60)
        before, sound = amal.look(), ines.incoming()
        until("sound goes on at Firefox", lambda: amal.look()["audio"] > before["audio"] + 1000)
        until("sound comes to Chromium", lambda: ines.incoming()["bytes"]["audio"] > sound["bytes"]["audio"] + 1000)
        until("pictures come to Chromium", lambda: ines.incoming()["frames"] > sound["frames"] + 10)
        assert way(ines) == "unit"
        assert not amal.faults, amal.faults
    finally:
        amal.close()


@pytest.mark.soak
def test_who_writes_what_is_said_hears_the_others(house: House, human: Come) -> None:
    amal, ines = human("Amal Mansour"), human("Inés Vidal")
    path = house.meeting()
    let_in(amal, ines, path)
    both_receive(amal, ines)
    noor = third(house, human, ines, path, "Somebody who writes what is said")
    until("Noor sees and hears both", lambda: sees(noor, "Amal Mansour", "Inés Vidal"), 30)
    assert way(amal) == "unit" and not tiles(amal), "nobody sees who writes: two look at each other as before"
    both_receive(amal, ines)
    sends = noor.page.evaluate(
        "async () => { let sent = 0; for (const pc of window.connections) for (const one of (await pc.getStats()).values())"
        " if (one.type === 'outbound-rtp') sent += one.bytesSent; return sent; }"
    )
    assert sends == 0


def _open(one: Human) -> int:
    return int(one.page.evaluate("() => window.connections.filter((pc) => pc.connectionState !== 'closed').length"))
