"""Somebody hides their address where no relay is and no forwarding unit: the page says so, and words still go."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from .conftest import House, opened
from .people import Human, until
from .test_relay import LEARNED, hide


@pytest.fixture
def bare() -> Iterator[House]:
    """The town without a forwarding unit."""
    with opened(VO_MEDIA_PROCESSES="0") as made:
        yield made


@pytest.fixture
def someone(bare: House) -> Iterator[Callable[[str], Human]]:
    def come(name: str) -> Human:
        made = bare.human(name)
        made.sign_in()
        return made

    yield come
    assert not [fault for one in bare.humans for fault in one.faults]


def test_without_a_relay_the_page_says_so_and_words_still_go(bare: House, someone: Callable[[str], Human]) -> None:
    amal, ines = someone("Amal Mansour"), someone("Inés Vidal")
    path = bare.meeting()
    hide(amal, path)
    assert "This service has no relay" in amal.reads("[data-no-relay]")
    amal.press("Go to the waiting room")
    until("Amal waits", lambda: amal.waits)
    ines.open(path)
    until("Inés is on the stage", lambda: ines.in_call)
    ines.press("Let Amal Mansour in")
    until("Amal is on the stage", lambda: amal.in_call)
    until("Amal reads why", lambda: "has no relay for calls" in amal.reads("[data-line-words]"))
    amal.write("I write")
    until("Inés reads it", lambda: ines.messages() == ["I write"])
    learned = ines.page.evaluate(LEARNED)
    assert "candidate" not in learned and "typ" not in learned
