"""A WebRTC peer that costs little, for benchmarks and tests: no picture is drawn, no sound is heard, every packet can be checked.

    peer = LightPeer("amal")
    answer = peer.answer(offer, publish={"pa": (), "pv": ("h", "l")})   # mid → rids
    await peer.connect()
    peer.say()                       # 20 ms of audio
    peer.show("h")                   # one picture of a layer ("": without simulcast)
    await peer.until(lambda: peer.heard(ssrc).packets > 10)
    peer.pli(ssrc); peer.nack(ssrc, [17]); peer.remb(500_000); peer.move(); peer.go_silent(); peer.replay(); peer.junk(b"…")
    await peer.close()

`Swarm` (benchmarks.media.swarm) counts for many viewers at once.
"""

from __future__ import annotations

import asyncio
import secrets
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from aiortc import clock
from aiortc import rtp as rtcp

from benchmarks.media import descriptions, pace
from benchmarks.media.arrivals import Arrivals
from benchmarks.media.descriptions import Description, Own, Section
from benchmarks.media.packets import Source, parse
from benchmarks.media.swarm import Swarm
from benchmarks.media.wire import FINGERPRINT, Wire, profile

__all__ = ["Arrivals", "LightPeer", "Source", "Swarm"]

PLI, FIR, APP = rtcp.RTCP_PSFB_PLI, rtcp.RTCP_PSFB_FIR, rtcp.RTCP_PSFB_APP
KEPT = 256
"""Sent packets that can be replayed, and answered when a NACK names them."""


class LightPeer:
    """One end of a connection. Not for threads: everything runs in the loop that made it."""

    def __init__(self, name: str = "", address: str = "127.0.0.1", codec: str = "VP8") -> None:
        self.name = name
        self.codec = codec
        self.wire = Wire(address, self._rtp, self._rtcp)
        self.ssrc = secrets.randbits(31) | 1
        """Its own, in feedback; the first of its sources' once there is one."""
        self.offer: Description | None = None
        self.sources: dict[tuple[str, str], Source] = {}
        """(mid, rid) → what it sends; rid "" without simulcast."""
        self.arrivals: dict[int, Arrivals] = {}
        self.feedback: list[Any] = []
        """Every RTCP packet that came in, as aiortc parses it."""
        self.obedient = True
        """A PLI or FIR makes the next frame a keyframe; a NACK is answered with the same bytes."""
        self.connected_at = 0.0
        self.sent: deque[tuple[int, int, bytes]] = deque(maxlen=KEPT)
        """(SSRC, sequence number, protected packet)."""
        self._role = "client"
        self._repairs: dict[int, int] = {}
        self._repair_types: dict[int, int] = {}
        self._ticking: asyncio.Task[None] | None = None

    # Setting up

    def answer(self, offer: str, publish: Mapping[str, Sequence[str]] | None = None) -> str:
        """The answer to `offer`. `publish`: mids to send on → rids (none: no simulcast). Starts or restarts ICE."""
        told = descriptions.read(offer)
        restart = self.offer is not None
        self.offer = told
        if restart:
            self.wire.own = Own(FINGERPRINT, self.wire.socket.getsockname())
        else:
            for mid, rids in (publish or {}).items():
                self._prepare(told.section(mid), rids)
        self._far_end(told, controlling=told.lite)
        self._role = "server" if told.setup == "active" else "client"
        sends: dict[str, list[str]] = {}
        for mid, rid in self.sources:
            sends.setdefault(mid, []).extend([rid] if rid else [])
        setup = "passive" if self._role == "server" else "active"
        return descriptions.answer(told, self.wire.own, setup, sends, self._ssrcs(), self.codec)

    def propose(self, send: Sequence[str] = (), receive: Sequence[str] = ()) -> str:
        """An offer of its own (WHIP, WHEP, a publisher of Janus): kinds ("audio", "video") to send, kinds to receive."""
        sections = [(kind, str(index), "sendonly") for index, kind in enumerate(send)]
        sections += [(kind, str(len(send) + index), "recvonly") for index, kind in enumerate(receive)]
        for kind, mid, direction in sections:
            if direction == "sendonly":
                section = Section(kind, 9, [], mid=mid, extensions=dict(descriptions.EXTENSIONS))
                section.codecs = {"OPUS": 111, "VP8": 96}
                self._prepare(section, ())
        return descriptions.offer(self.wire.own, sections, self._ssrcs())

    def accept(self, answer: str) -> None:
        """The far end's answer to `propose`."""
        self.offer = descriptions.read(answer)
        self._far_end(self.offer, controlling=True)
        self._role = "server" if self.offer.setup == "active" else "client"

    def _prepare(self, section: Section, rids: Sequence[str]) -> None:
        audio = section.kind == "audio"
        ids = section.extensions
        for rid in rids or ("",):
            carried = {}
            if descriptions.MID in ids:
                carried[ids[descriptions.MID]] = section.mid.encode()
            if rid and descriptions.RID in ids:
                carried[ids[descriptions.RID]] = rid.encode()
            self.sources[section.mid, rid] = Source(
                section.kind,
                secrets.randbits(31) | 1,
                section.codecs["OPUS" if audio else self.codec],
                carried,
                ids.get(descriptions.SEND_TIME, 0),
                ids.get(descriptions.LEVEL, 0) if audio else 0,
                codec=self.codec,
            )
        self.ssrc = next(iter(self.sources.values())).ssrc

    def _ssrcs(self) -> dict[str, list[int]]:
        return {mid: [source.ssrc] for (mid, rid), source in self.sources.items() if not rid}

    def _far_end(self, told: Description, controlling: bool) -> None:
        self._repairs = {again: first for one in told.sections for again, first in one.repair_ssrcs.items()}
        self._repair_types = {again: first for one in told.sections for again, first in one.repairs.items()}
        self.wire.theirs = told
        self.wire.controlling = controlling
        self.wire.checked.clear()
        if told.candidates:
            self.wire.far = None

    async def connect(self, patience: float = 10.0, keep: bool = True) -> None:
        """ICE, then DTLS, then (`keep`) a check every 4 s and a report every second. Raises TimeoutError, ConnectionError."""
        self.wire.read()
        await self.wire.reach(patience)
        await self.wire.secure(self._role, patience)
        self.connected_at = time.monotonic()
        if keep:
            self.keep()

    def keep(self) -> None:
        """From now on a check every 4 s and a report every second."""
        self._ticking = asyncio.create_task(self._tick())

    async def reconnect(self, patience: float = 10.0) -> None:
        """Reach the far end again after `answer` to an ICE restart; DTLS and SRTP go on."""
        await self.wire.reach(patience)

    async def _tick(self) -> None:
        for turn in range(1 << 30):
            await asyncio.sleep(1)
            if turn % 4 == 3:
                self.wire.check()
            self.report()

    async def close(self, politely: bool = True) -> None:
        """Give everything back; `politely` with DTLS's close alert."""
        if self._ticking is not None:
            self._ticking.cancel()
        await self.wire.close(politely)

    @property
    def profile(self) -> str:
        """The SRTP profile agreed."""
        return profile(self.wire.dtls)

    # Sending media

    def source(self, kind: str, rid: str = "") -> Source:
        """What it sends of a kind ("audio", "video") or on a mid. Raises KeyError."""
        for (mid, own), source in self.sources.items():
            if own == rid and kind in {mid, source.kind}:
                return source
        raise KeyError(kind, rid)

    def say(self, loudness: int = 30, size: int = 80) -> None:
        """20 ms of audio, as loud as asked (-dBov)."""
        self.send(self.source("audio").sound(size, loudness))

    def show(
        self, rid: str = "", packets: int = 6, size: int = 1100, keyframe: bool = False, mid: str = "video"
    ) -> None:
        """One picture of the camera's layer `rid`, or of another section (`mid="ps"`)."""
        for packet in self.source(mid, rid).frame(packets, size, keyframe):
            self.send(packet)

    async def play(
        self, seconds: float, rids: Sequence[str] = ("",), packets: int = 6, size: int = 1100, gap: float = 0.002
    ) -> None:
        """Camera at 30 pictures a second and 50 packets of audio, paced: `gap` seconds between packets of a picture."""
        await pace.play(self, seconds, rids, packets, size, gap)

    def send(self, packet: bytes) -> None:
        """Protect and send one RTP packet."""
        protected = self.wire.dtls._tx_srtp.protect(packet)
        self.sent.append((int.from_bytes(packet[8:12], "big"), int.from_bytes(packet[2:4], "big"), protected))
        self.wire.send(protected)

    def replay(self, count: int = 1) -> None:
        """Send the last `count` protected packets again, byte by byte."""
        for _ssrc, _sequence, packet in list(self.sent)[-count:]:
            self.wire.send(packet)

    def junk(self, data: bytes) -> None:
        """Send these bytes as they are."""
        self.wire.send(data)

    # Feedback

    def send_rtcp(self, packet: bytes) -> None:
        """Protect and send one (compound) RTCP packet."""
        self.wire.send(self.wire.dtls._tx_srtp.protect_rtcp(packet))

    def report(self) -> None:
        """A report on what it sends and hears: one sender report for each source, or a receiver report (at most 31 SSRCs)."""
        blocks = [
            rtcp.RtcpReceiverInfo(one.ssrc, 0, max(0, one.lost), one.highest & 0xFFFFFFFF, 0, 0, 0)
            for one in list(self.arrivals.values())[:31]
        ]
        reports: list[bytes] = []
        for source in self.sources.values():
            told = rtcp.RtcpSenderInfo(
                clock.current_ntp_time(), source.timestamp & 0xFFFFFFFF, source.number, source.size
            )
            reports.append(bytes(rtcp.RtcpSrPacket(source.ssrc, told, [] if reports else blocks)))
        self.send_rtcp(b"".join(reports) or bytes(rtcp.RtcpRrPacket(self.ssrc, blocks)))

    def nack(self, ssrc: int, sequences: Sequence[int]) -> None:
        """Ask for packets again (RFC 4585)."""
        self.send_rtcp(bytes(rtcp.RtcpRtpfbPacket(rtcp.RTCP_RTPFB_NACK, self.ssrc, ssrc, lost=list(sequences))))

    def pli(self, ssrc: int) -> None:
        """Ask for a keyframe (RFC 4585)."""
        self.send_rtcp(bytes(rtcp.RtcpPsfbPacket(PLI, self.ssrc, ssrc)))

    def remb(self, bitrate: int, ssrcs: Sequence[int] = ()) -> None:
        """Say how many bits a second can be received."""
        fci = rtcp.pack_remb_fci(bitrate, list(ssrcs or self.arrivals))
        self.send_rtcp(bytes(rtcp.RtcpPsfbPacket(APP, self.ssrc, 0, fci)))

    # The line

    def move(self, check: bool = True) -> None:
        """Go on from another port, as when a phone changes the network; `check`: say so with a binding request."""
        self.wire.move()
        if check:
            self.wire.check()

    def go_silent(self) -> None:
        """Send nothing more, not even checks, until `go_on`."""
        self.wire.silent = True

    def go_on(self) -> None:
        """Send again."""
        self.wire.silent = False

    async def until(self, condition: Callable[[], bool], patience: float = 5.0) -> None:
        """Wait until a datagram makes `condition` true. Raises TimeoutError after `patience` seconds."""
        async with asyncio.timeout(patience):
            while not condition():
                self.wire.changed.clear()
                await self.wire.changed.wait()

    # Receiving

    def heard(self, ssrc: int) -> Arrivals:
        """What came in on `ssrc` so far."""
        return self.arrivals.setdefault(ssrc, Arrivals(ssrc))

    def _rtp(self, data: bytes) -> None:
        packet = parse(data)
        first = self._repairs.get(packet.ssrc)
        if first is None:
            self.heard(packet.ssrc).take(packet)
        elif len(packet.body) > 2:
            sequence, kind = int.from_bytes(packet.body[:2], "big"), self._repair_types.get(packet.payload_type, 0)
            whole = replace(packet, payload_type=kind, sequence=sequence, ssrc=first, body=packet.body[2:])
            self.heard(first).take(whole, repaired=True)

    def _rtcp(self, data: bytes) -> None:
        for packet in rtcp.RtcpPacket.parse(data):
            self.feedback.append(packet)
            if not self.obedient:
                continue
            if isinstance(packet, rtcp.RtcpPsfbPacket) and packet.fmt in {PLI, FIR}:
                named = packet.media_ssrc if packet.fmt == PLI else int.from_bytes(packet.fci[:4], "big")
                for source in self.sources.values():
                    source.wants_keyframe |= source.ssrc == named
            elif isinstance(packet, rtcp.RtcpRtpfbPacket) and packet.fmt == rtcp.RTCP_RTPFB_NACK:
                for ssrc, sequence, protected in list(self.sent):
                    if ssrc == packet.media_ssrc and sequence in packet.lost:
                        self.wire.send(protected)
