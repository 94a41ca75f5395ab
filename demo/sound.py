"""What the practice partner says: two soft tones in turn, one a second."""

from __future__ import annotations

import asyncio
import fractions
import math
import time
from array import array
from functools import cache

from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import AudioFrame

RATE, SAMPLES = 48_000, 960
"""Samples a second, and in each frame of 20 ms."""
TONES = (392.0, 523.25)
LENGTH = 0.35
"""Seconds of each tone."""
LOUDNESS = 0.05
"""Of the loudest there is: about −26 dB."""


class Sound(MediaStreamTrack):
    """The same two seconds over and over; nothing is made while nobody takes it."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self._began = 0.0
        self._said = 0

    async def recv(self) -> AudioFrame:
        """The next 20 ms, at their time."""
        if self.readyState != "live":
            raise MediaStreamError
        now = time.monotonic()
        self._began = self._began or now
        self._said += 1
        await asyncio.sleep(max(0.0, self._began + self._said * SAMPLES / RATE - now))
        frame = AudioFrame(format="s16", layout="stereo", samples=SAMPLES)
        frame.planes[0].update(_loop()[self._said % len(_loop())])
        frame.pts, frame.sample_rate, frame.time_base = self._said * SAMPLES, RATE, fractions.Fraction(1, RATE)
        return frame


@cache
def _loop() -> list[bytes]:
    """One second for each tone, cut into frames of two equal channels."""
    wave = array("h")
    for tone in TONES:
        for n in range(RATE):
            seconds = n / RATE
            swell = math.sin(math.pi * seconds / LENGTH) ** 2 if seconds < LENGTH else 0.0
            value = round(32_767 * LOUDNESS * swell * math.sin(2 * math.pi * tone * seconds))
            wave.extend((value, value))
    frame = SAMPLES * 2
    return [wave[at : at + frame].tobytes() for at in range(0, len(wave), frame)]
