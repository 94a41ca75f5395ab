"""The line of one light peer: a UDP socket of its own, STUN checks (RFC 8445), DTLS and the keys of SRTP (RFC 5764)."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import socket
from collections.abc import Callable
from typing import Any, cast

from aioice import stun
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport
from OpenSSL import SSL

from benchmarks.media.descriptions import Description, Own

FIRST_WAIT = 0.05
"""Seconds until a check is sent again; doubles each time."""
MOST_AT_ONCE = 64
"""Datagrams read before others get their turn."""


class OneCertificate(RTCCertificate):
    """A certificate whose SSL context is made once for all peers that use it."""

    _context: SSL.Context | None = None

    def _create_ssl_context(self, srtp_profiles: list[Any]) -> SSL.Context:
        if self._context is None:
            self._context = super()._create_ssl_context(srtp_profiles)
        return self._context


CERTIFICATE = OneCertificate.generateCertificate()
FINGERPRINT = next(
    f"{one.algorithm} {one.value}" for one in CERTIFICATE.getFingerprints() if one.algorithm == "sha-256"
)


class Wire:
    """What `RTCDtlsTransport` takes for its ICE transport (`role`, `_recv`, `_send`), on one socket."""

    role = "controlling"

    def __init__(self, address: str, on_rtp: Callable[[bytes], None], on_rtcp: Callable[[bytes], None]) -> None:
        self.own_host = address
        self.on_rtp, self.on_rtcp = on_rtp, on_rtcp
        self.far: tuple[str, int] | None = None
        self.socket = self._open()
        self.own = Own(FINGERPRINT, self.socket.getsockname())
        self.theirs = Description()
        self.controlling = True
        self.silent = False
        """Nothing is sent while this is true."""
        self.checked = asyncio.Event()
        """An answer to a check came (of the newest ufrag)."""
        self.checks_answered = 0
        self.refused = 0
        """SRTP and SRTCP that did not decrypt."""
        self.strange = 0
        """Datagrams of no known kind."""
        self.changed = asyncio.Event()
        """Set by every datagram that came in."""
        self.dtls = RTCDtlsTransport(cast(Any, self), [CERTIFICATE])
        self._requests: dict[bytes, None] = {}
        self._flights: asyncio.Queue[bytes] = asyncio.Queue()
        self._reading = False

    def _open(self) -> socket.socket:
        made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        made.setblocking(False)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 20)
        made.bind((self.own_host, 0))
        return made

    def read(self) -> None:
        """Take what comes in through the running loop."""
        if not self._reading:
            asyncio.get_running_loop().add_reader(self.socket.fileno(), self._readable)
            self._reading = True

    def unread(self) -> None:
        """Leave the socket to somebody else."""
        if self._reading:
            asyncio.get_running_loop().remove_reader(self.socket.fileno())
            self._reading = False

    def move(self) -> None:
        """Another socket, so another port, with the same ufrag, keys and counters; nothing tells the far end."""
        self.unread()
        self.socket.close()
        self.socket = self._open()
        self.read()

    def send(self, data: bytes) -> None:
        """One datagram; lost without a word while silent, like on a real line."""
        if not self.silent and self.far is not None:
            with contextlib.suppress(OSError):
                self.socket.sendto(data, self.far)

    async def _send(self, data: bytes) -> None:
        self.send(data)

    async def _recv(self) -> bytes:
        return await self._flights.get()

    def _readable(self) -> None:
        for _turn in range(MOST_AT_ONCE):
            try:
                data, source = self.socket.recvfrom(2048)
            except (BlockingIOError, ConnectionError):
                break
            self.take(data, source)
        self.changed.set()

    def take(self, data: bytes, source: tuple[str, int]) -> None:
        """One datagram by its first byte (RFC 7983)."""
        first = data[0] if data else 255
        if first < 4:
            self._stun(data, source)
        elif 20 <= first < 64:
            self._flights.put_nowait(data)
        elif 128 <= first < 192 and len(data) > 11 and self.dtls._rx_srtp is not None:
            rtcp = 192 <= data[1] <= 223
            keys = self.dtls._rx_srtp
            try:
                plain = keys.unprotect_rtcp(data) if rtcp else keys.unprotect(data)
            except Exception:
                self.refused += 1
                return
            (self.on_rtcp if rtcp else self.on_rtp)(plain)
        else:
            self.strange += 1

    def _stun(self, data: bytes, source: tuple[str, int]) -> None:
        try:
            message = stun.parse_message(data)
        except ValueError:
            self.strange += 1
            return
        if message.message_class == stun.Class.REQUEST:
            if message.check_message_integrity(self.own.password.encode()):
                self._answer(message, source)
        elif (
            message.message_class == stun.Class.RESPONSE
            and message.transaction_id in self._requests
            and message.check_message_integrity(self.theirs.password.encode())
        ):
            self.far = source
            self.checks_answered += 1
            self.checked.set()

    def _answer(self, request: stun.Message, source: tuple[str, int]) -> None:
        response = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, request.transaction_id)
        response.attributes["XOR-MAPPED-ADDRESS"] = source
        response.add_message_integrity(self.own.password.encode())
        if not self.silent:
            self.socket.sendto(bytes(response), source)
        if not self.controlling and "USE-CANDIDATE" in request.attributes:
            self.far = source

    def check(self, nominate: bool = True) -> None:
        """Send one binding request, to the known address or to all candidates."""
        request = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
        request.attributes["USERNAME"] = f"{self.theirs.ufrag}:{self.own.ufrag}"
        request.attributes["PRIORITY"] = 1853824767
        if self.controlling:
            request.attributes["ICE-CONTROLLING"] = secrets.randbits(63)
            if nominate:
                request.attributes["USE-CANDIDATE"] = None
        else:
            request.attributes["ICE-CONTROLLED"] = secrets.randbits(63)
        request.add_message_integrity(self.theirs.password.encode())
        self._requests[request.transaction_id] = None
        while len(self._requests) > 16:
            del self._requests[next(iter(self._requests))]
        data = bytes(request)
        if self.silent:
            return
        for address in [self.far] if self.far is not None else self.theirs.candidates:
            with contextlib.suppress(OSError):
                self.socket.sendto(data, address)

    async def reach(self, patience: float) -> None:
        """Check until an answer comes. Raises TimeoutError after `patience` seconds."""
        wait = FIRST_WAIT
        async with asyncio.timeout(patience):
            while not self.checked.is_set():
                self.check()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self.checked.wait(), wait)
                wait = min(wait * 2, 1.0)

    async def secure(self, role: str, patience: float) -> None:
        """The DTLS handshake as "client" or "server". Raises ConnectionError, or TimeoutError after `patience` seconds."""
        self.dtls._set_role(role)
        prints = [RTCDtlsFingerprint(algorithm, value) for algorithm, value in self.theirs.fingerprints]
        async with asyncio.timeout(patience):
            await self.dtls.start(RTCDtlsParameters(prints))
        if self.dtls.state != "connected":
            raise ConnectionError(f"DTLS {self.dtls.state}")

    async def close(self, politely: bool = True) -> None:
        """End DTLS (with its close alert if `politely`) and give the socket back."""
        if not politely:
            self.silent = True
        await self.dtls.stop()
        self.unread()
        self.socket.close()


def profile(dtls: RTCDtlsTransport) -> str:
    """The SRTP profile that was agreed, by its IANA name; empty before."""
    return bytes(dtls._ssl.get_selected_srtp_profile()).decode() if dtls._ssl is not None else ""
