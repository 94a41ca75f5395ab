"""The practice partner: whoever is alone in a practice call gets somebody to talk to, and nobody else does."""

from __future__ import annotations

import json
import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from .conftest import House
from .people import Human, until

Come = Callable[..., Human]
WHERE = "/demo/practice/missing"


@pytest.fixture(scope="module")
def practice(house: House) -> str:
    """The path of the practice call of this town, found on Amal's desk as she finds it."""
    amal = house.human("Amal Mansour")
    amal.sign_in()
    amal.open("/desk")
    path = amal.page.locator("#join").get_attribute("href")
    assert path and amal.reads("main").count("Practice call") == 1
    amal.context.close()
    return path


@pytest.fixture(autouse=True)
def _nobody_stays(house: House, practice: str, human: Come) -> Iterator[None]:
    """Everybody presses Leave, and the partner has gone before the next test begins."""
    yield
    watcher = house.human("Amal Mansour")
    watcher.sign_in()
    for one in house.humans:
        if one.in_call or one.waits:
            leave(one)
    until("the seats are empty", lambda: not any(one["here"] for one in people(watcher, practice)))


def leave(one: Human) -> None:
    """Press Leave, wherever the person is."""
    if one.in_call:
        one.press("Leave")
        one.page.locator("[data-leave-now]").click()
    else:
        one.page.locator("[data-leave]").click()


def people(one: Human, path: str) -> list[dict[str, Any]]:
    """Who is in a meeting, as its page is told."""
    answer = one.context.request.get(f"{one.url}{path}/events")
    return answer.json()["people"] if answer.ok else []


def seat(one: Human, path: str, name: str) -> dict[str, Any]:
    """Somebody's seat there."""
    return next(p for p in people(one, path) if p["name"] == name)


def live(one: Human) -> int:
    """Connections of this page that carry something."""
    return one.page.evaluate("() => window.connections.filter((pc) => pc.connectionState === 'connected').length")


def wanted(house: House) -> dict[str, str]:
    """Where the partner is told to go."""
    return json.loads(house.server.get(WHERE)[1])


def call_alone(amal: Human, path: str) -> None:
    """Amal goes to the practice call and is let in by the partner."""
    amal.open(path)
    amal.press("Go to the waiting room")
    until("Amal sees the waiting room", lambda: amal.waits)
    until("the partner lets Amal in", lambda: amal.in_call)
    until("Amal receives sound and picture", amal.receives)


def test_one_person_sees_a_two_way_call(house: House, human: Come, practice: str) -> None:
    amal = human("Amal Mansour")
    amal.open("/desk")
    amal.page.locator("#join").click()
    amal.page.wait_for_url(f"**{practice}")
    amal.press("Go to the waiting room")
    until("Amal sees the waiting room", lambda: amal.waits)
    until("the partner lets Amal in", lambda: amal.in_call)
    until("Amal receives sound and picture", amal.receives)
    until("both ends say that media flows", lambda: amal.reads("[data-line-words]") in {"", "You are connected."})
    amal.page.wait_for_timeout(6000)
    # The partner asks for little picture: that is no weak line.
    assert amal.page.locator("[data-rung]").text_content() == "Now: picture and sound."
    leave(amal)
    until("the partner has gone", lambda: seat(amal, practice, "Inés Vidal")["standing"] == "left")


@pytest.mark.soak
def test_somebody_without_devices_sees_and_hears_the_partner(house: House, human: Come, practice: str) -> None:
    amal = human("Amal Mansour")
    amal.page.add_init_script(
        "navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', 'NotFoundError'))"
    )
    call_alone(amal, practice)


@pytest.mark.soak
def test_the_partner_leaves_when_the_real_counselor_comes(house: House, human: Come, practice: str) -> None:
    amal, ines = human("Amal Mansour"), human("Inés Vidal")
    call_alone(amal, practice)
    pictures = house.server.log.count("left the practice call")
    ines.open(practice)
    until("Inés is on the stage", lambda: ines.in_call)
    until("the partner has gone", lambda: house.server.log.count("left the practice call") > pictures)
    for _ in range(2):
        for one in (amal, ines):
            until(f"{one.name} receives sound and picture", one.receives, 30)
    assert amal.in_call and ines.in_call, "the partner took no seat back"
    assert wanted(house) == {}


@pytest.mark.soak
def test_the_counselor_alone_lets_the_partner_in(house: House, human: Come, practice: str) -> None:
    ines = human("Inés Vidal")
    ines.open(practice)
    until("Inés is on the stage", lambda: ines.in_call)
    ines.press("Let Amal Mansour in")
    until("Inés receives sound and picture", ines.receives, 30)
    amal = human("Amal Mansour")
    amal.open(practice)
    amal.press("Go to the waiting room")
    until("Amal takes her own seat", lambda: amal.in_call)
    for one in (amal, ines):
        until(f"{one.name} receives sound and picture", one.receives, 30)


@pytest.mark.soak
def test_the_partner_stays_out_of_other_meetings(house: House, human: Come, practice: str) -> None:
    amal = human("Amal Mansour")
    path = house.meeting()
    amal.open(path)
    amal.press("Go to the waiting room")
    until("Amal waits", lambda: amal.waits)
    assert wanted(house) == {}
    leave(amal)
    # The control: in the practice call the same answer names a seat.
    house.server.kill("partner", signal.SIGSTOP)
    try:
        amal.open(practice)
        amal.press("Go to the waiting room")
        until("Amal waits", lambda: amal.waits)
        assert wanted(house)["seat"] == seat(amal, practice, "Inés Vidal")["id"]
    finally:
        house.server.kill("partner", signal.SIGCONT)
    until("the partner lets Amal in", lambda: amal.in_call)


@pytest.mark.soak
def test_the_seat_of_somebody_whose_line_broke_is_kept(house: House, human: Come, practice: str) -> None:
    amal, ines = human("Amal Mansour"), human("Inés Vidal")
    call_alone(amal, practice)
    ines.open(practice)
    until("Inés is on the stage", lambda: ines.in_call)
    until("both meet", ines.receives, 30)
    ines.page.goto("about:blank")
    until("her line is gone", lambda: not seat(amal, practice, "Inés Vidal")["here"])
    assert wanted(house) == {}
    ines.open(practice)
    for one in (amal, ines):
        until(f"{one.name} receives sound and picture", one.receives, 30)


@pytest.mark.soak
def test_the_call_goes_on_while_web_is_killed(house: House, human: Come, practice: str) -> None:
    amal = human("Amal Mansour")
    call_alone(amal, practice)
    old = house.server.kill("web")
    assert amal.receives(1.0)
    house.server.wait_for_new("web", old)
    until("the partner is on the line again", lambda: seat(amal, practice, "Inés Vidal")["here"])
    assert amal.in_call and amal.receives()


@pytest.mark.soak
def test_a_killed_partner_comes_back_at_once(house: House, human: Come, practice: str) -> None:
    amal = human("Amal Mansour")
    call_alone(amal, practice)
    old = house.server.kill("partner")
    house.server.wait_for_new("partner", old)
    until("a new connection carries sound and picture", lambda: amal.receives() and live(amal) == 1, 30)


@pytest.mark.soak
def test_when_the_counselor_ends_it_the_partner_goes(house: House, human: Come, practice: str) -> None:
    """The last one that uses the call of this town."""
    ines = human("Inés Vidal")
    ines.open(practice)
    until("Inés is on the stage", lambda: ines.in_call)
    ines.press("Let Amal Mansour in")
    until("Inés receives sound and picture", ines.receives, 30)
    gone = house.server.log.count("left the practice call")
    ines.press("Leave")
    ines.press("End it for both")
    until("the partner has gone", lambda: house.server.log.count("left the practice call") > gone)
    pid = house.server.kill("partner", signal.SIGTERM)
    house.server.wait_for_new("partner", pid)
    assert "a visit failed" not in house.server.log and "negotiation failed" not in house.server.log
