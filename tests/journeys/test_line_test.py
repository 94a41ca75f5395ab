"""The test of the line on the device check, and a program in the browser that sends by WHIP to a player that shows by WHEP."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from .conftest import House, opened
from .people import Human, until
from .test_call import Come, let_in
from .test_three import tiles

BLOCKED = """
  const Real = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Real {
    // A network that lets no UDP through: no candidate of the unit is ever tried.
    setRemoteDescription(told) {
      return super.setRemoteDescription({type: told.type, sdp: told.sdp.replace(/a=candidate[^\\r\\n]*\\r\\n/g, '')});
    }
  };
"""
SENDS = """async ({address, key}) => {
  const canvas = Object.assign(document.createElement('canvas'), {width: 320, height: 180});
  const pen = canvas.getContext('2d');
  window.setInterval(() => { pen.fillStyle = `hsl(${Math.random() * 360} 80% 50%)`; pen.fillRect(Math.random() * 300, Math.random() * 160, 60, 60); }, 60);
  const pc = new RTCPeerConnection({bundlePolicy: 'max-bundle'});
  const stream = canvas.captureStream(15);
  const sound = new MediaStreamAudioDestinationNode(new AudioContext()).stream;
  pc.addTransceiver(stream.getVideoTracks()[0], {direction: 'sendonly', streams: [stream]});
  pc.addTransceiver(sound.getAudioTracks()[0], {direction: 'sendonly', streams: [stream]});
  await pc.setLocalDescription();
  const answer = await fetch(address, {method: 'POST', body: pc.localDescription.sdp,
    headers: {'Content-Type': 'application/sdp', Authorization: `Bearer ${key}`}});
  await pc.setRemoteDescription({type: 'answer', sdp: await answer.text()});
  return [answer.status, answer.headers.get('Location'), answer.headers.get('ETag')];
}"""
SHOWS = """async ({address, key}) => {
  const pc = new RTCPeerConnection({bundlePolicy: 'max-bundle'});
  pc.addTransceiver('video', {direction: 'recvonly'});
  pc.addTransceiver('audio', {direction: 'recvonly'});
  const video = Object.assign(document.createElement('video'), {muted: true, autoplay: true, id: 'shown'});
  pc.addEventListener('track', (event) => { if (event.track.kind === 'video') { video.srcObject = new MediaStream([event.track]); void video.play(); } });
  document.body.append(video);
  await pc.setLocalDescription();
  const answer = await fetch(address, {method: 'POST', body: pc.localDescription.sdp,
    headers: {'Content-Type': 'application/sdp', Authorization: `Bearer ${key}`}});
  await pc.setRemoteDescription({type: 'answer', sdp: await answer.text()});
  return answer.status;
}"""
LOOK = """() => {
  const video = document.getElementById('shown');
  const canvas = new OffscreenCanvas(32, 18), pen = canvas.getContext('2d');
  pen.drawImage(video, 0, 0, 32, 18);
  return {at: video.currentTime, hash: pen.getImageData(0, 0, 32, 18).data.reduce((sum, one) => (sum * 31 + one) | 0, 0)};
}"""


@pytest.fixture(scope="module")
def house() -> Iterator[House]:
    """The demo town with a forwarding unit."""
    with opened(VO_MEDIA_PROCESSES="1") as made:
        yield made


def _mode(somebody: Human) -> str | None:
    return somebody.page.locator("[data-line-said]").get_attribute("data-mode")


def test_the_line_is_tested_by_itself_and_what_it_bears_is_kept(house: House, human: Come) -> None:
    amal = human("Amal Mansour")
    amal.open(f"{house.meeting()}/device-check")
    until("it says what it found", lambda: _mode(amal), 40)
    said = amal.reads("[data-line-said]")
    assert _mode(amal) == "video", said
    found = re.search(r"There and back it takes (\d+) ms; (\d+) % gets lost", said)
    assert found and int(found[1]) < 300 and int(found[2]) <= 5, said
    assert "Half an hour takes about 560 MB with picture, 20 MB with sound only." in said
    amal.press("Use this")
    until("it is kept", lambda: amal.reads("[data-line-said]") == "Your call begins with picture and sound.")
    kept = amal.page.evaluate("() => [sessionStorage.getItem('saver'), sessionStorage.getItem('camera')]")
    assert kept == ["off", "on"]
    assert amal.page.evaluate("() => document.activeElement?.hasAttribute('data-line-test')")
    assert amal.page.evaluate("() => window.connections.every((one) => one.connectionState === 'closed')")


def test_a_network_without_udp_is_told_so_on_the_way_in(house: House, human: Come) -> None:
    amal = human("Amal Mansour")
    amal.context.add_init_script(BLOCKED)
    amal.open(house.meeting())
    assert _mode(amal) is None, "the way in does not test by itself"
    amal.press("Test the line")
    until("it says that nothing gets through", lambda: _mode(amal), 40)
    assert _mode(amal) == "blocked"
    assert "this network blocks them" in amal.reads("[data-line-said]")
    amal.press("Use this")
    until("it is kept", lambda: amal.reads("[data-line-said]") == "Your call begins without picture.")
    assert amal.reads("[data-said=camera]") == "The camera is off."


def _key(ines: Human, path: str, what: str) -> dict[str, Any]:
    ines.open(f"{path}/stream-keys")
    ines.page.get_by_label(what).check()
    ines.submit("Make a key")
    address = ines.page.locator("#address").input_value()
    return {"address": "/" + address.split("/", 3)[3], "key": ines.page.locator("#secret").input_value()}


def test_a_browser_sends_by_whip_and_another_shows_it_by_whep(house: House, human: Come) -> None:
    ines, player = human("Inés Vidal"), human("Amal Mansour")
    path = house.meeting()
    watch, send = _key(ines, path, "Show the meeting"), _key(ines, path, "Send picture and sound into the meeting")
    player.open("/help")
    assert player.page.evaluate(SHOWS, watch) == 201
    status, location, tag = ines.page.evaluate(SENDS, send)
    assert status == 201
    assert location.startswith(send["address"] + "/")
    assert tag
    first = until("a picture is shown", lambda: (seen := player.page.evaluate(LOOK))["at"] > 0.2 and seen, 20)
    until(
        "it moves", lambda: (now := player.page.evaluate(LOOK))["at"] > first["at"] + 1 and now["hash"] != first["hash"]
    )
    host, guest = human("Inés Vidal"), human("Amal Mansour")
    let_in(guest, host, path)
    for one, other in ((host, "Amal Mansour"), (guest, "Inés Vidal")):
        until("it is seen in the meeting", lambda one=one: tiles(one) and tiles(one)[0]["at"] > 1)  # type: ignore[misc]
        assert [tile["name"].partition(",")[0] for tile in tiles(one)] == ["A program's picture", other]
