"""What the unit asks of the C library: many datagrams per system call, many segments per datagram (UDP GSO).

Only here are addresses of memory handled. Sizes and layouts are those of Linux with glibc on 64 bits; elsewhere `BATCH` is False
and the unit goes the plain way of one `sendto` per packet.
"""

from __future__ import annotations

import contextlib
import errno
import platform
import socket
import sys
from typing import Any

import cffi
import numpy as np

SOL_UDP = 17
UDP_SEGMENT = 103
"""`setsockopt` name and control message of generic segmentation offload (linux/udp.h)."""
_CMSG = np.dtype([("len", "<u8"), ("level", "<i4"), ("type", "<i4"), ("size", "<u2"), ("pad", "V6")])
_IOVEC = np.dtype([("base", "<u8"), ("len", "<u8")])
_MMSG = np.dtype(
    [
        ("name", "<u8"),
        ("namelen", "<u4"),
        ("pad0", "<u4"),
        ("iov", "<u8"),
        ("iovlen", "<u8"),
        ("control", "<u8"),
        ("controllen", "<u8"),
        ("flags", "<i4"),
        ("pad1", "<u4"),
        ("sent", "<u4"),
        ("pad2", "<u4"),
    ]
)
NAME = 28
"""Bytes of an address: `struct sockaddr_in6`, the longest there is here."""

_ffi = cffi.FFI()
_ffi.cdef(
    """
    int sendmmsg(int, void *, unsigned int, int);
    int recvmmsg(int, void *, unsigned int, int, void *);
    """
)
BATCH = (
    sys.platform == "linux" and platform.libc_ver()[0] == "glibc" and sys.maxsize > 2**32 and sys.byteorder == "little"
)
_libc: Any = _ffi.dlopen(None) if BATCH else None
DONTWAIT = getattr(socket, "MSG_DONTWAIT", 0)
GONE_PEER = {errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENETUNREACH, errno.EPERM, errno.EACCES}
"""Errors about one address; the others are served all the same."""
FULL = {errno.EAGAIN, errno.ENOBUFS, errno.ENOMEM}
"""Errors that say that the machine can not send more just now."""


def address_of(array: np.ndarray[Any, Any]) -> int:
    """Where an array's memory begins."""
    return int(array.ctypes.data)


def offers_segmentation() -> bool:
    """Whether this kernel cuts a datagram into segments: tried on a socket, since no version number says it."""
    if not BATCH:
        return False
    with contextlib.suppress(OSError), socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as tried:
        tried.setsockopt(SOL_UDP, UDP_SEGMENT, 1200)
        return True
    return False


class Inbox:
    """Takes up to `many` datagrams of `largest` bytes from a socket with one call; the memory is reused by the next one."""

    def __init__(self, many: int = 64, largest: int = 2048) -> None:
        self.many, self.largest = many, largest
        self.data = np.zeros((many, largest), np.uint8)
        self.names = np.zeros((many, NAME), np.uint8)
        self._iov = np.zeros(many, _IOVEC)
        self._iov["base"] = address_of(self.data) + np.arange(many, dtype=np.uint64) * largest
        self._iov["len"] = largest
        self._messages = np.zeros(many, _MMSG)
        self._messages["name"] = address_of(self.names) + np.arange(many, dtype=np.uint64) * NAME
        self._messages["iov"] = address_of(self._iov) + np.arange(many, dtype=np.uint64) * _IOVEC.itemsize
        self._messages["iovlen"] = 1
        self._at = _ffi.cast("void *", address_of(self._messages))
        self._rows = [memoryview(row) for row in self.data]  # type: ignore[arg-type]
        self._name_rows = [memoryview(row) for row in self.names]  # type: ignore[arg-type]

    def take(self, fd: int) -> list[tuple[memoryview, bytes, int]]:
        """Datagrams that are there: (the bytes, which change with the next call; the raw address; its place in `data`)."""
        self._messages["namelen"] = NAME
        got = _libc.recvmmsg(fd, self._at, self.many, DONTWAIT, _ffi.NULL)
        if got <= 0:
            return []
        lengths = self._messages["sent"][:got].tolist()
        named = self._messages["namelen"][:got].tolist()
        return [
            (self._rows[one][:length], bytes(self._name_rows[one][: named[one]]), one)
            for one, length in enumerate(lengths)
        ]


class Outbox:
    """The same bytes, or nearly, to many addresses: one message for each, cut by the kernel into `segments` packets.

    The buffers are [receiver][segment][byte]; `lengths` are those of each packet and are set by who fills `packets`.
    """

    def __init__(self, receivers: int, segments: int, largest: int, segmenting: bool) -> None:
        self.receivers, self.segments = receivers, segments
        self.segmenting = segmenting
        self.packets = np.zeros((receivers, segments, largest), np.uint8)
        self.lengths = np.zeros((receivers, segments), np.int32)
        self._iov = np.zeros((receivers, segments), _IOVEC)
        steps = np.arange(receivers * segments, dtype=np.uint64).reshape(receivers, segments)
        self._iov["base"] = address_of(self.packets) + steps * largest
        self._control = np.zeros(1, _CMSG)
        self._control["len"], self._control["level"], self._control["type"] = 18, SOL_UDP, UDP_SEGMENT
        self._trains = np.zeros(receivers, _MMSG)
        self._trains["iov"] = address_of(self._iov) + np.arange(receivers, dtype=np.uint64) * (
            segments * _IOVEC.itemsize
        )
        self._trains["control"] = address_of(self._control)
        self._singles = np.zeros(receivers * segments, _MMSG)
        self._singles["iovlen"] = 1
        # Asked once: numpy makes an object of ctypes for each question.
        self._trains_at, self._singles_at = address_of(self._trains), address_of(self._singles)
        self._iov_at = address_of(self._iov) + np.arange(receivers * segments, dtype=np.uint64) * _IOVEC.itemsize

    def send(self, fd: int, names: np.ndarray[Any, Any], namelen: int, many: int, segments: int) -> tuple[int, int]:
        """Send the first `segments` packets of the first `many` receivers; `names` are the addresses of their raw addresses.

        Returns how many receivers did not get them because the machine was full, and an errno that forbids segmentation (0 if none).
        """
        self._iov["len"][:many, :segments] = self.lengths[:many, :segments]
        if segments > 1 and not self.segmenting:
            return self._one_by_one(fd, names, namelen, many, segments), 0
        messages = self._trains
        messages["name"][:many] = names[:many]
        messages["namelen"][:many] = namelen
        messages["iovlen"][:many] = segments
        messages["controllen"][:many] = _CMSG.itemsize if segments > 1 else 0
        self._control["size"] = self.lengths[0, 0]
        return self._push(fd, self._trains_at, many, segments > 1)

    def _one_by_one(self, fd: int, names: np.ndarray[Any, Any], namelen: int, many: int, segments: int) -> int:
        messages, total = self._singles, many * segments
        messages["name"][:total] = np.repeat(names[:many], segments)
        messages["namelen"][:total] = namelen
        messages["iov"][:total] = self._iov_at.reshape(self.receivers, self.segments)[:many, :segments].ravel()
        return -(-self._push(fd, self._singles_at, total, False)[0] // segments)

    def _push(self, fd: int, begin: int, many: int, trains: bool) -> tuple[int, int]:
        sent = 0
        while sent < many:
            done = _libc.sendmmsg(fd, _ffi.cast("void *", begin + sent * _MMSG.itemsize), many - sent, DONTWAIT)
            if done > 0:
                sent += done
                continue
            why = _ffi.errno
            if why in FULL:
                return many - sent, 0
            if trains and why not in GONE_PEER:
                return many - sent, why
            sent += 1
        return 0, 0
