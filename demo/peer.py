"""The practice partner's end of a call: picture and sound to the page, epochs and messages as `static/js/peer.js` has them.

It answers rather than asks, so that two offers hardly ever meet (aiortc can not take an offer back). It asks only as host, and only
a page that stayed silent: one without camera and microphone never asks.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription, rtcrtpreceiver
from aiortc.codecs.base import Decoder
from aiortc.sdp import candidate_from_sdp

from .picture import Picture
from .sound import Sound

log = logging.getLogger(__name__)
Send = Callable[[str, dict[str, Any]], Awaitable[None]]
SILENT = 3.0
"""Seconds until the host's side asks by itself, and until a broken connection is made anew."""
MOST = 150
"""Kilobits a second of picture that the page is asked for: nobody looks at it."""
VIDEO = re.compile(r"(m=video [^\r]*\r\n(?:c=[^\r]*\r\n)?)")
UFRAG = re.compile(r"^a=ice-ufrag:(\S+)", re.MULTILINE)


class _Unseen(Decoder):
    def decode(self, encoded_frame: Any) -> list[Any]:
        return []


# What comes is counted, never looked at: decoding a person's camera would cost more than all the rest. aiortc asks for a decoder by
# this name in its module and has no setting for it; its version is pinned, and tests/demo/test_peer.py notices when this has no effect any more.
rtcrtpreceiver.get_decoder = lambda codec: _Unseen()  # type: ignore[attr-defined]


class Peer:
    """One connection to one page, replaced by a fresh one whenever either side begins anew."""

    def __init__(self, hosts: bool, send: Send) -> None:
        self.hosts, self._send = hosts, send
        self.epoch = self.theirs = 0
        self._pc: RTCPeerConnection | None = None
        self._began = 0.0
        self._ufrag = ""
        self._early: list[dict[str, Any]] = []
        self._packets = 0

    async def receive(self, kind: str, data: Any) -> None:
        """A message of the page."""
        data = data if isinstance(data, dict) else {}
        theirs, meant_for = data.get("epoch", 0), data.get("to", 0)
        if (meant_for and meant_for != self.epoch) or theirs < self.theirs:
            return
        known, newer = self.theirs != 0, theirs > self.theirs
        self.theirs = theirs
        if self._pc is None or (known and newer):
            await self._build()
        if kind == "offer":
            await self._answer(data["sdp"])
        elif kind == "answer":
            await self._take_answer(data["sdp"])
        elif kind == "candidate":
            await self._add(data)
        elif kind == "restart":
            await self._offer_again()

    async def tend(self) -> bool:
        """Looked after every few seconds while the page is there; says whether anything came since the last time."""
        pc = self._pc
        if pc is None:
            await self._build()
        elif time.monotonic() - self._began > SILENT:
            if pc.connectionState in {"failed", "closed"}:
                await self._build_and_say()
            elif pc.connectionState == "new" and self.hosts:
                await self._offer_again()
        before, self._packets = self._packets, await self._count()
        return self._packets > before

    async def close(self) -> None:
        """End it; the next message or look begins anew."""
        pc, self._pc = self._pc, None
        if pc is None:
            return
        tracks = [sender.track for sender in pc.getSenders() if sender.track]
        await pc.close()
        for track in tracks:
            track.stop()

    async def _build(self) -> None:
        await self.close()
        self.epoch = max(time.time_ns() // 1_000_000, self.epoch + 1)
        # No servers: the page is on this machine or reaches it, and without this line aiortc would ask a server on the internet.
        pc = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        pc.addTrack(Sound())
        pc.addTrack(Picture())
        self._pc, self._began, self._ufrag, self._early, self._packets = pc, time.monotonic(), "", [], 0

    async def _build_and_say(self) -> None:
        """A page that hears of a newer epoch builds a new connection too, and asks."""
        await self._build()
        await self._say("restart", {})

    async def _offer_again(self) -> None:
        pc = self._pc
        assert pc is not None
        if pc.signalingState == "stable" and not pc.remoteDescription:
            await pc.setLocalDescription(await pc.createOffer())
        if pc.signalingState == "have-local-offer":
            await self._say("offer", _described(pc))

    async def _answer(self, sdp: str) -> None:
        found = UFRAG.search(sdp)
        ufrag = found[1] if found else ""
        if self._ufrag and ufrag != self._ufrag:
            # The page restarts ICE, which aiortc can not.
            await self._build_and_say()
            return
        pc = self._pc
        assert pc is not None
        if pc.signalingState == "have-local-offer":
            # Both asked: the page of a jobseeker gives way and answers ours.
            await self._offer_again()
            return
        await self._take(RTCSessionDescription(sdp, "offer"), ufrag)
        await pc.setLocalDescription(await pc.createAnswer())
        await self._say("answer", _described(pc))

    async def _take_answer(self, sdp: str) -> None:
        if self._pc and self._pc.signalingState == "have-local-offer":
            found = UFRAG.search(sdp)
            await self._take(RTCSessionDescription(sdp, "answer"), found[1] if found else "")

    async def _take(self, description: RTCSessionDescription, ufrag: str) -> None:
        assert self._pc is not None
        await self._pc.setRemoteDescription(description)
        self._ufrag = ufrag
        early, self._early = self._early, []
        for one in early:
            await self._add(one)

    async def _add(self, data: dict[str, Any]) -> None:
        assert self._pc is not None
        if not self._pc.remoteDescription:
            self._early.append(data)
            return
        words = data.get("candidate")
        if not words:
            return
        candidate = candidate_from_sdp(words.partition(":")[2])
        candidate.sdpMid, candidate.sdpMLineIndex = data.get("sdpMid"), data.get("sdpMLineIndex")
        await self._pc.addIceCandidate(candidate)

    async def _say(self, kind: str, data: dict[str, Any]) -> None:
        await self._send(kind, {**data, "epoch": self.epoch, "to": self.theirs})

    async def _count(self) -> int:
        if self._pc is None:
            return 0
        reports = (await self._pc.getStats()).values()
        return sum(one.packetsReceived for one in reports if one.type == "inbound-rtp")


def _described(pc: RTCPeerConnection) -> dict[str, Any]:
    described = pc.localDescription
    return {"type": described.type, "sdp": VIDEO.sub(rf"\1b=AS:{MOST}\r\n", described.sdp)}
