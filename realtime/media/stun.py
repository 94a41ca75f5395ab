"""Binding requests of ICE (RFC 8489, RFC 8445) as a lite agent gets them: checked, answered, and nothing said to whoever does not know the password.

A fast path of our own: every viewer asks for consent every few seconds (RFC 7675), and a general codec took most of that time.
"""

from __future__ import annotations

import hmac
import socket
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


class Secret:
    """A password and the signatures that are made with it (HMAC-SHA1): begun once, since to begin costs more than to sign a hundred bytes."""

    def __init__(self, password: bytes) -> None:
        self.password = password
        self._begun = hmac.new(password, digestmod="sha1")

    def sign(self, data: bytes) -> bytes:
        """20 bytes."""
        made = self._begun.copy()
        made.update(data)
        return made.digest()


@dataclass(slots=True)
class Request:
    """A binding request: whom it is for, and what it asks."""

    ufrag: str
    transaction: bytes
    nominates: bool
    signed: bytes
    integrity: bytes

    def by(self, secret: Secret) -> bool:
        """Whether who sent it knows the password of this side."""
        return hmac.compare_digest(secret.sign(self.signed), self.integrity)


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


def answer(request: Request, host: str, port: int, secret: Secret) -> bytes:
    """The success response: where the request came from, signed and with a fingerprint."""
    family, code = (socket.AF_INET6, 2) if ":" in host else (socket.AF_INET, 1)
    where = socket.inet_pton(family, host)
    mask = _HEADER.pack(0, 0, COOKIE, request.transaction)[4 : 4 + len(where)]
    raw = (int.from_bytes(where, "big") ^ int.from_bytes(mask, "big")).to_bytes(len(where), "big")
    body = _ATTRIBUTE.pack(XOR_MAPPED_ADDRESS, len(raw) + 4) + struct.pack("!BBH", 0, code, port ^ (COOKIE >> 16)) + raw
    head = _HEADER.pack(SUCCESS, len(body) + 24, COOKIE, request.transaction)
    body += _ATTRIBUTE.pack(MESSAGE_INTEGRITY, 20) + secret.sign(head + body)
    head = _HEADER.pack(SUCCESS, len(body) + 8, COOKIE, request.transaction)
    crc = zlib.crc32(head + body) ^ _CRC
    return head + body + _ATTRIBUTE.pack(FINGERPRINT, 4) + struct.pack("!I", crc)
