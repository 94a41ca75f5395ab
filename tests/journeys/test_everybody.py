"""Those for whom most services fail: a cheap phone on a slow network (J1), somebody who signs (J2), nobody's e-mail and no phone (J3),
and a team leader whose counselor is ill (J5). Their calls are in test_everybody_calls; J4 is in test_booking_journey (one press), test_draft and tests/booking/staff/test_desk."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from typing import Any

import pytest

from .people import Human, until
from .tour import INES, LUCIA, Tour, town

THREE_G = {"offline": False, "latency": 300, "downloadThroughput": 200_000, "uploadThroughput": 93_750}
"""1.6 Mbit/s down, 750 kbit/s up, 300 ms."""
SLOWER = 4
"""Times that the processor is slower than the machine's own."""
PHONE: dict[str, Any] = {
    "viewport": {"width": 360, "height": 740},
    "has_touch": True,
    "is_mobile": True,
    "device_scale_factor": 2,
}


@pytest.fixture(scope="module")
def tour() -> Iterator[Tour]:
    with town() as made:
        yield made


def slow(one: Human) -> None:
    """The phone of J1."""
    line = one.context.new_cdp_session(one.page)
    line.send("Network.enable")
    line.send("Network.emulateNetworkConditions", THREE_G)
    line.send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})


def choose(tab: Any, modality: str) -> None:
    """From the front page to the form "Who is coming?"."""
    tab.get_by_role("link", name="Book a counselor").click()
    tab.get_by_role("link", name="First talk").first.click()
    tab.get_by_role("link", name="First free time").click()
    tab.locator("input[name=starts_at]").first.check()
    tab.get_by_role("button", name="Continue").click()
    tab.locator(f"input[name=modality][value={modality}]").check()


def test_j1_books_on_a_cheap_phone_with_a_slow_network(tour: Tour) -> None:
    amina = tour.newcomer(language="en", **PHONE)
    slow(amina)
    began = time.monotonic()
    amina.open("/")
    first = time.monotonic() - began
    choose(amina.page, "video")
    amina.page.get_by_label("Your name").fill("Amina Cherif")
    amina.page.get_by_label("E-mail").fill("amina@example.net")
    amina.submit("Continue")
    amina.submit("Book this time")
    assert amina.reads(".confirmed__title") == "Your appointment is booked"
    took = time.monotonic() - began
    print(
        f"J1, 3G and a {SLOWER} times slower processor: first page {first:.1f} s, booked after {took:.1f} s of machine time"
    )
    assert first < 15 and took < 90
    amina.context.close()


def test_j3_without_e_mail_and_phone(tour: Tour) -> None:
    kofi = tour.newcomer(language="en", java_script_enabled=False)
    kofi.open("/")
    choose(kofi.page, "video")
    kofi.page.get_by_label("Your name").fill("Kofi")
    kofi.submit("Continue")
    kofi.submit("Book this time")
    assert kofi.reads(".confirmed__title") == "Your appointment is booked"
    reference, code = (
        re.sub(r"\W", "", one) for one in kofi.page.locator(".confirmed__codes strong").all_inner_texts()
    )
    assert "print this page" in kofi.reads("main")
    kofi.context.close()

    another = tour.newcomer(language="en", java_script_enabled=False)
    another.open("/find")
    another.page.locator("input[name=reference]").fill(reference)
    another.page.locator("input[name=second]").first.fill(code)
    another.submit("Find it")
    assert reference in re.sub(r"\W", "", another.reads("main"))
    another.context.close()


def test_j5_a_sick_counselor_s_day_is_handed_over_and_told(tour: Tour) -> None:
    lucia = tour.human(LUCIA)
    lucia.open("/staff/figures")
    assert lucia.page.locator("svg").count() > 0 and lucia.page.locator("table").count() > 0
    assert INES not in lucia.reads("main"), "no figure is about a colleague"
    lucia.open(tour.path("/staff/affected/{counselor}?all=1"))
    boxes = lucia.page.locator("main input[type=checkbox][name=one]")
    many = boxes.count()
    assert many > 0
    for box in boxes.all():
        box.check()
    lucia.page.locator("input[name=act][value=offer]").check()
    lucia.submit("Do this for the ticked ones")
    told = lucia.reads("main")
    print(f"J5: {many} appointments in one act: {told[:200]}")
    assert lucia.page.locator("main li, main tbody tr").count() >= many, "what became of each"
    lucia.open("/staff/letters")
    until("letters with other times wait", lambda: "ther times" in lucia.reads("main"))


def test_j2_nothing_needs_a_voice(tour: Tour) -> None:
    sol = tour.newcomer(language="en")
    sol.open("/")
    choose(sol.page, "video")
    sol.page.get_by_label("Your name").fill("Sol Marín")
    sol.page.get_by_label("E-mail").fill("sol@example.net")
    sol.page.locator("input[name=needs][value=captions]").check()
    sol.submit("Continue")
    assert sol.page.locator("input[name=modality][value=phone]").count() == 0, "no step by phone is proposed"
    sol.submit("Book this time")
    assert sol.reads(".confirmed__title") == "Your appointment is booked"
    assert "aptions" in sol.reads(".proof__facts")
    assert "calls you" not in sol.reads("main")
    sol.context.close()
