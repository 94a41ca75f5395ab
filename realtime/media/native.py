"""What the unit asks of the C library: many datagrams per system call, many segments per datagram (UDP GSO).

Only here are addresses of memory handled. Sizes and layouts are those of Linux with glibc on 64 bits; elsewhere `BATCH` is False
and the unit goes the plain way of one `sendto` per packet.
"""

from __future__ import annotations

import contextlib
import errno
import platform
import socket
import struct
import sys
import time
from typing import Any

import cffi
import numpy as np

SOL_UDP = 17
UDP_SEGMENT = 103
"""`setsockopt` name and control message of generic segmentation offload (linux/udp.h)."""
_CMSG = np.dtype([("len", "<u8"), ("level", "<i4"), ("type", "<i4"), ("size", "<u2"), ("pad", "V6")])
_STAMP = np.dtype([("len", "<u8"), ("level", "<i4"), ("type", "<i4"), ("seconds", "<i8"), ("nanoseconds", "<i8")])
SO_TIMESTAMPNS = 35
"""`setsockopt` name and control message of the moment at which the kernel got a datagram (socket(7); asm-generic/socket.h)."""
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
_HEADER, _MOMENT = struct.Struct("<8xI28xQ8xI4x"), struct.Struct("<16xqq")
"""What is read of both: length of the name, of the control message, and of the datagram; seconds and nanoseconds."""
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


OLDEST = 2.0
"""Seconds that a datagram may have waited; the buffers hold less."""


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
        self._stamps = np.zeros(many, _STAMP)
        self._messages["control"] = address_of(self._stamps) + np.arange(many, dtype=np.uint64) * _STAMP.itemsize
        self._messages["namelen"], self._messages["controllen"] = NAME, _STAMP.itemsize
        # The kernel writes into both; read by `struct`, since ten columns of numpy cost more than the call itself.
        self._headers = memoryview(self._messages.view(np.uint8))  # type: ignore[arg-type]
        self._moments = memoryview(self._stamps.view(np.uint8))  # type: ignore[arg-type]
        self._fresh = bytes(self._headers)
        self._at = _ffi.cast("void *", address_of(self._messages))
        self._rows = [memoryview(row) for row in self.data]  # type: ignore[arg-type]
        self._name_rows = [memoryview(row) for row in self.names]  # type: ignore[arg-type]

    def take(self, fd: int) -> list[tuple[memoryview, bytes, int, float]]:
        """Datagrams that are there: (the bytes, which change with the next call; the raw address; its place in `data`; when it came).

        When is told in seconds of the monotonic clock, by the kernel where the socket was asked for that (`SO_TIMESTAMPNS`).
        """
        got = _libc.recvmmsg(fd, self._at, self.many, DONTWAIT, _ffi.NULL)
        if got <= 0:
            return []
        now, wall = time.monotonic(), time.time()
        size = got * _MMSG.itemsize
        headers = _HEADER.iter_unpack(self._headers[:size])
        moments = _MOMENT.iter_unpack(self._moments[: got * _STAMP.itemsize])
        told = []
        for place, ((named, stamped, length), (seconds, nanoseconds)) in enumerate(zip(headers, moments, strict=True)):
            age = wall - seconds - nanoseconds * 1e-9 if stamped else 0.0
            # A wall clock that is set meanwhile must not tell of the future, nor of yesterday.
            came = now - age if 0.0 < age < OLDEST else now
            told.append((self._rows[place][:length], bytes(self._name_rows[place][:named]), place, came))
        self._headers[:size] = self._fresh[:size]
        return told


class Outbox:
    """The same bytes, or nearly, to many addresses: one message for each, cut by the kernel into segments.

    `packets[n]` and `lengths[n]` are the same memory, seen as rows of `n` packets that lie close together: a row for each address.
    """

    def __init__(self, places: int, segments: int, largest: int, segmenting: bool) -> None:
        self.places, self.segmenting = places, segmenting
        self._bytes = np.zeros((places, largest), np.uint8)
        self._sizes = np.zeros(places, np.int32)
        self._iov = np.zeros(places, _IOVEC)
        self._iov["base"] = address_of(self._bytes) + np.arange(places, dtype=np.uint64) * largest
        self._iov_at = address_of(self._iov) + np.arange(places, dtype=np.uint64) * _IOVEC.itemsize
        self._control = np.zeros(1, _CMSG)
        self._control["len"], self._control["level"], self._control["type"] = 18, SOL_UDP, UDP_SEGMENT
        self._singles = np.zeros(places, _MMSG)
        self._singles["iovlen"], self._singles["iov"] = 1, self._iov_at
        self._cut: tuple[int, ...] = ()
        rows = [0, *(places // many for many in range(1, segments + 1))]
        self.packets = [self._bytes[: row * many].reshape(row, many, largest) for many, row in enumerate(rows)]
        self.lengths = [self._sizes[: row * many].reshape(row, many) for many, row in enumerate(rows)]

    def addressed(self, names: np.ndarray[Any, Any], namelen: int, segments: int) -> Messages:
        """Messages of `segments` packets to each of `names` (addresses of raw addresses), to be sent as often as one likes."""
        made = np.zeros(len(names), _MMSG)
        made["name"], made["namelen"] = names, namelen
        made["iov"], made["iovlen"] = self._iov_at[: len(names) * segments : segments], segments
        if segments > 1:
            made["control"], made["controllen"] = address_of(self._control), _CMSG.itemsize
        return Messages(made, segments)

    def send(self, fd: int, messages: Messages, many: int, sizes: tuple[int, ...]) -> tuple[int, int]:
        """Send to the first `many` what lies in `packets`; `sizes`: bytes of each packet of a row, as protected.

        Returns how many receivers did not get them because the machine was full, and an errno that forbids segmentation (0 if none).
        """
        segments = messages.segments
        if sizes != self._cut:
            whole = self.places // segments
            self._iov["len"][: whole * segments].reshape(whole, segments)[:] = sizes
            self._control["size"] = sizes[0]
            self._cut = sizes
        if segments == 1 or self.segmenting:
            return _push(fd, messages, many, segments > 1)
        total = many * segments
        self._singles["name"][:total] = np.repeat(messages.array["name"][:many], segments)
        self._singles["namelen"] = messages.array["namelen"][0]
        return -(-_push(fd, Messages(self._singles, 1), total, False)[0] // segments), 0


class Messages:
    """An array of the kernel's `struct mmsghdr`, and where it lies: asked once, since numpy makes an object for each question."""

    def __init__(self, array: np.ndarray[Any, Any], segments: int) -> None:
        self.array, self.segments = array, segments
        self.begin = address_of(array)
        self.at = _ffi.cast("void *", self.begin)


def _push(fd: int, messages: Messages, many: int, trains: bool) -> tuple[int, int]:
    sent, at = 0, messages.at
    while True:
        done = _libc.sendmmsg(fd, at, many - sent, DONTWAIT)
        if done > 0:
            sent += done
        elif (why := _ffi.errno) in FULL:
            return many - sent, 0
        elif trains and why not in GONE_PEER:
            return many - sent, why
        else:
            sent += 1
        if sent >= many:
            return 0, 0
        at = _ffi.cast("void *", messages.begin + sent * _MMSG.itemsize)
