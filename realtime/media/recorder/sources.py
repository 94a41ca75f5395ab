"""From the packets of one source (an SSRC) to sound and pictures with times, in the order in which they were sent."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import replace

from realtime.media import redundancy
from realtime.media.packet import Packet, Unwrapped
from realtime.media.recorder.clocks import SenderClock, StreamClock
from realtime.media.recorder.files import AUDIO_RATE, VIDEO_RATE
from realtime.media.recorder.ordering import Reorder
from realtime.media.recorder.output import Output, Sound
from realtime.media.recorder.packets import OPUS, RED, opus_duration
from realtime.media.recorder.pictures import BUILDERS, Frames

EVER = 1 << 62
"""Later than any time: gives what is waiting at once."""


class Source(ABC):
    """A microphone, camera or screen. When its SSRC changes, it has begun anew (after a reconnection, say)."""

    rate: int
    _clock: StreamClock
    _newest: int

    def __init__(self, sender: SenderClock, output: Output) -> None:
        self.sender = sender
        self.output = output
        self._ssrc: int | None = None
        self._anew()

    def push(self, packet: Packet, arrival: int) -> None:
        """Take a packet that arrived at `arrival` (microseconds since 1970)."""
        if packet.ssrc != self._ssrc:
            if self._ssrc is not None:
                self.release(EVER)
                self._clock.close()
                self._anew()
            self._ssrc = packet.ssrc
        timestamp = self._unwrapped.take(packet.timestamp)
        self._newest = max(self._newest, timestamp)
        packet, length = self._unpack(packet)
        if self._reorder.push(packet.sequence, arrival, (packet, timestamp)):
            self._clock.arrived(timestamp + length, arrival)
        self.output.idle_since = max(self.output.idle_since, arrival)

    def release(self, now: int) -> None:
        """Hand on what need not wait at `now` (microseconds since 1970)."""
        for lost, (packet, timestamp) in self._reorder.pop(now):
            self._hand_on(packet, timestamp, lost)

    def report(self, ntp: float, timestamp: int, ssrc: int | None) -> None:
        """A sender report: NTP time in seconds, and the RTP timestamp of the same moment; `ssrc` if it was told of which source."""
        if self._clock.own is not None and ssrc in (None, self._ssrc):
            # The whole number that stands nearest to the newest packet's.
            self._clock.report(ntp, self._newest + (timestamp - self._newest + (1 << 31)) % (1 << 32) - (1 << 31))

    def close(self) -> None:
        """Hand on everything, in order."""
        self.release(EVER)
        self._clock.close()

    def _anew(self) -> None:
        self._unwrapped = Unwrapped(32)
        self._newest = 0
        self._clock = StreamClock(self.rate, self.sender)
        self._reorder: Reorder[tuple[Packet, int]] = Reorder()

    def _unpack(self, packet: Packet) -> tuple[Packet, int]:
        """The packet without wrapping, and for how long (in RTP time) its sender gathered it before it could go."""
        return packet, 0

    @abstractmethod
    def _hand_on(self, packet: Packet, timestamp: int, lost: int) -> None:
        """Make of the next packet what it stands for."""


class Microphone(Source):
    """Opus, alone or repeated in RED."""

    rate = AUDIO_RATE

    def __init__(self, sender: SenderClock, output: Output) -> None:
        super().__init__(sender, output)
        self._lost = 0

    def _unpack(self, packet: Packet) -> tuple[Packet, int]:
        if packet.payload_type == RED:
            # RED is agreed on for Opus only, so whatever number stands inside means that.
            _, payload = redundancy.primary(packet.payload) or (OPUS, b"")
            packet = replace(packet, payload_type=OPUS, payload=payload)
        # Timestamps tell when a packet's sound began, but it is sent when its sound is over.
        return packet, opus_duration(packet.payload) if packet.payload_type == OPUS else 0

    def _hand_on(self, packet: Packet, timestamp: int, lost: int) -> None:
        self._lost += lost
        samples = opus_duration(packet.payload) if packet.payload_type == OPUS else 0
        if samples:
            self.output.sound(Sound(self._clock.at(timestamp), packet.payload, samples, self._lost))
            self._lost = 0


class Camera(Source):
    """VP8 or H.264; a screen as well."""

    rate = VIDEO_RATE

    def __init__(self, sender: SenderClock, output: Output) -> None:
        super().__init__(sender, output)
        self._lost = 0

    def _anew(self) -> None:
        super()._anew()
        self._frames: Frames | None = None
        self._dropped = 0

    def _hand_on(self, packet: Packet, timestamp: int, lost: int) -> None:
        self._lost += lost
        builder = BUILDERS.get(packet.payload_type)
        if builder is None:
            # Of no known kind, so the picture it may belong to is not whole.
            lost = 0 if not packet.payload else max(lost, 1)
            builder = type(self._frames) if self._frames is not None else None
            packet = replace(packet, payload=b"", marker=False)
        if builder is None:
            return
        if not isinstance(self._frames, builder):
            self._frames, self._dropped = builder(), 0
        for frame in self._frames.push(packet, timestamp, lost):
            dropped, self._dropped = self._frames.dropped - self._dropped, self._frames.dropped
            self.output.picture(self._frames.codec, frame, self._clock.at(frame.timestamp), self._lost, dropped)
            self._lost = 0
