"""One UDP port for everybody: takes datagrams in batches and hands each to the peer it is for (RFC 7983), or drops it without a word.

Whoever does not know a password gets no answer, so that the port can not be used to flood a third party; what belongs to nobody costs
one look into a table.
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
        with contextlib.suppress(RuntimeError, ValueError):
            asyncio.get_running_loop().remove_reader(self.fd)
        self.socket.close()

    def _take(self) -> None:
        now = time.monotonic()
        for _round in range(ROUNDS):
            batch = self._inbox.take(self.fd) if native.BATCH else self._one()
            for data, raw, place in batch:
                self._hand_over(data, raw, place, now)
            self.received += len(batch)
            if len(batch) < self._inbox.many:
                break
        self._after()

    def _one(self) -> list[tuple[memoryview, bytes, int]]:
        """The plain way, where there is no call for many."""
        try:
            data, where = self.socket.recvfrom(self._inbox.largest)
        except OSError:
            return []
        self._inbox.data[0, : len(data)] = bytearray(data)
        host = ipaddress.ip_address(where[0].partition("%")[0])
        family = struct.pack("=H", self.socket.family) + struct.pack("!H", where[1])
        raw = family + (host.packed + bytes(8) if host.version == 4 else bytes(4) + host.packed + bytes(4))
        return [(memoryview(self._inbox.data[0])[: len(data)], raw, 0)]

    def _hand_over(self, data: memoryview, raw: bytes, place: int, now: float) -> None:
        if not data:
            self.dropped += 1
            return
        first = data[0]
        peer = self.known.get(raw)
        if 127 < first < 192:
            if peer is not None:
                peer.srtp(data, self._starts[place], now)
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
        if request is None or peer is None or not request.by(peer.password):
            self.dropped += 1
            return
        where = peer.address if peer.address and peer.address.raw == raw else address(raw)
        self.send(stun.answer(request, where.host, where.port, peer.password), where)
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
