"""A meeting in the unit: its places, who is connected, who stands where, and what each of them gets."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any, Protocol

from . import rtcp
from .answers import Agreed
from .fanout import Sender
from .member import Member
from .place import Place
from .seat import Seat
from .speakers import Speakers
from .tokens import Places
from .track import Track
from .wish import Offer

FLOWING = 5.0
"""Seconds without a packet after which somebody's place is free for others."""
Tell = Callable[..., None]


class Listens(Protocol):
    """Somebody outside who hears a meeting (`feeds.py`)."""

    def packet(self, track: Track, ssrc: int, data: bytes | memoryview, *, largest: bool) -> None:
        """A packet came; `largest`: it is sound, or of the largest layer that flows."""

    def report(self, track: Track, sent: rtcp.Sent) -> None:
        """A sender's report came."""


class Meeting:
    """`tell(event, …)` says over the control line what happened; `feeds` hear every packet, for recorders and siblings."""

    def __init__(self, name: str, places: Places, sender: Sender, tell: Tell) -> None:
        self.name, self._sender = name, sender
        self.places = [Place("audio", one) for one in range(places.audio)] + [
            Place("video", one) for one in range(places.video)
        ]
        self.by_ssrc: dict[int, Place] = {place.ssrc: place for place in self.places}
        self.members: dict[str, Member] = {}
        self.feeds: list[Listens] = []
        self._speakers = Speakers()
        self._tell = tell

    def tell(self, event: str, **data: Any) -> None:
        """Something happened here."""
        self._tell(event, meeting=self.name, **data)

    # — who is here —

    def add(self, member: Member) -> None:
        """Somebody comes."""
        self.members[member.peer.id] = member

    def replace(self, member: Member) -> None:
        """A browser that came again is connected: its older connection is let go, else the same face stood in two places."""
        for old in self.of(member.participant):
            if old is not member and old.by_offer and old.claims.echo == member.claims.echo:
                old.peer.end("replaced")

    def of(self, participant: str) -> list[Member]:
        """The connections of a participant; usually one."""
        return [one for one in self.members.values() if one.participant == participant]

    def gone(self, member: Member) -> None:
        """Somebody's connection has ended: their places are free, their seats empty."""
        now = time.monotonic()
        self.members.pop(member.peer.id, None)
        for place in self.places:
            place.unseat(member.peer, now)
            if place.track and place.track.peer is member.peer:
                place.give(None, now)
        self.tell_places()

    # — who stands where —

    def stand(self, member: Member, kind: str, agreed: Agreed) -> Track | None:
        """Give somebody who begins to publish a place; None where all are taken."""
        media = "audio" if kind == "audio" else "video"
        now = time.monotonic()
        free = [one for one in self.places if one.kind == media and self._free(one, now)]
        place = min(free, key=lambda one: self._strange(one, member, kind, now), default=None)
        if place is None:
            return None
        track = Track(member.peer, member.participant, kind, agreed, place.ssrc, self._sender)
        track.on_layer = lambda _layer: self.choose_all(time.monotonic())
        place.give(track, now)
        self.tell_places()
        return track

    def _strange(self, place: Place, member: Member, kind: str, now: float) -> int:
        """How ill a place suits: browsers play sound and picture of one number in step, so they must be one person's.

        Beside their own other half first, then where the other half is free; a screen, which has no voice, at the end.
        """
        other = next((one for one in self.places if one.index == place.index and one.kind != place.kind), None)
        if other is None or other.track is None or self._free(other, now):
            return 1 if kind != "screen" or other is None else 2
        own = other.track.participant == member.participant and "screen" not in (kind, other.track.kind)
        return 0 if own else 3

    def _free(self, place: Place, now: float) -> bool:
        return place.track is None or place.track.peer.ended

    def placed(self) -> dict[str, Any]:
        """Who stands where: `audio` and `video` of the event `places`."""
        audio = {str(one.index): one.track.participant for one in self.places if one.track and one.kind == "audio"}
        video = {
            str(one.index): {"participant": one.track.participant, "kind": one.track.kind}
            for one in self.places
            if one.track and one.kind == "video"
        }
        return {"audio": audio, "video": video}

    def tell_places(self) -> None:
        """The same for everybody's page."""
        self.tell("places", **self.placed())

    # — who gets what —

    def choose_all(self, now: float) -> None:
        """Look again at what everybody gets; whose line is good and for whom nothing has changed is passed over, as nearly all are."""
        offered = (
            self._speakers.now,
            *(tuple(map(id, one.track.ranked())) if one.track else () for one in self.places),
        )
        for member in list(self.members.values()):
            if member.watches and member.peer.keys and not (member.offered == offered and member.ladder.settled(now)):
                self.choose(member, now)
                member.offered = offered

    def choose(self, member: Member, now: float) -> None:
        """Give one viewer what they want, as far as their line bears it."""
        member.offered = None
        pictures: list[tuple[Seat, Place]] = []
        for place in self.places:
            seat = place.seats.get(member.peer)
            if seat is None:
                continue
            track = place.track
            own = track is not None and track.participant == member.participant and not member.claims.echo
            level = member.wants.level(track.participant) if track else "nothing"
            if track is None or own or level == "nothing" or (place.kind == "video" and level == "audio"):
                if seat.layer or seat.waits_for:
                    place.stop(seat, now)
            elif place.kind == "audio":
                if layers := list(track.layers.values()):
                    place.show(seat, layers[-1], now)
            else:
                pictures.append((seat, place))
        self._pictures(member, pictures, now)

    def _pictures(self, member: Member, pictures: list[tuple[Seat, Place]], now: float) -> None:
        pictures.sort(key=lambda one: self._weight(member, one[1]))
        ranked = [place.track.ranked() if place.track else [] for _seat, place in pictures]
        offers = []
        for (_seat, place), layers in zip(pictures, ranked, strict=True):
            level = member.wants.level(place.track.participant) if place.track else "nothing"
            offers.append(Offer(tuple(one.bits for one in layers), 1 if level == "small" else len(layers)))
        steps = member.ladder.choose(offers, now)
        for (seat, place), layers, step in zip(pictures, ranked, steps, strict=True):
            if step == 0:
                if layers and (seat.layer or seat.waits_for):
                    place.stop(seat, now)
                    member.stopped(place.ssrc)
                    self.tell("layer", participant=member.participant, of=self._who(place), layer="nothing")
                continue
            layer = layers[step - 1]
            changes = seat.layer is not layer and seat.waits_for is not layer
            if changes and member.ladder.below and seat.layer in layers[step:]:
                # What the line can not bear stops at once: else the keyframe of the smaller one would be lost in its queue.
                place.stop(seat, now)
            if place.show(seat, layer, now) and changes:
                name = "full" if step == len(layers) else "small"
                self.tell("layer", participant=member.participant, of=self._who(place), layer=name)

    @staticmethod
    def _who(place: Place) -> str:
        return place.track.participant if place.track else ""

    def _weight(self, member: Member, place: Place) -> tuple[int, int]:
        """Pinned before a screen, a screen before who speaks, who speaks before the rest."""
        who = self._who(place)
        if who in member.wants.pinned:
            return 0, place.index
        if place.track and place.track.kind == "screen":
            return 1, place.index
        return (2 if who == self._speakers.now else 3), place.index

    # — time —

    def tick(self, now: float) -> None:
        """Twenty times a second."""
        for place in self.places:
            if place.track is None:
                continue
            place.track.tick(now)
            for layer in place.track.layers.values():
                if layer.waiting and place.kind == "video":
                    layer.want_keyframe(now)

    def look(self, now: float) -> None:
        """Twice a second: who speaks, and what everybody gets."""
        levels = {one.track.participant: one.track.level for one in self.places if one.track and one.kind == "audio"}
        if self._speakers.look(levels, now):
            self.tell("speaking", participants=[self._speakers.now] if self._speakers.now else [])
        self.choose_all(now)

    def second(self) -> None:
        """Once a second: reports to publishers."""
        for member in self.members.values():
            member.second()

    def relay_time(self, track: Track, sent: rtcp.Sent, now: float) -> None:
        """A publisher's report of its clock, to everybody who gets this layer, in their own numbers: lips and voice in step."""
        layer = track.layers.get(sent.ssrc)
        if layer is None:
            return
        for feed in self.feeds:
            feed.report(track, sent)
        for fan in layer.fans.values():
            for seat in fan.seats:
                if not seat.clock_due(now):
                    continue
                told = rtcp.sender_report(
                    seat.ssrc, sent.ntp, seat.report_time(sent.rtp), layer.packets, layer.packets * 1000
                )
                seat.peer.send(told + rtcp.source(seat.ssrc, track.participant), control=True)

    def fed(self, track: Track, ssrc: int, data: bytes | memoryview) -> None:
        """A packet came: for recorders and siblings as well, if any listen."""
        if not self.feeds:
            return
        ranked = track.ranked()
        largest = track.media == "audio" or not ranked or ranked[-1].ssrc == ssrc
        for feed in list(self.feeds):
            feed.packet(track, ssrc, data, largest=largest)

    def close(self) -> None:
        """The last one is gone: nothing of it is needed any more."""
