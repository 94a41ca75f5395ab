"""Offers of the unit that tests speak of, and what browsers really said to them (`record_sdp.py` remakes those)."""

from __future__ import annotations

from pathlib import Path

from realtime.media import sdp
from realtime.media.sdp import Local, Section

FIXTURES = Path(__file__).parent / "fixtures"
PUBLISHED = (
    Section("pa", "audio", "recvonly"),
    Section("pv", "video", "recvonly", rids=("h", "l")),
    Section("ps", "video", "recvonly"),
)


def local(**other: object) -> Local:
    """Our end, with an address of each family."""
    made = Local(
        "oursU", "ours-pwd".replace("-", "+") * 3, FINGERPRINT, (("192.0.2.7", 47000), ("2001:db8::7", 47000)), 1, 77
    )
    for name, value in other.items():
        setattr(made, name, value)
    return made


FINGERPRINT = "sha-256 " + ":".join(f"{one:02X}" for one in range(32))


def places(audio: int = 4, video: int = 4) -> tuple[Section, ...]:
    """The sections of every peer: those for publishing, then the places."""
    heard = [Section(f"a{at}", "audio", "sendonly", 1000 + at, None, f"a{at}", f"ta{at}") for at in range(audio)]
    seen = [Section(f"v{at}", "video", "sendonly", 2000 + at, 3000 + at, f"v{at}", f"tv{at}") for at in range(video)]
    return (*PUBLISHED, *heard, *seen)


def recorded(name: str) -> str:
    """What a browser said, byte for byte."""
    return (FIXTURES / f"{name}.sdp").read_bytes().decode()


ANSWERS = ("chromium_publisher", "chromium_viewer", "firefox_publisher", "firefox_viewer")
OFFERS = ("chromium_whip", "chromium_whep", "firefox_whip", "firefox_whep")


def mirrored(sections: tuple[Section, ...]) -> str:
    """An answer to our offer of these that takes everything, as a browser would write it."""
    head = [
        *("v=0", "o=- 4611 2 IN IP4 127.0.0.1", "s=-", "t=0 0"),
        f"a=group:BUNDLE {' '.join(one.mid for one in sections)}",
    ]
    told = {"a=recvonly": "a=sendonly", "a=sendonly": "a=recvonly"}
    parts = sdp.offer(local(candidates=()), sections).split("\r\nm=")[1:]
    lines = [line for part in parts for line in ("m=" + part).split("\r\n")]
    own = [
        *("a=ice-ufrag:thEM", "a=ice-pwd:their/password+of/22ch"),
        *(f"a=fingerprint:{FINGERPRINT}", "a=setup:active"),
    ]
    for line in lines:
        if line.startswith(("a=msid", "a=ssrc", "a=end-of")) or not line:
            continue
        line = told.get(line, line)
        if line.startswith("a=rid:"):
            line = line.replace(" recv", " send")
        head.append(line.replace("simulcast:recv", "simulcast:send"))
        if line.startswith("c="):
            head += own
    return "\r\n".join(head) + "\r\n"
