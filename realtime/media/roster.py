"""Who is connected to this process, in which meeting: they come in by a token, and go by themselves, by order, or by silence."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path
from typing import Any

from .control import Control
from .dtls import Certificate
from .fanout import Sender
from .followed import Followed
from .kept import Kept
from .meeting import Meeting
from .member import Member
from .native import offers_segmentation
from .peer import Peer
from .refused import Refused
from .settings import Settings
from .tokens import Claims, Tokens
from .udp import Mux

MOST_PEERS = 800
"""Connections of one process; DESIGN 7 says 500 viewers, and publishers and those who come back stand beside them."""
UNANSWERED = 30.0
"""Seconds that an offer waits for its answer."""
ECHO = 30.0
"""Seconds after which a probe of the line (it hears itself) ends by itself: it needs six, and must not become a place to park traffic."""


class Roster:
    """Connections (`members`, by the peer's id) and `meetings` (by name) of one process, over its one port."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.mux = Mux(settings.port)
        self.sender = Sender(self.mux.fd, offers_segmentation())
        self.certificate = Certificate.generateCertificate()
        self.tokens = Tokens(settings.key, settings.name)
        self.meetings: dict[str, Meeting] = {}
        self.members: dict[str, Member] = {}
        self.kept = Kept()
        self.draining = False
        self.control: Control | None = None
        self._asked: dict[str, float] = {}
        self._firsts: dict[str, tuple[str, str]] = {}
        self.joins = 0

    def admitted(self, request: dict[str, Any]) -> Claims:
        """What a token allows, which is used up by that; raises Refused."""
        if len(self.members) >= MOST_PEERS:
            raise Refused("busy", "No more can come in here.")
        claims = self.tokens.take(request.get("token"), time.time())
        if self.draining and claims.meeting not in self.meetings:
            raise Refused("busy", "No meeting begins here any more.")
        return claims

    def enter(self, claims: Claims) -> Member:
        """A new connection in the meeting that the claims name; it waits for a description."""
        meeting = self.meetings.get(claims.meeting)
        if meeting is None:
            meeting = self.meetings[claims.meeting] = self._meeting(claims)
        peer = Peer(self.mux, self.certificate, bool(claims.publish))
        member = Member(meeting, peer, claims)
        meeting.add(member)
        self.members[peer.id] = member
        self._asked[peer.id] = time.monotonic()
        peer.on_end = lambda reason: self._ended(member, reason)
        member.on_flow = lambda: meeting.tell("joined", participant=claims.participant, peer=peer.id)
        self.joins += 1
        if claims.echo:
            asyncio.get_running_loop().call_later(ECHO, peer.end, "over")
        return member

    def _meeting(self, claims: Claims) -> Meeting:
        told = claims.meeting, claims.places, self.sender, self._tell
        if home := self.kept.home(claims.meeting, time.monotonic()):
            return Followed(*told, self.path_of(home))
        return Meeting(*told)

    def path_of(self, unit: str) -> Path:
        """The control line of a sibling on this box."""
        return self.settings.control.with_name(f"{unit}.sock")

    def member_of(self, request: dict[str, Any]) -> Member:
        """The connection that a request is about; raises Refused."""
        member = self.members.get(str(request.get("peer")))
        if member is None:
            raise Refused("gone", "There is no such connection.")
        return member

    def meeting_of(self, request: dict[str, Any]) -> Meeting:
        """The meeting that a request is about; raises Refused."""
        meeting = self.meetings.get(str(request.get("meeting")))
        if meeting is None:
            raise Refused("gone", "There is no such meeting here.")
        return meeting

    def _tell(self, event: str, **data: Any) -> None:
        if self.control:
            self.control.tell(event, **data)

    def _ended(self, member: Member, reason: str) -> None:
        self.members.pop(member.peer.id, None)
        self._asked.pop(member.peer.id, None)
        self._firsts.pop(member.peer.id, None)
        meeting = member.meeting
        meeting.gone(member)
        meeting.tell("left", participant=member.participant, peer=member.peer.id, reason=reason)
        if not meeting.members:
            self.meetings.pop(meeting.name, None)
            meeting.close()

    def sweep(self, now: float) -> None:
        """Let go of who has fallen silent, and of offers that nobody answered."""
        for member in list(self.members.values()):
            asked = self._asked.get(member.peer.id)
            if member.peer.silent(now) or (asked is not None and now - asked > UNANSWERED):
                member.peer.end("silent")
