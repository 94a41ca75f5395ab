"""A meeting as it is recorded: frames of the feed go in, files and the manifest come out. Knows no line and no threads."""

from __future__ import annotations

import json
import logging
from collections import Counter
from pathlib import Path
from typing import Any

from realtime.media import arrival
from realtime.media.arrival import AUDIO, CAMERA, KINDS, SCREEN, Malformed
from realtime.media.packet import read
from realtime.media.recorder.clocks import SenderClock
from realtime.media.recorder.manifest import Gap, Manifest
from realtime.media.recorder.output import Output
from realtime.media.recorder.sources import Camera, Microphone, Source

log = logging.getLogger(__name__)

MOST_PARTICIPANTS = 128
"""Publishers at once; a meeting has 12 cameras."""
IDLE = 60_000_000
"""Microseconds without a packet after which a file is ended."""
SKEW = 3_600_000_000
"""Microseconds that an arrival may differ from this machine's clock; the unit is on the same machine."""


class Publisher:
    """One participant: a microphone and a camera that share files, and a screen with its own."""

    def __init__(self, folder: Path, manifest: Manifest, participant: str) -> None:
        sender = SenderClock()
        self.pair = Output(folder, manifest, participant)
        self.screen = Output(folder, manifest, participant, screen=True)
        self.sources: dict[int, Source] = {
            AUDIO: Microphone(sender, self.pair),
            CAMERA: Camera(sender, self.pair),
            SCREEN: Camera(sender, self.screen),
        }

    def close(self) -> None:
        """Write what is held back and end the files well."""
        for source in self.sources.values():
            source.close()
        self.pair.close()
        self.screen.close()


class Recording:
    """Writes one meeting into one folder. Times are in microseconds since 1970 on this machine's clock."""

    def __init__(self, folder: Path, meeting: str, now: int) -> None:
        """Raises `manifest.Strange` when the folder belongs to something else, `OSError` when it can not be written."""
        self.folder = folder
        self.manifest = Manifest(folder, meeting, now)
        self.manifest.write(now)
        self.malformed: Counter[str] = Counter()
        self._publishers: dict[str, Publisher] = {}
        self._away: Gap | None = None
        self._newest = 0

    def take(self, frame: bytes, now: int) -> int:
        """Take one frame of the feed, at `now` by the clock; gives when its packet arrived (`now` for an event). Raises nothing."""
        try:
            if frame[:1] == b"{":
                self._event(json.loads(frame))
                return now
            one = arrival.read(frame)
            if abs(one.at - now) > SKEW:
                raise Malformed("feed: arrived at no possible time")
            packet = read(one.packet)
            if packet is None:
                raise Malformed("feed: no RTP")
        except (Malformed, ValueError, RecursionError) as error:
            why = str(error) if isinstance(error, Malformed) else "feed: no JSON"
            if not self.malformed[why]:
                log.warning("a frame of the feed was left out: %s", why)
            self.malformed[why] += 1
            return now
        publisher = self._publisher(one.participant)
        if publisher is None:
            self.manifest.dropped += 1
            return one.at
        self._newest = max(self._newest, one.at)
        source = publisher.sources[one.kind]
        source.push(packet, one.at)
        source.release(self._newest)
        return one.at

    def look(self, now: int) -> None:
        """Hand on what waited long enough, and end what is idle."""
        for participant, publisher in list(self._publishers.items()):
            for source in publisher.sources.values():
                source.release(now)
            publisher.pair.look(now)
            for output in (publisher.pair, publisher.screen):
                if now - output.idle_since > IDLE:
                    output.close()
            if now - max(publisher.pair.idle_since, publisher.screen.idle_since) > IDLE:
                del self._publishers[participant]

    def sync(self, now: int) -> None:
        """Have the disk keep everything so far, and the manifest tell it."""
        for publisher in self._publishers.values():
            publisher.pair.sync()
            publisher.screen.sync()
        if self._away is not None:
            self._away.end = max(self._away.start, self.manifest.seconds(now))
        self._write(now)

    def dropped(self, frames: int) -> None:
        """So many frames of the feed were dropped, because the disk or this process was too slow."""
        self.manifest.dropped += frames

    def line_lost(self, now: int) -> None:
        """The unit is away: the gap is told until it is back. Files stay open for what comes then."""
        if self._away is None:
            at = self.manifest.seconds(now)
            self._away = Gap(at, at, "line")
            self.manifest.gaps.append(self._away)
            for publisher in self._publishers.values():
                publisher.pair.line_lost(now)
                publisher.screen.line_lost(now)
            self._write(now)

    def line_back(self, now: int) -> None:
        """The unit is there again."""
        if self._away is not None:
            self._away.end = max(self._away.start, self.manifest.seconds(now))
            self._away = None

    def close(self, now: int) -> None:
        """End all files well and say so."""
        for publisher in self._publishers.values():
            publisher.close()
        self._publishers.clear()
        self.line_back(now)
        self.manifest.run["ended"] = "clean"
        self._write(now)

    def _write(self, now: int) -> None:
        try:
            self.manifest.write(now)
        except OSError as error:
            log.error("the manifest could not be written: %s", type(error).__name__)

    def _publisher(self, participant: str) -> Publisher | None:
        publisher = self._publishers.get(participant)
        if publisher is None and len(self._publishers) < MOST_PARTICIPANTS:
            publisher = self._publishers[participant] = Publisher(self.folder, self.manifest, participant)
        return publisher

    def _event(self, event: Any) -> None:
        """`report`, `left` and `dropped` matter here; all other events are for others."""
        if not isinstance(event, dict):
            raise Malformed("feed: an event that is no object")
        name, participant = event.get("event"), event.get("participant")
        if name == "dropped" and isinstance(event.get("frames"), int):
            self.dropped(max(0, event["frames"]))
        if not isinstance(participant, str) or event.get("meeting", self.manifest.meeting) != self.manifest.meeting:
            return
        publisher = self._publishers.get(participant)
        if publisher is None:
            return
        if name == "report":
            _report(publisher, event)
        elif name == "left":
            publisher.close()
            del self._publishers[participant]


def _report(publisher: Publisher, event: dict[str, Any]) -> None:
    """`ntp` is the 64 bits of RFC 3550, or seconds; `kind` is the number or the word; `ssrc`, if told, says which layer is meant."""
    kind, ntp, timestamp = event.get("kind"), event.get("ntp"), event.get("rtp")
    number = next((number for number, word in KINDS.items() if kind in (number, word) and kind is not False), None)
    if number is None or not isinstance(timestamp, int) or not 0 <= timestamp < 1 << 32:
        raise Malformed("feed: a report that is none")
    if not isinstance(ntp, int | float) or isinstance(ntp, bool) or not 0 <= ntp < 1 << 64:
        raise Malformed("feed: a report that is none")
    ssrc = event.get("ssrc")
    seconds = ntp / (1 << 32) if ntp >= 1 << 40 else float(ntp)
    publisher.sources[number].report(seconds, timestamp, ssrc if isinstance(ssrc, int) else None)
