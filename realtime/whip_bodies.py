"""What WHIP and WHEP carry in bodies and headers: descriptions, fragments of them (RFC 8840, 9), entity tags, addresses of relays."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from flask import request

from foundation.errors import InputWrong, Refusal

SDP, FRAGMENT = "application/sdp", "application/trickle-ice-sdpfrag"
LARGEST = 64 * 1024
"""Bytes; a browser's whole offer has about 10,000."""
LINE = re.compile(r"[a-z]=[^\x00-\x08\x0a-\x1f\x7f]*")


@dataclass(frozen=True)
class Fragment:
    """What a program sends later about its end; all we need to know is whether it has new names for ICE."""

    restarts: bool


def wrong(code: str, status: int, **extra: Any) -> Refusal:
    """What was sent can not be taken: a stable code for programs, and its status."""
    refusal = InputWrong(**extra)
    refusal.code, refusal.status = code, status
    return refusal


def text(kind: str) -> str:
    """The body of this media type; raises a Refusal with 415, 413 or 400."""
    if request.mimetype != kind:
        raise wrong("content_type", 415, expected=kind)
    if (request.content_length or 0) > LARGEST:
        raise wrong("too_large", 413, most=LARGEST)
    raw = request.stream.read(LARGEST + 1)
    if len(raw) > LARGEST:
        raise wrong("too_large", 413, most=LARGEST)
    try:
        read = raw.decode()
    except UnicodeDecodeError:
        raise wrong("description_wrong", 400) from None
    if not read.strip():
        raise wrong("description_wrong", 400)
    return read


def fragment() -> Fragment:
    """The fragment in the body; raises a Refusal with 415, 413 or 400."""
    lines = text(FRAGMENT).replace("\r\n", "\n").rstrip("\n").split("\n")
    if not all(LINE.fullmatch(line) for line in lines):
        raise wrong("fragment_wrong", 400)
    names = {line.partition(":")[0] for line in lines}
    if ("a=ice-ufrag" in names) != ("a=ice-pwd" in names):
        raise wrong("fragment_wrong", 400)
    return Fragment("a=ice-ufrag" in names)


def any_session(if_match: str) -> bool:
    """Whether this is `*`, with or without the quotation marks that RFC 9725 prints."""
    return if_match.strip() in {"*", '"*"'}


def links(relays: list[dict[str, Any]]) -> list[str]:
    """`iceServers` as Link headers (RFC 9725, 4.6)."""
    made = []
    for relay in relays:
        for url in relay["urls"]:
            link = f'<{url}>; rel="ice-server"'
            if "username" in relay:
                link += (
                    f'; username="{relay["username"]}"; credential="{relay["credential"]}"; credential-type="password"'
                )
            made.append(link)
    return made
