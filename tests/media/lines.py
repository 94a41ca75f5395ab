"""A plain end of a control line, for tests: sends any bytes, reads whole frames."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path
from typing import Any, Self


class Ear:
    """`async with Ear(path) as ear:` one connected line; `heard` keeps the events that came between answers."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.heard: list[dict[str, Any]] = []
        self.number = 0

    async def __aenter__(self) -> Self:
        self.reader, self.writer = await asyncio.open_unix_connection(str(self.path))
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()

    def send(self, raw: bytes) -> None:
        """Bytes as they are."""
        self.writer.write(raw)

    def say(self, said: Any) -> None:
        """A JSON frame."""
        raw = json.dumps(said).encode()
        self.send(len(raw).to_bytes(4, "big") + raw)

    async def frame(self, patience: float = 5.0) -> bytes:
        """The next frame; b"" when the line was closed."""
        try:
            async with asyncio.timeout(patience):
                length = int.from_bytes(await self.reader.readexactly(4), "big")
                return await self.reader.readexactly(length)
        except (asyncio.IncompleteReadError, ConnectionResetError):
            return b""

    async def ask(self, do: str, **data: Any) -> dict[str, Any]:
        """One request and its answer."""
        self.number += 1
        self.say({"id": self.number, "do": do, **data})
        while True:
            said: dict[str, Any] = json.loads(await self.frame())
            if said.get("id") == self.number:
                return said
            self.heard.append(said)

    async def event(self) -> dict[str, Any]:
        """The next event."""
        if self.heard:
            return self.heard.pop(0)
        said: dict[str, Any] = json.loads(await self.frame())
        assert "event" in said
        return said
