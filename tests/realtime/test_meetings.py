"""Meetings over the wire: who enters when, who hears what, who may do what, and that a message said twice is said once (S-04, S-05)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from accounts import people, sign_ins
from foundation.db import write_tx
from tests.application import running
from tests.security.world import World, build
from virtual_office.meetings import meetings

from .conftest import House, Room
from .page import DESK, Page, until

pytestmark = pytest.mark.serial
OFFER = {"type": "offer", "sdp": "v=0\r\n"}
CANDIDATE = {"candidate": "candidate:1 1 udp 1 192.0.2.1 9 typ host", "sdpMid": "0", "sdpMLineIndex": 0}


def test_a_meeting_from_the_lobby_to_its_end(house: House) -> None:
    room = house.room()
    guest = house.page("jobseeker_a")
    entered = guest.fine("enter", {"meeting": room.id, "after": 0})
    assert entered["me"]["standing"] == "waiting" and entered["phase"] == "lobby" and not entered["me"]["hosts"]
    host = house.page("counselor_a")
    entered = host.fine("enter", {"meeting": room.id, "after": 0})
    assert entered["me"]["standing"] == "admitted" and entered["me"]["hosts"]
    assert {one["role"]: one["standing"] for one in entered["people"]} == house.standings(room)
    host.fine("admit", {"participant": room.seats["jobseeker"]})
    assert guest.hears("happened", lambda one: one["kind"] == "admitted")["from"] == room.seats["jobseeker"]
    guest.fine("signal", {"to": room.seats["counselor"], "kind": "offer", "data": OFFER})
    assert host.hears("signalled") == {"from": room.seats["jobseeker"], "kind": "offer", "data": OFFER}
    host.fine("say", {"text": "Hello  \u202e", "key": "1"})
    assert guest.hears("happened", lambda one: one["kind"] == "said")["data"] == {"text": "Hello"}
    guest.fine("show", {"microphone": 1, "camera": False, "extra": "x"})
    sent = {
        "microphone": True,
        "camera": False,
        "flows": False,
        "shares": False,
        "signs": False,
        "rung": "",
        "hears": "",
        "way": "",
    }
    assert host.hears("shown") == {"from": room.seats["jobseeker"], **sent}
    guest.fine("show", {"rung": "audio", "hears": "badly", "signs": "yes", "shares": None})
    assert host.hears("shown", lambda one: one["rung"] == "audio")["hears"] == "badly"
    guest.fine("show", {"rung": "<b>", "hears": ["well"]})
    host.hears("shown", lambda one: one["signs"] is False and one["rung"] == "" and one["camera"] is False)
    assert guest.told("shown") == []
    host.fine("end", {"reason": "completed"})
    assert guest.hears("ended") == {"reason": "completed"}
    assert guest.refused("say", {"text": "late", "key": "9"}) == "meeting_over"
    assert house.page("counselor_a").refused("enter", {"meeting": room.id, "after": 0}) == "meeting_over"
    kinds = [kind for _seq, kind, _data in house.happened(room)]
    assert kinds == ["waits", "entered", "admitted", "said", "ended"]
    assert [seq for seq, _kind, _data in house.happened(room)] == [1, 2, 3, 4, 5]
    assert house.standings(room) == {"jobseeker": "left", "counselor": "left", "interpreter": "expected"}


def test_before_it_opens_only_hosts_come_in_and_after_it_closes_nobody(house: House) -> None:
    early, late = house.room(opens=30, closes=60), house.room(opens=-60, closes=-1)
    guest, host = house.page("jobseeker_a"), house.page("counselor_a")
    answer = guest.ask("enter", {"meeting": early.id, "after": 0})
    assert answer["code"] == "too_early" and answer["opens_at"].endswith("+00:00")
    assert host.fine("enter", {"meeting": early.id, "after": 0})["phase"] == "lobby"
    for page in (guest, house.page("counselor_a")):
        assert page.refused("enter", {"meeting": late.id, "after": 0}) == "meeting_over"
    assert house.here(late) == set() and house.happened(late) == []


def test_a_cancelled_meeting_is_over_for_those_inside_and_for_those_who_come(house: House) -> None:
    room = house.room()
    host, guest = house.both_inside(room)
    house.within(lambda: meetings.close(house.meeting(room), "cancelled"))
    for page in (host, guest):
        assert page.hears("ended") == {"reason": "cancelled"}
        assert page.refused("signal", {"to": room.seats["counselor"], "kind": "offer", "data": OFFER}) in {
            "not_admitted"
        }
    assert house.page("jobseeker_a").ask("enter", {"meeting": room.id, "after": 0})["reason"] == "cancelled"


def test_foreign_unknown_and_absent_are_one_answer(house: House) -> None:
    room, foreign = house.room(), house.room("b")
    host, guest = house.both_inside(room)
    unknown = "A" * 22
    asked = [
        ("enter", lambda id_: {"meeting": id_, "after": 0}, foreign.id),
        ("signal", lambda id_: {"to": id_, "kind": "offer", "data": OFFER}, foreign.seats["jobseeker"]),
        ("signal", lambda id_: {"to": id_, "kind": "offer", "data": OFFER}, room.seats["interpreter"]),
        ("signal", lambda id_: {"to": id_, "kind": "offer", "data": OFFER}, room.seats["counselor"]),
        ("admit", lambda id_: {"participant": id_}, foreign.seats["jobseeker"]),
        ("remove", lambda id_: {"participant": id_}, foreign.seats["jobseeker"]),
    ]
    for name, told, id_ in asked:
        page = house.page("counselor_a") if name == "enter" else host
        answer = page.ask(name, told(id_))
        assert answer == page.ask(name, told(unknown)) and answer["code"] == "not_found", (name, id_)
    assert guest.told("signalled") == [] and house.standings(foreign)["jobseeker"] == "expected"


def spoofed(house: House, room: Room, foreign: Room) -> list[str]:
    """What a seat in another meeting reaches in this one by naming it in every field."""
    host, guest = house.both_inside(room)
    stranger = house.page("counselor_b")
    stranger.ask("enter", {"meeting": foreign.id, "after": 0})
    host.forget(), guest.forget()
    found = []
    claims = {"meeting": room.id, "room": f"meeting:{room.id}", "from": room.seats["counselor"], "appointment": room.id}
    for kind in ("offer", "answer", "candidate", "restart", "bye"):
        data = (
            {"type": kind, "sdp": "v=0"} if kind in {"offer", "answer"} else CANDIDATE if kind == "candidate" else None
        )
        for to in (
            room.seats["jobseeker"],
            room.seats["counselor"],
            f"meeting:{room.id}",
            f"participant:{room.seats['jobseeker']}",
        ):
            if stranger.ask("signal", {**claims, "to": to, "kind": kind, "data": data})["ok"]:
                found.append(f"{kind} to {to}")
    stranger.ask("say", {**claims, "text": "spoofed", "key": "s"})
    stranger.ask("show", {**claims, "camera": True})
    stranger.ask("enter", {"meeting": room.id, "after": 0})
    for name in ("admit", "remove"):
        if stranger.ask(name, {**claims, "participant": room.seats["jobseeker"]})["ok"]:
            found.append(name)
    host.fine("say", {"text": "last", "key": "last"})
    guest.hears("happened", lambda one: one["data"].get("text") == "last")
    for page in (host, guest):
        found += [
            f"heard {name} {data}"
            for name, data in page.heard
            if name != "look_again" and data.get("data") != {"text": "last"} and not _is_slow(room, name, data)
        ]
    return found


def _is_slow(room: Room, name: str, data: dict[str, Any]) -> bool:
    """Whether it says that one of the room's own was not heard for a while, as on a machine that others use."""
    return name in ("fallen_silent", "heard_again") and data.get("from") in room.seats.values()


def test_nothing_is_delivered_across_meetings(house: House) -> None:
    room = house.room()
    assert spoofed(house, room, house.room("b")) == []
    assert [kind for _seq, kind, _data in house.happened(room)].count("said") == 1


def test_from_is_stamped_whatever_was_sent(house: House) -> None:
    room = house.room()
    host, guest = house.both_inside(room)
    claims = {"from": room.seats["counselor"], "sender": room.seats["counselor"], "sid": "x"}
    guest.fine("signal", {**claims, "to": room.seats["counselor"], "kind": "candidate", "data": CANDIDATE})
    assert host.hears("signalled") == {"from": room.seats["jobseeker"], "kind": "candidate", "data": CANDIDATE}
    guest.fine("say", {**claims, "text": "mine", "key": "mine"})
    assert host.hears("happened", lambda one: one["kind"] == "said")["from"] == room.seats["jobseeker"]
    guest.fine("show", {**claims, "camera": True})
    assert host.hears("shown")["from"] == room.seats["jobseeker"]


@pytest.mark.parametrize(
    ("kind", "data", "code"),
    [
        ("offer", {"type": "offer", "sdp": "x" * 65_536}, ""),
        ("offer", {"type": "offer", "sdp": "x" * 65_537}, "too_large"),
        ("answer", {"type": "answer", "sdp": "x" * 65_000 + "ü" * 300}, "too_large"),
        ("offer", {"type": "offer", "sdp": "x", "more": "x" * 1100}, "too_large"),
        ("offer", {"type": "answer", "sdp": "x"}, "input_wrong"),
        ("offer", {"type": "offer", "sdp": 7}, "input_wrong"),
        ("offer", None, "input_wrong"),
        ("candidate", {"candidate": "x" * 900}, ""),
        ("candidate", {"candidate": "x" * 1024}, "too_large"),
        ("candidate", {"candidate": "ü" * 600}, "too_large"),
        ("candidate", "x", "input_wrong"),
        ("candidate", [], "input_wrong"),
        ("candidate", {"candidate": b"bytes"}, "refused"),
        ("candidate", None, ""),
        ("bye", None, ""),
        ("bye", {"x": "x" * 1100}, "too_large"),
        ("restart", None, ""),
        ("renegotiate", None, "input_wrong"),
        ("Offer", OFFER, "input_wrong"),
    ],
)  # fmt: skip
def test_only_five_kinds_of_signal_and_only_so_large(
    inside: tuple[House, Room, Page, Page], kind: str, data: object, code: str
) -> None:
    _house, room, host, guest = inside
    answer = guest.ask("signal", {"to": room.seats["counselor"], "kind": kind, "data": data})
    assert answer.get("code", "") == code
    guest.fine(
        "signal", {"to": room.seats["counselor"], "kind": "bye", "data": {"last": f"{kind}{code}{len(str(data))}"}}
    )
    host.hears("signalled", lambda one: one["data"] == {"last": f"{kind}{code}{len(str(data))}"})
    assert len(host.told("signalled")) == (1 if code else 2)
    host.forget()


@pytest.fixture(scope="module")
def inside(running_house: House) -> tuple[House, Room, Page, Page]:
    """A meeting of two that goes on."""
    room = running_house.room()
    pages = running_house.both_inside(room)
    running_house.pages.clear()
    return running_house, room, *pages


def test_in_the_waiting_room_one_hears_that_something_was_said_not_what(house: House) -> None:
    room = house.room()
    host, guest = house.both_inside(room)
    third = house.enter("interpreter_a", room)
    guest.fine("say", {"text": "my secret", "key": "1"})
    assert third.hears("happened", lambda one: one["kind"] == "unheard")["data"] == {}
    browser = house.world.browsers["interpreter_a"]
    read = browser.get(f"/meetings/{room.id}/events").get_data(as_text=True)
    again = str(third.fine("enter", {"meeting": room.id, "after": 0}))
    assert "secret" not in read + again + str(third.heard) and '"unheard"' in read
    host.fine("admit", {"participant": room.seats["interpreter"]})
    guest.fine("say", {"text": "hello interpreter", "key": "2"})
    third.hears("happened", lambda one: one["data"].get("text") == "hello interpreter")
    assert "secret" in browser.get(f"/meetings/{room.id}/events").get_data(as_text=True)
    seen = [one["seq"] for one in third.told("happened")]
    assert seen == sorted(set(seen)), "each once, in order"


def test_who_is_removed_hears_nothing_more_and_stays_out(house: House) -> None:
    room = house.room()
    host, guest = house.both_inside(room)
    host.fine("remove", {"participant": room.seats["jobseeker"]})
    guest.hears("removed")
    until("closed", lambda: not guest.open, 5)
    guest.forget()
    host.fine("say", {"text": "about you", "key": "1"})
    again = house.page("jobseeker_a")
    assert again.refused("enter", {"meeting": room.id, "after": 0}) == "not_found"
    assert house.world.browsers["jobseeker_a"].get(f"/meetings/{room.id}/events").status_code == 404
    assert guest.heard == [] and again.heard == []
    assert host.refused("remove", {"participant": room.seats["counselor"]}) == "not_found"
    until("gone", lambda: house.here(room) == {"counselor"})


def test_guests_can_not_act_as_hosts(house: House) -> None:
    room = house.room()
    _host, guest = house.both_inside(room)
    third = house.enter("interpreter_a", room)
    for page in (guest, third):
        for name in ("admit", "remove"):
            for seat in room.seats.values():
                assert page.refused(name, {"participant": seat}) == "not_found"
        assert page.refused("end", {"reason": "completed"}) == "not_found"
    assert house.standings(room) == {"jobseeker": "admitted", "counselor": "admitted", "interpreter": "waiting"}
    assert third.refused("signal", {"to": room.seats["counselor"], "kind": "bye"}) == "not_admitted"


def test_a_third_person_writes_but_sends_no_media_without_a_unit(house: House) -> None:
    room = house.room()
    host, _guest = house.both_inside(room)
    third = house.enter("interpreter_a", room)
    host.fine("admit", {"participant": room.seats["interpreter"]})
    third.fine("say", {"text": "I am here", "key": "1"})
    host.hears("happened", lambda one: one["from"] == room.seats["interpreter"] and one["kind"] == "said")
    assert third.refused("signal", {"to": room.seats["counselor"], "kind": "offer", "data": OFFER}) == "not_found"
    assert host.refused("signal", {"to": room.seats["interpreter"], "kind": "offer", "data": OFFER}) == "not_found"
    assert host.fine("enter", {"meeting": room.id, "after": 0})["way"] == "direct"


def test_admitting_twice_and_ending_twice_change_nothing(house: House) -> None:
    room = house.room()
    host, _guest = house.both_inside(room)
    host.fine("admit", {"participant": room.seats["jobseeker"]})
    assert host.refused("end", {"reason": "because"}) == "refused"
    for _twice in range(2):
        house.within(lambda: meetings.end(house.meeting(room), None, "completed"))
    kinds = [kind for _seq, kind, _data in house.happened(room)]
    assert kinds.count("admitted") == 1 and kinds.count("ended") == 1


def test_signing_out_closes_the_lines_of_that_browser_only(house: House) -> None:
    room = house.room()
    here, elsewhere = house.again("counselor_a"), house.again("counselor_a")
    cookies = [
        "; ".join(f"{one.key}={one.value}" for one in browser.client._cookies.values()) for browser in (here, elsewhere)
    ]
    call = house.page("counselor_a", cookie=cookies[0])
    call.fine("enter", {"meeting": room.id, "after": 0})
    desk, other_desk = (house.page("counselor_a", DESK, cookie=cookie) for cookie in cookies)
    assert here.post("/sign-out").status_code == 200
    until("closed", lambda: not call.open and not desk.open, 5)
    assert other_desk.open and house.page("counselor_a").open
    assert (
        house.page("counselor_a", cookie=cookies[0]).refused("enter", {"meeting": room.id, "after": 0}) == "not_found"
    )
    until("seen to be gone", lambda: house.here(room) == set(), 10)


def test_signing_out_everywhere_closes_every_line(house: House) -> None:
    cookie = "; ".join(f"{one.key}={one.value}" for one in house.again("leader_a").client._cookies.values())
    desks = [house.page("leader_a", DESK), house.page("leader_a", DESK, cookie=cookie)]
    stranger = house.page("leader_b", DESK)
    house.within(lambda: sign_ins.end_all(people.get(house.world.a.people["leader"])))
    until("closed", lambda: not any(desk.open for desk in desks), 5)
    assert stranger.open


def test_a_host_who_is_replaced_is_out(house: House) -> None:
    room = house.room()
    host, guest = house.both_inside(room)
    old, new = house.world.a.people["counselor"], house.world.a.people["operator"]
    house.within(lambda: meetings.replace_host(house.meeting(room), old, new))
    until("closed", lambda: not host.open, 5)
    guest.fine("say", {"text": "who is there?", "key": "1"})
    assert "who is there" not in str(host.heard)
    assert house.page("counselor_a").refused("enter", {"meeting": room.id, "after": 0}) == "not_found"
    assert house.enter("operator_a", room).fine("beat") == {"ok": True}


def test_one_connection_sits_in_one_meeting(house: House) -> None:
    room, other = house.room(), house.room()
    page = house.enter("counselor_a", room)
    assert page.refused("enter", {"meeting": other.id, "after": 0}) == "already_seated"
    assert page.fine("enter", {"meeting": room.id, "after": 0})["me"]["standing"] == "admitted"
    assert [one.disconnected_at for one in house.presence(room)] == [None]
    page.fine("leave")
    assert page.refused("say", {"text": "x", "key": "1"}) == "not_found"
    page.fine("enter", {"meeting": other.id, "after": 0})
    assert house.here(other) == {"counselor"} and house.here(room) == set()


def test_who_leaves_waits_again(house: House) -> None:
    room = house.room()
    host, guest = house.both_inside(room)
    guest.fine("leave")
    guest.forget()
    host.fine("say", {"text": "are you there", "key": "1"})
    until("told", lambda: house.standings(room)["jobseeker"] == "left")
    assert guest.refused("signal", {"to": room.seats["counselor"], "kind": "bye"}) == "not_found"
    entered = guest.fine("enter", {"meeting": room.id, "after": 0})
    assert entered["me"]["standing"] == "waiting" and "said" not in str(guest.told("happened"))


def test_without_the_seat_check_strangers_get_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with running(tmp_path / "open", VO_DEMO="1", VO_RATE_LIMITS="off") as app:
        world: World = build(app)
        with app.app_context(), write_tx():
            now = meetings.clock.now()
            meeting = meetings.arrange(
                "test",
                "p2p",
                now - meetings.EARLY,
                now + meetings.LATE,
                None,
                [(world.a.people["jobseeker"], "jobseeker"), (world.a.people["counselor"], "counselor")],
            )
            public_id = meeting.public_id
        stranger = world.browsers["counselor_b"]
        assert stranger.get(f"/meetings/{public_id}/events").status_code == 404
        monkeypatch.setattr(meetings, "participant_of", lambda meeting, _visitor: meeting.participants[0])
        assert stranger.get(f"/meetings/{public_id}/events").status_code == 200
