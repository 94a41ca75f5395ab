"""Booking and a call without a mouse: everything is reached, everything shows the focus, and the focus is never lost."""

from __future__ import annotations

from collections.abc import Callable

from .conftest import House
from .keyboard import Keyboard
from .people import Human, until

CONTINUE = "main form button.govuk-button:not(.govuk-button--secondary)"


def test_booking_by_keyboard(house: House) -> None:
    guest = house.human("Rosa Lim")
    keys = Keyboard(guest.page)
    guest.open("/")
    keys.tab_to(".govuk-skip-link")
    keys.press("Enter")
    keys.tab_to("a[href='/book']")
    _follow(guest, keys, "**/book")
    keys.tab_to("a[href^='/book/']")
    _follow(guest, keys, "**/book/*")
    keys.tab_to("main p a[href*='/book/']")
    _follow(guest, keys, "**/book/*/*")
    keys.tab_to("input[name=starts_at]")
    keys.press("Space")
    assert guest.page.locator("input[name=starts_at]:checked").count() == 1
    keys.tab_to(CONTINUE)
    _follow(guest, keys, "**/holds/*")
    keys.tab_to(CONTINUE)
    keys.press("Enter")
    guest.page.locator(".govuk-error-summary").wait_for()
    until("the summary of errors takes the focus", lambda: keys.has(".govuk-error-summary"))
    keys.tab_to("a[href='#name']")
    keys.press("Enter")
    assert keys.has("#name"), keys.focus()
    keys.type("Rosa Lim")
    keys.tab_to("#email")
    keys.type("rosa@example.net")
    keys.tab_to("input[name=modality]")
    keys.press("Space")
    keys.tab_to(CONTINUE)
    _follow(guest, keys, "**/check")
    keys.tab_to("form[action$=appointment] button")
    _follow(guest, keys, "**/confirmation*")
    assert guest.reads(".confirmed__title") == "Your appointment is booked"
    print("booked by keyboard,", keys.stops, "stops of the focus")
    assert not guest.faults
    guest.context.close()


def test_a_call_by_keyboard(house: House, human: Callable[..., Human]) -> None:
    amal, ines = human("Amal Mansour"), human("Inés Vidal")
    his, hers = Keyboard(amal.page), Keyboard(ines.page)
    path = house.meeting()
    amal.open(path)
    his.tab_to("[data-go]")
    his.press("Enter")
    until("Amal waits, with the focus on its title", lambda: amal.waits and his.has("[data-state-waiting] h1"))
    ines.open(path)
    until(
        "Inés is on the stage, with the focus on its title", lambda: ines.in_call and hers.has("[data-state-stage] h1")
    )
    hers.tab_to("[data-lobby] button")
    hers.press("Enter")
    until("Amal is on the stage", lambda: amal.in_call and his.has("[data-state-stage] h1"))
    until("the focus of Inés is kept though the button is gone", lambda: hers.has(".bar button"))
    until("both receive", lambda: amal.receives() and ines.receives(), 25)

    his.tab_to("[data-microphone]")
    his.press("Space")
    until("Inés reads that he is muted", lambda: "has the microphone off" in ines.reads("[data-nobody]"))
    assert his.has("[data-microphone][aria-pressed=false]"), his.focus()
    his.press("Enter")
    until("he is heard again", lambda: "microphone off" not in ines.page.locator("[data-nobody]").inner_text())
    his.tab_to("[data-camera]")
    his.press("Space")
    until("Inés reads that his camera is off", lambda: "has no camera on" in ines.reads("[data-nobody]"))
    assert his.has("[data-camera][aria-pressed=false]"), his.focus()
    his.press("Space")
    until("Inés sees him again", ines.receives)

    his.tab_to("[data-text]")
    his.press("Enter")
    assert his.has("#say"), his.focus()
    his.type("By keyboard")
    his.press("Enter")
    until("Inés has it", lambda: ines.messages() == ["By keyboard"])
    assert his.has("#say"), his.focus()
    his.tab_to("[data-text]")
    his.press("Space")
    assert his.has("[data-text][aria-expanded=false]"), his.focus()
    his.tab_to("[data-devices]", backwards=True)
    his.press("Enter")
    his.tab_to("#call-camera")
    his.press("Escape")
    assert his.has("[data-devices][aria-expanded=false]"), his.focus()

    his.tab_to("[data-hang-up]")
    his.press("Enter")
    until("the question has the focus", lambda: his.has("[data-ask-leave] button"))
    his.press("Escape")
    assert his.has("[data-hang-up]"), his.focus()
    his.press("Enter")
    if not his.has("[data-leave-now]"):
        his.tab_to("[data-leave-now]")
    his.press("Enter")
    until("he has left, with the focus on the title", lambda: his.has("[data-over-title]"))
    his.tab_to("[data-back-in]")
    print("called by keyboard,", his.stops + hers.stops, "stops of the focus")


def _follow(guest: Human, keys: Keyboard, address: str) -> None:
    keys.press("Enter")
    guest.page.wait_for_url(address, wait_until="load")
