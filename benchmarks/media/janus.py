"""Janus, as Debian packs it, under the same load: `python -m benchmarks.media.janus VIEWERS SECONDS LOOKS` (root).

It skips loopback interfaces, so it and its viewers live in a network namespace of their own with an address on a veth. One event
loop a core (its default of one thread a viewer costs 1.8 to 3 times as much), no logging, only what the video room needs.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from dataclasses import asdict
from itertools import count
from pathlib import Path
from typing import Any

from benchmarks.media.light import LightPeer, Swarm
from benchmarks.media.limit import Absent
from benchmarks.media.measuring import CHECKED, Case, resident, watch
from benchmarks.media.publisher import Publisher

ADDRESS = "10.9.8.1"
NETWORK = (
    "ip link set lo up",
    "ip link add v0 type veth peer name v1",
    f"ip addr add {ADDRESS}/24 dev v0",
    "ip link set v0 up",
    "ip link set v1 up",
)
PLUGIN = "janus.plugin.videoroom"
AT_ONCE = 20
"""Viewers on their way in at the same time."""
UNLOADED = ("http", "websockets", "mqtt", "nanomsg", "rabbitmq")
TRIES = 2
"""It has crashed while many viewers joined on a machine that was busy."""
STARTS = 10
PLACE = 1
"""Number of the video room."""


def measured(viewers: int, seconds: float, looks: int) -> Case:
    """One round in a process and network of its own. Raises Absent."""
    if os.geteuid():
        raise Absent("Janus needs a network namespace, so root")
    if shutil.which("janus") is None:
        raise Absent("no Debian package janus")
    program = [sys.executable, "-m", "benchmarks.media.janus", str(viewers), str(seconds), str(looks)]
    for _try in range(TRIES):
        said = subprocess.run(["unshare", "-n", *program], capture_output=True, text=True, check=False)
        if not said.returncode:
            return Case(**json.loads(said.stdout))
    raise Absent("Janus: " + said.stderr.strip().rpartition("\n")[2])


def settings(folder: Path, line: Path) -> None:
    """Write what Janus reads."""
    plugins = Path("/usr/lib/x86_64-linux-gnu/janus/plugins")
    others = ",".join(path.name for path in plugins.glob("*.so") if "videoroom" not in path.name)
    transports = ",".join(f"libjanus_{name}.so" for name in UNLOADED)
    (folder / "janus.jcfg").write_text(
        f"""general: {{
  configs_folder = "{folder}"
  debug_level = 2
  session_timeout = 0
  event_loops = {os.cpu_count()}
}}
nat: {{ ice_lite = true }}
plugins: {{ disable = "{others}" }}
transports: {{ disable = "{transports}" }}
loggers: {{ disable = "libjanus_jsonlog.so" }}
"""
    )
    (folder / "janus.transport.pfunix.jcfg").write_text(
        f'general: {{ enabled = true, json = "compact", path = "{line}", type = "SOCK_SEQPACKET" }}\n'
    )


class Line:
    """The JSON API of Janus over its Unix socket: one message, one packet."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._socket.connect(str(path))
        self._socket.setblocking(False)
        self._numbers = count(1)
        self._waiting: dict[str, asyncio.Future[dict[str, Any]]] = {}
        self._whole: dict[str, bool] = {}
        self._common: dict[str, int] = {}
        self.ended = False
        self.up = asyncio.Event()
        """Media of some handle flows; the first is the publisher's, and before that nobody finds it."""
        asyncio.get_running_loop().add_reader(self._socket.fileno(), self._readable)

    def _readable(self) -> None:
        with contextlib.suppress(BlockingIOError):
            while data := self._received():
                said = json.loads(data)
                if said["janus"] == "webrtcup":
                    self.up.set()
                transaction = said.get("transaction", "")
                waiting = self._waiting.get(transaction)
                if waiting is None or waiting.done() or (said["janus"] == "ack" and self._whole[transaction]):
                    continue
                waiting.set_result(said)
            # Nothing more will come: it crashed.
            self.ended = True
            asyncio.get_running_loop().remove_reader(self._socket.fileno())
            for waiting in self._waiting.values():
                if not waiting.done():
                    waiting.set_exception(ConnectionError("Janus ended"))

    def _received(self) -> bytes:
        try:
            return self._socket.recv(1 << 16)
        except ConnectionError:
            return b""

    async def ask(self, janus: str, whole: bool = False, **data: Any) -> dict[str, Any]:
        """One request and its answer; `whole`: wait for the event behind the acknowledgement."""
        if self.ended:
            raise ConnectionError("Janus ended")
        transaction = str(next(self._numbers))
        self._waiting[transaction] = asyncio.get_running_loop().create_future()
        self._whole[transaction] = whole
        message = {"janus": janus, "transaction": transaction, **self._common, **data}
        self._socket.send(json.dumps(message).encode())
        try:
            said = await asyncio.wait_for(self._waiting[transaction], 30)
        finally:
            del self._waiting[transaction]
        inside = said.get("plugindata", {}).get("data", {})
        if said["janus"] == "error" or "error" in inside:
            raise ConnectionError(f"{janus} {data.get('body', '')}: {said.get('error') or inside['error']}")
        return said

    async def begin(self) -> None:
        """What all requests share."""
        self._common = {"session_id": (await self.ask("create"))["data"]["id"]}

    async def attach(self) -> int:
        """A new handle of the video room."""
        return int((await self.ask("attach", plugin=PLUGIN))["data"]["id"])

    async def message(
        self, handle: int, body: dict[str, Any], kind: str = "", sdp: str = "", whole: bool = True
    ) -> dict[str, Any]:
        """One message to a handle, with a description if there is one."""
        more = {"jsep": {"type": kind, "sdp": sdp}} if kind else {}
        return await self.ask("message", whole, handle_id=handle, body=body, **more)


@contextlib.contextmanager
def running() -> Iterator[tuple[int, Path]]:
    """A Janus: its process id and the path of its socket."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        line = folder / "line"
        settings(folder, line)
        # The thread of its Unix socket ends at once if it looks before its plugin says that it is there: a race of 1.1.2.
        for _try in range(STARTS):
            process = _started(folder, line)
            if process.poll() is None:
                break
        else:
            raise SystemExit((folder / "log").read_text().strip())
        try:
            yield process.pid, line
        finally:
            process.kill()
            process.wait()


def _started(folder: Path, line: Path) -> subprocess.Popen[bytes]:
    """One try; ended if it did not come up."""
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(["janus", "-F", folder, "-o"], stdout=log, stderr=log, cwd=folder)
    for _turn in range(200):
        if process.poll() is not None or (line.exists() and _listens(line)):
            return process
        time.sleep(0.05)
    process.kill()
    process.wait()
    return process


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as line, contextlib.suppress(OSError):
        line.connect(str(path))
        return True
    return False


@contextlib.asynccontextmanager
async def published(line: Line) -> AsyncIterator[tuple[Publisher, int]]:
    """The publisher in the room, and its number there."""
    handle = await line.attach()
    room = {"request": "create", "room": PLACE, "publishers": 1, "bitrate": 0, "fir_freq": 0}
    await line.message(handle, {**room, "audiocodec": "opus", "videocodec": "vp8"}, whole=False)
    publisher = await Publisher.started(ADDRESS)
    try:
        body = {"request": "joinandconfigure", "room": PLACE, "ptype": "publisher"}
        said = await line.message(handle, body, "offer", await publisher.propose())
        await publisher.accept(said["jsep"]["sdp"])
        await publisher.connect()
        await asyncio.wait_for(line.up.wait(), 10)
        await publisher.play()
        yield publisher, said["plugindata"]["data"]["id"]
    finally:
        await publisher.end()


async def viewer(line: Line, feed: int, case: Case) -> LightPeer:
    """One viewer, all the way in."""
    peer = LightPeer("viewer", ADDRESS)
    began = time.monotonic()
    handle = await line.attach()
    body = {"request": "join", "room": PLACE, "ptype": "subscriber", "streams": [{"feed": feed}]}
    offer = (await line.message(handle, body))["jsep"]["sdp"]
    await line.message(handle, {"request": "start"}, "answer", peer.answer(offer))
    await peer.connect(30.0, keep=False)
    case.joins.append(time.monotonic() - began)
    return peer


async def main(viewers: int, seconds: float, looks: int) -> Case:
    """Everything, as one case."""
    case = Case("janus", viewers)
    with running() as (pid, path):
        line = Line(path)
        await line.begin()
        async with published(line) as (publisher, feed):
            before = resident(pid)
            swarm, gate = Swarm(), asyncio.Semaphore(AT_ONCE)
            swarm.start()

            async def one(index: int) -> LightPeer | None:
                try:
                    async with gate:
                        light = await viewer(line, feed, case)
                except (TimeoutError, ConnectionError):
                    case.outside += 1
                    return None
                # At once, so that those who are in cost little while the others come.
                light.keep() if index < CHECKED else swarm.add(light)
                return light

            began = time.monotonic()
            peers = [peer for peer in await asyncio.gather(*map(one, range(viewers))) if peer is not None]
            case.all_joined.append(time.monotonic() - began)
            if line.ended:
                raise ConnectionError("Janus ended while viewers joined")
            await watch(
                case, pid, publisher, swarm, [peer for peer in peers if peer not in swarm.peers], looks, seconds
            )
            case.memory.append((resident(pid) - before) / viewers)
            await swarm.stop()
            for peer in peers:
                await peer.close(politely=False)
    return case


if __name__ == "__main__":
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    for command in NETWORK:
        subprocess.run(command.split(), check=True)
    try:
        seen = asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])))
    except Exception as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)
        os._exit(1)  # before the interpreter complains about what was under way
    print(json.dumps(asdict(seen)))
