"""Writes session descriptions (RFC 8866, JSEP): the unit offers, ICE-lite, everything in one bundle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Literal

from . import codecs

Direction = Literal["sendonly", "recvonly", "inactive"]
PROTOCOL = "UDP/TLS/RTP/SAVPF"
DISCARD = ("0.0.0.0", 9)
"""Where a section without a candidate points (RFC 8838, 4.3.1)."""


@dataclass
class Local:
    """Our end of one peer. `fingerprint` is the value of `a=fingerprint` ("sha-256 AB:CD…"), `candidates` (IP, port) in order of
    preference, `version` grows with each description, `number` (sess-id, < 2**63) is the same in all descriptions for a peer."""

    ufrag: str
    pwd: str
    fingerprint: str
    candidates: tuple[tuple[str, int], ...]
    version: int
    number: int = 1


@dataclass
class Section:
    """An m-section as we want it; `direction` is from our side. Sent ones have an SSRC, received ones may have rids.

    The best layer's rid comes first. The page must set `scaleResolutionDownBy` of each by its rid: left alone, browsers make
    the first the smallest (seen in Firefox ESR; WebRTC 1.0 says so).
    """

    mid: str
    kind: str
    direction: Direction
    ssrc: int | None = None
    rtx_ssrc: int | None = None
    stream_id: str = ""
    track_id: str = ""
    rids: tuple[str, ...] = ()


@dataclass(frozen=True)
class Format:
    """A codec with the payload type, parameters (`a=fmtp`) and feedback (`a=rtcp-fb`) of one section."""

    name: str
    payload_type: int
    parameters: str
    feedback: tuple[str, ...]


@dataclass(frozen=True)
class Shape:
    """What a section agrees on: codecs in order of preference, extensions (short name to id), RTCP of reduced size (RFC 5506)."""

    formats: Sequence[Format]
    extensions: Mapping[str, int]
    reduced_size: bool


OFFERED = {
    kind: tuple(Format(each.name, each.payload_type, each.parameters, each.feedback) for each in codecs.codecs(kind))
    for kind in ("audio", "video")
}


def offer(local: Local, sections: Sequence[Section]) -> str:
    """Our offer: every section with our payload types and extension ids. Lines end in CRLF."""
    lines = head(local, [one.mid for one in sections], "actpass")
    for at, one in enumerate(sections):
        shape = Shape(OFFERED[one.kind], codecs.extensions(one.kind, bool(one.rids)), True)
        lines += body(local, one, shape, with_candidates=at == 0)
    return text(lines)


def text(lines: Iterable[str]) -> str:
    """The description made of these lines."""
    return "\r\n".join(lines) + "\r\n"


def head(local: Local, bundled: Iterable[str], setup: str) -> list[str]:
    """The lines above the first section.

    ICE, DTLS and setup stand here once instead of in every section: with 50 places an offer is a third shorter.
    """
    return [
        "v=0",
        f"o=- {local.number} {local.version} IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        f"a=group:BUNDLE {' '.join(bundled)}".rstrip(),
        "a=msid-semantic:WMS *",
        "a=ice-lite",
        "a=ice-options:trickle",
        f"a=ice-ufrag:{local.ufrag}",
        f"a=ice-pwd:{local.pwd}",
        f"a=fingerprint:{local.fingerprint}",
        f"a=setup:{setup}",
    ]


def body(local: Local, section: Section, shape: Shape, with_candidates: bool) -> list[str]:
    """The lines of one section that is taken. Candidates stand in the first section of the bundle only (RFC 9143, 7.1.1)."""
    host, port = local.candidates[0] if local.candidates else DISCARD
    lines = [
        f"m={section.kind} {port} {PROTOCOL} {' '.join(str(one.payload_type) for one in shape.formats)}",
        f"c=IN IP{ip_address(host).version} {host}",
        f"a=mid:{section.mid}",
        f"a={section.direction}",
        "a=rtcp-mux",
    ]
    if shape.reduced_size:
        lines.append("a=rtcp-rsize")
    if with_candidates:
        lines += [candidate(at, *one) for at, one in enumerate(local.candidates)]
        lines.append("a=end-of-candidates")
    lines += [
        f"a=extmap:{number} {codecs.URIS[name]}" for name, number in sorted(shape.extensions.items(), key=_second)
    ]
    for one in shape.formats:
        lines.append(f"a=rtpmap:{one.payload_type} {codecs.codec(one.name).encoding}")
        lines += [f"a=rtcp-fb:{one.payload_type} {each}" for each in one.feedback]
        if one.parameters:
            lines.append(f"a=fmtp:{one.payload_type} {one.parameters}")
    if section.direction == "sendonly":
        lines += _sources(section)
    elif section.direction == "recvonly" and section.rids:
        lines += [f"a=rid:{one} recv" for one in section.rids]
        lines.append(f"a=simulcast:recv {';'.join(section.rids)}")
    return lines


def rejected(mid: str, kind: str, protocol: str, formats: str) -> list[str]:
    """The lines of a section that is not taken: port 0, the rest as offered (RFC 3264, 6)."""
    return [f"m={kind} 0 {protocol} {formats}", "c=IN IP4 0.0.0.0", f"a=mid:{mid}", "a=inactive"]


def candidate(at: int, host: str, port: int) -> str:
    """The line of a host candidate, the `at`-th in our order of preference; priority by RFC 8445, 5.1.2.1."""
    return f"a=candidate:{at + 1} 1 udp {(126 << 24) | ((65_535 - at) << 8) | 255} {host} {port} typ host"


def _sources(section: Section) -> list[str]:
    lines = [f"a=msid:{section.stream_id or '-'} {section.track_id or section.mid}"]
    sources = [one for one in (section.ssrc, section.rtx_ssrc) if one is not None]
    if len(sources) == 2:
        lines.append(f"a=ssrc-group:FID {sources[0]} {sources[1]}")
    # Browsers line up lips by the stream of the msid; the name only has to be the same for a stream and its repair.
    return lines + [f"a=ssrc:{one} cname:{section.stream_id or section.mid}" for one in sources]


def _second(pair: tuple[str, int]) -> int:
    return pair[1]
