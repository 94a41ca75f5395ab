"""A forwarding unit without media, for tests of the line: `python -m tests.media.stand_in PATH`. Says "ready" when it listens."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from realtime.media.control import Control, Line
from realtime.media.refused import Refused


class Unit:
    """Keeps meetings and nothing in them."""

    def __init__(self, path: Path) -> None:
        self.meetings: dict[str, int] = {}
        self.follows: dict[str, str] = {}
        self.peers = 0
        self.draining = False
        self.control = Control(path, self.act)

    async def act(self, line: Line, do: str, request: dict[str, Any]) -> dict[str, Any]:
        """The requests that the tests need."""
        if do == "has":
            if request.get("keep"):
                self.meetings.setdefault(request["meeting"], 0)
            name = request["meeting"]
            return {"has": name in self.meetings, "follows": self.follows.get(name, ""), "peers": self.peers}
        if do == "fill":
            self.peers = request["peers"]
            return {}
        if do == "follow":
            self.follows[request["meeting"]] = request["home"]
            return {}
        if do == "join":
            self.meetings[request["meeting"]] = self.meetings.get(request["meeting"], 0) + 1
            self.control.tell("joined", meeting=request["meeting"], participant=request["token"], peer="p")
            return {"peer": "p", "offer": "v=0"}
        if do == "figures":
            peers = sum(self.meetings.values())
            told = {"peers": peers, "meetings": len(self.meetings), "received": 7, "sent": 1400, "dropped": 0}
            return {**told, "busy_seconds": 0.00588, "way": "gso", "draining": self.draining}
        if do == "drain":
            self.draining = True
            return {}
        if do == "wait":
            await asyncio.sleep(request["seconds"])
            return {"pid": os.getpid()}
        if do == "hang_up":
            line.close()
            return {}
        raise Refused("unknown", "The unit does not know this request.")


async def main(path: Path) -> None:
    """Listen until killed."""
    unit = Unit(path)
    await unit.control.serve()
    print("ready", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1])))
