"""Whole pictures out of RTP packets in order: VP8 (RFC 7741) and H.264 (RFC 6184). A picture with a hole is not written."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar, NamedTuple

from realtime.media import vp8
from realtime.media.packet import Packet
from realtime.media.recorder import parameters
from realtime.media.recorder.packets import H264, VP8

LARGEST = 4 << 20
"""Bytes of one picture beyond which it is dropped: a keyframe of 1080p has a few 100 KiB."""

IDR, SPS, PPS, STAP_A, FU_A = 5, 7, 8, 24, 28
"""NAL unit types (H.264 table 7-1, RFC 6184 section 5.2)."""
_START_CODE = b"\0\0\0\1"


class Frame(NamedTuple):
    """One coded picture: its unwrapped RTP timestamp (90 kHz), its bytes as decoders take them, and its size if it is a keyframe."""

    timestamp: int
    keyframe: bool
    data: bytes
    size: tuple[int, int] | None
    follows_loss: bool
    """Pictures are missing between the one before and this one."""


class Frames(ABC):
    """Gathers the packets of each picture. After a loss, nothing but the next keyframe can be decoded, so nothing else is given."""

    codec: ClassVar[str]

    def __init__(self) -> None:
        self.dropped = 0
        """Pictures that came, at least in part, and were not given."""
        self._waiting = True
        self._lost = False
        self._open = False
        self._timestamp = 0
        self._bytes = 0
        self._whole = True

    def push(self, packet: Packet, timestamp: int, lost: int) -> list[Frame]:
        """Take the next packet with its unwrapped timestamp and how many are missing right before it; give the pictures that end here."""
        done: list[Frame] = []
        if self._open and (timestamp != self._timestamp or lost):
            # The last packet of that picture, with the marker, is missing or was never sent.
            self._whole = self._whole and not lost
            done += self._finish()
        if lost:
            self._waiting = self._lost = True
        if not packet.payload:
            return done
        if not self._open:
            self._open, self._timestamp, self._whole, self._bytes = True, timestamp, True, 0
            self._begin()
        self._bytes += len(packet.payload)
        if self._whole:
            self._whole = self._bytes <= LARGEST and self._add(packet.payload)
        if packet.marker:
            done += self._finish()
        return done

    def _finish(self) -> list[Frame]:
        self._open = False
        ready = self._end() if self._whole else None
        if ready is None:
            self._waiting = self._lost = True
            self.dropped += 1
            return []
        keyframe, data, size = ready
        if not data:
            return []
        if self._waiting and not keyframe:
            self._lost = True
            self.dropped += 1
            return []
        frame = Frame(self._timestamp, keyframe, data, size, self._lost)
        self._waiting = self._lost = False
        return [frame]

    @abstractmethod
    def _begin(self) -> None:
        """Forget the picture before."""

    @abstractmethod
    def _add(self, payload: bytes) -> bool:
        """Take one payload; False when it does not continue the picture."""

    @abstractmethod
    def _end(self) -> tuple[bool, bytes, tuple[int, int] | None] | None:
        """Whether the picture is a keyframe, its bytes (none: no picture, no harm) and its size; None when it is not whole."""


class Vp8Frames(Frames):
    """VP8: the descriptor goes, the rest is joined."""

    codec = "VP8"

    def _begin(self) -> None:
        self._parts: list[bytes] = []
        self._keyframe = False
        self._size: tuple[int, int] | None = None

    def _add(self, payload: bytes) -> bool:
        told = vp8.describe(payload)
        if told is None or (not self._parts and not told.start):
            return False
        if not self._parts:
            self._keyframe = told.keyframe
            self._size = vp8.picture_size(payload) if told.keyframe else None
            if self._keyframe and (self._size is None or 0 in self._size):
                return False
        self._parts.append(payload[told.size :])
        return True

    def _end(self) -> tuple[bool, bytes, tuple[int, int] | None] | None:
        return (self._keyframe, b"".join(self._parts), self._size) if self._parts else None


class H264Frames(Frames):
    """H.264: NAL units alone, several in one packet (STAP-A) or in fragments (FU-A), given with start codes (annex B)."""

    codec = "H264"

    def __init__(self) -> None:
        super().__init__()
        self._sets: dict[int, bytes] = {}

    def _begin(self) -> None:
        self._units: list[bytes] = []
        self._fragments: list[bytes] = []

    def _add(self, payload: bytes) -> bool:
        kind = payload[0] & 0x1F
        if kind == FU_A:
            return self._fragment(payload)
        if self._fragments:
            return False
        if kind == STAP_A:
            return self._several(payload)
        if 0 < kind < STAP_A:
            self._units.append(payload)
            return True
        return False

    def _several(self, payload: bytes) -> bool:
        at = 1
        while at < len(payload):
            length = int.from_bytes(payload[at : at + 2])
            unit = payload[at + 2 : at + 2 + length]
            if not length or len(unit) < length:
                return False
            self._units.append(unit)
            at += 2 + length
        return at > 1

    def _fragment(self, payload: bytes) -> bool:
        if len(payload) < 3:
            return False
        first, last = payload[1] & 0x80, payload[1] & 0x40
        if bool(first) == bool(self._fragments):
            return False
        if first:
            # The unit's own head is spread over both octets (RFC 6184 section 5.8).
            self._fragments.append(bytes([payload[0] & 0xE0 | payload[1] & 0x1F]))
        self._fragments.append(payload[2:])
        if last:
            self._units.append(b"".join(self._fragments))
            self._fragments = []
        return True

    def _end(self) -> tuple[bool, bytes, tuple[int, int] | None] | None:
        if not self._units or self._fragments:
            return None
        kinds = {unit[0] & 0x1F for unit in self._units}
        for unit in self._units:
            if unit[0] & 0x1F in (SPS, PPS):
                self._sets[unit[0] & 0x1F] = unit
        if not any(0 < kind <= IDR for kind in kinds):
            # Parameter sets that came on their own belong to the next picture.
            return None if not kinds & {SPS, PPS} else (False, b"", None)
        keyframe = IDR in kinds
        size = None
        if keyframe:
            if len(self._sets) < 2:
                return None
            # Some senders tell their sets once; a file that begins here needs them here.
            self._units[:0] = [self._sets[kind] for kind in (SPS, PPS) if kind not in kinds]
            size = parameters.picture_size(self._sets[SPS])
            if size is None:
                return None
        return keyframe, b"".join(_START_CODE + unit for unit in self._units), size


BUILDERS: dict[int, type[Frames]] = {VP8: Vp8Frames, H264: H264Frames}
"""The one for each payload type."""
