"""One connection of a browser: its password, its addresses, its keys, and an allowance that no flood gets past."""

from __future__ import annotations

import asyncio
import secrets
import string
from collections.abc import Callable
from typing import Any

from . import rtcp, stun
from .dtls import OK, Certificate, Handshake, Keys, ffi, lib
from .udp import Address, Mux

ALPHABET = string.ascii_letters + string.digits
PATIENCE = 20.0
"""Seconds until a handshake must be through."""
SILENCE = 20.0
"""Seconds without a word after which a peer is gone: consent (RFC 7675) is asked for every 5 s, and holds for 30."""
PUBLISHES = 1_500_000
"""Bytes a second that somebody who publishes may send: a camera in two layers, a screen and a voice are below 700,000."""
WATCHES = 60_000
"""Bytes a second for somebody who only watches: reports and checks are below 2,000."""


def _letters(many: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _one in range(many))


class Allowance:
    """A bucket of bytes that fills by `rate` a second and holds two seconds of it."""

    def __init__(self, rate: int) -> None:
        self.rate = rate
        self.left = 2.0 * rate
        self.at = 0.0

    def take(self, many: int, now: float) -> bool:
        """Whether so many may pass now."""
        if self.at:
            self.left = min(2.0 * self.rate, self.left + (now - self.at) * self.rate)
        self.at = now
        if self.left < many:
            return False
        self.left -= many
        return True


class Peer:
    """A connection. `on_rtp(data, now, came)` and `on_rtcp(told, now)` get what came in plain; `on_end(reason)` is called once."""

    def __init__(self, mux: Mux, certificate: Certificate, publishes: bool) -> None:
        self.mux = mux
        self.id = secrets.token_urlsafe(16)
        self.ufrag, self.secret = _letters(8), stun.Secret(_letters(24).encode())
        self.ssrc = secrets.randbits(31) | 1
        self.address: Address | None = None
        self.addresses: list[bytes] = []
        self.keys: Keys | None = None
        self.heard = 0.0
        self.refused = 0
        self.seats: list[Any] = []
        self.on_rtp: Callable[[memoryview, float, float], None] = lambda _data, _now, _came: None
        self.on_rtcp: Callable[[rtcp.Read, float], None] = lambda _told, _now: None
        self.on_moved: Callable[[], None] = lambda: None
        self.on_end: Callable[[str], None] = lambda _reason: None
        self.ended = False
        self._allowance = Allowance(PUBLISHES if publishes else WATCHES)
        self._length = ffi.new("int *")
        self._handshake = Handshake(certificate, self._out)
        self._task: asyncio.Task[None] | None = None
        mux.await_peer(self)

    def start(self, fingerprints: tuple[tuple[str, str], ...], now: float, connected: Callable[[], None]) -> None:
        """Shake hands with whoever has this certificate; `connected` is called when the keys are there."""
        self.heard = now
        self._task = asyncio.get_running_loop().create_task(self._shake(fingerprints, connected))

    async def _shake(self, fingerprints: tuple[tuple[str, str], ...], connected: Callable[[], None]) -> None:
        try:
            async with asyncio.timeout(PATIENCE):
                self.keys = await self._handshake.keys(fingerprints)
        except (TimeoutError, ConnectionError):
            self.keys = None
        if self.keys is None:
            self.end("handshake")
            return
        self._handshake.on_end(lambda: self.end("left"))
        connected()

    def restart(self) -> None:
        """New name and password for ICE: the old ones are forgotten, the keys stay."""
        self.mux.awaited.pop(self.ufrag, None)
        self.ufrag, self.secret = _letters(8), stun.Secret(_letters(24).encode())
        self.mux.await_peer(self)

    # — what comes —

    def dtls(self, data: bytes, now: float) -> None:
        """A datagram of the handshake, or its end."""
        if self._allowance.take(len(data), now):
            self._handshake.way.put(data)

    def srtp(self, data: memoryview, start: Any, now: float, came: float) -> None:
        """A protected packet that begins at `start` and was at the port when it `came`: opened in place, so that nothing is copied."""
        size = len(data)
        if self.keys is None or size < 12 or not self._allowance.take(size, now):
            self.refused += 1
            return
        self._length[0] = size
        control = 64 <= data[1] & 127 <= 95
        act = lib.srtp_unprotect_rtcp if control else lib.srtp_unprotect
        if act(self.keys.rx, start, self._length) != OK:
            # Forged, replayed, or for nobody: not worth a line.
            self.refused += 1
            return
        self.heard = now
        plain = data[: self._length[0]]
        if control:
            self.on_rtcp(rtcp.read(plain), now)
        else:
            self.on_rtp(plain, now, came)

    def moved(self, where: Address) -> None:
        """It is somewhere else now: from Wi-Fi to mobile, without a new description."""
        self.address = where
        self.on_moved()

    # — what goes —

    def _out(self, data: bytes) -> None:
        if self.address:
            self.mux.send(data, self.address)

    def send(self, packet: bytes, *, control: bool = False) -> bool:
        """One packet to this peer alone; False while it can not be sent."""
        if self.keys is None or self.address is None:
            return False
        try:
            return self.mux.send(self.keys.protect(packet, rtcp=control), self.address)
        except ValueError:
            return False

    def silent(self, now: float) -> bool:
        """Whether nothing came for too long."""
        return bool(self.heard) and now - self.heard > SILENCE

    def end(self, reason: str) -> None:
        """Let go of it, once."""
        if self.ended:
            return
        self.ended = True
        self.mux.forget(self)
        self.on_end(reason)
        # Its own task may be the one that ends it.
        self._closing = asyncio.get_running_loop().create_task(self._close())

    async def _close(self) -> None:
        if self._task and not self._task.done():
            self._task.cancel()
        await self._handshake.close()
