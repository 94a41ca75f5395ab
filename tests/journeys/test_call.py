"""Two people in a real call: picture and sound both ways, writing, and everything that may go wrong with the line."""

from __future__ import annotations

from collections.abc import Callable

from .conftest import House
from .people import Human, until

Come = Callable[..., Human]


def let_in(amal: Human, ines: Human, path: str) -> None:
    """Amal waits, Inés lets her in."""
    amal.open(path)
    amal.press("Go to the waiting room")
    until("Amal waits", lambda: amal.waits)
    ines.open(path)
    until("Inés is on the stage", lambda: ines.in_call)
    ines.press("Let Amal Mansour in")
    until("Amal is on the stage", lambda: amal.in_call)


def both_receive(*people: Human, patience: float = 25.0) -> None:
    """Sound and moving pictures arrive at both ends."""
    for one in people:
        until(f"{one.name} receives sound and picture", one.receives, patience)


def test_two_people_meet_write_and_end(house: House, human: Come) -> None:
    amal, ines = human("Amal Mansour"), human("Inés Vidal")
    let_in(amal, ines, house.meeting())
    both_receive(amal, ines)
    amal.write("Good morning")
    ines.write("صباح الخير")
    for one in (amal, ines):
        until("both messages are there", lambda one=one: one.messages() == ["Good morning", "صباح الخير"])
        assert not one.unsent()
    ines.press("Leave")
    ines.press("End it for both")
    for one in (amal, ines):
        until("the end page", lambda one=one: one.page.locator("[data-state-over]").is_visible())
        assert one.reads("[data-over-title]") == "The meeting is over"


def test_the_call_goes_on_while_web_is_killed(house: House, human: Come) -> None:
    amal, ines = human("Amal Mansour"), human("Inés Vidal")
    let_in(amal, ines, house.meeting())
    both_receive(amal, ines)
    old = house.server.kill("web")
    gaps = []
    for word in ("one", "two", "three"):
        amal.write(word)
        ines.write(f"{word} too")
        gaps.append((amal.receives(1.0), ines.receives(1.0)))
    assert all(all(pair) for pair in gaps), gaps
    house.server.wait_for_new("web", old)
    expected = {"one", "two", "three", "one too", "two too", "three too"}
    for one in (amal, ines):
        until("all written words are there", lambda one=one: set(one.messages()) == expected, 30)
        until("nothing is on its way", lambda one=one: not one.unsent())
        assert len(one.messages()) == 6
    assert amal.messages() == ines.messages()
    assert [text for text in amal.messages() if "too" not in text] == ["one", "two", "three"]
    both_receive(amal, ines, patience=5)
