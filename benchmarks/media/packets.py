"""RTP packets that can be checked where they arrive: each payload ends with its stream, its number and a CRC of the rest.

The pictures are no pictures: a VP8 payload descriptor (RFC 7741) and the first bytes of a frame are real, or the NAL units' heads of
H.264 (RFC 6184), so that a forwarder finds frames, keyframes and picture ids; the rest is filler. Audio is one byte of Opus (its TOC,
RFC 6716) and filler.
"""

from __future__ import annotations

import random
import struct
import time
import zlib
from dataclasses import dataclass, field

TAIL = struct.Struct("!III")
FILLER = random.Random(7741).randbytes(4096)
KEYFRAME = bytes.fromhex("5002009d012a40014001")
"""First bytes of a VP8 keyframe of 320 × 320: frame tag, start code, width, height (RFC 6386, 9.1)."""
INTERFRAME = bytes.fromhex("510200")
VP8, H264 = 96, 102
"""The payload types by which an arriving packet is understood: those that the unit fixes."""
SPS, PPS = bytes.fromhex("6742e01fda0280f6"), bytes.fromhex("68ce3c80")
STAP_A, FU_A, SEI, SLICE, IDR = 0x78, 0x7C, 0x06, 1, 5
"""First byte of an aggregate and of a fragment; types of NAL units."""
OPUS_TOC = b"\x78"
HEADER = struct.Struct("!BBHII")
STEP = {"audio": 960, "video": 3000}
"""Ticks of the RTP clock from one frame to the next: 20 ms at 48 kHz, 1/30 s at 90 kHz."""


def payload(start: bytes, size: int, stream: int, number: int) -> bytes:
    """`size` bytes: `start`, filler, and the tail that `stamp` reads. `size` leaves room for both."""
    offset = number * 7 % 1024
    body = start + FILLER[offset : offset + size - len(start) - TAIL.size] + struct.pack("!II", stream, number)
    return body + zlib.crc32(body).to_bytes(4, "big")


def stamp(body: bytes) -> tuple[int, int] | None:
    """(stream, number) of a payload without its descriptor; None if a bit of it was changed."""
    if len(body) < TAIL.size:
        return None
    stream, number, check = TAIL.unpack_from(body, len(body) - TAIL.size)
    return (stream, number) if zlib.crc32(body[:-4]) == check else None


@dataclass
class Source:
    """One RTP stream that a light peer sends."""

    kind: str
    ssrc: int
    payload_type: int
    extensions: dict[int, bytes]
    """Header extensions (RFC 8285, one byte) that every packet carries: mid, rid."""
    send_time: int = 0
    """Id of abs-send-time; 0: not negotiated."""
    level: int = 0
    """Id of ssrc-audio-level; 0: not negotiated."""
    sequence: int = field(default_factory=lambda: random.randrange(1, 1 << 14))
    timestamp: int = field(default_factory=lambda: random.randrange(1 << 31))
    picture: int = field(default_factory=lambda: random.randrange(1 << 14))
    codec: str = "VP8"
    number: int = 0
    """Packets made; the next one carries it in its tail."""
    size: int = 0
    """Bytes of their payloads."""
    frames: int = 0
    wants_keyframe: bool = True
    """Set by a PLI or FIR; the next frame is a keyframe then."""

    def packet(self, body: bytes, marker: bool, loudness: int | None = None) -> bytes:
        """One RTP packet. `loudness` in -dBov, 0 loudest, 127 silence (RFC 6464)."""
        extensions = dict(self.extensions)
        if self.send_time:
            extensions[self.send_time] = (int(time.time() * (1 << 18)) & 0xFFFFFF).to_bytes(3, "big")
        if self.level and loudness is not None:
            extensions[self.level] = bytes([(0x80 if loudness < 60 else 0) | loudness])
        block = b"".join(bytes([number << 4 | len(data) - 1]) + data for number, data in extensions.items())
        block += bytes(-len(block) % 4)
        flags = 0x90 if block else 0x80
        head = HEADER.pack(
            flags, self.payload_type | marker << 7, self.sequence, self.timestamp & 0xFFFFFFFF, self.ssrc
        )
        self.sequence = self.sequence + 1 & 0xFFFF
        self.number += 1
        self.size += len(body)
        return head + (b"\xbe\xde" + (len(block) // 4).to_bytes(2, "big") + block if block else b"") + body

    def sound(self, size: int = 80, loudness: int = 30, stream: int | None = None) -> bytes:
        """The next 20 ms of audio: one packet with `size` bytes of payload."""
        made = self.packet(
            payload(OPUS_TOC, size, self.ssrc if stream is None else stream, self.number), False, loudness
        )
        self.timestamp += STEP["audio"]
        return made

    def frame(self, packets: int = 6, size: int = 1100, keyframe: bool = False) -> list[bytes]:
        """The next picture as `packets` packets of `size` bytes of payload; a keyframe if asked, wished or first."""
        keyframe = keyframe or self.wants_keyframe
        self.wants_keyframe = False
        made = []
        for index in range(packets):
            if self.codec == "H264":
                body = payload(_nal(index, packets, size, keyframe), size, self.ssrc, self.number)
            else:
                descriptor = bytes([0x80 if index else 0x90, 0x80]) + (0x8000 | self.picture).to_bytes(2, "big")
                start = b"" if index else KEYFRAME if keyframe else INTERFRAME
                body = descriptor + payload(start, size - len(descriptor), self.ssrc, self.number)
            made.append(self.packet(body, index == packets - 1))
        self.timestamp += STEP["video"]
        self.picture = self.picture + 1 & 0x7FFF
        self.frames += 1
        return made


def _nal(index: int, packets: int, size: int, keyframe: bool) -> bytes:
    """First bytes of packet `index` of a picture in H.264: a keyframe begins with its parameter sets and needs two packets."""
    first = 1 if keyframe else 0
    if index < first:
        units = b"".join(len(unit).to_bytes(2, "big") + unit for unit in (SPS, PPS))
        return bytes([STAP_A]) + units + (size - len(units) - 3).to_bytes(2, "big") + bytes([SEI])
    begins, ends = index == first, index == packets - 1
    return bytes([FU_A, begins << 7 | ends << 6 | (IDR if keyframe else SLICE)])


@dataclass(frozen=True)
class Rtp:
    """A packet taken apart; `body` is without padding."""

    payload_type: int
    marker: bool
    sequence: int
    timestamp: int
    ssrc: int
    extensions: dict[int, bytes]
    body: bytes


def parse(data: bytes) -> Rtp:
    """The RTP packet in `data` (RFC 3550, 5.1). Raises ValueError if it does not hold together."""
    if len(data) < HEADER.size:
        raise ValueError("shorter than a header")
    flags, second, sequence, timestamp, ssrc = HEADER.unpack_from(data)
    start = HEADER.size + 4 * (flags & 0x0F)
    extensions: dict[int, bytes] = {}
    if flags & 0x10:
        if len(data) < start + 4:
            raise ValueError("the extension is cut")
        words = int.from_bytes(data[start + 2 : start + 4], "big")
        block = data[start + 4 : start + 4 + 4 * words]
        start += 4 + 4 * words
        at = 0
        while at < len(block):
            if block[at] == 0:
                at += 1
                continue
            size = (block[at] & 0x0F) + 1
            extensions[block[at] >> 4] = block[at + 1 : at + 1 + size]
            at += 1 + size
    end = len(data) - (data[-1] if flags & 0x20 else 0)
    if flags >> 6 != 2 or end < start:
        raise ValueError("not RTP, or its padding is longer than it")
    return Rtp(second & 0x7F, bool(second & 0x80), sequence, timestamp, ssrc, extensions, data[start:end])


@dataclass(frozen=True)
class Picture:
    """What the start of a payload says about its picture."""

    starts: bool
    keyframe: bool
    picture: int | None
    size: int
    """Bytes of VP8's descriptor, which a forwarder may change."""


def picture(body: bytes) -> Picture:
    """The descriptor at the start of a VP8 payload (RFC 7741, 4.2). Raises IndexError on one that is cut."""
    at = 1
    number: int | None = None
    if body[0] & 0x80:
        flags = body[1]
        at = 2
        if flags & 0x80:
            long = body[at] & 0x80
            number = int.from_bytes(body[at : at + 2], "big") & 0x7FFF if long else body[at]
            at += 2 if long else 1
        at += bool(flags & 0x40) + bool(flags & 0x30)
    starts = bool(body[0] & 0x10) and body[0] & 0x07 == 0
    return Picture(starts, starts and not body[at] & 0x01, number, at)


def nal(body: bytes) -> Picture:
    """The NAL unit at the start of an H.264 payload. Raises IndexError on one that is cut."""
    kind = body[0] & 0x1F
    if kind == FU_A & 0x1F:
        return Picture(bool(body[1] & 0x80) and body[1] & 0x1F == SLICE, False, None, 0)
    parameters = kind == STAP_A & 0x1F
    return Picture(parameters or kind == SLICE, parameters, None, 0)
