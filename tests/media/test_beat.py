"""A port with many connections is looked at on a beat: fewer looks, nothing lost, nothing mistaken."""

from __future__ import annotations

import asyncio
import socket
import time
from typing import Any

import pytest

from realtime.media import udp
from realtime.media.native import Inbox
from realtime.media.seat import CLOCK_EVERY, CLOCKS, Seat
from realtime.media.udp import Mux, open_socket

from .running import running, until

MANY, EVERY = 200, 0.002


async def looks_for(connections: int) -> int:
    """How often the port was looked at while `MANY` datagrams came, one each 2 ms."""
    looks = 0

    def looked() -> None:
        nonlocal looks
        looks += 1

    mux = Mux(0, looked)
    mux.awaited = dict.fromkeys(map(str, range(connections)), Any)  # type: ignore[arg-type]
    mux.listen()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        for _one in range(MANY):
            other.sendto(b"\xff of nobody", ("127.0.0.1", mux.port))
            await asyncio.sleep(EVERY)
        await until(lambda: mux.received == MANY)
    assert mux.dropped == MANY
    mux.close()
    return looks


def test_a_crowd_is_looked_at_on_a_beat_and_a_few_at_once() -> None:
    few, crowd = asyncio.run(looks_for(udp.CROWD - 1)), asyncio.run(looks_for(200))
    assert crowd < MANY / 4, crowd
    assert few > 2 * crowd, (few, crowd)


def test_a_look_that_fails_is_not_the_last_one() -> None:
    async def case() -> None:
        failed: list[dict[str, Any]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _loop, told: failed.append(told))

        def fails() -> None:
            raise ArithmeticError

        for connections in (1, 200):
            mux = Mux(0, fails)
            mux.awaited = dict.fromkeys(map(str, range(connections)), Any)  # type: ignore[arg-type]
            mux.listen()
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
                for number in range(1, 4):
                    other.sendto(b"\xff of nobody", ("127.0.0.1", mux.port))
                    await until(lambda number=number, mux=mux: mux.received == number)
            mux.close()
        assert len(failed) >= 6

    asyncio.run(case())


def test_when_a_datagram_came_is_told_by_the_kernel_however_late_one_looks() -> None:
    port = open_socket(0)
    with port, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        sent = []
        for _one in range(3):
            other.sendto(b"hello", ("127.0.0.1", port.getsockname()[1]))
            sent.append(time.monotonic())
            time.sleep(0.1)
        came = [one[3] for one in Inbox().take(port.fileno())]
    assert [round(a - b, 1) for a, b in zip(came, sent, strict=True)] == [0.0, 0.0, 0.0], (came, sent)


@pytest.mark.parametrize("crowd", [1, 1000])
def test_what_is_sent_on_a_beat_comes_whole_and_in_order(crowd: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Voices in trains of two, pictures of several packets, with feedback, at the longest rest that there is; and without one."""
    monkeypatch.setattr(udp, "CROWD", crowd)
    monkeypatch.setattr(udp, "REST", udp.LONGEST_REST)

    async def case() -> None:
        async with running() as house:
            ana, _ = await house.join("ana", {"pa": (), "pv": ()})
            viewers = [(await house.join(f"viewer{n}"))[0] for n in range(3)]
            plays = asyncio.create_task(ana.play(20))
            for viewer in viewers:
                seen, heard = house.place(viewer, "v0"), house.place(viewer, "a0")
                await until(lambda seen=seen, heard=heard: seen.frames > 30 and heard.packets > 50)
                for one in (seen, heard):
                    assert (one.bad, one.lost, one.twice, one.jumps, one.broken_pictures) == (0, 0, 0, 0, 0), one
            plays.cancel()

    asyncio.run(case())


def test_clocks_come_at_once_in_the_beginning_and_seldom_later() -> None:
    seat = Seat(None, "audio", 1, 2)  # type: ignore[arg-type]
    told = [second for second in range(20) if seat.clock_due(float(second))]
    assert told[:CLOCKS] == [0, 1, 2]
    assert all(after - before == CLOCK_EVERY for before, after in zip(told[CLOCKS - 1 :], told[CLOCKS:], strict=False))
    assert len(told) == 6
