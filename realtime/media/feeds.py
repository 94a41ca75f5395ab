"""What is heard of a meeting outside it: plain packets of every publisher under fixed payload types, and their senders' clocks.

A recorder hears the largest layer of each picture. It sees only what it is sent, so for it the unit also asks publishers for the
keyframes that a viewer would ask for. A sibling (`followed.py`) hears every layer, and asks for keyframes itself.
"""

from __future__ import annotations

import time

from . import arrival, codecs, h264, packet, rtcp, vp8
from .arrival import NUMBERS, Arrival
from .control import Line
from .meeting import Meeting
from .track import Track


class Feed:
    """One line on one meeting, which hears until the line or the meeting ends; `layers`: all of them, not only the largest."""

    def __init__(self, line: Line, meeting: Meeting, *, layers: bool) -> None:
        self.line, self.layers = line, layers
        self._meeting = meeting
        self._begun: dict[str, int] = {}
        # Whoever asks again is fed once.
        meeting.feeds[:] = [one for one in meeting.feeds if not (isinstance(one, Feed) and one.line is line)] + [self]
        line.when_closed(self._stop)

    def packet(self, track: Track, ssrc: int, data: bytes | memoryview, *, largest: bool) -> None:
        """Hand on a packet that has just come."""
        if not (largest or self.layers):
            return
        raw = bytes(data)
        name = track.agreed.dialect.names.get(raw[1] & 127)
        if name is None or name.startswith("rtx:"):
            return
        if track.media == "video" and not self.layers:
            self._begin(track, ssrc, name, raw)
        # WHIP publishers have numbers of their own.
        mark = bytes([raw[1] & 128 | codecs.codec(name).payload_type])
        now = int(time.time() * 1e6)
        self.line.feed(arrival.write(Arrival(now, track.participant, NUMBERS[track.kind], raw[:1] + mark + raw[2:])))

    def report(self, track: Track, sent: rtcp.Sent) -> None:
        """Hand on a sender's report, so that sound and pictures are kept in step."""
        self.line.tell(
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
        if self in self._meeting.feeds:
            self._meeting.feeds.remove(self)
