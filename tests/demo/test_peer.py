"""The practice partner's end of a call, against another aiortc connection that stands for the page."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription, rtcrtpreceiver
from aiortc.codecs import get_decoder

from demo.peer import MOST, Peer
from demo.picture import Picture
from demo.sound import Sound


def test_what_comes_is_counted_and_not_decoded() -> None:
    """aiortc has no setting for it: this fails when a new version no longer asks for a decoder where `demo/peer.py` stands in."""
    assert asyncio.run(talk(enough=20)) == 0


def test_with_aiortcs_own_decoder_the_same_call_is_decoded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rtcrtpreceiver, "get_decoder", get_decoder)
    assert asyncio.run(talk(enough=20)) > 0


async def talk(enough: int) -> int:
    """A page sends until `enough` packets were counted; returns how many frames were decoded."""
    page = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    page.addTrack(Sound())
    page.addTrack(Picture())
    said: asyncio.Queue[tuple[str, dict[str, Any]]] = asyncio.Queue()

    async def send(kind: str, data: dict[str, Any]) -> None:
        said.put_nowait((kind, data))

    peer = Peer(hosts=False, send=send)
    await page.setLocalDescription(await page.createOffer())
    await peer.receive("offer", {"sdp": page.localDescription.sdp, "epoch": 1, "to": 0})
    kind, answer = await said.get()
    assert (kind, answer["epoch"], answer["to"]) == ("answer", peer.epoch, 1)
    assert f"b=AS:{MOST}\r\n" in answer["sdp"]
    await page.setRemoteDescription(RTCSessionDescription(answer["sdp"], "answer"))
    decoded = 0

    async def watch(track: Any) -> None:
        nonlocal decoded
        while True:
            await track.recv()
            decoded += 1

    assert peer._pc is not None
    watching = [asyncio.create_task(watch(receiver.track)) for receiver in peer._pc.getReceivers()]
    async with asyncio.timeout(20):
        while await peer._count() <= enough:
            await asyncio.sleep(0.1)
    for one in watching:
        one.cancel()
    await peer.close()
    await page.close()
    return decoded
