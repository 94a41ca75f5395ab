"""The wire itself on the real server: who may open it, what it bears, and that one sender does not slow the others (S-05, S-08, S-09)."""

from __future__ import annotations

import contextlib
import json
import socket
import time
import urllib.error
import urllib.request
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
import websocket
from socketio.exceptions import ConnectionError as NotConnected

from realtime.limits import LARGEST

from .conftest import House
from .page import DESK, MEETING, PATIENCE, Bare, Page, until

pytestmark = pytest.mark.serial
ROUND_TRIP = 2.0
"""Seconds that nobody's beat may take, whatever the others send: about a hundred times what it takes."""


def status_of(url: str, headers: dict[str, str], method: str = "GET", data: bytes | None = None) -> tuple[int, str]:
    """Status, and the origin that the answer allows."""
    asked = urllib.request.Request(url, headers=headers, method=method, data=data)
    try:
        with urllib.request.urlopen(asked, timeout=10) as answer:
            return answer.status, answer.headers.get("Access-Control-Allow-Origin", "")
    except urllib.error.HTTPError as answer:
        with answer:
            return answer.code, answer.headers.get("Access-Control-Allow-Origin", "")


@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "OPTIONS"])
def test_polling_is_refused(house: House, method: str) -> None:
    for address in (
        "EIO=4&transport=polling",
        "EIO=4",
        "EIO=3&transport=polling",
        "transport=websocket",
        "EIO=4&transport=webtransport",
    ):
        status, allowed = status_of(
            f"{house.server.url}/socket.io/?{address}",
            {"Origin": house.server.url},
            method,
            b"9" if method != "GET" else None,
        )
        assert status == 400, address
        assert allowed in {"", house.server.url}


def test_two_hundred_one_byte_posts_leave_nothing_behind(house: House) -> None:
    page = house.page("counselor_a")
    took: list[float] = []
    for number in range(200):
        assert (
            status_of(
                f"{house.server.url}/socket.io/?EIO=4&transport=polling&sid=x", {}, "POST", b"96"[number % 2 :][:1]
            )[0]
            == 400
        )
        if number % 20 == 0:
            took.append(page.round_trip())
    assert max(took) < ROUND_TRIP


def origins_let_in(url: str, cookie: str) -> list[str]:
    """Foreign origins from which a browser could open a socket."""
    port = url.rpartition(":")[2]
    foreign = {
        "https://evil.example": {},
        "null": {},
        f"https://127.0.0.1:{port}": {},
        "http://127.0.0.1": {},
        f"http://127.0.0.1:{int(port) + 1}": {},
        f"http://sub.localhost:{port}": {},
        f"http://127.0.0.1:{port}.evil.example": {},
        f"{url}@evil.example": {},
        "http://evil.example": {"X-Forwarded-Host": "evil.example", "X-Forwarded-Proto": "http"},
    }
    found = []
    for origin, more in foreign.items():
        try:
            line = websocket.create_connection(
                "ws" + url.removeprefix("http") + "/socket.io/?EIO=4&transport=websocket",
                origin=origin, cookie=cookie, header=[f"{name}: {value}" for name, value in more.items()], timeout=10,
            )  # fmt: skip
        except websocket.WebSocketBadStatusException as refused:
            assert refused.status_code in {400, 403}
            assert (refused.resp_headers or {}).get("access-control-allow-origin", "") != origin
        else:
            line.close()
            found.append(origin)
    return found


def test_only_our_own_pages_may_open_a_socket(house: House) -> None:
    assert origins_let_in(house.server.url, house.cookie("counselor_a")) == []
    for origin in (house.server.url, house.server.url.replace("127.0.0.1", "localhost")):
        page = Page(house.server.url, house.cookie("counselor_a"), MEETING, origin)
        assert page.open
        page.close()


def test_the_desk_is_closed_to_those_without_an_account(house: House) -> None:
    for who in ("anonymous", "link_a"):
        with pytest.raises(NotConnected):
            house.page(who, DESK)
    assert house.page("jobseeker_a", DESK).open
    with pytest.raises(NotConnected):
        house.page("counselor_a", "/elsewhere")


def test_every_message_is_answered_also_one_that_nobody_knows(house: House) -> None:
    page = house.enter("counselor_a", house.room())
    for name in ("gossip", "unknown", "trigger_event", "", "connect_error", "__init__", "allowed", "x" * 5000):
        assert page.refused(name, {"x": 1}) == "not_found"
    assert house.page("counselor_a", DESK).refused("enter", {}) == "not_found"
    for told in ((), ({},) * 5, (None,), (1, "2"), ([],)):
        assert page.ask("say", *told)["ok"] is False
    assert page.ask("beat", 1, 2, 3)["ok"] is False
    assert page.round_trip() < ROUND_TRIP


def test_the_lines_own_words_are_no_messages(house: House) -> None:
    room = house.room()
    line = Bare(house.server.url, house.cookie("counselor_a"))
    line.enter()
    line.send(f'42{MEETING},1["enter",{json.dumps({"meeting": room.id, "after": 0})}]')
    until("entered", lambda: line.next().startswith(f"43{MEETING},1[{{"))
    for number, name in enumerate(("disconnect", "connect"), 2):
        line.send(f'42{MEETING},{number}["{name}",{{}}]')
        answer = until(name, lambda number=number: (got := line.next()).startswith(f"43{MEETING},{number}[") and got)
        assert '"not_found"' in answer
    assert house.here(room) == {"counselor"}
    line.close()


GARBAGE: dict[str, list[str | bytes]] = {
    "unknown engine packets": ["9", "6", "7", "x", "\x00"],
    "empty": ["", b""],
    "no packet": ["4", "4x", "49", "4999", "4{}", "4[]"],
    "not JSON": [f'42{MEETING},["say",', f"42{MEETING},[", f"42{MEETING},nonsense", f"42{MEETING},1"],
    "not a message": [
        f"42{MEETING},[]",
        f"42{MEETING},{{}}",
        f"42{MEETING},[7]",
        f"42{MEETING},[null,{{}}]",
        f"42{MEETING},7",
    ],
    "deep": [f"42{MEETING}," + "[" * 50_000, f'42{MEETING},["say",' + '{"a":' * 15_000 + "1" + "}" * 15_000 + "]"],
    "other namespaces": ["40/admin,", '42/admin,["say"]', "41/admin,", "40/" + "x" * 9000 + ","],
    "answers nobody asked for": [f"43{MEETING},1[]", f"43{MEETING},99999999999999999999[]", f"43{MEETING},[]"],
    "huge numbers": [
        f'42{MEETING},{"9" * 9000}["beat"]',
        f'42{MEETING},["beat",{"9" * 9000}]',
        f'42{MEETING},["beat",1e999]',
    ],
    "attachments": [f'45999999-{MEETING},["say"]', f'451-{MEETING},["say",{{"_placeholder":true,"num":7}}]', b"x"],
    "errors": [f"44{MEETING},{{}}", "44"],
    "bytes": [b"\x04", b"\xff" * 1000, b"42"],
    "close": ["1"],
}


@pytest.mark.parametrize("kind", sorted(GARBAGE))
def test_garbage_hurts_its_sender_only(house: House, kind: str) -> None:
    page = house.page("counselor_a")
    for frame in GARBAGE[kind]:
        for entered in (False, True):
            line = Bare(house.server.url, house.cookie("jobseeker_a"))
            if entered:
                line.enter()
            line.send(frame)
            line.send(f'42{MEETING},1["beat",{{}}]')
            assert page.round_trip() < ROUND_TRIP, frame[:40]
            line.close()
    assert page.open and house.server.get("/healthz")[0] == 200


def test_broken_websocket_frames_hurt_their_sender_only(house: House) -> None:
    page = house.page("counselor_a")
    for bytes_sent in (
        b"\x81\x05hello",
        b"\xff\xff\xff\xff",
        b"\x8f\x80\0\0\0\0",
        b"\x81\xff" + b"\xff" * 8 + b"mask",
        b"\x81\x82\0\0\0\0\xff\xfe",
        b"GET / HTTP/1.1\r\n\r\n",
    ):
        line = Bare(house.server.url)
        line.line.sock.sendall(bytes_sent)
        assert page.round_trip() < ROUND_TRIP
        line.close()
    for half in (b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n", b""):
        with socket.create_connection(("127.0.0.1", house.server.port)) as opened:
            opened.sendall(half)
            assert page.round_trip() < ROUND_TRIP


def test_a_frame_that_is_too_large_closes_its_line(house: House) -> None:
    page = house.page("counselor_a")
    for size in (LARGEST + 1, 1_000_000):
        line = Bare(house.server.url)
        line.send("4" + "x" * size)
        assert line.closed()
        assert page.round_trip() < ROUND_TRIP


def test_a_message_that_never_ends_is_not_collected(house: House) -> None:
    page = house.page("counselor_a")
    line = Bare(house.server.url)
    sent = 0
    first = True
    while sent < 50 * LARGEST:
        part = websocket.ABNF.create_frame(
            "4" * 8000, websocket.ABNF.OPCODE_TEXT if first else websocket.ABNF.OPCODE_CONT, 0
        )
        first = False
        try:
            line.line.send_frame(part)
        except (OSError, websocket.WebSocketException):
            break
        sent += 8000
        if sent % 80_000 == 0:
            time.sleep(0.01)  # the far end's close needs a moment to arrive: the count below is what is measured
    assert sent < 40 * LARGEST, "the server went on collecting"
    assert line.closed() and page.round_trip() < ROUND_TRIP


def test_a_compressed_bomb_is_not_unpacked(house: House) -> None:
    page = house.page("counselor_a")
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    packed = b"".join(packer.compress(b"4" * 1_000_000) for _ in range(200)) + packer.flush(zlib.Z_SYNC_FLUSH)
    frame = websocket.ABNF.create_frame(packed[:-4], websocket.ABNF.OPCODE_BINARY)
    frame.rsv1 = 1
    words = {
        "Host": f"127.0.0.1:{house.server.port}",
        "Origin": house.server.url,
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        "Sec-WebSocket-Extensions": "permessage-deflate",
    }
    request = "GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\n" + "".join(
        f"{k}: {v}\r\n" for k, v in words.items()
    )
    before = _memory(house)
    with socket.create_connection(("127.0.0.1", house.server.port), timeout=PATIENCE) as line:
        line.sendall(request.encode() + b"\r\n")
        opened = line.recv(4096)
        assert b" 101 " in opened and b"permessage-deflate" in opened
        with contextlib.suppress(ConnectionError):
            line.sendall(frame.format())
            while line.recv(4096):
                pass
    assert page.round_trip() < ROUND_TRIP
    assert _memory(house) - before < 60_000, "kilobytes"


def _memory(house: House) -> int:
    """Kilobytes that the web process and its workers ever took."""
    total = 0
    group = house.server.pids["web"]
    for status in _statuses():
        words = status.split()
        if f"NSpgid:\t{group}" in status or f"\nNSpgid:\t{group}\n" in status:
            total += int(words[words.index("VmHWM:") + 1]) if "VmHWM:" in words else 0
    assert total
    return total


def _statuses() -> Iterator[str]:
    for path in Path("/proc").glob("[0-9]*/status"):
        try:
            yield path.read_text()
        except OSError:
            continue
