"""WHIP and WHEP on the running service: a program sends by a host's key, another shows it; every refusal; what is ended stops."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import requests

from benchmarks.media import descriptions
from benchmarks.media.light import LightPeer
from tests.application import running
from tests.security.world import build
from tests.server import Server
from virtual_office.meetings import ways

from .conftest import SETTINGS, House, Room

SDP, FRAGMENT = "application/sdp", "application/trickle-ice-sdpfrag"
SECRET = re.compile(r'id="secret"[^>]* value="([^"]+)"')
ADDRESS = re.compile(r'id="address"[^>]* value="([^"]+)"')
CANDIDATE = "a=ice-ufrag:EsAw\r\na=ice-pwd:P2uYro0UCOQ4zxjKXaWCBui1\r\nm=audio 9 RTP/AVP 0\r\na=mid:0\r\na=end-of-candidates\r\n"
NEW_NAMES = "a=ice-ufrag:ysXw\r\na=ice-pwd:vw5LmwG4y/e6dPP/zAP9Gp5k\r\n"


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, _quick_hashes: None) -> Iterator[House]:
    """The running service with a forwarding unit."""
    folder, settings = tmp_path_factory.mktemp("house"), {**SETTINGS, "VO_MEDIA_PROCESSES": "1"}
    server = Server(folder, env=settings)
    with running(folder, VO_PUBLIC_URL=server.url, VO_BIND=f"127.0.0.1:{server.port}", **settings) as app:
        world = build(app)
        with server:
            yield House(server, app, world)


class Key:
    """What a host's page showed, and a program that uses it."""

    def __init__(self, house: House, room: Room, purpose: str, who: str = "counselor_a") -> None:
        self.house, self.who = house, who
        self.page = f"{house.server.url}/meetings/{room.id}/stream-keys"
        answer = self.post(self.page, purpose=purpose)
        assert answer.status_code == 200, answer.text
        self.address, self.secret = ADDRESS.search(answer.text)[1], SECRET.search(answer.text)[1]  # type: ignore[index]

    def post(self, url: str, **fields: str) -> requests.Response:
        """A form of the host's pages."""
        fields["csrf_token"] = self.house.world.browsers[self.who].token()
        return requests.post(url, data=fields, headers={"Cookie": self.house.cookie(self.who)}, timeout=20)

    def ask(self, method: str, path: str = "", body: Any = "", kind: str = SDP, **headers: str) -> requests.Response:
        """One request of the program; `path` is the session's, else the door's."""
        url = self.house.server.url + path if path else self.address
        sent = {"Authorization": f"Bearer {self.secret}", "Content-Type": kind, **headers}
        return requests.request(method, url, data=body, headers=sent, timeout=20)

    def revoke(self) -> None:
        """The host ends the newest key of the page."""
        shown = requests.get(self.page, headers={"Cookie": self.house.cookie(self.who)}, timeout=20).text
        found = re.findall(r'action="(/stream-keys/[^"]+/revocation)"', shown)
        assert self.post(self.house.server.url + found[-1]).status_code == 200


def _offer(direction: str = "sendonly") -> str:
    """Sound and picture of a program that never comes."""
    own = descriptions.Own("sha-256 " + ":".join(["AB"] * 32), ("127.0.0.1", 9))
    return descriptions.offer(own, [("audio", "0", direction), ("video", "1", direction)], {"0": [7], "1": [8]})


async def _send(key: Key) -> tuple[LightPeer, requests.Response]:
    peer = LightPeer("obs")
    answer = await asyncio.to_thread(key.ask, "POST", "", peer.propose(send=("audio", "video")))
    assert answer.status_code == 201, answer.text
    peer.accept(answer.text)
    await peer.connect()
    return peer, answer


async def _show(key: Key) -> LightPeer:
    peer = LightPeer("player")
    answer = await asyncio.to_thread(key.ask, "POST", "", peer.propose(receive=("audio", "video")))
    assert answer.status_code == 201, answer.text
    peer.accept(answer.text)
    await peer.connect()
    return peer


async def _until(true: Callable[[], bool], patience: float = 10.0) -> None:
    async with asyncio.timeout(patience):
        while not true():
            await asyncio.sleep(0.01)


def test_what_is_sent_by_whip_is_shown_by_whep_through_an_ice_restart_and_until_it_is_deleted(house: House) -> None:
    room = house.room()
    send, watch = Key(house, room, "send"), Key(house, room, "watch")
    assert send.address == f"{house.server.url}/whip/{room.id}"
    assert watch.address == f"{house.server.url}/whep/{room.id}"

    async def case() -> None:
        player = await _show(watch)
        obs, begun = await _send(send)
        assert begun.headers["Content-Type"] == SDP
        assert begun.headers["Accept-Patch"] == FRAGMENT
        assert "Link" not in begun.headers, "no relay is configured"
        session, tag = begun.headers["Location"], begun.headers["ETag"]
        assert session.startswith(f"/whip/{room.id}/")
        assert re.fullmatch(r'"[A-Za-z0-9]+"', tag), "strong"
        assert player.offer is not None
        seen = player.heard(player.offer.section("1").ssrcs[0])
        heard = player.heard(player.offer.section("0").ssrcs[0])
        plays = asyncio.create_task(obs.play(4))
        await _until(lambda: seen.frames > 20 and heard.packets > 20)

        def ask(method: str, body: str = "", **headers: str) -> requests.Response:
            return send.ask(method, session, body, FRAGMENT, **headers)

        trickled = await asyncio.to_thread(ask, "PATCH", CANDIDATE, **{"If-Match": tag})
        assert (trickled.status_code, trickled.text, "ETag" in trickled.headers) == (204, "", False)
        restarted = await asyncio.to_thread(ask, "PATCH", NEW_NAMES, **{"If-Match": '"*"'})
        assert restarted.status_code == 200, restarted.text
        assert restarted.headers["Content-Type"] == FRAGMENT
        assert restarted.headers["ETag"] != tag
        read = descriptions.read(restarted.text)
        assert f'"{read.ufrag}"' == restarted.headers["ETag"]
        obs.wire.theirs.ufrag, obs.wire.theirs.password = read.ufrag, read.password
        obs.wire.checked.clear()
        await obs.reconnect()
        frames = seen.frames
        await _until(lambda: seen.frames > frames + 20)
        old = await asyncio.to_thread(ask, "PATCH", CANDIDATE, **{"If-Match": tag})
        assert (old.status_code, old.json()["code"]) == (412, "another_session")
        new = await asyncio.to_thread(ask, "PATCH", CANDIDATE, **{"If-Match": f"{tag}, {restarted.headers['ETag']}"})
        assert new.status_code == 204
        assert (await asyncio.to_thread(ask, "PATCH", CANDIDATE)).status_code == 428
        assert (await asyncio.to_thread(ask, "PATCH", "nonsense", **{"If-Match": "*"})).status_code == 400
        assert (
            await asyncio.to_thread(ask, "PATCH", CANDIDATE.partition("m=")[2], **{"If-Match": "*"})
        ).status_code == 400
        wrong_kind = await asyncio.to_thread(send.ask, "PATCH", session, CANDIDATE, SDP)
        assert (wrong_kind.status_code, wrong_kind.headers["Accept-Patch"]) == (415, FRAGMENT)
        await plays
        assert (seen.bad, seen.lost, seen.twice, seen.broken_pictures) == (0, 0, 0, 0), seen

        # Another's key does not reach it, nor does one of the other direction.
        assert (await asyncio.to_thread(watch.ask, "DELETE", session)).status_code == 403
        ended = await asyncio.to_thread(ask, "DELETE", **{"If-Match": '"anything"'})
        assert (ended.status_code, ended.text) == (200, "")
        assert (await asyncio.to_thread(ask, "DELETE")).status_code == 404
        assert (await asyncio.to_thread(ask, "PATCH", CANDIDATE, **{"If-Match": tag})).status_code == 404
        for peer in (obs, player):
            await peer.close()

    asyncio.run(case())
    for secret in (send.secret, watch.secret):
        assert secret not in house.server.log
        for file in house.server.folder.rglob("*"):
            if file.is_file():
                assert secret.encode() not in file.read_bytes(), file.name


def test_every_refusal_has_its_status_and_says_why_to_a_program(house: House) -> None:
    room, other = house.room(), house.room()
    key, elsewhere = Key(house, room, "send"), Key(house, other, "send")
    offer = _offer()

    def is_problem(answer: requests.Response, status: int, code: str) -> requests.Response:
        assert answer.status_code == status, (answer.status_code, answer.text)
        assert answer.headers["Content-Type"] == "application/problem+json"
        assert answer.json()["code"] == code
        return answer

    for given in ("", "Bearer", "Bearer wrong", "Basic eDp5", f"bearer {key.secret}x", "Bearer \xe9"):
        url = key.address
        headers = {"Content-Type": SDP, **({"Authorization": given.encode("latin-1")} if given else {})}
        answer = requests.post(url, data=offer, headers=headers, timeout=20)
        assert is_problem(answer, 401, "key_wrong").headers["WWW-Authenticate"] == "Bearer"
    absent = f"{house.server.url}/whip/AAAAAAAAAAAAAAAAAAAAAA"
    for address in (elsewhere.address, absent, key.address.replace("/whip/", "/whep/")):
        headers = {"Content-Type": SDP, "Authorization": f"Bearer {key.secret}"}
        is_problem(requests.post(address, data=offer, headers=headers, timeout=20), 403, "key_elsewhere")
    kind = is_problem(key.ask("POST", "", offer, "text/plain"), 415, "content_type")
    assert kind.headers["Accept-Post"] == SDP
    is_problem(key.ask("POST", "", "v=0\r\n" + "a=x\r\n" * 20_000), 413, "too_large")
    is_problem(key.ask("POST", "", ""), 400, "description_wrong")
    is_problem(key.ask("POST", "", b"\xff\xfe"), 400, "description_wrong")
    is_problem(key.ask("POST", "", "hello"), 400, "description_wrong")
    is_problem(
        key.ask("POST", "", offer.replace("VP8/90000", "VP9/90000").replace("opus/", "other/")),
        422,
        "description_unfit",
    )
    is_problem(key.ask("POST", "", offer.replace("m=video 9", "m=audio 9")), 406, "too_many_tracks")
    session = f"/whip/{room.id}/0.AAAAAAAAAAAAAAAAAAAAAA"
    for path in (session, session.replace("/0.", "/7."), f"/whip/{room.id}/x"):
        is_problem(key.ask("DELETE", path), 404, "not_found")
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        assert is_problem(key.ask(method), 405, "method_not_allowed").headers["Allow"] == "OPTIONS, POST"
    for method in ("GET", "PUT", "POST"):
        allowed = is_problem(key.ask(method, session), 405, "method_not_allowed").headers["Allow"]
        assert allowed == "DELETE, OPTIONS, PATCH"
    asked = requests.options(key.address, headers={"Origin": "https://studio.example.org"}, timeout=20)
    assert (asked.status_code, asked.headers["Accept-Post"]) == (200, SDP)
    assert "Access-Control-Allow-Origin" not in asked.headers


def test_a_key_that_is_ended_stops_what_it_had_open_and_opens_nothing(house: House) -> None:
    room = house.room()
    key, watch = Key(house, room, "send"), Key(house, room, "watch")

    async def case() -> None:
        player = await _show(watch)
        obs, begun = await _send(key)
        plays = asyncio.create_task(obs.play(3))
        assert player.offer is not None
        seen = player.heard(player.offer.section("1").ssrcs[0])
        await _until(lambda: seen.frames > 10)
        await asyncio.to_thread(watch.revoke)
        await asyncio.sleep(0.3)
        stopped = seen.packets
        assert (await asyncio.to_thread(watch.ask, "POST", "", _offer("recvonly"))).status_code == 401
        await asyncio.to_thread(key.revoke)
        gone = await asyncio.to_thread(key.ask, "DELETE", begun.headers["Location"])
        assert (gone.status_code, gone.json()["code"]) == (401, "key_wrong")
        await plays
        assert seen.packets == stopped
        for peer in (obs, player):
            await peer.close()

    asyncio.run(case())
    assert "realtime/whip" not in house.server.log, "no traceback names it"


def test_a_key_opens_nothing_once_the_meeting_is_over(house: House) -> None:
    room = house.room(closes=0.04)
    key = Key(house, room, "send")
    time.sleep(2.5)
    assert key.ask("POST", "", _offer()).status_code == 401
    assert key.post(key.page, purpose="send").status_code == 422


def test_only_a_host_makes_and_ends_keys(house: House) -> None:
    room = house.room()
    key = Key(house, room, "send")
    shown = house.world.browsers["counselor_a"].get(f"/meetings/{room.id}/stream-keys").text
    assert key.secret not in shown
    path = re.findall(r'action="(/stream-keys/[^"]+/revocation)"', shown)[0]
    for who in ("jobseeker_a", "interpreter_a", "counselor_b", "anonymous"):
        browser = house.world.browsers[who]
        assert browser.get(f"/meetings/{room.id}/stream-keys").status_code == 404
        assert browser.post(f"/meetings/{room.id}/stream-keys", {"purpose": "send"}).status_code == 404
        assert browser.post(path).status_code == 404
    browser = house.world.browsers["counselor_a"]
    for _more in range(7):
        assert browser.post(f"/meetings/{room.id}/stream-keys", {"purpose": "watch"}).status_code == 200
    assert "eight keys" in browser.post(f"/meetings/{room.id}/stream-keys", {"purpose": "watch"}).text
    assert browser.post(f"/meetings/{room.id}/stream-keys", {}).status_code == 422


def test_relays_other_origins_rates_and_a_unit_that_is_away(quick_server: Callable[..., House]) -> None:
    house = quick_server(
        VO_MEDIA_PROCESSES="1",
        VO_TURN_URLS="turn:turn.example.org:3478,turns:turn.example.org:443?transport=tcp",
        VO_TURN_SECRET="a secret of sixteen",
        VO_WHIP_ORIGINS="https://studio.example.org",
        VO_RATE_LIMITS="on",
    )
    key = Key(house, house.room(), "send")
    asked = requests.options(key.address, headers={"Origin": "https://studio.example.org"}, timeout=20)
    assert asked.headers["Access-Control-Allow-Origin"] == "https://studio.example.org"
    assert asked.headers["Access-Control-Allow-Methods"] == "POST, OPTIONS"
    assert "Authorization" in asked.headers["Access-Control-Allow-Headers"]
    begun = key.ask("POST", "", _offer(), Origin="https://studio.example.org")
    assert begun.status_code == 201, begun.text
    assert "Location" in begun.headers["Access-Control-Expose-Headers"]
    links = begun.headers["Link"]
    assert '<turn:turn.example.org:3478>; rel="ice-server"; username="' in links
    assert 'credential-type="password"' in links
    refused = requests.options(key.address, headers={"Origin": "https://elsewhere.example.org"}, timeout=20)
    assert "Access-Control-Allow-Origin" not in refused.headers
    last = [key.ask("POST", "", "hello").status_code for _one in range(40)][-1]
    assert last == 429
    house.server.kill("media-0")
    watch = Key(house, house.room(), "watch")
    away = [watch.ask("POST", "", _offer("recvonly")) for _one in range(3)]
    assert {one.status_code for one in away} <= {201, 503}
    assert all("Retry-After" in one.headers for one in away if one.status_code == 503)


def test_a_meeting_goes_through_the_unit_as_long_as_it_has_a_key(house: House) -> None:
    room = house.room()
    host, _guest = house.both_inside(room)
    with house.app.app_context():
        assert ways.of(house.meeting(room)) == ways.DIRECT
    key = Key(house, room, "send")
    with house.app.app_context():
        assert ways.of(house.meeting(room)) == ways.UNIT
    key.revoke()
    assert host.fine("enter", {"meeting": room.id, "after": 0})["me"]["hosts"]
    for page in house.pages:
        page.close()
    house.pages.clear()
