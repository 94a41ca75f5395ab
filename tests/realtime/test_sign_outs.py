"""S-14 at open lines: signing out everywhere, ending one browser and leaving close sockets within five seconds, and only those."""

from __future__ import annotations

import time

from accounts import people
from foundation.db import db
from tests.realtime.conftest import House
from tests.realtime.page import DESK, MEETING, Page, until

CEILING = 5.0
"""Seconds (S-14)."""


def lines(house: House, cookie: str) -> list[Page]:
    """The desk and a meeting's page of one browser."""
    opened = [house.page("", namespace, cookie) for namespace in (DESK, MEETING)]
    assert all(page.open for page in opened)
    return opened


def cookie_of(browser) -> str:
    return "; ".join(f"{one.key}={one.value}" for one in browser.client._cookies.values())


def seconds_until_closed(pages: list[Page], began: float) -> float:
    until("the lines are closed", lambda: not any(page.open for page in pages), CEILING)
    return time.monotonic() - began


def may_come_back(house: House, cookie: str) -> bool:
    try:
        return house.page("", DESK, cookie).open
    except Exception:
        return False


def test_signing_out_everywhere_closes_every_line_of_the_person(house: House) -> None:
    here, there = house.again("counselor_a"), house.again("counselor_a")
    theirs, other = lines(house, cookie_of(there)), house.page("counselor_b", DESK)
    old = cookie_of(there)
    began = time.monotonic()
    assert here.post("/account/sign-outs").status_code == 200
    assert seconds_until_closed(theirs, began) <= CEILING
    assert other.open and here.signed_in and not there.signed_in
    assert not may_come_back(house, old) and may_come_back(house, cookie_of(here))


def test_ending_one_browser_closes_its_lines_only(house: House) -> None:
    here, there = house.again("leader_a"), house.again("leader_a")
    mine, theirs = lines(house, cookie_of(here)), lines(house, cookie_of(there))
    ends = [part.split("/")[0] for part in here.get("/account/sign-ins").text.split("/account/sign-ins/")[1:]]
    with there.app.app_context():
        held = there.cookie()["sign_in"]
    assert held in ends
    began = time.monotonic()
    here.post(f"/account/sign-ins/{held}/end")
    assert seconds_until_closed(theirs, began) <= CEILING
    assert all(page.open for page in mine) and here.signed_in and not there.signed_in
    # Ended already, or somebody else's: absent.
    foreign = house.again("leader_b").cookie()["sign_in"]
    for absent in (held, foreign, "A" * 22):
        assert here.post(f"/account/sign-ins/{absent}/end").status_code == 404
    # One's own: signed out here.
    here.post(f"/account/sign-ins/{here.cookie()['sign_in']}/end")
    assert not here.signed_in
    seconds_until_closed(mine, time.monotonic())


def test_a_colleague_who_is_shut_out_in_a_call_loses_it(house: House) -> None:
    room = house.room("b")
    host = house.enter("counselor_b", room)
    guest = house.enter("jobseeker_b", room)
    cookie = house.cookie("counselor_b")
    began = time.monotonic()
    house.within(lambda: people.leave(people.get(house.world.b.people["counselor"])))
    assert seconds_until_closed([host], began) <= CEILING
    assert guest.open and not may_come_back(house, cookie)
    with house.app.app_context():
        assert not db.session.get(people.Person, house.world.b.people["counselor"]).active
