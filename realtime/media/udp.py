"""One UDP port for everybody: takes datagrams in batches and hands each to the peer it is for (RFC 7983), or drops it without a word.

Whoever does not know a password gets no answer, so that the port can not be used to flood a third party; what belongs to nobody costs
one look into a table.

With many connections the port is looked at on a beat instead of for each datagram: most of what a wake-up costs is a cold cache
(measured: 80 us for what takes 4 us afterwards), and a crowd sends a report every few milliseconds.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import socket
import struct
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from . import native, stun
from .dtls import ffi
from .native import Inbox, address_of

if TYPE_CHECKING:
    from .peer import Peer

BUFFER = 8 * 1024 * 1024
"""Bytes asked for in the kernel, each way: a keyframe for 500 viewers is about 30 MB, sent in slices."""
ROUNDS = 4
"""Batches at most before others get a turn."""
CROWD = 50
"""Connections from which on the port rests between two looks. Below, as in a meeting, whatever comes is taken at once."""
REST, LONGEST_REST = 0.0002, 0.04
"""Seconds of rest for each connection, and at most: two packets of a voice, which so go out as one train. What is seen and heard is late by
half of it on average; people who talk with each other bear ten times as much (ITU-T G.114: 150 ms)."""
ADDRESSES = 8
"""Addresses of one peer that are known at once: a browser tries several, and changes."""
MAPPED = b"\0" * 10 + b"\xff\xff"


@dataclass(frozen=True, slots=True)
class Address:
    """Where a peer is: the kernel's own form of it, and that of people."""

    raw: bytes
    host: str
    port: int
    target: tuple[str, int]


def address(raw: bytes) -> Address:
    """Read the kernel's form: `sockaddr_in` or `sockaddr_in6`; IPv4 that came over IPv6 is told as IPv4."""
    (port,) = struct.unpack_from("!H", raw, 2)
    if len(raw) < 28:
        host = str(ipaddress.IPv4Address(raw[4:8]))
        return Address(raw, host, port, (host, port))
    long = str(ipaddress.IPv6Address(raw[8:24]))
    host = str(ipaddress.IPv4Address(raw[20:24])) if raw[8:20] == MAPPED else long
    return Address(raw, host, port, (long, port))


def open_socket(port: int) -> socket.socket:
    """One socket for IPv4 and IPv6 where the machine has both; OSError where the port is taken."""
    try:
        made = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
        made.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        made.bind(("::", port))
    except OSError:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.bind(("0.0.0.0", port))
    for name in (socket.SO_RCVBUF, socket.SO_SNDBUF):
        with contextlib.suppress(OSError):
            made.setsockopt(socket.SOL_SOCKET, name, BUFFER)
    with contextlib.suppress(OSError):
        made.setsockopt(socket.SOL_SOCKET, native.SO_TIMESTAMPNS, 1)
    made.setblocking(False)
    return made


class Mux:
    """The port. `known` has every address that proved itself by a password, `awaited` every user name that may."""

    def __init__(self, port: int, after: Callable[[], None] = lambda: None) -> None:
        self.socket = open_socket(port)
        self.port: int = self.socket.getsockname()[1]
        self.fd = self.socket.fileno()
        self.known: dict[bytes, Peer] = {}
        self.awaited: dict[str, Peer] = {}
        self.dropped = 0
        self.received = 0
        self._after = after
        self._resting: asyncio.TimerHandle | None = None
        self._inbox = Inbox()
        self._starts = [
            ffi.cast("char *", address_of(self._inbox.data) + place * self._inbox.largest)
            for place in range(self._inbox.many)
        ]

    def listen(self) -> None:
        """Begin to take datagrams, in the loop that runs."""
        asyncio.get_running_loop().add_reader(self.fd, self._take)

    def close(self) -> None:
        """Stop, and give the port back."""
        if self._resting:
            self._resting.cancel()
        with contextlib.suppress(RuntimeError, ValueError):
            asyncio.get_running_loop().remove_reader(self.fd)
        self.socket.close()

    def _take(self) -> None:
        many = 0
        try:
            for _round in range(ROUNDS):
                batch = self._inbox.take(self.fd) if native.BATCH else self._one()
                many += len(batch)
                now = time.monotonic()
                for data, raw, place, came in batch:
                    self._hand_over(data, raw, place, now, came)
                if len(batch) < self._inbox.many:
                    break
            self.received += many
            self._after()
        finally:
            # Whatever one datagram does, the next ones are looked at.
            self._rest(many)

    def _rest(self, came: int) -> None:
        """Look again after a while, or as soon as something comes."""
        loop, crowd = asyncio.get_running_loop(), len(self.awaited)
        if came and crowd >= CROWD:
            if not self._resting:
                loop.remove_reader(self.fd)
            more = came == ROUNDS * self._inbox.many
            self._resting = loop.call_later(0.0 if more else min(LONGEST_REST, REST * crowd), self._take)
        elif self._resting:
            self._resting = None
            self.listen()

    def _one(self) -> list[tuple[memoryview, bytes, int, float]]:
        """The plain way, where there is no call for many."""
        try:
            data, where = self.socket.recvfrom(self._inbox.largest)
        except OSError:
            return []
        self._inbox.data[0, : len(data)] = bytearray(data)
        host = ipaddress.ip_address(where[0].partition("%")[0])
        family = struct.pack("=H", self.socket.family) + struct.pack("!H", where[1])
        raw = family + (host.packed + bytes(8) if host.version == 4 else bytes(4) + host.packed + bytes(4))
        return [(memoryview(self._inbox.data[0])[: len(data)], raw, 0, time.monotonic())]

    def _hand_over(self, data: memoryview, raw: bytes, place: int, now: float, came: float) -> None:
        if not data:
            self.dropped += 1
            return
        first = data[0]
        peer = self.known.get(raw)
        if 127 < first < 192:
            if peer is not None:
                peer.srtp(data, self._starts[place], now, came)
            else:
                self.dropped += 1
        elif first < 4:
            self._stun(data, raw, now)
        elif 19 < first < 64 and peer is not None:
            peer.dtls(bytes(data), now)
        else:
            self.dropped += 1

    def _stun(self, data: memoryview, raw: bytes, now: float) -> None:
        request = stun.read(data)
        peer = self.awaited.get(request.ufrag) if request else None
        if request is None or peer is None or not request.by(peer.secret):
            self.dropped += 1
            return
        where = peer.address if peer.address and peer.address.raw == raw else address(raw)
        self.send(stun.answer(request, where.host, where.port, peer.secret), where)
        if raw not in peer.addresses:
            self._learn(peer, raw)
        if peer.address is None or (request.nominates and peer.address.raw != raw):
            peer.moved(where)
        peer.heard = now

    def _learn(self, peer: Peer, raw: bytes) -> None:
        if len(peer.addresses) >= ADDRESSES:
            self.known.pop(peer.addresses.pop(0), None)
        peer.addresses.append(raw)
        self.known[raw] = peer

    def await_peer(self, peer: Peer) -> None:
        """Let whoever knows this user name and its password be this peer."""
        self.awaited[peer.ufrag] = peer

    def forget(self, peer: Peer) -> None:
        """Nothing more comes from or goes to this peer."""
        self.awaited.pop(peer.ufrag, None)
        for raw in peer.addresses:
            self.known.pop(raw, None)
        peer.addresses.clear()

    def send(self, data: bytes, where: Address) -> bool:
        """One datagram, or none if the machine is full: whoever misses it asks again."""
        try:
            self.socket.sendto(data, where.target)
        except OSError:
            return False
        return True
