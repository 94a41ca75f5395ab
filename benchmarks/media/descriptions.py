"""Session descriptions (RFC 8866, RFC 8829) as far as a light peer needs them: read one, answer it, offer one."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

MID = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
LEVEL = "urn:ietf:params:rtp-hdrext:ssrc-audio-level"
SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
EXTENSIONS = {MID: 1, RID: 2, LEVEL: 4, SEND_TIME: 5}
"""The ids that a light peer offers; in an answer those of the offer count."""
OPPOSITE = {"sendonly": "recvonly", "recvonly": "sendonly", "sendrecv": "sendrecv", "inactive": "inactive"}
CODECS = {
    "audio": ("a=rtpmap:111 opus/48000/2", "a=fmtp:111 minptime=10;useinbandfec=1"),
    "video": ("a=rtpmap:96 VP8/90000", "a=rtcp-fb:96 nack", "a=rtcp-fb:96 nack pli", "a=rtcp-fb:96 goog-remb"),
}


@dataclass
class Section:
    """One m-section. `codecs` maps an upper-case name to its first payload type; `ssrcs` stand in order of appearance."""

    kind: str
    port: int
    payload_types: list[int]
    lines: list[str] = field(default_factory=list)
    mid: str = ""
    direction: str = "sendrecv"
    codecs: dict[str, int] = field(default_factory=dict)
    repairs: dict[int, int] = field(default_factory=dict)
    """Payload type of a retransmission (RFC 4588) → payload type that it repeats."""
    extensions: dict[str, int] = field(default_factory=dict)
    ssrcs: list[int] = field(default_factory=list)
    repair_ssrcs: dict[int, int] = field(default_factory=dict)
    """SSRC of a retransmission → SSRC that it repeats (ssrc-group FID)."""
    rids: list[str] = field(default_factory=list)


@dataclass
class Description:
    """A whole description; what may stand above or inside the sections (ICE, DTLS) is taken from wherever it stands first."""

    sections: list[Section] = field(default_factory=list)
    ufrag: str = ""
    password: str = ""
    fingerprints: list[tuple[str, str]] = field(default_factory=list)
    setup: str = "actpass"
    lite: bool = False
    candidates: list[tuple[str, int]] = field(default_factory=list)
    """Addresses of UDP candidates of component 1, best first as written."""

    def section(self, mid: str) -> Section:
        """The section with that mid. Raises KeyError."""
        for one in self.sections:
            if one.mid == mid:
                return one
        raise KeyError(mid)


def read(sdp: str) -> Description:
    """The description in `sdp`; lines that mean nothing to a light peer are kept in `Section.lines` only."""
    told = Description()
    section: Section | None = None
    for line in sdp.splitlines():
        if line.startswith("m="):
            kind, port, _profile, *formats = line[2:].split()
            section = Section(kind, int(port), [int(one) for one in formats if one.isdigit()])
            told.sections.append(section)
            continue
        name, _colon, value = line.removeprefix("a=").partition(":")
        if name == "ice-ufrag":
            told.ufrag = told.ufrag or value
        elif name == "ice-pwd":
            told.password = told.password or value
        elif name == "ice-lite":
            told.lite = True
        elif name == "setup":
            told.setup = value
        elif name == "fingerprint":
            algorithm, digest = value.split()
            if (algorithm, digest) not in told.fingerprints:
                told.fingerprints.append((algorithm, digest))
        elif name == "candidate":
            parts = value.split()
            if parts[1] == "1" and parts[2].lower() == "udp" and (parts[4], int(parts[5])) not in told.candidates:
                told.candidates.append((parts[4], int(parts[5])))
        elif section is not None:
            section.lines.append(line)
            _into(section, name, value)
    return told


def _into(section: Section, name: str, value: str) -> None:
    if name == "mid":
        section.mid = value
    elif name in OPPOSITE:
        section.direction = name
    elif name == "rtpmap":
        number, codec = value.split()
        section.codecs.setdefault(codec.split("/")[0].upper(), int(number))
    elif name == "fmtp" and "apt=" in value:
        number, _space, rest = value.partition(" ")
        section.repairs[int(number)] = int(rest.partition("apt=")[2].split(";")[0])
    elif name == "extmap":
        number, uri = value.split()[:2]
        section.extensions[uri] = int(number.split("/")[0])
    elif name == "rid":
        section.rids.append(value.split()[0])
    elif name == "ssrc-group" and value.startswith("FID"):
        first, second = map(int, value.split()[1:3])
        section.repair_ssrcs[second] = first
    elif name == "ssrc":
        number = value.split()[0]
        if int(number) not in section.ssrcs:
            section.ssrcs.append(int(number))


@dataclass(frozen=True)
class Own:
    """What a description says about its writer."""

    fingerprint: str
    """`sha-256 AB:CD:…`"""
    address: tuple[str, int]
    ufrag: str = field(default_factory=lambda: secrets.token_hex(4))
    password: str = field(default_factory=lambda: secrets.token_hex(12))

    def lines(self, setup: str) -> list[str]:
        """The lines of ICE and DTLS in each section."""
        host, port = self.address
        return [
            f"a=ice-ufrag:{self.ufrag}",
            f"a=ice-pwd:{self.password}",
            f"a=fingerprint:{self.fingerprint}",
            f"a=setup:{setup}",
            f"a=candidate:1 1 udp 2130706431 {host} {port} typ host",
        ]


def answer(
    offer: Description,
    own: Own,
    setup: str,
    sends: Mapping[str, Sequence[str]],
    ssrcs: Mapping[str, Sequence[int]],
    codec: str,
) -> str:
    """The answer to `offer`. `sends`: mid → rids (none: no simulcast) of what we send; `ssrcs`: mid → those to name;
    `codec`: the only one kept for video ("VP8", "H264"), with its retransmissions."""
    lines = _head([one.mid for one in offer.sections])
    for section in offer.sections:
        wished = {section.codecs[name] for name in (codec, "OPUS") if name in section.codecs}
        wished |= {again for again, first in section.repairs.items() if first in wished}
        kept = [number for number in section.payload_types if number in wished] or section.payload_types
        direction = OPPOSITE[section.direction]
        if direction != "recvonly" and section.mid not in sends:
            direction = "inactive" if direction == "sendonly" else "recvonly"
        lines += _section(section.kind, kept, section.mid, own.lines(setup))
        lines += [f"a={direction}"]
        lines += [line for line in section.lines if _stays(line, kept)]
        if direction.startswith("send"):
            lines += _sending(sends[section.mid], ssrcs.get(section.mid, ()))
    return "\r\n".join(lines) + "\r\n"


def offer(own: Own, sections: Sequence[tuple[str, str, str]], ssrcs: Mapping[str, Sequence[int]]) -> str:
    """An offer of `sections` (kind, mid, direction), one codec each: Opus or VP8."""
    lines = _head([mid for _kind, mid, _direction in sections])
    for kind, mid, direction in sections:
        lines += _section(kind, [111 if kind == "audio" else 96], mid, own.lines("actpass"))
        lines += [f"a={direction}", *CODECS[kind]]
        lines += [f"a=extmap:{number} {uri}" for uri, number in EXTENSIONS.items() if uri != LEVEL or kind == "audio"]
        if direction.startswith("send"):
            lines += _sending((), ssrcs.get(mid, ()))
    return "\r\n".join(lines) + "\r\n"


def _head(mids: Sequence[str]) -> list[str]:
    number = secrets.randbits(62)
    return ["v=0", f"o=- {number} 2 IN IP4 127.0.0.1", "s=-", "t=0 0", "a=group:BUNDLE " + " ".join(mids)]


def _section(kind: str, payload_types: Sequence[int], mid: str, transport: Sequence[str]) -> list[str]:
    formats = " ".join(map(str, payload_types))
    return [f"m={kind} 9 UDP/TLS/RTP/SAVPF {formats}", "c=IN IP4 0.0.0.0", f"a=mid:{mid}", *transport, "a=rtcp-mux"]


def _stays(line: str, kept: Sequence[int]) -> bool:
    name, _colon, value = line.removeprefix("a=").partition(":")
    if name in {"rtpmap", "fmtp", "rtcp-fb"}:
        return value.split()[0] in {"*", *map(str, kept)}
    return name in {"extmap", "rtcp-rsize"}


def _sending(rids: Sequence[str], ssrcs: Sequence[int]) -> list[str]:
    if rids:
        return [*(f"a=rid:{rid} send" for rid in rids), "a=simulcast:send " + ";".join(rids)]
    return ["a=msid:light light", *(f"a=ssrc:{ssrc} cname:light" for ssrc in ssrcs)]
