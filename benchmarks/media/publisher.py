"""The one who is watched, in a process of its own so that its pace does not hang on the viewers: `python -m benchmarks.media.publisher`.

Told by lines of JSON on its standard input: `{"do": "answer", "offer": …}`, `propose`, `accept {answer}`, `connect`, `play`, `sent`.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from benchmarks.media.light import LightPeer

WHOLE_DAY = 86_400.0


class Publisher:
    """The other end of that process' lines."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def started(cls, address: str) -> Publisher:
        """A new process whose peer has `address`."""
        pipe = asyncio.subprocess.PIPE
        return cls(
            await asyncio.create_subprocess_exec(
                sys.executable, "-m", "benchmarks.media.publisher", address, stdin=pipe, stdout=pipe
            )
        )

    async def _ask(self, do: str, **data: str) -> Any:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"do": do, **data}).encode() + b"\n")
        line = await self._process.stdout.readline()
        if not line:
            raise ConnectionError(f"the publisher ended while asked to {do}")
        return json.loads(line)

    async def answer(self, offer: str) -> str:
        """Its answer to an offer with the sections `pa` and `pv`; it sends one layer, without simulcast."""
        return str(await self._ask("answer", offer=offer))

    async def propose(self) -> str:
        """Its own offer of audio and video."""
        return str(await self._ask("propose"))

    async def accept(self, answer: str) -> None:
        """The answer to that."""
        await self._ask("accept", answer=answer)

    async def connect(self) -> None:
        """Returns when the keys are agreed."""
        await self._ask("connect")

    async def play(self) -> None:
        """180 packets a second of 1,100 bytes and 50 of audio, from now on."""
        await self._ask("play")

    async def sent(self) -> int:
        """Packets so far."""
        return int(await self._ask("sent"))

    async def end(self) -> None:
        """End the process."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()


async def main(address: str) -> None:
    """Do what the lines say until they end."""
    loop = asyncio.get_running_loop()
    lines = asyncio.StreamReader(limit=1 << 20)
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    peer = LightPeer("publisher", address)
    playing: asyncio.Task[None] | None = None
    while line := await lines.readline():
        asked = json.loads(line)
        told: object = None
        match asked["do"]:
            case "answer":
                told = peer.answer(asked["offer"], publish={"pa": (), "pv": ()})
            case "propose":
                told = peer.propose(send=("audio", "video"))
            case "accept":
                peer.accept(asked["answer"])
            case "connect":
                await peer.connect()
            case "play":
                playing = asyncio.create_task(peer.play(WHOLE_DAY))
            case "sent":
                told = sum(source.number for source in peer.sources.values())
        print(json.dumps(told), flush=True)
    if playing is not None:
        playing.cancel()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1]))
