"""Many viewers on one core: their packets are counted by the dozen, and only the first bytes of each are read.

The kernel copies 12 bytes of a datagram (the RTP header, which SRTP leaves in clear) and tells its whole length; numpy looks at
all headers of one tick at once. `recvmmsg` is called through cffi, so no compiler is needed.
"""

from __future__ import annotations

import asyncio
import contextlib
import select
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
from aiortc import rtp as rtcp
from cffi import FFI

if TYPE_CHECKING:
    from benchmarks.media.light import LightPeer

HEAD = 12
AT_ONCE = 64
"""Datagrams of one viewer in one call."""
ROOM = 8192
"""Datagrams of all viewers in one look."""
TICK = 0.01
"""Seconds between two looks: at 230 packets a second a viewer's socket holds two or three."""
REPORT_EVERY, CHECK_EVERY = 1.0, 4.0
"""Seconds between a viewer's receiver reports, and between its STUN checks."""
MSGHDR = np.dtype(
    {
        "names": ["iov", "iovlen", "len"],
        "formats": ["u8", "u8", "u4"],
        "offsets": [16, 24, 56],
        "itemsize": 64,
    }
)
"""`struct mmsghdr` of Linux on 64 bits, as far as it is used."""

_ffi = FFI()
_ffi.cdef("int recvmmsg(int sockfd, uintptr_t msgvec, unsigned int vlen, int flags, uintptr_t timeout);")
_libc = _ffi.dlopen(None)
MSG_DONTWAIT, MSG_TRUNC = 0x40, 0x20


class Swarm:
    """Viewers whose handshake is done. `add` each, then `start`; read `packets` whenever."""

    def __init__(self, most: int = 1024) -> None:
        self.peers: list[LightPeer] = []
        self.packets = np.zeros(most, np.int64)
        """RTP packets that each viewer received, in the order of `peers`."""
        self.sizes = np.zeros(most, np.int64)
        """Their bytes."""
        self.audio = np.zeros(most, np.int64)
        """How many of them had the payload type of audio (111 or 63)."""
        self.others = np.zeros(most, np.int64)
        """STUN answers, RTCP and whatever else came."""
        self._last = np.zeros((most, HEAD), np.uint8)
        self._index: dict[int, int] = {}
        self._poll = select.epoll()
        self._heads = np.zeros((ROOM, HEAD), np.uint8)
        self._messages = np.zeros(ROOM, MSGHDR)
        self._parts = np.zeros((ROOM, 2), np.uint64)
        self._parts[:, 0] = self._heads.ctypes.data + HEAD * np.arange(ROOM, dtype=np.uint64)
        self._parts[:, 1] = HEAD
        self._messages["iov"] = self._parts.ctypes.data + 16 * np.arange(ROOM, dtype=np.uint64)
        self._messages["iovlen"] = 1
        self._base = self._messages.ctypes.data
        self._task: asyncio.Task[None] | None = None

    def add(self, peer: LightPeer) -> None:
        """Take over the socket of a connected peer. It must not move from here on."""
        peer.wire.unread()
        if peer.wire.dtls._task is not None:
            peer.wire.dtls._task.cancel()
        number = peer.wire.socket.fileno()
        self._index[number] = len(self.peers)
        self.peers.append(peer)
        self._poll.register(number, select.EPOLLIN)

    def start(self) -> None:
        """Count from now on, in the running loop."""
        self._task = asyncio.create_task(self._run())

    async def stop(self) -> None:
        """Count no more; the peers stay as they are."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._poll.close()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        reports = checks = 0
        while True:
            self.look()
            # Each viewer has its own moment in the second, so that they do not all speak at once.
            now = loop.time() - began
            reports = self._due(reports, now / REPORT_EVERY, self._report)
            checks = self._due(checks, now / CHECK_EVERY, lambda index: self.peers[index].wire.check())
            await asyncio.sleep(TICK)

    def _due(self, done: int, rounds: float, act: object) -> int:
        count = len(self.peers)
        target = int(rounds * count)
        assert callable(act)
        for turn in range(max(done, target - count), target):
            act(turn % count)
        return target

    def look(self) -> None:
        """Read and count what every viewer has waiting."""
        receive, base, index = _libc.recvmmsg, self._base, self._index
        used = 0
        order: list[int] = []
        counts: list[int] = []
        for number, _events in self._poll.poll(0, len(self.peers) or 1):
            if used + AT_ONCE > ROOM:
                self._count(used, order, counts)
                used, order, counts = 0, [], []
            got = receive(number, base + 64 * used, AT_ONCE, MSG_DONTWAIT | MSG_TRUNC, 0)
            if got > 0:
                used += got
                order.append(index[number])
                counts.append(got)
        if used:
            self._count(used, order, counts)

    def _count(self, used: int, order: Sequence[int], counts: Sequence[int]) -> None:
        heads, sizes = self._heads[:used], self._messages["len"][:used].astype(np.int64)
        first, kind = heads[:, 0], heads[:, 1]
        # RFC 7983 and RFC 5761: version 2, and not one of RTCP's types. Fewer than 12 bytes are no RTP packet.
        media = (first >= 128) & (first < 192) & ((kind < 192) | (kind > 223)) & (sizes > HEAD)
        starts = np.concatenate(([0], np.cumsum(counts)[:-1]))
        who = np.asarray(order)
        whole = np.add.reduceat(media.astype(np.int64), starts)
        number = kind & 0x7F
        audio = media & ((number == 111) | (number == 63))
        self.packets[who] += whole
        self.sizes[who] += np.add.reduceat(sizes * media, starts)
        self.audio[who] += np.add.reduceat(audio.astype(np.int64), starts)
        self.others[who] += np.asarray(counts) - whole
        last = np.maximum.reduceat(np.where(media, np.arange(used), -1), starts)
        some = last >= 0
        self._last[who[some]] = heads[last[some]]

    def _report(self, index: int) -> None:
        peer = self.peers[index]
        head = bytes(self._last[index])
        heard, sequence = int.from_bytes(head[8:12], "big"), int.from_bytes(head[2:4], "big")
        block = rtcp.RtcpReceiverInfo(heard, 0, 0, sequence, 0, 0, 0)
        peer.send_rtcp(bytes(rtcp.RtcpRrPacket(peer.ssrc, [block] if heard else [])))
