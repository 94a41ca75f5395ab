"""Who may send which message on the wire: role × message, from the running product, and what a spoofed one reaches (S-01, S-04)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from flask_socketio import Namespace

from accounts import people
from accounts.access import SIGNED_IN, allow
from foundation import clock
from foundation.db import db, write_tx
from realtime.wire import Door, wire
from virtual_office.meetings import meetings
from virtual_office.meetings.models import Meeting

from .test_matrix import VISITORS, no_finding
from .world import Town, World

DESK, MEETING = "/desk", "/meeting"
SDP = {"type": "offer", "sdp": "v=0\r\n"}
ALWAYS_FINE = {"beat"}
"""Says nothing and reaches nobody without a seat."""
OF_MEETING_A = {"jobseeker_a", "counselor_a"}
NONSENSE: tuple[Any, ...] = (
    None,
    [],
    "x",
    7,
    {},
    {"meeting": ["x"]},
    {"to": {}, "kind": None},
    {"text": "\x00" * 9000},
    {"participant": "x" * 9000},
)


def messages(town: Town) -> dict[str, dict[str, dict[str, Any]]]:
    """For every namespace and message one that its rightful sender could send about the town's meeting."""
    counselor, seeker = town.things["seat_counselor"], town.things["seat_jobseeker"]
    return {
        DESK: {},
        MEETING: {
            "enter": {"meeting": town.things["open_meeting"], "after": 0},
            "beat": {},
            "signal": {"to": counselor, "kind": "offer", "data": SDP, "from": counselor},
            "say": {"text": "hello", "key": "k1"},
            "type": {"kind": "line", "line": "l1", "n": 1, "erase": 0, "text": "h"},
            "ask_lines": {},
            "show": {"microphone": True, "camera": True},
            "admit": {"participant": seeker},
            "remove": {"participant": seeker},
            "leave": {},
            "end": {"reason": "done"},
            "media_join": {},
            "media_answer": {"peer": "p", "sdp": "v=0"},
            "media_restart": {"peer": "p"},
            "media_want": {"peer": "p", "wants": {seeker: "small"}, "rest": "audio", "pinned": [seeker]},
            "media_leave": {"peer": "p"},
            "direct_failed": {},
        },
    }


@pytest.fixture(scope="module")
def live(world: World) -> World:
    """The world with a meeting in each town that is open now."""
    with world.app.app_context():
        for town in (world.a, world.b):
            with write_tx():
                now = clock.now()
                seats = [(town.people["jobseeker"], "jobseeker"), (town.people["counselor"], "counselor")]
                meeting = meetings.arrange(
                    "test", "p2p", now - timedelta(minutes=5), now + timedelta(hours=1), town.office_id, seats
                )
                town.things["open_meeting"] = meeting.public_id
                for seat in meeting.participants:
                    town.things[f"seat_{seat.role}"] = seat.public_id
    world.keep()
    return world


class Line:
    """A socket of one browser in one namespace."""

    def __init__(self, world: World, who: str, namespace: str = MEETING) -> None:
        self.namespace = namespace
        self._client = wire.test_client(world.app, namespace=namespace, flask_test_client=world.browsers[who].client)

    @property
    def open(self) -> bool:
        return bool(self._client.is_connected(self.namespace))

    def send(self, name: str, told: Any) -> dict[str, Any]:
        """Send a message; its answer."""
        answer = self._client.emit(name, told, namespace=self.namespace, callback=True)
        assert isinstance(answer, dict) and "ok" in answer, f"{name} was not answered: {answer!r}"
        return answer

    def heard(self) -> list[dict[str, Any]]:
        """What arrived since the last look."""
        return list(self._client.get_received(self.namespace))

    def close(self) -> None:
        if self.open:
            self._client.disconnect(self.namespace)


@pytest.fixture
def lines(live: World) -> Iterator[Any]:
    """Open lines by visitor and namespace; closed at the end."""
    opened: list[Line] = []

    def open_line(who: str, namespace: str = MEETING) -> Line:
        opened.append(Line(live, who, namespace))
        return opened[-1]

    yield open_line
    for line in opened:
        line.close()


def doors() -> dict[str, type[Namespace]]:
    """Every namespace of the running product."""
    return {name: type(handler) for name, handler in wire.server.namespace_handlers.items()}


def test_every_message_is_known_to_the_matrix(live: World) -> None:
    assert set(doors()) == {DESK, MEETING} and all(issubclass(kind, Door) for kind in doors().values())
    known = messages(live.a)
    unknown = []
    for namespace, kind in doors().items():
        for name in dir(kind):
            if name.startswith("on_") and name not in {"on_connect", "on_disconnect", "on_unknown"}:
                assert getattr(getattr(kind, name), "policy", None) is not None, name
                if name.removeprefix("on_") not in known[namespace]:
                    unknown.append(f"{namespace} {name}")
    assert not unknown, f"say in tests/security/test_wire.py what a rightful message is: {unknown}"


def test_a_message_without_a_policy_stops_the_start() -> None:
    with pytest.raises(TypeError, match="on_gossip declares no policy"):
        type("Careless", (Door,), {"on_gossip": lambda _self, _told: None})
    type("Careful", (Door,), {"on_gossip": allow(SIGNED_IN)(lambda _self, _told: None)})


def leaks_to_strangers(live: World, lines: Any) -> list[str]:
    """Messages about meeting A that a stranger to it was not refused, or that changed a row."""
    found = []
    for who in (one for one in VISITORS if one not in OF_MEETING_A):
        before = live.digest()
        line = lines(who)
        for name, told in messages(live.a)[MEETING].items():
            answer = line.send(name, told)
            if name not in ALWAYS_FINE and (answer["ok"] or answer["code"] != "not_found"):
                found.append(f"{who}: {name} → {answer}")
            if live.digest() != before:
                found.append(f"{who}: {name} changed rows")
                live.restore()
        line.close()
    return found


def test_strangers_reach_nothing_of_a_meeting(live: World, lines: Any) -> None:
    no_finding(leaks_to_strangers(live, lines))


def test_without_the_seat_check_strangers_get_in(live: World, lines: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(meetings, "participant_of", lambda meeting, _visitor: meeting.participants[0])
    assert leaks_to_strangers(live, lines)


@pytest.mark.parametrize("who", ["anonymous", "link_a"])
def test_the_desk_line_is_for_people_with_an_account(live: World, lines: Any, who: str) -> None:
    assert not lines(who, DESK).open
    assert lines("counselor_a", DESK).open


def test_a_seat_in_one_meeting_reaches_nobody_in_another(live: World, lines: Any) -> None:
    host, guest = lines("counselor_a"), lines("jobseeker_a")
    assert host.send("enter", messages(live.a)[MEETING]["enter"])["ok"]
    assert guest.send("enter", messages(live.a)[MEETING]["enter"])["ok"]
    assert host.send("admit", {"participant": live.a.things["seat_jobseeker"]})["ok"]
    found = []
    for who in ("counselor_b", "jobseeker_b"):
        stranger = lines(who)
        assert stranger.send("enter", messages(live.b)[MEETING]["enter"])["ok"]
        rows = _rows_of(live, live.a)
        host.heard(), guest.heard()
        for name, told in messages(live.a)[MEETING].items():
            if name in {"beat", "enter", "leave", "end"}:
                continue
            for aimed in (
                told,
                {**told, "meeting": live.a.things["open_meeting"], "participant": live.a.things["seat_jobseeker"]},
            ):
                answer = stranger.send(name, aimed)
                if name in {"signal", "admit", "remove"} and answer["ok"]:
                    found.append(f"{who}: {name} → {answer}")
        if host.heard() or guest.heard():
            found.append(f"{who}: meeting A heard something")
        if _rows_of(live, live.a) != rows:
            found.append(f"{who}: meeting A changed")
    no_finding(found)


def test_the_sender_of_a_signal_is_stamped_here(live: World, lines: Any) -> None:
    host, guest = lines("counselor_a"), lines("jobseeker_a")
    host.send("enter", messages(live.a)[MEETING]["enter"])
    guest.send("enter", messages(live.a)[MEETING]["enter"])
    signal = messages(live.a)[MEETING]["signal"]
    assert not guest.send("signal", signal)["ok"], "signalled from the waiting room"
    host.send("admit", {"participant": live.a.things["seat_jobseeker"]})
    host.heard()
    assert guest.send("signal", signal)["ok"]
    told = [one["args"][0] for one in host.heard() if one["name"] == "signalled"]
    assert [one["from"] for one in told] == [live.a.things["seat_jobseeker"]]
    for kind in ("from", "evil", "", None, "offer" * 20):
        assert not guest.send("signal", {**signal, "kind": kind})["ok"]
    for name in ("admit", "remove", "end"):
        assert not guest.send(name, {"participant": live.a.things["seat_counselor"], "reason": "done"})["ok"], name


def test_a_colleague_who_left_is_refused_at_the_next_message(live: World, lines: Any) -> None:
    host = lines("counselor_a")
    assert host.send("enter", messages(live.a)[MEETING]["enter"])["ok"]
    with live.app.app_context(), write_tx():
        people.leave(people.get(live.a.people["counselor"]))
    assert not host.send("say", {"text": "still here", "key": "late"})["ok"]


def test_nonsense_is_answered_and_changes_nothing(live: World, lines: Any) -> None:
    for who in ("jobseeker_a", "counselor_a"):
        line = lines(who)
        assert line.send("enter", messages(live.a)[MEETING]["enter"])["ok"]
        before = live.digest()
        for name in sorted(set(messages(live.a)[MEETING]) - {"leave", "beat", "show", "ask_lines", "direct_failed"}):
            for told in NONSENSE:
                assert not line.send(name, told)["ok"], (name, told)
            if not line.open:
                line = lines(who)
                line.send("enter", messages(live.a)[MEETING]["enter"])
                before = live.digest()
        assert live.digest() == before


def _rows_of(live: World, town: Town) -> str:
    with live.app.app_context():
        meeting = db.session.query(Meeting).filter_by(public_id=town.things["open_meeting"]).one()
        return repr(
            [
                meeting.phase,
                meeting.last_seq,
                [(seat.id, seat.standing, seat.text_only) for seat in meeting.participants],
            ]
        )
