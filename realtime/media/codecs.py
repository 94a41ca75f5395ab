"""What the unit speaks: its codecs, payload types and header extensions, and the way in which one peer speaks them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from types import MappingProxyType

NACK = ("nack", "nack pli", "ccm fir", "goog-remb")
"""Feedback for pictures. `transport-cc` is not offered: what it asks of the unit for each viewer costs more than REMB."""


@dataclass(frozen=True)
class Codec:
    """A line of the table. `name` is ours: "rtx:VP8" repairs "VP8"; `parameters` is the value of `a=fmtp` ("" for none)."""

    name: str
    kind: str
    payload_type: int
    clock: int
    channels: int
    parameters: str
    feedback: tuple[str, ...]

    @property
    def encoding(self) -> str:
        """The value of `a=rtpmap` after the payload type: "opus/48000/2"."""
        plain = self.name.partition(":")[0]
        return f"{plain}/{self.clock}/{self.channels}" if self.channels > 1 else f"{plain}/{self.clock}"


CODECS = (
    Codec("opus", "audio", 111, 48_000, 2, "minptime=10;useinbandfec=1", ()),
    Codec("red", "audio", 63, 48_000, 2, "111/111", ()),
    Codec("VP8", "video", 96, 90_000, 1, "", NACK),
    Codec("rtx:VP8", "video", 97, 90_000, 1, "apt=96", ()),
    Codec(
        "H264",
        "video",
        102,
        90_000,
        1,
        "level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f",
        NACK,
    ),
    Codec("rtx:H264", "video", 103, 90_000, 1, "apt=102", ()),
)
"""In the order in which we prefer them."""

MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_RID = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
AUDIO_LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
ABS_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"

EXTENSIONS: Mapping[str, int] = MappingProxyType({MID: 1, RID: 2, REPAIRED_RID: 3, AUDIO_LEVEL: 4, ABS_SEND_TIME: 5})
"""Header extensions (URI to id) of our offers; all fit the one-byte header of RFC 8285 (ids 1 to 14)."""
SHORT: Mapping[str, str] = MappingProxyType(
    {
        MID: "mid",
        RID: "rid",
        REPAIRED_RID: "repaired-rid",
        AUDIO_LEVEL: "audio-level",
        ABS_SEND_TIME: "abs-send-time",
    }
)
"""What we call them (URI to short name)."""
URIS: Mapping[str, str] = MappingProxyType({short: uri for uri, short in SHORT.items()})
"""And back (short name to URI)."""

_BY_NAME = {one.name: one for one in CODECS}


def codec(name: str) -> Codec:
    """The codec of that name; KeyError for one that the unit does not speak."""
    return _BY_NAME[name]


def codecs(kind: str) -> tuple[Codec, ...]:
    """All for "audio" or "video", in the order in which we prefer them."""
    return tuple(one for one in CODECS if one.kind == kind)


def extensions(kind: str, layered: bool) -> dict[str, int]:
    """Header extensions (short name to id) that we offer for a section of this kind; `layered` where layers come by rid.

    Every picture and sound carries abs-send-time: without it a browser sends no REMB, neither as publisher nor as viewer.
    """
    names = ["mid", "abs-send-time"]
    if kind == "audio":
        names.append("audio-level")
    if layered:
        names += ["rid", "repaired-rid"]
    return {name: EXTENSIONS[URIS[name]] for name in names}


@dataclass(frozen=True)
class Dialect:
    """How one peer speaks: `types` codec name to payload type, `extensions` short name to id.

    Two peers whose dialects are equal read the same packets, so they can share the plaintext.
    """

    types: Mapping[str, int]
    extensions: Mapping[str, int]

    def __hash__(self) -> int:
        return self._hash

    @cached_property
    def _hash(self) -> int:
        return hash((frozenset(self.types.items()), frozenset(self.extensions.items())))

    @cached_property
    def names(self) -> Mapping[int, str]:
        """Payload type to codec name."""
        return {number: name for name, number in self.types.items()}

    def narrowed(self, names: Iterable[str], short: Iterable[str]) -> Dialect:
        """Only these codecs and extensions, as far as the peer speaks them.

        For sharing: a Firefox without H264 reads a VP8 stream that a Chromium reads as well; both narrowed to VP8 are equal.
        """
        return Dialect(
            MappingProxyType({name: self.types[name] for name in names if name in self.types}),
            MappingProxyType({name: self.extensions[name] for name in short if name in self.extensions}),
        )


@lru_cache(maxsize=256)
def dialect(types: tuple[tuple[str, int], ...], short: tuple[tuple[str, int], ...]) -> Dialect:
    """The dialect of these pairs; mostly the very object that another peer has already, so that looking it up is quick."""
    return Dialect(MappingProxyType(dict(types)), MappingProxyType(dict(short)))


OURS = Dialect(
    MappingProxyType({one.name: one.payload_type for one in CODECS}),
    MappingProxyType({SHORT[uri]: number for uri, number in EXTENSIONS.items()}),
)
"""The dialect of our own offers, over all kinds of sections."""
