"""Binding requests of ICE (RFC 8489, RFC 8445) as a lite agent gets them: checked, answered, and nothing said to whoever does not know the password.

A fast path of our own: every viewer asks for consent every few seconds (RFC 7675), and a general codec took most of that time.
"""

from __future__ import annotations

import hmac
import ipaddress
import struct
import zlib
from dataclasses import dataclass

COOKIE = 0x2112A442
REQUEST, SUCCESS = 0x0001, 0x0101
USERNAME, MESSAGE_INTEGRITY, XOR_MAPPED_ADDRESS = 0x0006, 0x0008, 0x0020
USE_CANDIDATE, FINGERPRINT = 0x0025, 0x8028
_CRC = 0x5354554E
_HEADER = struct.Struct("!HHI12s")
_ATTRIBUTE = struct.Struct("!HH")
LARGEST = 548
"""Bytes; a request of a browser has about 100."""


@dataclass(frozen=True, slots=True)
class Request:
    """A binding request: whom it is for, and what it asks."""

    ufrag: str
    transaction: bytes
    nominates: bool
    signed: bytes
    integrity: bytes

    def by(self, password: bytes) -> bool:
        """Whether who sent it knows the password of this side."""
        return hmac.compare_digest(hmac.digest(password, self.signed, "sha1"), self.integrity)


def read(data: memoryview | bytes) -> Request | None:
    """A binding request with a user name and a signature, or None for everything else; never raises."""
    size = len(data)
    if not 20 <= size <= LARGEST or size % 4:
        return None
    kind, length, cookie, transaction = _HEADER.unpack_from(data)
    if kind != REQUEST or cookie != COOKIE or length != size - 20:
        return None
    at, ufrag, nominates = 20, "", False
    while at + 4 <= size:
        name, many = _ATTRIBUTE.unpack_from(data, at)
        body = at + 4
        if body + many > size:
            return None
        if name == USERNAME:
            # `theirs:ours` from the view of who sent it: the first part is this side's.
            ufrag = bytes(data[body : body + many]).partition(b":")[0].decode("ascii", "replace")
        elif name == USE_CANDIDATE:
            nominates = True
        elif name == MESSAGE_INTEGRITY:
            if many != 20 or not ufrag:
                return None
            # The signature covers all before it, with a length as if it were the last attribute.
            signed = struct.pack("!HH", kind, at + 24 - 20) + bytes(data[4:at])
            # What follows the signature is not signed, and says nothing.
            return Request(ufrag, transaction, nominates, signed, bytes(data[body : body + 20]))
        at = body + many + (-many % 4)
    return None


def answer(request: Request, host: str, port: int, password: bytes) -> bytes:
    """The success response: where the request came from, signed and with a fingerprint."""
    where = ipaddress.ip_address(host)
    mask = struct.pack("!I", COOKIE) + request.transaction
    raw = bytes(a ^ b for a, b in zip(where.packed, mask, strict=False))
    mapped = struct.pack("!BBH", 0, 1 if where.version == 4 else 2, port ^ (COOKIE >> 16)) + raw
    body = _ATTRIBUTE.pack(XOR_MAPPED_ADDRESS, len(mapped)) + mapped
    head = _HEADER.pack(SUCCESS, len(body) + 24, COOKIE, request.transaction)
    body += _ATTRIBUTE.pack(MESSAGE_INTEGRITY, 20) + hmac.digest(password, head + body, "sha1")
    head = _HEADER.pack(SUCCESS, len(body) + 8, COOKIE, request.transaction)
    crc = zlib.crc32(head + body) ^ _CRC
    return head + body + _ATTRIBUTE.pack(FINGERPRINT, 4) + struct.pack("!I", crc)
