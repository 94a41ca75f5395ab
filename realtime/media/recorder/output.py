"""What one participant shows or says, as files: a camera with its microphone, or a screen. A new file begins when it must."""

from __future__ import annotations

import logging
from collections import deque
from pathlib import Path
from typing import NamedTuple

from realtime.media.recorder.files import FAILURES, SUFFIXES, RecordingFile, open_new
from realtime.media.recorder.manifest import Manifest, Track, stem
from realtime.media.recorder.pictures import Frame

log = logging.getLogger(__name__)

PATIENCE = 1_500_000
"""Microseconds that sound waits for a first picture, so that both begin in one file."""
PAUSE = 2_000_000
"""Microseconds without a picture from which the manifest tells a pause."""
MOST_WAITING = 400
"""Sound packets that wait for that picture at most; 1.5 s are 75."""
MOST_TRACKS = 1000
"""Tracks of one run; who makes more (by changing codecs, say) is not recorded any further."""
AGAIN = 10_000_000
"""Microseconds after a failure before a new file is tried: a full disk must not fill with empty files."""


class Sound(NamedTuple):
    """One Opus packet: when it was made (microseconds since 1970), its samples at 48 kHz, and whether packets before it are lost."""

    at: int
    data: bytes
    samples: int
    lost: int


class Output:
    """The files of one participant's camera and microphone, or (`screen=True`) of one screen. At most one is open."""

    def __init__(self, folder: Path, manifest: Manifest, participant: str, *, screen: bool = False) -> None:
        self.folder = folder
        self.manifest = manifest
        self.participant = participant
        self.screen = screen
        self.idle_since = 0
        """When the last packet for it came, in microseconds since 1970."""
        self._away: dict[str, int] = {}
        self._not_before = 0
        self._file: RecordingFile | None = None
        self._codec: str | None = None
        self._origin = 0
        self._sounds: deque[Sound] = deque()
        self._size: tuple[int, int] | None = None
        self._video: Track | None = None
        self._audio: Track | None = None
        self._name = ""

    def line_lost(self, now: int) -> None:
        """The line to the unit was lost: the next gap of sound and of pictures is its doing."""
        self._away = {"sound": now, "pictures": now}

    def picture(self, codec: str, frame: Frame, at: int, lost: int, dropped: int) -> None:
        """Write a picture made at `at` (microseconds since 1970); `lost` packets and `dropped` pictures lie before it."""
        if frame.keyframe and (self._file is None or self._codec != codec):
            begin = min([at, *(sound.at for sound in self._sounds)])
            if self._file is not None and self._audio is not None:
                # Sound goes on where it ended in the file before, also if this picture is a little later than that.
                said = self.manifest.started + round(self._audio.end * 1_000_000)
                begin = min(begin, said) if at - said < PATIENCE else begin
            self._begin(codec, frame.size, max(begin, at - PATIENCE))
        if self._file is None or self._codec != codec:
            return
        start = self.manifest.seconds(at)
        if self._video is None:
            self._video = self._track("screen" if self.screen else "camera", codec, start)
        elif (why := self._why("pictures", at, frame.follows_loss)) or start - self._video.end > PAUSE / 1_000_000:
            self._video.gap(self._video.end, start, why or "pause")
        self._video.lost += lost
        self._video.dropped += dropped
        if frame.size is not None and frame.size != self._size:
            self._size = frame.size
            self._video.sizes.append({"at": start, "width": frame.size[0], "height": frame.size[1]})
        self._video.end = max(self._video.end, start)
        try:
            self._file.picture(frame.data, at - self._origin, keyframe=frame.keyframe)
        except FAILURES as error:
            self._fail(error)
            return
        while self._sounds:
            self._say(self._sounds.popleft())

    def sound(self, sound: Sound) -> None:
        """Write a packet of sound, or keep it until it is clear whether there is a picture."""
        if self._file is not None:
            self._say(sound)
            return
        self._sounds.append(sound)
        self.look(sound.at)

    def look(self, now: int) -> None:
        """Begin a file of sound alone when no picture came in time; `now` is in microseconds since 1970."""
        if self._file is None and self._sounds:
            if now - self._sounds[0].at < PATIENCE and len(self._sounds) < MOST_WAITING:
                return
            self._begin(None, None, self._sounds[0].at)
            while self._sounds:
                self._say(self._sounds.popleft())

    def sync(self) -> None:
        """Have the disk keep what was written so far."""
        if self._file is not None:
            try:
                self._file.sync()
            except FAILURES as error:
                self._fail(error)

    def close(self) -> None:
        """End the file well; what comes later makes a new one."""
        if self._sounds:
            self.look(self._sounds[0].at + PATIENCE)
        if self._file is not None:
            try:
                self._file.close()
            except FAILURES as error:
                self._fail(error)
                return
            self._forget("clean")

    def _say(self, sound: Sound) -> None:
        at = sound.at - self._origin
        if self._file is None or at < 0:
            return
        start = self.manifest.seconds(sound.at)
        if self._audio is None:
            self._audio = self._track("audio", "OPUS", start)
        elif (why := self._why("sound", sound.at, sound.lost > 0)) and start > self._audio.end:
            self._audio.gap(self._audio.end, start, why)
        self._audio.lost += sound.lost
        self._audio.end = max(self._audio.end, round(start + sound.samples / 48_000, 6))
        try:
            self._file.sound(sound.data, at, sound.samples)
        except FAILURES as error:
            self._fail(error)

    def _why(self, what: str, at: int, lost: bool) -> str | None:
        # What was still waiting here when the line was lost comes before that gap.
        away = what in self._away and at >= self._away[what]
        if away:
            del self._away[what]
        return "line" if away else "loss" if lost else None

    def _begin(self, codec: str | None, size: tuple[int, int] | None, origin: int) -> None:
        self.close_file()
        if len(self.manifest.tracks) >= MOST_TRACKS or origin < self._not_before:
            return
        kind = "screen" if self.screen else "camera" if codec else "audio"
        try:
            self._name, sink = open_new(self.folder, stem(self.participant, kind), SUFFIXES[codec])
            self._file = RecordingFile(sink, codec, size, sound=not self.screen)
        except FAILURES as error:
            self._fail(error)
            return
        self._codec, self._origin, self._size = codec, origin, None

    def close_file(self) -> None:
        """End the open file because another one follows."""
        sounds, self._sounds = self._sounds, deque()
        self.close()
        self._sounds = sounds

    def _track(self, kind: str, codec: str, start: float) -> Track:
        origin = self.manifest.seconds(self._origin)
        track = Track(self.participant, kind, self._name, codec, origin, start, start)
        self.manifest.tracks.append(track)
        return track

    def _fail(self, error: Exception) -> None:
        self._not_before = self.idle_since + AGAIN
        log.error("a recording could not be written: %s", type(error).__name__)
        if self._file is not None:
            self._file.abandon()
        self._forget("failed")

    def _forget(self, ended: str) -> None:
        for track in (self._video, self._audio):
            if track is not None:
                track.ended = ended
        self._file = self._video = self._audio = self._codec = None
