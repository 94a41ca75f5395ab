"""Frames of the control line: four bytes of length, big endian, then as many bytes. Used by both ends."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

LARGEST = 256 * 1024
"""Bytes of one frame without its length."""
_LENGTH = 4


class Malformed(ValueError):
    """What came is no frame, or not what the frame should hold; the line it came on can not be trusted any more."""


def framed(raw: bytes) -> bytes:
    """A frame that holds these bytes; raises ValueError when they are too many."""
    if len(raw) > LARGEST:
        raise ValueError(f"a frame of {len(raw)} bytes")
    return len(raw).to_bytes(_LENGTH, "big") + raw


def encode(said: dict[str, Any]) -> bytes:
    """A frame that holds a JSON object; raises ValueError when it would be too long."""
    return framed(json.dumps(said, separators=(",", ":")).encode())


def decode(raw: bytes) -> dict[str, Any]:
    """The JSON object in a frame; raises Malformed. NaN and the infinities are Python's, not JSON's (RFC 8259, section 6)."""
    try:
        said = json.loads(raw.decode(), parse_constant=_refuse)
    except (ValueError, RecursionError):
        raise Malformed("a frame without JSON") from None
    if not isinstance(said, dict):
        raise Malformed("a frame without an object")
    return said


class Frames:
    """Puts the frames of one line together again; holds at most one frame and what one reading gave."""

    def __init__(self) -> None:
        self._read = bytearray()

    def take(self, data: bytes) -> Iterator[bytes]:
        """The frames that are whole now that these bytes came too. Raises Malformed at a length of zero or beyond LARGEST."""
        self._read += data
        at = 0
        try:
            while len(self._read) - at >= _LENGTH:
                length = int.from_bytes(self._read[at : at + _LENGTH], "big")
                if not 0 < length <= LARGEST:
                    raise Malformed("a frame of a wrong length")
                end = at + _LENGTH + length
                if end > len(self._read):
                    return
                frame = bytes(self._read[at + _LENGTH : end])
                at = end
                yield frame
        finally:
            del self._read[:at]


def _refuse(constant: str) -> None:
    raise ValueError(constant)
