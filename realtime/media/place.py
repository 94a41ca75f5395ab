"""A place of a meeting: one stream of sound or picture in everybody's offer. Who stands in it changes, and nobody has to renegotiate."""

from __future__ import annotations

import secrets

from .codecs import Dialect
from .peer import Peer
from .seat import Seat
from .stream import Layer
from .track import Track


class Place:
    """Number `index` of a kind ("audio" or "video"); `seats` by peer, for everybody whose offer has it."""

    def __init__(self, kind: str, index: int) -> None:
        self.kind, self.index = kind, index
        self.ssrc, self.rtx = (secrets.randbits(31) << 1 | 1 for _one in range(2))
        self.track: Track | None = None
        self.seats: dict[Peer, Seat] = {}
        self.dialects: dict[Peer, Dialect] = {}

    @property
    def mid(self) -> str:
        """Its section in an offer."""
        return f"{self.kind[0]}{self.index}"

    def seat(self, peer: Peer, dialect: Dialect) -> None:
        """A peer is connected and can get what comes here."""
        self.dialects[peer] = dialect
        seat = Seat(peer, self.kind, self.ssrc, self.rtx)
        self.seats[peer] = seat

    def unseat(self, peer: Peer, now: float) -> None:
        """A peer is gone."""
        if seat := self.seats.pop(peer, None):
            self.stop(seat, now)
        self.dialects.pop(peer, None)

    def give(self, track: Track | None, now: float) -> None:
        """Somebody else stands here now, or nobody."""
        for seat in self.seats.values():
            self.stop(seat, now)
        self.track = track

    def stop(self, seat: Seat, now: float) -> None:
        """This seat gets nothing any more."""
        if seat.waits_for:
            seat.waits_for.waiting.pop(seat, None)
        if seat.layer:
            seat.layer.flush(now)
            seat.layer.sender.flush()
        seat.leave(now)

    def show(self, seat: Seat, layer: Layer, now: float) -> bool:
        """This seat is to get that layer, from its next keyframe on; what it has goes on until then. False where it can not read it."""
        dialect = self.dialects[seat.peer]
        codec = layer.codec
        if seat.waits_for is layer or not codec:
            return False
        if seat.layer is layer:
            # It was to change, and is not any more.
            if seat.waits_for:
                seat.waits_for.waiting.pop(seat, None)
                seat.waits_for = None
            return True
        if codec not in dialect.types:
            return False
        if seat.waits_for:
            seat.waits_for.waiting.pop(seat, None)
        seat.waits_for = layer
        shared = (codec, f"rtx:{codec}", "red") if codec == "opus" else (codec, f"rtx:{codec}")
        layer.waiting[seat] = dialect.narrowed(shared, ("abs-send-time",))
        if self.kind == "video":
            layer.want_keyframe(now)
        return True
