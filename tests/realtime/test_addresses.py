"""Whoever hides their address tells a peer only a relay's (S-22): as a rule, over the wire, and with the guard off."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from accounts.access import Visitor
from accounts.models import Person
from foundation.db import db, write_tx
from realtime.addresses import hidden
from tests.tiers import examples
from virtual_office.meetings import meetings

from .conftest import House, Room

OWN = "192.0.2.77"
RELAY = "198.51.100.9"
HOST = f"candidate:1 1 udp 2122260223 {OWN} 40000 typ host generation 0"
MDNS = "candidate:2 1 udp 2122260223 3f0c.local 40000 typ host generation 0"
MIRROR = f"candidate:3 1 udp 1686052607 {OWN} 40001 typ srflx raddr {OWN} rport 40000"
RELAYED = f"candidate:4 1 udp 41885695 {RELAY} 50000 typ relay raddr {OWN} rport 40001 generation 0"
SDP = "\r\n".join(
    [
        "v=0",
        f"o=- 46117 2 IN IP4 {OWN}",
        "s=-",
        "t=0 0",
        "m=audio 9 UDP/TLS/RTP/SAVPF 111",
        f"c=IN IP4 {OWN}",
        f"a=rtcp:9 IN IP4 {OWN}",
        f"a={HOST}",
        f"a={MIRROR}",
        f"a={RELAYED}",
        "a=ice-ufrag:4ZcD",
        "a=fingerprint:sha-256 AA:BB",
        "",
    ]
)


def test_only_a_relay_s_candidate_passes_and_not_what_is_behind_it() -> None:
    for line in (HOST, MDNS, MIRROR):
        assert hidden("candidate", {"candidate": line, "sdpMid": "0"}) is None
    told = hidden("candidate", {"candidate": RELAYED, "sdpMid": "0", "epoch": 3, "address": OWN})
    assert RELAY in told["candidate"] and OWN not in json.dumps(told)
    assert told["sdpMid"] == "0" and told["epoch"] == 3 and "address" not in told
    assert hidden("candidate", {"candidate": "", "epoch": 1}) == {"candidate": "", "epoch": 1}


def test_a_description_keeps_all_but_own_addresses() -> None:
    told = hidden("offer", {"type": "offer", "sdp": SDP, "epoch": 1})["sdp"]
    assert OWN not in told and RELAY in told
    assert "a=ice-ufrag:4ZcD" in told and "a=fingerprint:sha-256 AA:BB" in told and "m=audio 9" in told


def test_lines_that_hide_in_lines_pass_neither() -> None:
    for line in (f"{RELAYED}\r\n{HOST}", f"{RELAYED}\na={HOST}", f"x {HOST} typ relay", f"{HOST} x typ relayed"):
        told = hidden("candidate", {"candidate": line})
        assert told is None or OWN not in json.dumps(told), line
    for breaks in ("\n", "\r", "\r\n"):
        assert OWN not in hidden("offer", {"sdp": SDP.replace("\r\n", breaks)})["sdp"]


@settings(max_examples=examples(200))
@given(st.text(max_size=60), st.sampled_from([HOST, MIRROR, RELAYED]), st.text(max_size=60))
def test_nothing_put_around_a_candidate_lets_an_address_out(before: str, line: str, after: str) -> None:
    told = hidden("offer", {"sdp": f"{before}\r\na={line}\r\n{after}"})["sdp"]
    assert OWN not in told or OWN in before + after


def _hide(house: House, room: Room, role: str) -> None:
    with house.app.app_context(), write_tx():
        person = db.session.get_one(Person, house.world.a.people[role])
        _meeting, seat = meetings.get(room.id, Visitor(person=person))
        meetings.hide_address(seat, True)


@pytest.mark.serial
@pytest.mark.parametrize("hides", [True, False])
def test_over_the_wire_nothing_of_it_arrives(house: House, hides: bool) -> None:
    room = house.room()
    guest, host = house.enter("jobseeker_a", room), house.enter("counselor_a", room)
    host.fine("admit", {"participant": room.seats["jobseeker"]})
    if hides:
        _hide(house, room, "jobseeker")

    def send(kind: str, data: dict[str, Any]) -> dict[str, Any]:
        return guest.fine("signal", {"to": room.seats["counselor"], "kind": kind, "data": data})

    send("offer", {"type": "offer", "sdp": SDP})
    assert send("candidate", {"candidate": HOST, "sdpMid": "0"}).get("kept", False) is hides
    send("candidate", {"candidate": RELAYED, "sdpMid": "0"})
    host.hears("signalled", lambda one: RELAY in one["data"].get("candidate", ""))
    arrived = json.dumps(host.told("signalled"))
    assert bool(re.search(re.escape(OWN), arrived)) is not hides, "without the wish the same words carry the address"
    # The other way nothing is taken out: only who hides is hidden.
    host.fine(
        "signal", {"to": room.seats["jobseeker"], "kind": "candidate", "data": {"candidate": HOST, "sdpMid": "0"}}
    )
    assert OWN in json.dumps(guest.hears("signalled"))
