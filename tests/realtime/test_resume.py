"""A line that was away: nothing is lost, nothing comes twice, the order is one for all; who died is closed (R-14, M4)."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from typing import Any

import pytest

from virtual_office.meetings import happenings

from .conftest import House, Room
from .page import Page, until

pytestmark = pytest.mark.serial
TOLD = 10.0
"""Seconds after which the others know that somebody is away."""


def over_http(house: House, who: str, room: Room, after: int) -> dict[str, Any]:
    """What a page fetches when it sees a gap."""
    answer = house.world.browsers[who].get(f"/meetings/{room.id}/events?after={after}")
    assert answer.status_code == 200
    return dict(json.loads(answer.data))


def write_many(page: Page, first: int, many: int, marks: str) -> None:
    """Messages of one page, as fast as they are answered."""
    for number in range(first, first + many):
        page.fine("say", {"text": f"{marks}{number}", "key": f"{marks}{number}"})


def test_a_gap_is_filled_over_http_and_on_coming_back(house: House) -> None:
    room = house.room()
    host, guest = house.both_inside(room)
    write_many(host, 0, 3, "a")
    last = guest.hears("happened", lambda one: one["data"].get("text") == "a2")["seq"]
    guest.tear()
    write_many(host, 0, 5, "b")
    fetched = over_http(house, "jobseeker_a", room, last)
    assert [one["data"]["text"] for one in fetched["events"] if one["kind"] == "said"] == [
        f"b{number}" for number in range(5)
    ]
    assert fetched["seq"] == fetched["events"][-1]["seq"]
    again = house.page("jobseeker_a")
    entered = again.fine("enter", {"meeting": room.id, "after": last})
    assert entered["events"] == fetched["events"] and entered["me"]["standing"] == "admitted", "straight back in"
    assert [one["seq"] for one in entered["events"]] == list(range(last + 1, fetched["seq"] + 1))
    write_many(host, 5, 1, "b")
    assert again.hears("happened", lambda one: one["data"].get("text") == "b5")["seq"] == fetched["seq"] + 1


@pytest.mark.parametrize("after", ["-5", "x", "", "99999999999999999999", "1e3"])
def test_a_number_that_is_none_reads_from_the_start_or_the_end(house: House, after: str) -> None:
    room = house.room()
    house.both_inside(room)
    answer = house.world.browsers["jobseeker_a"].get(f"/meetings/{room.id}/events?after={after}")
    assert answer.status_code == 200 and len(json.loads(answer.data)["events"]) in {0, 3}


def test_a_number_that_is_none_is_refused_at_the_line(house: House) -> None:
    room = house.room()
    page = house.page("counselor_a")
    for after in (-1, "0", None, 1.5, True, 2**40, [0]):
        assert page.refused("enter", {"meeting": room.id, "after": after}) == "input_wrong"
    assert house.happened(room) == []


def test_who_is_far_behind_reads_in_parts(house: House) -> None:
    room = house.room()
    house.both_inside(room)
    more = happenings.MOST + 50

    def fill() -> None:
        meeting = house.meeting(room)
        for number in range(more):
            happenings.append(meeting, "said", meeting.participants[0], {"text": str(number)})

    house.within(fill)
    read: list[int] = []
    asked = 0
    while asked < 5:
        state = over_http(house, "jobseeker_a", room, read[-1] if read else 0)
        asked += 1
        read += [one["seq"] for one in state["events"]]
        if read[-1] == state["seq"]:
            break
    assert read == list(range(1, more + 4)) and asked == 2
    entered = house.page("jobseeker_a").fine("enter", {"meeting": room.id, "after": 0})
    assert len(entered["events"]) == happenings.MOST and entered["seq"] == more + 3, "the page sees that there is more"


def test_the_order_is_one_for_all(house: House) -> None:
    room = house.room()
    host, guest = house.both_inside(room)
    third = house.enter("interpreter_a", room)
    host.fine("admit", {"participant": room.seats["interpreter"]})
    pages = (host, guest, third)
    for page in pages:
        page.hears(
            "happened",
            lambda one: one["kind"] == "admitted" and one["from"] == room.seats["interpreter"],
        )
        page.forget()
    writers = [
        threading.Thread(target=write_many, args=(page, 0, 30, str(number))) for number, page in enumerate(pages)
    ]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    until("all heard", lambda: all(len(page.told("happened")) == 90 for page in pages))
    heard = [[(one["seq"], one["data"]["text"]) for one in page.told("happened")] for page in pages]
    rows = [(seq, data["text"]) for seq, kind, data in house.happened(room) if kind == "said"]
    assert [sorted(one) for one in heard] == [rows] * 3, "nobody misses one, nobody hears one twice"
    assert [seq for seq, _text in rows] == list(range(rows[0][0], rows[0][0] + 90))
    for number in range(3):
        assert [text for _seq, text in rows if text[0] == str(number)] == [f"{number}{n}" for n in range(30)]
    fetched = over_http(house, "jobseeker_a", room, rows[0][0] - 1)
    assert [(one["seq"], one["data"]["text"]) for one in fetched["events"]] == rows


def test_a_command_sent_again_after_the_line_broke_counts_once(house: House) -> None:
    room = house.room()
    host, guest = house.both_inside(room)
    guest.line.emit("say", {"text": "did it arrive?", "key": "k"}, namespace=guest.namespace)
    host.hears("happened", lambda one: one["kind"] == "said")
    guest.tear()
    again = house.enter("jobseeker_a", room)
    answer = again.fine("say", {"text": "did it arrive?", "key": "k"})
    said = [seq for seq, kind, _data in house.happened(room) if kind == "said"]
    assert said == [answer["seq"]]


@pytest.mark.parametrize("how", ["close", "tear"])
def test_the_others_are_told_in_time_that_a_line_closed(house: House, how: str) -> None:
    room = house.room()
    host, guest = house.both_inside(room)
    host.forget()
    began = time.monotonic()
    getattr(guest, how)()
    host.hears("look_again", patience=TOLD)
    until("away", lambda: house.here(room) == {"counselor"}, TOLD - (time.monotonic() - began))
    state = over_http(house, "counselor_a", room, 0)
    assert {one["role"]: one["here"] for one in state["people"]}["jobseeker"] is False


def test_silence_on_an_open_line_is_told_and_so_is_the_return(house: House) -> None:
    room = house.room()
    host, guest = house.both_inside(room)
    beating = threading.Event()

    def beat() -> None:
        while not beating.wait(0.3):
            host.fine("beat")

    heart = threading.Thread(target=beat)
    heart.start()
    try:
        assert host.hears("fallen_silent", patience=TOLD) == {"from": room.seats["jobseeker"]}
        guest.hears("fallen_silent")
        everybody = [*host.told("fallen_silent"), *guest.told("fallen_silent")]
        assert everybody == [{"from": room.seats["jobseeker"]}] * 2, "who beats is not called silent"
        guest.fine("beat")
        assert host.hears("heard_again") == {"from": room.seats["jobseeker"]}
    finally:
        beating.set()
        heart.join()


def test_the_seat_is_kept_for_the_grace_and_then_given_up(house: House) -> None:
    room = house.room()
    host, guest = house.both_inside(room)
    third = house.enter("interpreter_a", room)
    guest.close(), third.close()
    until("away", lambda: house.here(room) == {"counselor"})
    assert house.standings(room) == {"jobseeker": "admitted", "counselor": "admitted", "interpreter": "waiting"}
    gone = {room.seats["jobseeker"], room.seats["interpreter"]}
    until("gone", lambda: {one["from"] for one in host.told("happened") if one["kind"] == "gone"} == gone)
    assert house.standings(room) == {"jobseeker": "admitted", "counselor": "admitted", "interpreter": "expected"}
    assert house.page("jobseeker_a").fine("enter", {"meeting": room.id, "after": 0})["me"]["standing"] == "admitted"
    assert house.page("interpreter_a").fine("enter", {"meeting": room.id, "after": 0})["me"]["standing"] == "waiting"


def test_who_comes_back_within_the_grace_was_never_gone(house: House) -> None:
    room = house.room()
    _host, guest = house.both_inside(room)
    guest.close()
    until("away", lambda: house.here(room) == {"counselor"})
    again = house.enter("jobseeker_a", room)
    left = max(one.grace_until for one in house.presence(room))
    until("the grace is over", lambda: time.time() > left + 3, 10)
    again.fine("beat")
    assert "gone" not in {kind for _seq, kind, _data in house.happened(room)}


def test_a_killed_server_leaves_nobody_there_and_pages_come_back(quick_server: Callable[..., House]) -> None:
    house = quick_server()
    room = house.room()
    host, _guest = house.both_inside(room)
    write_many(host, 0, 3, "before")
    last = house.happened(room)[-1][0]
    old = house.server.kill("web")
    house.server.wait_for_new("web", old)
    house.server.wait_ready()
    until("closed", lambda: house.here(room) == set())
    rows = house.presence(room)
    assert len(rows) == 2 and all(one.disconnected_at and one.grace_until for one in rows)
    again = house.page("counselor_a")
    entered = again.fine("enter", {"meeting": room.id, "after": last})
    assert entered["phase"] == "live" and entered["me"]["standing"] == "admitted"
    again.fine("say", {"text": "after", "key": "after"})
    texts = [data["text"] for _seq, kind, data in house.happened(room) if kind == "said"]
    assert texts == ["before0", "before1", "before2", "after"]
    until("gone", lambda: [kind for _seq, kind, _data in house.happened(room)].count("gone") == 1, 20)
    assert house.here(room) == {"counselor"}
