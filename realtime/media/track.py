"""What one participant publishes in one section: a voice, a camera in one or more layers, or a screen; and how loud a voice is."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Protocol

from . import rtcp
from .answers import Agreed
from .fanout import Sender
from .packet import Packet
from .stream import Layer

FRESH = 2.0
"""Seconds without a packet after which a layer is not sent any more: browsers stop the large one where the line is thin."""
QUIET = 127
"""The audio level that means silence (RFC 6464), in -dBov."""
MOST_LAYERS = 3
SMOOTH = 0.2
"""Share of the newest level in the running one: about a tenth of a second of voice."""


class Source(Protocol):
    """Where a track comes from: a connection, or a sibling that has one (`followed.py`)."""

    ssrc: int
    ended: bool

    def send(self, packet: bytes, *, control: bool = False) -> bool:
        """Feedback to the publisher."""


class Track:
    """A section that a peer publishes; `on_layer(layer)` is told of each layer that begins."""

    def __init__(
        self, peer: Source, participant: str, kind: str, agreed: Agreed, place_ssrc: int, sender: Sender
    ) -> None:
        self.peer, self.participant, self.kind, self.agreed = peer, participant, kind, agreed
        self.media = "audio" if kind == "audio" else "video"
        self.layers: dict[int, Layer] = {}
        self.level = float(QUIET)
        self.place_ssrc = place_ssrc
        self.recorded = False
        """A recorder listens, who needs a keyframe after a loss as a viewer does."""
        self.reports: dict[int, tuple[rtcp.Sent, float]] = {}
        self.on_layer: Callable[[Layer], None] = lambda _layer: None
        self._sender = sender
        self._level_id = agreed.dialect.extensions.get("audio-level", 0)
        self._repaired_id = agreed.dialect.extensions.get("repaired-rid", 0)
        self._repairs = {again: first for first, again in agreed.repairs}

    def take(self, one: Packet, rid: str, now: float) -> Packet | None:
        """A packet of this section, or the lost one that it carries again; returns what came, None where it is of nothing that was agreed."""
        codec = self.agreed.dialect.names.get(one.payload_type)
        if codec is None:
            return None
        if codec.startswith("rtx:"):
            codec = codec[4:]
            repaired = self._repaired(one, codec)
            if repaired is None:
                return None
            one = repaired
        layer = self.layers.get(one.ssrc)
        if layer is None:
            if len(self.layers) >= MOST_LAYERS:
                return None
            layer = self._new(one.ssrc, rid, codec)
        if self.media == "audio" and (level := one.extensions.get(self._level_id)):
            self.level += (float(level[0] & QUIET) - self.level) * SMOOTH
        layer.take(one, codec, now)
        return one

    def _repaired(self, one: Packet, codec: str) -> Packet | None:
        """What a stream of repairs carries (RFC 4588)."""
        first = self._repairs.get(one.ssrc)
        if first is None:
            rid = one.extensions.get(self._repaired_id, b"").decode("ascii", "replace")
            first = next((layer.ssrc for layer in self.layers.values() if rid and layer.rid == rid), None)
        kind = self.agreed.dialect.types.get(codec)
        if first is None or kind is None or len(one.payload) <= 2:
            return None
        self._repairs[one.ssrc] = first
        sequence = int.from_bytes(one.payload[:2], "big")
        return Packet(one.marker, kind, sequence, one.timestamp, first, one.payload[2:], one.extensions)

    def _new(self, ssrc: int, rid: str, codec: str) -> Layer:
        layer = Layer(self.media, rid, ssrc, self.place_ssrc, self._sender)
        layer.codec = "opus" if codec == "red" else codec
        layer.alive = time.monotonic()
        layer.ask = lambda lost: self._control(rtcp.nack(self.peer.ssrc, ssrc, lost))
        layer.refresh = lambda: self._control(rtcp.pli(self.peer.ssrc, ssrc))
        self.layers[ssrc] = layer
        self.on_layer(layer)
        return layer

    def _control(self, packet: bytes) -> None:
        self.peer.send(packet, control=True)

    def ranked(self) -> list[Layer]:
        """Layers that are sent now, the smallest first: by the size of the picture, else by how much it takes."""
        now = time.monotonic()
        live = [one for one in self.layers.values() if now - one.alive < FRESH]
        return sorted(live, key=lambda one: (one.area, one.bits))

    def tick(self, now: float) -> None:
        """Ask again for what is still missing; twenty times a second."""
        for layer in self.layers.values():
            if lost := layer.missing.due(now):
                layer.ask(lost)
            if layer.missing.given_up() and self.media == "video" and (layer.fans or self.recorded):
                layer.want_keyframe(now)

    def second(self) -> list[tuple[int, float, int, int, int, int]]:
        """Once a second: how much each layer took, and a report about each for its publisher."""
        blocks = []
        for layer in self.layers.values():
            layer.bits, layer.octets = layer.octets * 8.0, 0
            share, lost, highest = layer.missing.report()
            told = self.reports.get(layer.ssrc)
            lsr = (told[0].ntp >> 16) & 0xFFFFFFFF if told else 0
            delay = int((time.monotonic() - told[1]) * 65_536) & 0xFFFFFFFF if told else 0
            blocks.append((layer.ssrc, share, lost, highest, lsr, delay))
        return blocks
