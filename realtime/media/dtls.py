"""The handshake and the keys: the one place that knows private names of aiortc and pylibsrtp (tests/media/test_contract.py names each).

aiortc does DTLS 1.2 and the check of the fingerprint; its receivers, which decode, are never made. After the handshake SRTP goes
past it: `srtp_protect` and `srtp_unprotect` of the library itself, in place, in the unit's own buffers.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable
from typing import Any, cast

import pylibsrtp
from aiortc.rtcdtlstransport import RTCCertificate, RTCDtlsFingerprint, RTCDtlsParameters, RTCDtlsTransport, State
from OpenSSL import SSL
from pylibsrtp import _binding

ffi: Any = _binding.ffi
lib: Any = _binding.lib
OK: int = lib.srtp_err_status_ok
TRAILER = 32
"""Bytes that protection may add: 16 of AEAD, 10 of HMAC-SHA1, and 4 of the index of SRTCP."""
WAITING = 32
"""Datagrams of a handshake that wait at most; a whole one has about eight."""
DTLS_1_2 = 0xFEFD
SHORTER = b"SRTP_AEAD_AES_128_GCM"


class Certificate(RTCCertificate):
    """The unit's certificate, with one TLS context for all peers: making one for each took most of a join."""

    _shared: SSL.Context | None = None

    def _create_ssl_context(self, srtp_profiles: list[Any]) -> SSL.Context:
        if self._shared is None:
            # The shorter key first: it is as safe for years (RFC 7714 has both), and a twentieth of all that forwarding costs.
            ranked = sorted(srtp_profiles, key=lambda one: one.openssl_profile != SHORTER)
            self._shared = super()._create_ssl_context(ranked)
            # aiortc lets DTLS 1.0 in; RFC 8827 asks for 1.2.
            self._shared.set_options(SSL.OP_NO_RENEGOTIATION | SSL.OP_NO_COMPRESSION)
            self._shared.set_min_proto_version(DTLS_1_2)
        return self._shared

    @functools.cached_property
    def fingerprint(self) -> str:
        """SHA-256 of the certificate as an SDP writes it."""
        return next(str(one.value) for one in self.getFingerprints() if one.algorithm == "sha-256")


class Way:
    """What aiortc takes for an ICE transport: datagrams of the handshake in and out."""

    role = "controlled"

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self._out = send
        self._in: asyncio.Queue[bytes] = asyncio.Queue(WAITING)
        self.closed = False

    def put(self, data: bytes) -> None:
        """A datagram came; one too many is dropped, since whoever shakes hands sends it again."""
        if not self._in.full():
            self._in.put_nowait(data)

    def close(self) -> None:
        """Wake who waits, for the last time."""
        self.closed = True
        self.put(b"")

    async def _recv(self) -> bytes:
        data = await self._in.get()
        if self.closed:
            raise ConnectionError
        return data

    async def _send(self, data: bytes) -> None:
        self._out(data)


class Keys:
    """A peer's SRTP in both directions, as the pointers that the library's functions take."""

    def __init__(self, transport: RTCDtlsTransport) -> None:
        # The sessions own the memory behind the pointers: kept for as long as these are used.
        self._sessions = (transport._tx_srtp, transport._rx_srtp)
        self.tx: Any = transport._tx_srtp._srtp[0]
        self.rx: Any = transport._rx_srtp._srtp[0]
        assert transport._ssl is not None
        self.profile: str = transport._ssl.get_selected_srtp_profile().decode()
        self.tag = 16 if "GCM" in self.profile else 10

    def protect(self, packet: bytes, *, rtcp: bool = False) -> bytes:
        """One packet, protected; ValueError with the library's code where it refuses."""
        space = bytearray(packet) + bytes(TRAILER)
        length = ffi.new("int *", len(packet))
        act = lib.srtp_protect_rtcp if rtcp else lib.srtp_protect
        if code := act(self.tx, ffi.from_buffer(space), length):
            raise ValueError(f"SRTP refuses to protect: {pylibsrtp.ERRORS[code]}")
        return bytes(space[: length[0]])


class Handshake:
    """One peer's DTLS, from its first datagram to its keys."""

    def __init__(self, certificate: Certificate, send: Callable[[bytes], None]) -> None:
        self.way = Way(send)
        self._transport = RTCDtlsTransport(cast(Any, self.way), [certificate])
        # Whoever answers our offer is active; WHIP's answer says passive for us. Either way we are the server.
        self._transport._set_role("server")

    async def keys(self, fingerprints: tuple[tuple[str, str], ...]) -> Keys | None:
        """Shake hands; None where it fails, or where the certificate is not the one of the description."""
        told = [RTCDtlsFingerprint(algorithm=name, value=value) for name, value in fingerprints]
        await self._transport.start(RTCDtlsParameters(fingerprints=told))
        return Keys(self._transport) if self._transport._state == State.CONNECTED else None

    def on_end(self, act: Callable[[], None]) -> None:
        """Call `act` when the other side closes DTLS."""

        def changed() -> None:
            if self._transport._state == State.CLOSED:
                act()

        self._transport.on("statechange", changed)

    async def close(self) -> None:
        """Say goodbye and let go."""
        await self._transport.stop()
        self._transport.remove_all_listeners()
        self.way.close()
