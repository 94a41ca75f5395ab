"""Stands in for the unit's feed: really encoded VP8, H.264 and Opus in RTP, framed as the control line frames them."""

from __future__ import annotations

import json
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
from aiortc.codecs.h264 import H264Encoder
from aiortc.codecs.vpx import Vp8Encoder

AUDIO, CAMERA, SCREEN = 0, 1, 2
OPUS, RED, VP8, H264 = 111, 63, 96, 102
RATE = 15
"""Pictures a second."""
FLASH = 1.0
"""Seconds after the start at which the picture turns white and the sound begins."""
LENGTH = 0.02
"""Seconds of one Opus packet."""


@dataclass
class Sent:
    """One RTP packet and when the source sent it, in seconds since it began."""

    at: float
    packet: bytes


def rtp(payload_type: int, sequence: int, timestamp: int, ssrc: int, payload: bytes, *, marker: bool = False) -> bytes:
    second = payload_type | (0x80 if marker else 0)
    return struct.pack("!BBHII", 0x80, second, sequence & 0xFFFF, timestamp & 0xFFFFFFFF, ssrc) + payload


def framed(at: int, participant: str, kind: int, packet: bytes) -> bytes:
    """A binary frame of the feed, without its length."""
    name = participant.encode()
    return struct.pack("!BQB", 0, at, len(name)) + name + bytes([kind]) + packet


def encode_pictures(
    codec: int, seconds: float, *, size: tuple[int, int] = (160, 120), every: float = 2.0
) -> list[tuple[float, bytes]]:
    """Coded pictures with their times: black with some noise, white from `FLASH` on; a keyframe each `every` seconds."""
    encoder: Any = av.CodecContext.create("libvpx" if codec == VP8 else "libx264", "w")
    encoder.width, encoder.height = size
    encoder.pix_fmt = "yuv420p"
    encoder.time_base = Fraction(1, 90_000)
    encoder.framerate = Fraction(RATE, 1)
    encoder.bit_rate = 800_000
    encoder.gop_size = round(every * RATE)
    if codec == VP8:
        encoder.options = {"deadline": "realtime", "cpu-used": "8", "lag-in-frames": "0"}
    else:
        encoder.options = {"preset": "ultrafast", "tune": "zerolatency", "profile": "baseline", "sc_threshold": "0"}
    noise = np.random.default_rng(7)
    coded: list[tuple[float, bytes]] = []
    for number in range(round(seconds * RATE)):
        light = 200 if number / RATE >= FLASH else 0
        pixels = noise.integers(light, light + 55, (size[1], size[0], 3), dtype=np.uint8)
        picture = av.VideoFrame.from_ndarray(pixels, format="rgb24").reformat(format="yuv420p")
        picture.pts, picture.time_base = number * 90_000 // RATE, Fraction(1, 90_000)
        coded += [(number / RATE, bytes(packet)) for packet in encoder.encode(picture)]
    return coded


def encode_sound(seconds: float) -> list[tuple[float, bytes]]:
    """Opus packets with their times: silence, and a tone of 440 Hz from `FLASH` on."""
    encoder: Any = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = 48_000, "mono", "s16"
    encoder.time_base = Fraction(1, 48_000)
    coded: list[tuple[float, bytes]] = []
    for number in range(round(seconds / LENGTH)):
        when = np.arange(number * 960, (number + 1) * 960) / 48_000
        wave = np.where(when >= FLASH, np.sin(2 * np.pi * 440 * when) * 12_000, 0).astype(np.int16)
        sound = av.AudioFrame.from_ndarray(wave.reshape(1, -1), format="s16", layout="mono")
        sound.sample_rate, sound.pts, sound.time_base = 48_000, number * 960, Fraction(1, 48_000)
        for packet in encoder.encode(sound):
            coded.append((packet.pts / 48_000, bytes(packet)))
    return coded


def send_pictures(
    codec: int, coded: list[tuple[float, bytes]], *, ssrc: int = 1, first: int = 65_500, stamp: int = 2**32 - 45_000
) -> list[Sent]:
    """RTP as browsers send it; sequence numbers and timestamps both wrap on the way."""
    encoder: Any = (Vp8Encoder if codec == VP8 else H264Encoder)()
    sent: list[Sent] = []
    for at, data in coded:
        packet = av.Packet(data)
        packet.pts, packet.time_base = round(at * 90_000), Fraction(1, 90_000)
        payloads, _ = encoder.pack(packet)
        for number, payload in enumerate(payloads):
            last = number == len(payloads) - 1
            sent.append(Sent(at, rtp(codec, first + len(sent), stamp + round(at * 90_000), ssrc, payload, marker=last)))
    return sent


def send_sound(
    coded: list[tuple[float, bytes]], *, ssrc: int = 2, first: int = 10, stamp: int = 2**32 - 24_000
) -> list[Sent]:
    """RTP of Opus; a packet is sent when its sound is over."""
    return [
        Sent(at + LENGTH, rtp(OPUS, first + number, stamp + round(at * 48_000), ssrc, data))
        for number, (at, data) in enumerate(coded)
    ]


def report(participant: str, kind: str, ntp: float, stamp: int) -> bytes:
    """A sender report in the feed; `ntp` in seconds."""
    told = {
        "event": "report",
        "participant": participant,
        "kind": kind,
        "ntp": round(ntp * 2**32),
        "rtp": stamp % 2**32,
    }
    return json.dumps(told).encode()


class Unit:
    """A Unix server that speaks the control line: answers `feed`, then sends what it is given. One recorder at a time."""

    def __init__(self, path: Path, *, there: bool = True) -> None:
        self.path = path
        self.there = there
        """Whether the meeting exists."""
        self.asked: list[dict[str, Any]] = []
        self._server = socket.socket(socket.AF_UNIX)
        self._server.bind(os.fspath(path))
        self._server.listen()
        self._line: socket.socket | None = None
        self._here = threading.Event()
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def wait(self) -> None:
        """Until a recorder has asked for its feed."""
        assert self._here.wait(20), "no recorder came"

    @staticmethod
    def until(true: Callable[[], bool]) -> None:
        """Look again and again, for 20 s at most."""
        for _ in range(400):
            if true():
                return
            time.sleep(0.05)
        raise AssertionError("it never came true")

    def send(self, frame: bytes) -> None:
        assert self._line is not None
        self._line.sendall(len(frame).to_bytes(4, "big") + frame)

    def hang_up(self) -> None:
        """As a unit that dies: the line ends, and whoever asks is not heard until `Unit` is made anew."""
        self._server.close()
        self._here.clear()
        if self._line is not None:
            self._line.shutdown(socket.SHUT_RDWR)
            self._line.close()
        self.path.unlink()

    def _accept(self) -> None:
        try:
            while True:
                self._line, _ = self._server.accept()
                while size := int.from_bytes(self._line.recv(4, socket.MSG_WAITALL), "big"):
                    asked = json.loads(self._line.recv(size, socket.MSG_WAITALL))
                    self.asked.append(asked)
                    there = {"ok": True} if self.there else {"ok": False, "code": "gone", "message": "not here"}
                    self.send(json.dumps({"id": asked["id"], **there}).encode())
                    if self.there:
                        self._here.set()
        except OSError:
            return


def in_time(streams: list[tuple[str, int, list[Sent]]], start: float = 0.0) -> Iterator[tuple[float, bytes]]:
    """All packets of (participant, kind, packets) as frames, paced by the clock: gives each with its time when that has come."""
    begun = time.time() - start
    every = sorted(
        ((sent.at, participant, kind, sent.packet) for participant, kind, packets in streams for sent in packets),
        key=lambda each: each[0],
    )
    for at, participant, kind, packet in every:
        if at < start:
            continue
        time.sleep(max(0.0, begun + at - time.time()))
        yield at, framed(time.time_ns() // 1000, participant, kind, packet)


@dataclass
class Seen:
    """What a player finds in a file: times in seconds of the file."""

    pictures: list[float]
    sounds: list[float]
    sizes: list[tuple[int, int]]
    flash: float | None
    tone: float | None
    keyframes: int
    codecs: set[str]


def play(path: Path) -> Seen:
    """Decode a file from start to end; a picture or sound that can not be decoded raises."""
    seen = Seen([], [], [], None, None, 0, set())
    with av.open(os.fspath(path)) as container:
        for stream in container.streams:
            seen.codecs.add(stream.codec_context.name)
            stream.codec_context.options = {"err_detect": "explode"}
        for packet in container.demux():
            if packet.dts is None:
                continue
            if packet.stream.type == "video" and packet.is_keyframe:
                seen.keyframes += 1
            for frame in packet.decode():
                assert frame.time is not None
                if isinstance(frame, av.VideoFrame):
                    seen.pictures.append(frame.time)
                    size = (frame.width, frame.height)
                    if not seen.sizes or seen.sizes[-1] != size:
                        seen.sizes.append(size)
                    if seen.flash is None and frame.to_ndarray(format="gray").mean() > 128:
                        seen.flash = frame.time
                else:
                    seen.sounds.append(frame.time)
                    loud = np.flatnonzero(np.abs(frame.to_ndarray()[0]) > 0.1)
                    if seen.tone is None and loud.size:
                        # Packed or planar: one row may hold both channels.
                        seen.tone = frame.time + loud[0] / frame.to_ndarray().shape[1] * frame.samples / 48_000
    return seen


def manifest(folder: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((folder / "manifest.json").read_text())
    return told


def track(told: dict[str, Any], kind: str) -> dict[str, Any]:
    (found,) = [each for each in told["tracks"] if each["kind"] == kind]
    return dict(found)
