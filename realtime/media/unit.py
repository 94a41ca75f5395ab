"""The forwarding unit: its port, its meetings, and what it does for those who ask on the control line (docs/media-protocol.md)."""

from __future__ import annotations

import asyncio
import re
import time
from typing import Any

from . import answers, offered, sdp
from .control import Control, Line
from .feeds import Feed
from .followed import Followed
from .grammar import SdpWrong
from .member import Member
from .refused import Refused
from .roster import Roster
from .settings import Settings
from .wish import LEVELS, Wants

TICK, LOOK = 0.05, 0.5
UNIT = re.compile(r"media-[0-9]{1,3}")
"""A unit's name, which is that of its control line."""


class Unit(Roster):
    """Everything of one process: its roster, and what it does for those who ask."""

    def __init__(self, settings: Settings) -> None:
        super().__init__(settings)
        self._began = time.monotonic()

    # — what is asked —

    async def act(self, line: Line, do: str, request: dict[str, Any]) -> dict[str, Any]:
        """Do what a line asks; raises Refused."""
        acts = {
            "join": self.join,
            "answer": self.answer,
            "candidate": self.candidate,
            "restart": self.restart,
            "want": self.want,
            "leave": self.leave,
            "remove": self.remove,
            "close": self.close_meeting,
            "has": self.has,
            "follow": self.follow,
            "keyframe": self.keyframe,
            "publish": self.publish,
            "play": self.play,
            "ice": self.ice,
            "figures": self.figures,
            "drain": self.drain,
        }
        if do == "feed":
            return self.feed(line, request)
        act = acts.get(do)
        if act is None:
            raise Refused("unknown", "The unit does not know this request.")
        return act(request)

    def join(self, request: dict[str, Any]) -> dict[str, Any]:
        """Let somebody in by a token; they get our offer."""
        claims = self.admitted(request)
        member = self.enter(claims)
        member.by_offer = True
        return {"peer": member.peer.id, "offer": self._offer(member)}

    def _local(self, member: Member) -> sdp.Local:
        member.version += 1
        peer = member.peer
        candidates = tuple((host, self.mux.port) for host in self.settings.addresses)
        number = int.from_bytes(peer.id.encode()[:7], "big")
        return sdp.Local(
            peer.ufrag,
            peer.secret.password.decode(),
            f"sha-256 {self.certificate.fingerprint}",
            candidates,
            member.version,
            number,
        )

    def _offer(self, member: Member) -> str:
        return sdp.offer(self._local(member), member.sections())

    def answer(self, request: dict[str, Any]) -> dict[str, Any]:
        """A browser's answer to our offer: the first begins the handshake, a later one may change what is published."""
        member = self.member_of(request)
        remote = self._read(lambda: answers.read_answer(str(request.get("sdp")), member.sections()))
        member.agree(remote)
        self._asked.pop(member.peer.id, None)
        if member.version == 1:
            self._start(member, remote)
        return member.meeting.placed()

    def _start(self, member: Member, remote: answers.Remote) -> None:
        def connected() -> None:
            now = time.monotonic()
            member.connected(now)
            if member.by_offer:
                member.meeting.replace(member)
            member.meeting.choose(member, now)
            if not member.claims.publish:
                member.on_flow()

        member.peer.start(remote.fingerprints, time.monotonic(), connected)

    @staticmethod
    def _read(read: Any) -> answers.Remote:
        try:
            remote: answers.Remote = read()
        except SdpWrong as wrong:
            raise Refused("description_wrong", f"The description can not be read: {wrong}.") from None
        return remote

    def candidate(self, request: dict[str, Any]) -> dict[str, Any]:
        """Nothing to do: a lite agent answers whoever proves to know the password, from wherever."""
        self.member_of(request)
        return {}

    def restart(self, request: dict[str, Any]) -> dict[str, Any]:
        """New names for ICE; keys and media go on. As a new offer, or, for who came with an offer of their own, as a fragment."""
        member = self.member_of(request)
        member.peer.restart()
        first = self._firsts.get(member.peer.id)
        if first is None:
            return {"offer": self._offer(member)}
        return {"ufrag": member.peer.ufrag, "fragment": offered.fragment(self._local(member), first)}

    def want(self, request: dict[str, Any]) -> dict[str, Any]:
        """What a viewer wants to get; answered with who stands where, for a page that missed an event of that."""
        member = self.member_of(request)
        wants, rest, pinned = request.get("wants", {}), request.get("rest", "full"), request.get("pinned", [])
        good = isinstance(wants, dict) and isinstance(pinned, list) and len(wants) + len(pinned) <= 100
        if not good or rest not in LEVELS or not set(map(str, wants.values())) <= set(LEVELS):
            raise Refused("wrong", "Nothing, audio, small or full can be wanted.")
        member.wants = Wants({str(who): str(level) for who, level in wants.items()}, rest, tuple(map(str, pinned)))
        member.meeting.choose(member, time.monotonic())
        return member.meeting.placed()

    def leave(self, request: dict[str, Any]) -> dict[str, Any]:
        """Somebody goes by themselves."""
        self.member_of(request).peer.end("left")
        return {}

    def remove(self, request: dict[str, Any]) -> dict[str, Any]:
        """Somebody must go: all their connections in this meeting."""
        for member in self.meeting_of(request).of(str(request.get("participant"))):
            member.peer.end("removed")
        return {}

    def close_meeting(self, request: dict[str, Any]) -> dict[str, Any]:
        """The meeting is over."""
        for member in list(self.meeting_of(request).members.values()):
            member.peer.end("closed")
        return {}

    def has(self, request: dict[str, Any]) -> dict[str, Any]:
        """Whether a meeting is at home here, or kept for those on their way (from now on if asked to); or which unit it is followed at."""
        now, name = time.monotonic(), str(request.get("meeting"))
        if request.get("keep") is True:
            self.kept.keep(name, now)
        meeting = self.meetings.get(name)
        follows = meeting.home if isinstance(meeting, Followed) else self.kept.home(name, now)
        here = bool(meeting) or name in self.kept.names(now)
        return {"has": here and not follows, "follows": follows, "peers": len(self.members)}

    def follow(self, request: dict[str, Any]) -> dict[str, Any]:
        """Whoever watches this meeting here from now on gets it from the sibling where it is."""
        name, home, now = str(request.get("meeting")), str(request.get("home")), time.monotonic()
        meeting = self.meetings.get(name)
        if not UNIT.fullmatch(home) or home == self.settings.name or (meeting and not isinstance(meeting, Followed)):
            raise Refused("wrong", "This meeting can not be followed here.")
        if self.draining and meeting is None:
            raise Refused("busy", "No meeting begins here any more.")
        self.kept.keep(name, now, home)
        if isinstance(meeting, Followed):
            meeting.turn_to(self.path_of(home))
        return {}

    def keyframe(self, request: dict[str, Any]) -> dict[str, Any]:
        """A sibling needs the next picture of a layer to be whole."""
        who, kind, ssrc = request.get("participant"), request.get("kind"), request.get("ssrc")
        for place in self.meeting_of(request).places:
            track = place.track
            if (
                track
                and (track.participant, track.kind) == (who, kind)
                and isinstance(ssrc, int)
                and ssrc in track.layers
            ):
                track.layers[ssrc].want_keyframe(time.monotonic())
        return {}

    def publish(self, request: dict[str, Any]) -> dict[str, Any]:
        """WHIP (RFC 9725): a description of theirs that publishes."""
        return self._theirs(request, watches=False)

    def play(self, request: dict[str, Any]) -> dict[str, Any]:
        """WHEP: a description of theirs that watches."""
        return self._theirs(request, watches=True)

    def _theirs(self, request: dict[str, Any], *, watches: bool) -> dict[str, Any]:
        remote = self._read(lambda: answers.read_offer(str(request.get("sdp"))))
        offered.check(remote)
        claims = self.admitted(request)
        if not watches and not claims.publish:
            raise Refused("token_wrong", "This token lets nobody publish.")
        member = self.enter(claims)
        member.watches = watches
        try:
            agreed = offered.agree(member, self._local(member), remote)
        except SdpWrong as wrong:
            member.peer.end("refused")
            raise Refused("description_unfit", f"The description can be read, but not used: {wrong}.") from None
        if not watches:
            # A program that was started again takes its own place; the old connection would hold it for twenty seconds.
            for old in member.meeting.of(member.participant):
                if old is not member:
                    old.peer.end("replaced")
        self._asked.pop(member.peer.id, None)
        self._firsts[member.peer.id] = agreed.first
        self._start(member, remote)
        return {"peer": member.peer.id, "answer": agreed.answer, "ufrag": member.peer.ufrag}

    def ice(self, request: dict[str, Any]) -> dict[str, Any]:
        """Whose connection this is, and the name of its ICE session: what a WHIP resource is asked for before it is changed."""
        member = self.member_of(request)
        return {"meeting": member.meeting.name, "participant": member.participant, "ufrag": member.peer.ufrag}

    def feed(self, line: Line, request: dict[str, Any]) -> dict[str, Any]:
        """A recorder, or with `layers: "all"` a sibling, listens to a meeting from now on, until its line ends."""
        meeting = self.meeting_of(request)
        if isinstance(meeting, Followed):
            raise Refused("gone", "The meeting is at home elsewhere.")
        Feed(line, meeting, layers=request.get("layers") == "all")
        return meeting.placed()

    def figures(self, _request: dict[str, Any]) -> dict[str, Any]:
        """Counts since the start, for /metrics and for who places meetings."""
        sender = self.sender
        return {
            "peers": len(self.members),
            "meetings": len(self.meetings.keys() | self.kept.names(time.monotonic())),
            "joins": self.joins,
            "received": self.mux.received,
            "sent": sender.sent,
            "dropped": sender.dropped,
            "unknown": self.mux.dropped,
            "refused": sender.refused,
            "busy_seconds": round(sender.busy, 6),
            "way": sender.way,
            "uptime": round(time.monotonic() - self._began, 1),
            "port": self.mux.port,
            "draining": self.draining,
        }

    def drain(self, _request: dict[str, Any]) -> dict[str, Any]:
        """Begin no meeting any more; the process ends when the last one is gone."""
        self.draining = True
        return {}

    async def run(self, stop: asyncio.Event) -> None:
        """Work until told to stop, or until the last one is gone while draining."""
        self.mux.listen()
        self.control = Control(self.settings.control, self.act)
        await self.control.serve()
        looked = counted = 0.0
        while not stop.is_set() and not (self.draining and not self.members):
            now = time.monotonic()
            for meeting in list(self.meetings.values()):
                meeting.tick(now)
                if now - looked >= LOOK:
                    meeting.look(now)
                if now - counted >= 1.0:
                    meeting.second()
            looked = now if now - looked >= LOOK else looked
            if now - counted >= 1.0:
                counted = now
                self.sweep(now)
            await asyncio.sleep(TICK)
        await self._close()

    async def _close(self) -> None:
        for member in list(self.members.values()):
            member.peer.end("closed")
        if self.control:
            await self.control.close()
        self.mux.close()
