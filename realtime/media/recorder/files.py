"""One file of a recording: coded pictures and sound as they came, in WebM (VP8) or fragmented MP4 (H.264), with Opus.

Both are made to be cut off anywhere: a cluster or fragment is written each second, and nothing before it is changed later
(the length and index that a clean end adds are for seeking only).
"""

from __future__ import annotations

import os
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any, BinaryIO

import av
import av.error

VIDEO_RATE, AUDIO_RATE = 90_000, 48_000
PIECE = 1_000_000
"""Microseconds of one cluster (WebM) or fragment (MP4), and how long sound may wait for a picture to stand beside it."""

_COMMON = {"max_interleave_delta": str(PIECE), "flush_packets": "1"}
_WEBM = {**_COMMON, "cluster_time_limit": str(PIECE // 1000)}
# Keyframes may be minutes apart, so fragments end by time as well. The head waits for the first fragment (delay_moov),
# because only then it can say that sound and picture do not begin together.
_MP4 = {
    **_COMMON,
    "movflags": "frag_keyframe+empty_moov+default_base_moof+delay_moov",
    "frag_duration": str(PIECE),
}
SUFFIXES = {"VP8": ".webm", "H264": ".mp4", None: ".webm"}
"""The ending of a file with pictures of this codec, or with sound alone."""

FAILURES = (OSError, ValueError, av.error.FFmpegError)
"""What writing may raise: a full or broken disk, or bytes that the format refuses."""


def open_new(folder: Path, stem: str, suffix: str) -> tuple[str, BinaryIO]:
    """Create `stem.suffix`, or `stem-2.suffix` and on if that is there: never an old file. Readable by the owner only."""
    number = 1
    while True:
        name = f"{stem}{suffix}" if number == 1 else f"{stem}-{number}{suffix}"
        try:
            handle = os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        except FileExistsError:
            number += 1
            continue
        return name, os.fdopen(handle, "r+b", buffering=0)


class RecordingFile:
    """A file that is being written. All times are in microseconds since the file's own start. Methods raise `FAILURES`."""

    def __init__(self, sink: BinaryIO, codec: str | None, size: tuple[int, int] | None, *, sound: bool) -> None:
        self._sink = sink
        self._sync: Callable[[], None] = lambda: os.fsync(sink.fileno())
        mp4 = codec == "H264"
        self._container: Any = av.open(sink, "w", format="mp4" if mp4 else "webm", options=dict(_MP4 if mp4 else _WEBM))
        self._video: Any = None
        self._audio: Any = None
        self._last: dict[int, int] = {}
        if codec is not None and size is not None:
            self._video = self._container.add_mux_stream(codec.lower(), width=size[0], height=size[1])
            self._video.time_base = Fraction(1, VIDEO_RATE)
        if sound:
            # Opened for its header alone (OpusHead, RFC 7845 section 5.1): nothing is ever encoded.
            self._audio = self._container.add_stream("libopus", rate=AUDIO_RATE, layout="stereo")

    def picture(self, data: bytes, at: int, *, keyframe: bool) -> None:
        """Add one coded picture; the first one must be a keyframe, and must come before any sound."""
        self._add(self._video, data, at * VIDEO_RATE // 1_000_000, VIDEO_RATE, 0, keyframe=keyframe)

    def sound(self, data: bytes, at: int, samples: int) -> None:
        """Add one Opus packet of so many samples at 48 kHz."""
        self._add(self._audio, data, at * AUDIO_RATE // 1_000_000, AUDIO_RATE, samples, keyframe=True)

    def sync(self) -> None:
        """Have the disk keep what was written so far."""
        self._sync()

    def close(self) -> None:
        """Write what is held back, the length and the index."""
        try:
            self._container.close()
            self._sync()
        finally:
            self._sink.close()

    def abandon(self) -> None:
        """Let go of a file that can not be written any more; what is in it stays."""
        try:
            self._container.close()
        except FAILURES:
            pass
        finally:
            self._sink.close()

    def _add(self, stream: Any, data: bytes, pts: int, rate: int, duration: int, *, keyframe: bool) -> None:
        # Files know no way back in time: two pictures of one moment are one tick apart.
        pts = max(pts, self._last.get(stream.index, -1) + 1)
        self._last[stream.index] = pts
        packet = av.Packet(data)
        packet.stream = stream
        packet.time_base = Fraction(1, rate)
        packet.pts = packet.dts = pts
        packet.duration = duration
        packet.is_keyframe = keyframe
        self._container.mux_one(packet)
