"""Which of the codecs that we know a section agrees on, whatever payload types and parameters the other side gave them."""

from __future__ import annotations

from functools import lru_cache

from . import codecs
from .grammar import Media, SdpWrong, number
from .sdp import Format

MAX_FORMATS = 64
"""A Chromium that offers all it has lists about 35 for pictures."""
CACHED = 8_192
"""Characters of the longest section that is remembered: keeps the memory of strangers' words below a megabyte."""
UNFIT = 9
Told = tuple[str, ...]


def read_formats(media: Media) -> tuple[Format, ...]:
    """The codecs of an audio or video section that we know, in the other side's order; of several H264 the best fit.

    Raises SdpWrong for payload types that are not numbers, are told twice or are no payload types.
    """
    told = tuple(tuple(media.all(name)) for name in ("rtpmap", "fmtp", "rtcp-fb"))
    short = sum(len(line) for lines in (*told, media.formats) for line in lines) < CACHED
    return (_remembered if short else _formats)(media.kind, media.formats, *told)


def _formats(
    kind: str, listed: Told, encodings_told: Told, parameters_told: Told, feedback_told: Told
) -> tuple[Format, ...]:
    if len(listed) > MAX_FORMATS:
        raise SdpWrong("too many codecs")
    order = [_type(one) for one in listed]
    if len(set(order)) != len(order):
        raise SdpWrong("a payload type is listed twice")
    encodings, parameters = _values(encodings_told), _values(parameters_told)
    feedback = _feedback(feedback_told)
    picked: dict[str, int] = {}
    for one in codecs.codecs(kind):
        plain, _colon, repaired = one.name.partition(":")
        fits = [each for each in order if encodings.get(each, "").lower() == one.encoding.lower()]
        if repaired:
            fits = [each for each in fits if fmtp(parameters.get(each, "")).get("apt") == str(picked.get(repaired))]
        elif plain == "H264":
            ranks = {each: _rank(parameters.get(each, "")) for each in fits}
            fits = sorted((each for each in fits if ranks[each] < UNFIT), key=ranks.__getitem__)
        if fits:
            picked[one.name] = fits[0]
    names = {each: name for name, each in picked.items()}
    return tuple(
        Format(names[each], each, parameters.get(each, ""), _known(feedback, each, names[each]))
        for each in order
        if each in names
    )


# The sections of an answer mostly say the same, and so do the answers of all who come to a webinar.
_remembered = lru_cache(maxsize=128)(_formats)


def fmtp(value: str) -> dict[str, str]:
    """The parameters of an `a=fmtp` line by their lower-case name."""
    pairs = (one.partition("=") for one in value.split(";"))
    return {name.strip().lower(): told.strip() for name, _equals, told in pairs if name.strip()}


def _rank(value: str) -> int:
    """How well an H264 of these parameters fits, 0 best; UNFIT: not at all, because its packets have another form."""
    told = fmtp(value)
    if told.get("packetization-mode", "0") != "1":
        return UNFIT
    profile = told.get("profile-level-id", "42000a").lower()
    # Constrained baseline is what every browser decodes; the rest is forwarded to whoever says that they can.
    return 0 if profile.startswith("42e0") else 1 if profile.startswith("42") else 2


def _type(value: str) -> int:
    found = number(value, 127, "a payload type")
    # With rtcp-mux these are RTCP's (RFC 5761, 4).
    if 64 <= found <= 95:
        raise SdpWrong("a payload type that looks like RTCP")
    return found


def _values(lines: Told) -> dict[int, str]:
    """Payload type to the rest of its line; lines for types that the section does not list are of no interest."""
    found: dict[int, str] = {}
    for line in lines:
        first, _space, rest = line.partition(" ")
        if not rest.isascii():
            raise SdpWrong("a codec in unknown letters")
        if found.setdefault(number(first, 127, "a payload type"), rest.strip()) != rest.strip():
            raise SdpWrong("a payload type is told twice")
    return found


def _feedback(lines: Told) -> dict[int | None, set[str]]:
    """Payload type (None for all) to the feedback it may get."""
    found: dict[int | None, set[str]] = {}
    for line in lines:
        first, _space, rest = line.partition(" ")
        which = None if first == "*" else number(first, 127, "a payload type")
        found.setdefault(which, set()).add(" ".join(rest.split()))
    return found


def _known(feedback: dict[int | None, set[str]], payload_type: int, name: str) -> tuple[str, ...]:
    told = feedback.get(payload_type, set()) | feedback.get(None, set())
    return tuple(one for one in codecs.codec(name).feedback if one in told)
