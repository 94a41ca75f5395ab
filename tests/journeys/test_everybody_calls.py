"""Calls of those for whom most fail: a cheap phone that a phone call interrupts (J1), and somebody who signs (J2)."""

from __future__ import annotations

import re
import time
from functools import partial

from playwright.sync_api import Locator

from .conftest import House
from .people import Human, until
from .test_call import Come, let_in
from .test_everybody import PHONE, slow

SAVES_DATA = "Object.defineProperty(navigator, 'connection', {value: {saveData: true, effectiveType: '3g'}});"
SENDERS = """() => (window.connections ?? []).filter((pc) => pc.connectionState === 'connected').flatMap((pc) => pc.getSenders())
  .filter((one) => one.track).map((one) => [one.track.kind, one.getParameters().degradationPreference ?? '', one.track.contentHint,
    one.getParameters().encodings[0]?.maxFramerate ?? 0])"""


def test_j1_hears_first_and_is_back_after_a_phone_call(house: House, human: Come) -> None:
    amal, ines = human("Amal Mansour", **PHONE), human("Inés Vidal")
    amal.context.add_init_script(SAVES_DATA)
    slow(amal)
    path = house.meeting()
    amal.open(path)
    assert "you begin with sound only" in amal.reads("[data-thrift]")
    assert "20 MB with sound alone" in amal.reads("[data-check]")
    let_in(amal, ines, path)
    before = ines.incoming()["bytes"]
    until("sound goes both ways", lambda: ines.incoming()["bytes"]["audio"] > before["audio"] + 2000, 40)
    until("Amal hears", lambda: amal.incoming()["bytes"]["audio"] > 2000)
    assert ines.incoming()["bytes"]["video"] == 0, "no picture costs anything before it is asked for"
    # The phone rings: the browser loses the microphone and the line, both come back when it is over.
    amal.page.evaluate("""() => {
      for (const track of document.querySelector('[data-self]')?.srcObject?.getAudioTracks() ?? []) track.dispatchEvent(new Event('mute'));
    }""")
    with house.amal_line.swallowing():
        amal.page.wait_for_timeout(4000)
    back = time.monotonic()
    amal.write("I am back")
    until("Inés reads it", lambda: ines.messages() == ["I am back"], 40)
    sound = ines.incoming()["bytes"]["audio"]
    until("sound goes on", lambda: ines.incoming()["bytes"]["audio"] > sound + 2000, 40)
    took = time.monotonic() - back
    print(f"J1: back {took:.1f} s after the phone call")
    assert took < 30, took
    amal.page.get_by_role("button", name="More", exact=True).click()
    amal.page.get_by_role("button", name="Call my phone").click()
    amal.page.locator("#phone-number").fill("+34 600 111 223")
    amal.press("Ask for a call")
    until("Inés sees the number", lambda: "600111223" in re.sub(r"\D", "", ines.reads("[data-wishes]")), 30)


def test_j2_the_picture_keeps_its_motion(house: House, human: Come) -> None:
    amal, ines = human("Amal Mansour"), human("Inés Vidal")
    let_in(amal, ines, house.meeting())
    for one in (amal, ines):
        until(f"{one.name} receives", one.receives, 30)
    amal.page.get_by_role("button", name="More", exact=True).click()
    amal.page.locator("#signs").check()
    for one in (amal, ines):

        def steady(one: Human = one) -> bool:
            video = [sent for sent in one.page.evaluate(SENDERS) if sent[0] == "video"]
            return bool(video) and video[0][1:3] == ["maintain-framerate", "motion"] and video[0][3] >= 20

        until(f"{one.name} sends motion before size", steady)
    for one in (amal, ines):
        until(f"{one.name} still receives", one.receives, 30)


def _fits(place: Locator, height: int) -> bool:
    """Whether it can be scrolled to so that all of it is in a window so high."""
    place.scroll_into_view_if_needed()
    box = place.bounding_box()
    return box is not None and box["height"] > 40 and box["y"] >= 0 and box["y"] + box["height"] <= height


def test_a_low_window_scrolls_and_the_sheet_leaves_the_buttons_alone(house: House, human: Come) -> None:
    """400 % of zoom is a window of 320 × 256; on a phone the sheet "More" ends above the bar."""
    amal, ines = human("Amal Mansour", viewport={"width": 320, "height": 640}), human("Inés Vidal")
    let_in(amal, ines, house.meeting())
    more = amal.page.locator("[data-devices]")
    more.click()
    sheet, bar = (amal.page.locator(place).bounding_box() for place in (".sheet", ".bar"))
    assert sheet and bar and sheet["y"] + sheet["height"] <= bar["y"] and sheet["y"] >= 0
    amal.page.set_viewport_size({"width": 320, "height": 256})
    for place in ("[data-call-me] >> visible=true", "[data-hang-up]", "[data-other]"):
        # Words about the line come and go above it meanwhile.
        until(f"{place} can be seen whole", partial(_fits, amal.page.locator(place).first, 256))
    assert amal.page.evaluate("() => document.documentElement.scrollWidth") == 320
    more.click()
    amal.page.locator("[data-text]").click()
    amal.page.locator("#say").fill("Good morning")
    amal.page.locator("#say").press("Enter")
    until("Inés reads it", lambda: ines.messages() == ["Good morning"])
