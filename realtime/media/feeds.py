"""What a recorder hears of a meeting: plain packets of every publisher under fixed payload types, and their senders' clocks.

A recorder sees only what it is sent, so for it the unit also asks publishers for the keyframes that a viewer would ask for.
"""

from __future__ import annotations

import time

from . import codecs, h264, packet, rtcp, vp8
from .control import Line
from .meeting import Meeting
from .track import Track

KINDS = {"audio": 0, "camera": 1, "screen": 2}
"""The numbers of the feed (docs/media-protocol.md)."""


class Feed:
    """One recorder's line on one meeting; hears until the line or the meeting ends."""

    def __init__(self, line: Line, meeting: Meeting) -> None:
        self._line, self._meeting = line, meeting
        self._begun: dict[str, int] = {}
        meeting.on_feed, meeting.on_report = self.packet, self.report
        line.when_closed(self._stop)

    def packet(self, track: Track, ssrc: int, data: bytes | memoryview) -> None:
        """Hand on a packet that has just come."""
        raw = bytes(data)
        name = track.agreed.dialect.names.get(raw[1] & 127)
        if name is None or name.startswith("rtx:"):
            return
        if track.media == "video":
            self._begin(track, ssrc, name, raw)
        who = track.participant.encode()
        head = b"\0" + int(time.time() * 1e6).to_bytes(8, "big") + bytes([len(who)]) + who + bytes([KINDS[track.kind]])
        # WHIP publishers have numbers of their own.
        mark = bytes([raw[1] & 128 | codecs.codec(name).payload_type])
        self._line.feed(head + raw[:1] + mark + raw[2:])

    def report(self, track: Track, sent: rtcp.Sent) -> None:
        """Hand on a sender's report, so that sound and pictures are kept in step."""
        self._line.tell(
            "report",
            meeting=self._meeting.name,
            participant=track.participant,
            kind=track.kind,
            ssrc=sent.ssrc,
            ntp=sent.ntp,
            rtp=sent.rtp,
        )

    def _begin(self, track: Track, ssrc: int, name: str, raw: bytes) -> None:
        """Ask for a keyframe of a layer that is new to the recorder until one begins, and after a loss for the next."""
        track.recorded = True
        where = f"{track.participant} {track.kind}"
        if self._begun.get(where) == ssrc:
            return
        one = packet.read(raw)
        if one is None or not one.payload:
            return
        told = vp8.describe(one.payload) if name == "VP8" else None
        if (told is not None and told.start and told.keyframe) or (
            name == "H264" and h264.is_keyframe_start(one.payload)
        ):
            self._begun[where] = ssrc
        elif layer := track.layers.get(ssrc):
            layer.want_keyframe(time.monotonic())

    def _stop(self, _line: Line) -> None:
        if self._meeting.on_feed == self.packet:
            self._meeting.on_feed = self._meeting.on_report = None
