"""Reads what the other side says: a browser's answer to our offer, the offer of a WHIP or WHEP peer; and answers the latter."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from . import codecs, sdp
from .codecs import Dialect
from .formats import read_formats
from .grammar import Description, Lines, Media, SdpWrong, number, parse
from .sdp import Format, Local, Section

__all__ = ["Agreed", "Remote", "SdpWrong", "answer", "read_answer", "read_offer"]

DIGESTS = {"sha-256": 32, "sha-384": 48, "sha-512": 64}
"""Accepted for fingerprints, with their length in bytes; older ones can be forged."""
DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")
MAX_SOURCES, MAX_LAYERS, MAX_FINGERPRINTS, MAX_STREAM = 16, 4, 8, 64

_UFRAG = re.compile(r"[A-Za-z0-9+/]{4,256}")
_PWD = re.compile(r"[A-Za-z0-9+/]{22,256}")
# At most 16 bytes: a longer one does not fit a one-byte header extension.
_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`{|}~-]{1,16}")
_RID = re.compile(r"[A-Za-z0-9_-]{1,16}")
_HEX = re.compile(r"[0-9A-F]{2}(?::[0-9A-F]{2})*")


@dataclass(frozen=True)
class Agreed:
    """One m-section as the other side wrote it; `direction` is from their side, "inactive" where they reject the section.

    `rids` are the layers they send, in their order; `ssrcs` their streams without repair, `repairs` (stream, repair) of RTX;
    `formats` the codecs that we know, in their order of preference; `reduced_size`: RTCP may come in pieces (RFC 5506);
    `line` (protocol, formats) as written.
    """

    mid: str
    kind: str
    direction: str
    dialect: Dialect
    rids: tuple[str, ...]
    ssrcs: tuple[int, ...]
    stream_id: str
    repairs: tuple[tuple[int, int], ...]
    formats: tuple[Format, ...]
    reduced_size: bool
    line: tuple[str, str]


@dataclass(frozen=True)
class Remote:
    """Their end: credentials, fingerprints (algorithm, "AB:CD…"), `setup` "active", "passive" or "actpass", and their sections."""

    ufrag: str
    pwd: str
    fingerprints: tuple[tuple[str, str], ...]
    setup: str
    sections: tuple[Agreed, ...]

    def section(self, mid: str) -> Agreed | None:
        """The section of that mid."""
        return next((one for one in self.sections if one.mid == mid), None)


def read_answer(text: str, sections: Sequence[Section]) -> Remote:
    """A browser's answer to our offer of these sections; SdpWrong when it is malformed or does not fit the offer."""
    read = _read(text)
    if read.setup not in ("active", "passive"):
        raise SdpWrong("an answer must choose active or passive")
    if len(read.sections) != len(sections):
        raise SdpWrong("the answer has another number of sections than the offer")
    for theirs, ours in zip(read.sections, sections, strict=True):
        if (theirs.mid, theirs.kind) != (ours.mid, ours.kind):
            raise SdpWrong("the answer's sections are not those of the offer")
        if not _fits(theirs.direction, ours.direction):
            raise SdpWrong("a section's direction does not fit the offer")
        if not set(theirs.rids) <= set(ours.rids):
            raise SdpWrong("the answer has layers that were not offered")
    return read


def read_offer(text: str) -> Remote:
    """The offer of a WHIP or WHEP peer; SdpWrong when it is malformed or leaves no way for us to be the passive end of DTLS."""
    read = _read(text)
    if read.setup not in ("actpass", "active"):
        raise SdpWrong("an offer must let us be passive")
    return read


def answer(local: Local, remote: Remote, sections: Sequence[Section]) -> str:
    """Our answer to that offer: `sections` are those that we take, by mid; the others are rejected (port 0).

    Takes the other side's payload types and ids. We are the passive end of DTLS. SdpWrong when no section fits.
    """
    wanted = {one.mid: one for one in sections}
    taken = [one.mid for one in remote.sections if one.mid in wanted and _takes(one, wanted[one.mid])]
    if not taken:
        raise SdpWrong("there is nothing that both sides can send or receive")
    lines = sdp.head(local, taken, "passive")
    for one in remote.sections:
        if one.mid not in taken:
            lines += sdp.rejected(one.mid, one.kind, *one.line)
            continue
        ours = wanted[one.mid]
        layered = replace(ours, rids=tuple(rid for rid in one.rids if rid in ours.rids))
        shape = sdp.Shape(one.formats, one.dialect.extensions, one.reduced_size)
        lines += sdp.body(local, layered, shape, with_candidates=one.mid == taken[0])
    return sdp.text(lines)


def _takes(theirs: Agreed, ours: Section) -> bool:
    if theirs.kind != ours.kind or not theirs.dialect.types or theirs.line[0] != sdp.PROTOCOL:
        return False
    # A peer that can do both takes the half that we have.
    return theirs.direction == "sendrecv" or (
        theirs.direction != "inactive" and _fits(theirs.direction, ours.direction)
    )


def _fits(theirs: str, ours: str) -> bool:
    return theirs == "inactive" or (theirs, ours) in (("sendonly", "recvonly"), ("recvonly", "sendonly"))


def _read(text: str) -> Remote:
    description = parse(text)
    if description.head.has("ice-lite"):
        raise SdpWrong("both sides speak ICE-lite")
    sections = tuple(_section(description, one) for one in description.media)
    if len({one.mid for one in sections}) != len(sections):
        raise SdpWrong("two sections have the same mid")
    bundle = _bundle(description, sections)
    if not bundle:
        raise SdpWrong("every section is rejected")
    ufrag, pwd = _shared(description, bundle, "ice-ufrag"), _shared(description, bundle, "ice-pwd")
    if not _UFRAG.fullmatch(ufrag) or not _PWD.fullmatch(pwd):
        raise SdpWrong("the ICE credentials are malformed")
    setup = _shared(description, bundle, "setup")
    return Remote(ufrag, pwd, _fingerprints(description, bundle), setup, sections)


def _bundle(description: Description, sections: Sequence[Agreed]) -> list[Media]:
    """The sections that are in use, which must be one bundle; the first is the one whose transport counts."""
    groups = [value.split() for value in description.head.all("group")]
    bundles = [group[1:] for group in groups if group[:1] == ["BUNDLE"]]
    if len(bundles) > 1:
        raise SdpWrong("more than one bundle")
    used = {one.mid: media for one, media in zip(sections, description.media, strict=True) if not _rejected(media)}
    members = bundles[0] if bundles else []
    if len(members) != len(set(members)) or not set(members) <= {one.mid for one in sections}:
        raise SdpWrong("the bundle names sections that are not there")
    if set(used) - set(members) and (bundles or len(used) > 1):
        raise SdpWrong("not every section is in the bundle")
    if not all(one.has("rtcp-mux") for one in used.values() if one.kind in ("audio", "video")):
        raise SdpWrong("a section without rtcp-mux")
    return [used[mid] for mid in members if mid in used] or list(used.values())


def _rejected(media: Media) -> bool:
    return media.port == 0 and not media.has("bundle-only")


def _shared(description: Description, bundle: Sequence[Media], name: str) -> str:
    """A value that the whole bundle shares, told in the head or in sections; SdpWrong when missing or not the same."""
    told = {value for part in bundle if (value := part.one(name)) is not None}
    head = description.head.one(name)
    if head is not None and not all(part.has(name) for part in bundle):
        told.add(head)
    if not told:
        raise SdpWrong(f"no {name}")
    if len(told) > 1:
        raise SdpWrong(f"{name} differs within the bundle")
    return told.pop()


def _fingerprints(description: Description, bundle: Sequence[Media]) -> tuple[tuple[str, str], ...]:
    told = [_digests(part) for part in bundle]
    told = [one for one in told if one]
    found = told[0] if told else _digests(description.head)
    if not found:
        raise SdpWrong("no fingerprint")
    if any(one != found for one in told) or len(found) > MAX_FINGERPRINTS:
        raise SdpWrong("the fingerprints differ within the bundle")
    strong = tuple(sorted(one for one in found if one[0] in DIGESTS))
    if not strong:
        raise SdpWrong("the fingerprint is too weak")
    for algorithm, value in strong:
        if len(value) != DIGESTS[algorithm] * 3 - 1 or not _HEX.fullmatch(value):
            raise SdpWrong("the fingerprint is malformed")
    return strong


def _digests(part: Lines) -> set[tuple[str, str]]:
    found = set()
    for line in part.all("fingerprint"):
        algorithm, _space, value = line.partition(" ")
        found.add((algorithm.lower(), value.strip().upper()))
    return found


def _section(description: Description, media: Media) -> Agreed:
    mid = media.one("mid")
    if mid is None or not _TOKEN.fullmatch(mid):
        raise SdpWrong("a section without a proper mid")
    line = (media.protocol, " ".join(media.formats))
    if _rejected(media) or media.kind not in ("audio", "video"):
        return Agreed(mid, media.kind, "inactive", codecs.dialect((), ()), (), (), "", (), (), False, line)
    formats = read_formats(media)
    types = sorted((one.name, one.payload_type) for one in formats)
    dialect = codecs.dialect(tuple(types), tuple(sorted(_extensions(description, media).items())))
    direction = _direction(media, description.head)
    ssrcs, repairs = _sources(media)
    reduced = media.has("rtcp-rsize")
    return Agreed(
        mid, media.kind, direction, dialect, _rids(media), ssrcs, _stream(media), repairs, formats, reduced, line
    )


def _direction(media: Media, head: Lines) -> str:
    for part in (media, head):
        told = {one for one in DIRECTIONS if part.has(one)}
        if len(told) > 1:
            raise SdpWrong("a section with two directions")
        if told:
            return told.pop()
    return "sendrecv"


def _extensions(description: Description, media: Media) -> dict[str, int]:
    found: dict[str, int] = {}
    for line in [*media.all("extmap"), *description.head.all("extmap")]:
        first, _space, rest = line.partition(" ")
        identity = number(first.partition("/")[0], 65_535, "a header extension's id")
        short = codecs.SHORT.get(rest.partition(" ")[0])
        # What does not fit the one-byte header is as good as not agreed.
        if short and 1 <= identity <= 14:
            found.setdefault(short, identity)
    if len(set(found.values())) != len(found):
        raise SdpWrong("two header extensions with one id")
    return found


def _rids(media: Media) -> tuple[str, ...]:
    declared = []
    for line in media.all("rid"):
        rid, _space, rest = line.partition(" ")
        if not _RID.fullmatch(rid):
            raise SdpWrong("a layer's name is malformed")
        if rest.split(" ", 1)[0] == "send":
            declared.append(rid)
    words = (media.one("simulcast") or "").split()
    ordered = declared
    for way, layers in zip(words[::2], words[1::2], strict=False):
        if way == "send":
            # "~" marks a layer that pauses, "," stands between alternatives of which one is sent.
            ordered = [one.partition(",")[0].removeprefix("~") for one in layers.split(";")]
    if len(ordered) > MAX_LAYERS or len(set(ordered)) != len(ordered) or not set(ordered) <= set(declared):
        raise SdpWrong("the layers are malformed")
    return tuple(ordered)


def _sources(media: Media) -> tuple[tuple[int, ...], tuple[tuple[int, int], ...]]:
    sources = dict.fromkeys(number(line.split(" ", 1)[0], 0xFFFFFFFF, "an SSRC") for line in media.all("ssrc"))
    repairs = []
    for line in media.all("ssrc-group"):
        words = line.split()
        if words[:1] == ["FID"]:
            pair = [number(one, 0xFFFFFFFF, "an SSRC") for one in words[1:]]
            if len(pair) != 2 or pair[0] == pair[1]:
                raise SdpWrong("a repair without its stream")
            repairs.append((pair[0], pair[1]))
    if len(sources) > MAX_SOURCES or len(repairs) > MAX_SOURCES:
        raise SdpWrong("too many streams in a section")
    repair = {one for _stream, one in repairs}
    return tuple(one for one in sources if one not in repair), tuple(repairs)


def _stream(media: Media) -> str:
    """The id of the MediaStream; older browsers tell it beside an SSRC only."""
    told = next(iter(media.all("msid")), "")
    for line in () if told else media.all("ssrc"):
        _ssrc, _space, rest = line.partition(" ")
        if rest.startswith("msid:"):
            told = rest.removeprefix("msid:")
            break
    stream = told.split(" ", 1)[0]
    return "" if stream == "-" or len(stream) > MAX_STREAM or not stream.isascii() else stream
