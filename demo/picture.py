"""What the practice partner shows: the house's teal with a marigold moon that wanders calmly and a small one around it."""

from __future__ import annotations

import asyncio
import fractions
import math
import time

from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import VideoFrame

WIDTH, HEIGHT, RATE = 640, 360, 12
TIME_BASE = fractions.Fraction(1, 90_000)
Colour = tuple[int, int, int]
"""Luma, blue and red difference."""


def colour(code: str) -> Colour:
    """`#rrggbb` as the picture's own numbers (BT.601, limited range)."""
    red, green, blue = (int(code[at : at + 2], 16) / 255 for at in (1, 3, 5))
    luma = 0.299 * red + 0.587 * green + 0.114 * blue
    return (
        round(16 + 219 * luma),
        round(128 + 224 * (blue - luma) / 1.772),
        round(128 + 224 * (red - luma) / 1.402),
    )


GROUND, MOON, SMALL = colour("#0b5351"), colour("#f2b134"), colour("#e3f0ef")


class Picture(MediaStreamTrack):
    """Twelve frames a second, each painted when it is due; nothing is painted while nobody takes them."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self._began = 0.0
        self._shown = 0
        self._ground = [bytes([GROUND[0]]) * (WIDTH * HEIGHT)]
        self._ground += [bytes([shade]) * (WIDTH * HEIGHT // 4) for shade in GROUND[1:]]

    async def recv(self) -> VideoFrame:
        """The next frame, at its time."""
        if self.readyState != "live":
            raise MediaStreamError
        now = time.monotonic()
        self._began = self._began or now
        self._shown += 1
        # Frames that were missed stay missed, so that a busy machine is not made busier.
        self._shown = max(self._shown, int((now - self._began) * RATE))
        await asyncio.sleep(self._began + self._shown / RATE - now)
        frame = paint(self._ground, self._shown / RATE)
        frame.pts, frame.time_base = self._shown * 90_000 // RATE, TIME_BASE
        return frame


def paint(ground: list[bytes], seconds: float) -> VideoFrame:
    """The picture at a moment."""
    planes = [bytearray(plane) for plane in ground]
    x = WIDTH / 2 + WIDTH * 0.28 * math.sin(seconds * 0.7)
    y = HEIGHT / 2 + HEIGHT * 0.18 * math.sin(seconds * 1.1)
    _disc(planes, x, y, 64, MOON)
    _disc(planes, x + 104 * math.cos(seconds * 1.6), y + 104 * math.sin(seconds * 1.6), 14, SMALL)
    frame = VideoFrame(WIDTH, HEIGHT, "yuv420p")
    for plane, painted in zip(frame.planes, planes, strict=True):
        plane.update(bytes(painted))
    return frame


def _disc(planes: list[bytearray], x: float, y: float, radius: float, shade: Colour) -> None:
    for plane, value, scale in zip(planes, shade, (1, 2, 2), strict=True):
        wide, high, far = WIDTH // scale, HEIGHT // scale, radius / scale
        for row in range(max(0, math.ceil(y / scale - far)), min(high, math.floor(y / scale + far) + 1)):
            half = math.sqrt(max(0.0, far * far - (row - y / scale) ** 2))
            left, right = max(0, round(x / scale - half)), min(wide, round(x / scale + half))
            if left < right:
                plane[row * wide + left : row * wide + right] = bytes([value]) * (right - left)
