"""Seats: one person, one device; the second takes over and the first is told. And the beat, counted in memory."""

from __future__ import annotations

import pytest

from realtime import seats as module
from realtime.seats import Seat, Seats
from virtual_office.meetings.models import Presence

from .conftest import House
from .page import until


@pytest.mark.serial
def test_the_second_device_takes_over_and_the_first_is_told(house: House) -> None:
    room = house.room()
    host, phone = house.both_inside(room)
    laptop = house.enter("jobseeker_a", room)
    phone.hears("taken_over")
    assert phone.open, "its page says so; nothing is torn away"
    phone.forget()
    host.fine("say", {"text": "to the laptop", "key": "1"})
    host.fine("signal", {"to": room.seats["jobseeker"], "kind": "bye"})
    laptop.hears("signalled")
    laptop.hears("happened", lambda one: one["data"].get("text") == "to the laptop")
    assert phone.heard == [], "the first hears nothing more"
    for name, told in {
        "say": {"text": "x", "key": "x"},
        "signal": {"to": room.seats["counselor"], "kind": "bye"},
        "leave": {},
    }.items():
        assert phone.refused(name, told) == "not_found", name
    phone.close()
    until("closed", lambda: len([one for one in house.presence(room) if one.disconnected_at is None]) == 2)
    assert house.here(room) == {"counselor", "jobseeker"}, "closing the first does not close the second"
    assert "gone" not in {kind for _seq, kind, _data in house.happened(room)}


@pytest.mark.serial
def test_the_first_may_come_back_and_takes_over_again(house: House) -> None:
    room = house.room()
    _host, phone = house.both_inside(room)
    laptop = house.enter("jobseeker_a", room)
    phone.hears("taken_over")
    assert phone.fine("enter", {"meeting": room.id, "after": 0})["me"]["standing"] == "admitted"
    laptop.hears("taken_over")
    phone.fine("say", {"text": "back", "key": "back"})
    assert laptop.refused("say", {"text": "still?", "key": "still"}) == "not_found"
    assert _open_rows(house.presence(room)) == 2


@pytest.mark.serial
def test_the_second_page_is_told_that_it_took_over_and_a_page_that_comes_back_is_no_second_one(house: House) -> None:
    room = house.room()

    def comes(page: str) -> bool:
        told = {"meeting": room.id, "after": 0, "page": page}
        return bool(house.page("counselor_a").fine("enter", told)["took_over"])

    assert [comes("phone"), comes("phone"), comes("laptop"), comes("laptop")] == [False, False, True, False]
    for wrong in (7, None, "x" * 65, ["x"]):
        assert house.page("counselor_a").refused("enter", {"meeting": room.id, "page": wrong}) == "input_wrong"


@pytest.mark.serial
def test_devices_of_different_people_do_not_take_over(house: House) -> None:
    room = house.room()
    host, guest = house.both_inside(room)
    third = house.enter("interpreter_a", room)
    assert [page.told("taken_over") for page in (host, guest, third)] == [[], [], []]
    assert house.here(room) == {"counselor", "jobseeker", "interpreter"}


@pytest.mark.serial
def test_many_devices_at_once_leave_one(house: House) -> None:
    room = house.room()
    pages = [house.page("counselor_a") for _ in range(6)]
    for page in pages:
        page.line.emit("enter", {"meeting": room.id, "after": 0}, namespace=page.namespace)
    until("five told", lambda: sum(bool(page.told("taken_over")) for page in pages) == 5)
    able = [page for page in pages if page.ask("show", {"camera": True})["ok"]]
    assert len(able) == 1 and not able[0].told("taken_over")
    assert _open_rows(house.presence(room)) == 1
    assert [kind for _seq, kind, _data in house.happened(room)] == ["entered"]


def _open_rows(rows: list[Presence]) -> int:
    return sum(row.disconnected_at is None for row in rows)


def _seat(sid: str, participant: str = "p") -> Seat:
    return Seat(sid, "m", 1, participant, 1)


def test_a_seat_falls_silent_once_and_is_heard_again_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(module.time, "monotonic", lambda: now)
    seats = Seats()
    seats.take(Seat("a", "m", 1, "p", 1, heard=now))
    seats.take(Seat("b", "m", 1, "q", 2, heard=now))
    now += 4
    assert seats.hear("a") is None, "it was not silent"
    now += 2
    assert [seat.sid for seat in seats.fallen_silent(5)] == ["b"]
    assert seats.fallen_silent(5) == [], "told once"
    heard = seats.hear("b")
    assert heard is not None and heard.sid == "b" and seats.hear("b") is None
    now += 6
    assert {seat.sid for seat in seats.fallen_silent(5)} == {"a", "b"}
    assert seats.hear("nobody") is None


def test_a_seat_is_given_up_once() -> None:
    seats = Seats()
    seats.take(_seat("a"))
    assert seats.of("a") is not None
    assert seats.give_up("a") is not None and seats.give_up("a") is None and seats.of("a") is None
