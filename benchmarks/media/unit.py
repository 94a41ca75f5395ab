"""Our forwarding unit as a process of its own, asked over its control line, with one publisher and many viewers."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.media.light import LightPeer, Swarm
from benchmarks.media.measuring import CHECKED, Case, resident, watch
from benchmarks.media.publisher import Publisher
from realtime.media import tokens

NAME = "media-0"
MEETING = "bench"
PLACES = tokens.Places(1, 1)
SECRET = "a bench signs with this and nobody else does"
AT_ONCE = 200
"""Joins on their way at the same time: a line may ask 256 things at once."""
PATIENCE = 30.0
"""Seconds for the unit to come up."""


class Broken(Exception):
    """The unit ended, or refused what it must do; the text says more."""


class Asking:
    """The control line (docs/media-protocol.md) in asyncio; events go to `events`."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, unit: str = NAME) -> None:
        self.unit = unit
        self._reader, self._writer = reader, writer
        self._numbers = itertools.count(1)
        self._waiting: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.events: list[dict[str, Any]] = []
        self._task = asyncio.create_task(self._read())

    async def _read(self) -> None:
        try:
            while True:
                size = int.from_bytes(await self._reader.readexactly(4), "big")
                said = json.loads(await self._reader.readexactly(size))
                if "event" in said:
                    self.events.append(said)
                elif said["id"] in self._waiting:
                    self._waiting.pop(said["id"]).set_result(said)
        except asyncio.IncompleteReadError:
            for waiting in self._waiting.values():
                waiting.set_exception(Broken("the unit closed the line"))

    async def ask(self, do: str, **data: Any) -> dict[str, Any]:
        """One request and its answer. Raises Broken if it is refused or nobody answers for 30 s."""
        number = next(self._numbers)
        self._waiting[number] = asyncio.get_running_loop().create_future()
        raw = json.dumps({"id": number, "do": do, **data}).encode()
        self._writer.write(len(raw).to_bytes(4, "big") + raw)
        said = await asyncio.wait_for(self._waiting[number], PATIENCE)
        if not said["ok"]:
            raise Broken(f"{do}: {said}")
        return said

    def token(self, participant: str, publish: Sequence[str] = (), meeting: str = MEETING) -> str:
        """A good token, as the web process makes it."""
        claims = tokens.Claims(
            meeting=meeting,
            participant=participant,
            role="host" if publish else "audience",
            publish=tuple(publish),
            places=PLACES,
            unit=self.unit,
            echo=False,
            exp=int(time.time()) + 50,
            jti=tokens.fresh_jti(),
        )
        return tokens.mint(tokens.key(SECRET), claims)

    async def join(self, participant: str, publish: Sequence[str] = (), meeting: str = MEETING) -> tuple[str, str]:
        """(peer, offer) of somebody new in the meeting."""
        said = await self.ask("join", token=self.token(participant, publish, meeting))
        return said["peer"], said["offer"]

    def close(self) -> None:
        """End the line."""
        self._task.cancel()
        self._writer.close()


@contextlib.contextmanager
def running(*wrapper: str, number: int = 0, beside: Path | None = None) -> Iterator[tuple[int, Path]]:
    """A unit on the loopback: its process id and the path of its control line. `wrapper`: module and arguments that run it instead.

    Unit `number` that lies `beside` the line of another is its sibling.
    """
    with tempfile.TemporaryDirectory() as own_folder:
        folder = str(beside.parent) if beside else own_folder
        line = Path(folder) / f"media-{number}.sock"
        own = {name: value for name, value in os.environ.items() if not name.startswith("VO_")}
        own |= {"VO_INSTANCE": folder, "VO_SECRET_KEY": SECRET, "VO_MEDIA_UDP_PORT": "0"}
        program = [sys.executable, "-m", *(wrapper or ("realtime.media",)), str(number)]
        log = Path(own_folder) / "log"
        with log.open("wb") as out:
            process = subprocess.Popen(program, env=own, stdout=out, stderr=out)
        try:
            until = time.monotonic() + PATIENCE
            while not line.exists() and process.poll() is None and time.monotonic() < until:
                time.sleep(0.02)
            if not line.exists():
                raise Broken(log.read_text()[-2000:] or "no control line")
            yield process.pid, line
        finally:
            process.send_signal(signal.SIGTERM)
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


async def viewer(asking: Asking, name: str, case: Case) -> LightPeer:
    """One viewer, all the way in."""
    light = LightPeer(name)
    began = time.monotonic()
    peer, offer = await asking.join(name)
    await asking.ask("answer", peer=peer, sdp=light.answer(offer))
    await light.connect(PATIENCE, keep=False)
    case.joins.append(time.monotonic() - began)
    return light


@contextlib.asynccontextmanager
async def crowd(case: Case, pid: int, line: Path) -> AsyncIterator[tuple[Publisher, Swarm, list[LightPeer]]]:
    """A publisher who plays and `case.viewers` viewers who watch; gives the checked ones apart."""
    asking = Asking(*await asyncio.open_unix_connection(str(line)))
    publisher = await Publisher.started("127.0.0.1")
    try:
        peer, offer = await asking.join("publisher", ("audio", "video"))
        await asking.ask("answer", peer=peer, sdp=await publisher.answer(offer))
        await publisher.connect()
        await publisher.play()
        before, began = resident(pid), time.monotonic()
        swarm, gate = Swarm(), asyncio.Semaphore(AT_ONCE)
        swarm.start()

        async def one(index: int) -> LightPeer | None:
            try:
                async with gate:
                    light = await viewer(asking, f"viewer-{index}", case)
            except (TimeoutError, ConnectionError):
                case.outside += 1
                return None
            # At once, so that those who are in cost little while the others come.
            light.keep() if index < CHECKED else swarm.add(light)
            return light

        lights = [light for light in await asyncio.gather(*map(one, range(case.viewers))) if light is not None]
        case.all_joined.append(time.monotonic() - began)
        yield publisher, swarm, [light for light in lights if light not in swarm.peers]
        case.memory.append((resident(pid) - before) / case.viewers)
        await swarm.stop()
        for light in lights:
            await light.close(politely=False)
    finally:
        await publisher.end()
        asking.close()


async def _measured(case: Case, seconds: float, looks: int) -> None:
    with running() as (pid, line):
        async with crowd(case, pid, line) as (publisher, swarm, checked):
            await watch(case, pid, publisher, swarm, checked, looks, seconds)


def measured(viewers: int, seconds: float, looks: int) -> Case:
    """One round with a fresh unit. Raises Broken."""
    case = Case("unit", viewers)
    asyncio.run(_measured(case, seconds, looks))
    return case
