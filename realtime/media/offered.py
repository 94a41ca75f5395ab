"""Peers that come with a description of their own: WHIP (RFC 9725) publishes, WHEP watches. They get an answer where browsers get an offer."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from . import answers, sdp
from .answers import Remote
from .member import Member
from .refused import Refused
from .sdp import Local, Section

KINDS = ("audio", "video")


@dataclass(frozen=True)
class Offered:
    """What such a peer agreed on. `first` (kind, mid) is the section of the bundle that carries the transport."""

    answer: str
    first: tuple[str, str]


def check(remote: Remote) -> None:
    """Raises Refused where somebody sends or wants more than one sound and one picture (RFC 9725, 4.4.2)."""
    many = Counter(one.kind for one in remote.sections if one.kind in KINDS and one.direction != "inactive")
    if any(count > 1 for count in many.values()):
        raise Refused("too_many_tracks", "One sound and one picture go over this door, not more.")


def agree(member: Member, local: Local, remote: Remote) -> Offered:
    """Answer the offer of this member and let it publish, or watch (`member.watches`), what it took. Raises SdpWrong."""
    sections, taken = _watched(member, remote) if member.watches else _published(remote)
    text = answers.answer(local, remote, sections)
    if member.watches:
        member.agreed = taken
    else:
        member.agreed = {one.mid: one for one in remote.sections}
    wanted = {one.mid for one in sections}
    first = next(one for one in remote.sections if one.mid in wanted and one.direction != "inactive")
    return Offered(text, (first.kind, first.mid))


def _published(remote: Remote) -> tuple[list[Section], dict[str, answers.Agreed]]:
    return [Section(one.mid, one.kind, "recvonly", rids=one.rids) for one in remote.sections], {}


def _watched(member: Member, remote: Remote) -> tuple[list[Section], dict[str, answers.Agreed]]:
    """A player has one section of a kind and gets the meeting's first place of it."""
    sections: list[Section] = []
    taken: dict[str, answers.Agreed] = {}
    for theirs in remote.sections:
        place = next((one for one in member.meeting.places if one.kind == theirs.kind and one.mid not in taken), None)
        if place is None:
            continue
        taken[place.mid] = theirs
        rtx = place.rtx if place.kind == "video" else None
        sections.append(Section(theirs.mid, theirs.kind, "sendonly", place.ssrc, rtx, "p0", place.mid))
    return sections, taken


def fragment(local: Local, first: tuple[str, str]) -> str:
    """New names for ICE as a fragment of a description (RFC 8840, 9), with every address of ours."""
    kind, mid = first
    lines = ["a=ice-lite", f"a=ice-ufrag:{local.ufrag}", f"a=ice-pwd:{local.pwd}", f"m={kind} 9 RTP/AVP 0"]
    lines += [f"a=mid:{mid}", *(sdp.candidate(at, *one) for at, one in enumerate(local.candidates))]
    return sdp.text([*lines, "a=end-of-candidates"])
