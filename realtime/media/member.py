"""One participant's connection in a meeting: what it publishes, what it watches, and what its reports say."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from aiortc.rate import BandwidthUsage, RemoteBitrateEstimator

from . import packet, rtcp
from .answers import Agreed, Remote
from .loss import Received
from .packet import Packet
from .peer import Peer
from .sdp import Section
from .tokens import Claims
from .track import Track
from .wish import Ladder, Wants

if TYPE_CHECKING:
    from .meeting import Meeting

SECTIONS = {"audio": ("pa", "audio"), "video": ("pv", "video"), "screen": ("ps", "video")}
"""Of each thing that may be published: its section and the kind of it."""
KINDS = {"pa": "audio", "pv": "camera", "ps": "screen"}
LAYERS = ("h", "l")
MOST = 2_500_000
"""Bits a second that one participant is told to send at most: a camera in two layers and a screen."""
FIRST = 600_000
"""Bits a second that one may send in the beginning: both layers of a camera start, a thin line is not flooded."""
GROWS = 1.15
"""By how much a second that grows while packets do not begin to queue. The estimator's own growth ends at 1.5 times what comes in: whoever
once sent little, for a still picture or a busy phone, would be kept there for ever."""
WELL, BADLY = 0.05, 0.10
"""Share of a participant's sound and pictures that is lost at somebody: what "hears badly" means, with room between for no flapping."""


class Member:
    """`claims` say what is allowed; `sections` are those of the offer, ours; `on_flow` is called when media first flows."""

    def __init__(self, meeting: Meeting, peer: Peer, claims: Claims) -> None:
        self.meeting, self.peer, self.claims = meeting, peer, claims
        self.participant = claims.participant
        self.wants, self.ladder = Wants(), Ladder()
        self.tracks: dict[str, Track] = {}
        self.agreed: dict[str, Agreed] = {}
        self.version = 0
        self.heard: dict[str, str] = {}
        self.on_flow: Callable[[], None] = lambda: None
        self.watches = True
        self.offered: object = None
        """What there was to choose from when it was chosen last."""
        self.by_offer = False
        """Whether it is a browser that took our offer: of those a participant has one."""
        self._by_ssrc: dict[int, Track] = {}
        # Only for who publishes: each holds a thousand counters.
        self._bandwidth = RemoteBitrateEstimator() if claims.publish else None
        self._bearable: int | None = None
        self._received = Received()
        self._flows = False
        peer.on_rtp, peer.on_rtcp, peer.on_moved = self._rtp, self._rtcp, self._moved

    def sections(self) -> list[Section]:
        """The sections of our offer: theirs first, then a place each."""
        made = []
        for name in self.claims.publish:
            mid, kind = SECTIONS[name]
            made.append(Section(mid, kind, "recvonly", rids=LAYERS if mid == "pv" else ()))
        for place in self.meeting.places:
            # Sound and picture of one number are one stream: played in step.
            made.append(
                Section(
                    place.mid,
                    place.kind,
                    "sendonly",
                    place.ssrc,
                    place.rtx if place.kind == "video" else None,
                    f"p{place.index}",
                    place.mid,
                )
            )
        return made

    def agree(self, remote: Remote) -> None:
        """What the other side takes of it."""
        self.agreed = {one.mid: one for one in remote.sections}

    def connected(self, now: float) -> None:
        """The keys are there: sit down before every place that this browser takes."""
        if not self.watches:
            return
        for place in self.meeting.places:
            agreed = self.agreed.get(place.mid)
            if agreed and agreed.direction in ("recvonly", "sendrecv"):
                place.seat(self.peer, agreed.dialect)

    # — what comes —

    def _rtp(self, data: memoryview, now: float, came: float) -> None:
        one = packet.read(data)
        if one is None:
            return
        known = track = self._by_ssrc.get(one.ssrc)
        rid = ""
        if track is None:
            track, rid = self._find(one)
            if track is None:
                return
        self._estimate(one, track, len(data), came)
        whole = track.take(one, rid, now)
        if whole is None:
            return
        if known is None:
            self._by_ssrc[one.ssrc] = track
        self.meeting.fed(track, whole.ssrc, data if whole is one else packet.again(whole))
        if not self._flows:
            self._flows = True
            self.on_flow()

    def _find(self, one: Packet) -> tuple[Track | None, str]:
        """The section of a stream that is new: told by its mid, with the rid of its layer (RFC 8843, RFC 8852)."""
        for mid, agreed in self.agreed.items():
            if agreed.direction not in ("sendonly", "sendrecv") or not self._may(mid, agreed.kind):
                continue
            told = one.extensions.get(agreed.dialect.extensions.get("mid", 0))
            if one.ssrc in agreed.ssrcs or (told is not None and told.decode("ascii", "replace") == mid):
                rid = one.extensions.get(agreed.dialect.extensions.get("rid", 0), b"").decode("ascii", "replace")
                return self._track(mid, agreed), rid
        return None, ""

    def _may(self, mid: str, kind: str) -> bool:
        """Whether the token lets them publish this: by our section's name, and in a description of theirs by its kind."""
        if mid in KINDS:
            return any(SECTIONS[name][0] == mid for name in self.claims.publish)
        return kind in self.claims.publish

    def _track(self, mid: str, agreed: Agreed) -> Track | None:
        if mid not in self.tracks:
            kind = KINDS.get(mid, "audio" if agreed.kind == "audio" else "camera")
            made = self.meeting.stand(self, kind, agreed)
            if made is None:
                return None
            self.tracks[mid] = made
        return self.tracks[mid]

    def _estimate(self, one: Packet, track: Track, size: int, came: float) -> None:
        raw = one.extensions.get(track.agreed.dialect.extensions.get("abs-send-time", 0))
        if raw is None or len(raw) != 3 or self._bandwidth is None:
            return
        told = self._bandwidth.add(
            abs_send_time=int.from_bytes(raw, "big"), arrival_time_ms=int(came * 1000), payload_size=size, ssrc=one.ssrc
        )
        if self._bearable is None:
            self._bearable = FIRST
        if told and self._bandwidth.detector.state() == BandwidthUsage.OVERUSING and told[0] < self._bearable:
            before, self._bearable = self._bearable, told[0]
            if self._bearable < before * 0.9:
                self._tell_bearable()

    def _tell_bearable(self) -> None:
        if self._bearable and self._by_ssrc:
            self.peer.send(
                rtcp.receiver_report(self.peer.ssrc, [])
                + rtcp.remb(self.peer.ssrc, self._bearable, list(self._by_ssrc)),
                control=True,
            )

    def _rtcp(self, told: rtcp.Read, now: float) -> None:
        for sent in told.sent:
            if track := self._by_ssrc.get(sent.ssrc):
                track.reports[sent.ssrc] = (sent, now)
                self.meeting.relay_time(track, sent, now)
        if told.remb is not None:
            self.ladder.bears(float(told.remb), now)
        for report in told.reports:
            if place := self.meeting.by_ssrc.get(report.ssrc):
                self._hears(place.ssrc, report, now)
        for ssrc, lost in told.nacks:
            place = self.meeting.by_ssrc.get(ssrc)
            if place and (seat := place.seats.get(self.peer)):
                seat.again(lost, now)
        for ssrc in told.keyframes:
            place = self.meeting.by_ssrc.get(ssrc)
            if place and (seat := place.seats.get(self.peer)) and seat.layer:
                seat.layer.want_keyframe(now)

    def _hears(self, ssrc: int, report: rtcp.Report, now: float) -> None:
        self._received.take(report, now)
        self.ladder.loss = self._received.share(now)
        place = self.meeting.by_ssrc[ssrc]
        if place.track is None:
            return
        share, who = self._received.of(ssrc), place.track.participant
        was = self.heard.get(who, "well")
        how = "badly" if share > BADLY else "well" if share < WELL else was
        if how != was:
            self.heard[who] = how
            self.meeting.tell("heard", participant=self.participant, of=who, how=how)

    def _moved(self) -> None:
        for place in self.meeting.places:
            if seat := place.seats.get(self.peer):
                seat.moved()

    def stopped(self, ssrc: int) -> None:
        """A place is not sent to them any more."""
        self._received.forget(ssrc)
        self.ladder.loss = self._received.share(time.monotonic())

    # — what goes —

    def second(self) -> None:
        """Once a second: reports to them about what they publish."""
        blocks = [block for track in self.tracks.values() for block in track.second()]
        if blocks:
            self.peer.send(rtcp.receiver_report(self.peer.ssrc, blocks), control=True)
            if self._bearable:
                self._bearable = min(MOST, int(self._bearable * GROWS))
            self._tell_bearable()
