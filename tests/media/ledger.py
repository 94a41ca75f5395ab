"""Writes down every plaintext that is protected: under one key, one SSRC and one sequence number there may only ever be one."""

from __future__ import annotations

import hashlib
import struct
from typing import Any

from realtime.media import dtls

Number = tuple[int, int, int]


class Ledger:
    """Stands in front of the library's own `srtp_protect`. Good for fewer than 65,536 packets of a stream: it does not see wraps."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self.seen: dict[Number, bytes] = {}
        self.twice: list[Number] = []
        self.packets = 0

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)

    def srtp_protect(self, context: Any, start: Any, length: Any) -> int:
        """Note it, then do it."""
        plain = bytes(dtls.ffi.buffer(dtls.ffi.cast("char *", start), length[0]))
        sequence, _time, ssrc = struct.unpack_from("!HII", plain, 2)
        number = (int(dtls.ffi.cast("uintptr_t", context)), ssrc, sequence)
        known = self.seen.setdefault(number, hashlib.sha256(plain).digest())
        if known != hashlib.sha256(plain).digest():
            self.twice.append(number)
        self.packets += 1
        return int(self._real.srtp_protect(context, start, length))
