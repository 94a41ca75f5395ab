"""Many programs at one door in the same moment, as cheap as can be: they share two cores with what they press on."""

from __future__ import annotations

import asyncio
import json
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit


@dataclass(frozen=True)
class Ask:
    """One POST with a JSON body."""

    path: str
    body: dict[str, Any]
    headers: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Answer:
    """What came back; status 0 when the line broke. `seconds` from the moment all were let go."""

    status: int
    body: Any
    seconds: float


@dataclass(frozen=True)
class Storm:
    """All answers in the order of the asks, and how long it took until the last."""

    answers: list[Answer]
    wall: float

    @property
    def statuses(self) -> Counter[int]:
        """How many answers of each status."""
        return Counter(answer.status for answer in self.answers)

    def with_status(self, status: int) -> list[Answer]:
        """The answers of one status."""
        return [answer for answer in self.answers if answer.status == status]

    def percentile(self, share: float) -> float:
        """Seconds within which this share of the answers came."""
        times = sorted(answer.seconds for answer in self.answers)
        return times[min(len(times) - 1, int(share * len(times)))]

    def __str__(self) -> str:
        counted = ", ".join(f"{number} × {status}" for status, number in sorted(self.statuses.items()))
        return f"{counted}; p50 {self.percentile(0.5):.2f} s, p99 {self.percentile(0.99):.2f} s, wall {self.wall:.2f} s"


def storm(url: str, asks: Sequence[Ask], patience: float = 60.0) -> Storm:
    """Open a line for each ask first, then send all at once, each on its own line."""
    return asyncio.run(_storm(url, asks, patience))


async def _storm(url: str, asks: Sequence[Ask], patience: float) -> Storm:
    place = urlsplit(url)
    host, port = place.hostname or "", place.port or 80
    gate = asyncio.Event()
    ready = asyncio.Semaphore(0)
    tasks = [asyncio.create_task(_ask(host, port, ask, gate, ready)) for ask in asks]
    for _ in tasks:
        await ready.acquire()
    began = time.monotonic()
    gate.set()
    done = await asyncio.wait_for(asyncio.gather(*tasks), patience)
    return Storm([Answer(status, body, at - began) for status, body, at in done], time.monotonic() - began)


async def _ask(host: str, port: int, ask: Ask, gate: asyncio.Event, ready: asyncio.Semaphore) -> tuple[int, Any, float]:
    body = json.dumps(ask.body).encode()
    head = {
        "Host": host,
        "Content-Type": "application/json",
        "Content-Length": str(len(body)),
        "Connection": "close",
        **ask.headers,
    }
    lines = "".join(f"{name}: {value}\r\n" for name, value in head.items())
    message = f"POST {ask.path} HTTP/1.1\r\n{lines}\r\n".encode() + body
    reader, writer = await asyncio.open_connection(host, port)
    ready.release()
    await gate.wait()
    try:
        writer.write(message)
        raw = await reader.read()
    except ConnectionError:
        raw = b""
    finally:
        writer.close()
    at = time.monotonic()
    top, _, rest = raw.partition(b"\r\n\r\n")
    status = int(top[9:12]) if top.startswith(b"HTTP/1.1 ") else 0
    return status, json.loads(rest) if rest else None, at
