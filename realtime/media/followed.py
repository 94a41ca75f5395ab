"""A meeting of a sibling, followed here for some of those who only watch: past what one process bears, each stream is fed once to the others.

Its publishers' places have the same numbers here, so what `places` says at the meeting's home is true for everybody. Who speaks is
decided there as well; what a viewer gets, layer by layer, is chosen here.
"""

from __future__ import annotations

import time
from pathlib import Path
from types import MappingProxyType

from . import packet
from .answers import Agreed
from .arrival import KINDS, Arrival
from .codecs import CODECS, Dialect
from .fanout import Sender
from .meeting import Meeting, Tell
from .member import Member
from .place import Place
from .relay import Relay
from .rtcp import Sent
from .stream import Layer
from .tokens import Places
from .track import Track

DIALECT = Dialect(MappingProxyType({one.name: one.payload_type for one in CODECS}), MappingProxyType({}))
"""How packets of the feed are written; header extensions are of the publisher's own numbers, and not needed here."""


class Sibling:
    """Stands for a publisher who is connected elsewhere: what is to be asked goes along the relay."""

    ssrc = 1
    ended = False

    def send(self, packet: bytes, *, control: bool = False) -> bool:
        """Losses are asked for, and reported, where the publisher is."""
        return False


class Followed(Meeting):
    """Follows the meeting of this name at the unit that listens on `home`, from now until `close`."""

    def __init__(self, name: str, places: Places, sender: Sender, tell: Tell, home: Path) -> None:
        super().__init__(name, places, sender, tell)
        self._tracks: dict[tuple[str, str], Track] = {}
        self._relay = Relay(home, name, self)
        self._relay.start()

    @property
    def home(self) -> str:
        """The unit at which it is."""
        return self._relay.path.stem

    def turn_to(self, home: Path) -> None:
        """The meeting is at another unit now."""
        if home != self._relay.path:
            self._relay.stop()
            self._relay = Relay(home, self.name, self)
            self._relay.start()

    def close(self) -> None:
        """Nobody watches here any more."""
        self._relay.stop()

    # — what is told —

    def stands(self, audio: dict[str, str], video: dict[str, dict[str, str]]) -> None:
        """Who stands where at home, so here; whoever stays keeps their track."""
        stand = {("audio", int(number)): (who, "audio") for number, who in audio.items()}
        stand |= {("video", int(number)): (one["participant"], one["kind"]) for number, one in video.items()}
        now, kept = time.monotonic(), self._tracks
        self._tracks = {}
        for place in self.places:
            who = stand.get((place.kind, place.index))
            track = kept.get(who) if who else None
            if who and (track is None or track.place_ssrc != place.ssrc):
                track = self._publisher(*who, place)
            if track is not place.track:
                place.give(track, now)
            if who and track:
                self._tracks[who] = track
        self.choose_all(now)

    def _publisher(self, participant: str, kind: str, place: Place) -> Track:
        agreed = Agreed("", place.kind, "sendonly", DIALECT, (), (), "", (), (), True, ("", ""))
        track = Track(Sibling(), participant, kind, agreed, place.ssrc, self._sender)

        def begun(layer: Layer) -> None:
            layer.ask = lambda _lost: None
            layer.refresh = lambda: self._relay.want_keyframe(participant, kind, layer.ssrc)
            self.choose_all(time.monotonic())

        track.on_layer = begun
        return track

    def arrived(self, one: Arrival) -> None:
        """A packet of a publisher."""
        track, read = self._tracks.get((one.participant, KINDS[one.kind])), packet.read(one.packet)
        if track is not None and read is not None:
            track.take(read, "", time.monotonic())

    def speaks(self, participants: list[str]) -> None:
        """Who speaks there speaks here."""
        self._speakers.now = participants[0] if participants else None

    def reported(self, participant: str, kind: str, sent: Sent) -> None:
        """A publisher's clock, for those who watch here."""
        if track := self._tracks.get((participant, kind)):
            self.relay_time(track, sent, time.monotonic())

    # — what is another thing here —

    def stand(self, member: Member, kind: str, agreed: Agreed) -> Track | None:
        """Who publishes is sent to the meeting's home."""
        return None

    def tell_places(self) -> None:
        """The home tells it."""

    def look(self, now: float) -> None:
        """Twice a second: what everybody gets."""
        self.choose_all(now)

    def second(self) -> None:
        """Once a second: what each layer takes; reports go to publishers from where they are."""
        for track in self._tracks.values():
            track.second()
