"""Reads the lines of a stranger's session description (RFC 8866) into sections, within bounds; means nothing by them yet."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

MAX_BYTES = 64 * 1024
"""What the wire lets through as well."""
MAX_LINES = 3_000
MAX_HEAD = 100
"""Lines above the first section; they are looked at again for each section."""
MAX_LINE = 4_096
"""Characters."""
MAX_SECTIONS = 80
"""More than fit into MAX_BYTES as browsers write them."""

_MEDIA = re.compile(r"([a-z]{1,16}) ([0-9]{1,5})(?:/[0-9]{1,5})? ([A-Z0-9/]{1,32}) ([\x21-\x7e]+(?: [\x21-\x7e]+)*) *")

_CONTROL = re.compile(r"[\x00-\x09\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n)")


class SdpWrong(ValueError):
    """The description cannot be used; `reason` says why in a few words, without a word of the description itself."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass
class Lines:
    """The attributes of the head or of one section: name to values in order; the value is "" for flags."""

    attributes: dict[str, list[str]] = field(default_factory=dict)

    def all(self, name: str) -> list[str]:
        """The values of every line with this name."""
        return self.attributes.get(name, [])

    def one(self, name: str) -> str | None:
        """The only value with this name; None without such a line. SdpWrong when two lines differ."""
        found = set(self.all(name))
        if len(found) > 1:
            raise SdpWrong(f"two different lines of {name}")
        return found.pop() if found else None

    def has(self, name: str) -> bool:
        """Whether there is such a line."""
        return name in self.attributes


@dataclass
class Media(Lines):
    """One m-section."""

    kind: str = ""
    port: int = 0
    protocol: str = ""
    formats: tuple[str, ...] = ()


@dataclass
class Description:
    """The head and the sections."""

    head: Lines
    media: list[Media]


def parse(sdp: str) -> Description:
    """Splits a description into its lines; tolerant of lone line feeds and of lines it does not know. SdpWrong otherwise."""
    # Characters first: nobody makes us encode a description of megabytes to count its bytes.
    if len(sdp) > MAX_BYTES or len(sdp.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        raise SdpWrong("the description is too long")
    if _CONTROL.search(sdp):
        raise SdpWrong("a control character")
    lines = sdp.replace("\r\n", "\n").rstrip("\n").split("\n")
    if len(lines) > MAX_LINES or max(map(len, lines)) > MAX_LINE:
        raise SdpWrong("too many or too long lines")
    if lines[0] != "v=0":
        raise SdpWrong("not a session description")
    head = Lines()
    media: list[Media] = []
    attributes = head.attributes
    for at, line in enumerate(lines):
        if line.startswith("a="):
            name, _colon, value = line[2:].partition(":")
            if name in attributes:
                attributes[name].append(value.strip(" "))
            else:
                attributes[name] = [value.strip(" ")]
        elif line.startswith("m="):
            if at > MAX_HEAD and not media:
                raise SdpWrong("too many lines above the first section")
            media.append(_media(line[2:]))
            attributes = media[-1].attributes
            if len(media) > MAX_SECTIONS:
                raise SdpWrong("too many sections")
        elif line[1:2] != "=" or not "a" <= line[0] <= "z":
            raise SdpWrong("a line without a type")
    if not media:
        raise SdpWrong("no section")
    return Description(head, media)


def _media(value: str) -> Media:
    found = _MEDIA.fullmatch(value)
    if not found:
        raise SdpWrong("a section's first line is malformed")
    kind, port, protocol, formats = found.groups()
    if int(port) > 65_535:
        raise SdpWrong("a port is too large")
    return Media(kind=kind, port=int(port), protocol=protocol, formats=tuple(formats.split()))


def number(value: str, most: int, what: str) -> int:
    """A plain decimal number up to `most`; SdpWrong("… is not a number") else."""
    if not (value.isascii() and value.isdigit()) or len(value) > 10 or int(value) > most:
        raise SdpWrong(f"{what} is not a number in range")
    return int(value)
