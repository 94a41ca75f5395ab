"""`python -m demo.partner`: the practice partner of a demo, so that one person with one camera sees a two-way call.

It plays whoever is missing in a practice call, comes as that person through the doors that people use, and leaves as soon as
somebody real takes the seat. It knows the rows of nobody: it asks the service over HTTP, and outlives the service's restarts.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
import sys

from aiohttp import ClientError, ClientSession

from foundation import config, logs

from .line import LineLost, Refused
from .played import Played, visitor
from .visit import Visit

log = logging.getLogger(__name__)
EVERY = 1.0
"""Seconds between questions whether anybody is alone."""
MOST_DOUBLINGS = 5
"""Of that pause while nothing succeeds: half a minute at most."""
AWAY = (ClientError, TimeoutError, OSError, LineLost, Refused)
"""What goes wrong when the service is being started again, or changed its mind meanwhile."""


class Partner:
    """Goes from visit to visit, one at a time."""

    def __init__(self, settings: config.Settings) -> None:
        host, _, port = settings.bind.rpartition(":")
        reached = {"0.0.0.0": "127.0.0.1", "[::]": "[::1]", "::": "[::1]"}.get(host, host)
        self.address = f"http://{reached}:{port}"
        self.beat = settings.beat
        self._kept = settings.folder / "partner.seat"
        """The seat that it sits on: after a crash it may come back to it at once, while others have to wait for the grace."""
        self._played: dict[str, Played] = {}

    async def run(self) -> None:
        """Until it is cancelled."""
        failures = 0
        async with visitor(self.address) as asker:
            try:
                while True:
                    try:
                        await self._look(asker)
                        failures = 0
                    except AWAY as why:
                        failures += 1
                        log.info("the service does not answer", extra={"reason": type(why).__name__})
                    except Exception:
                        failures += 1
                        log.exception("a visit failed")
                    await asyncio.sleep(EVERY * 2.0 ** min(failures, MOST_DOUBLINGS))
            finally:
                for one in self._played.values():
                    await one.close()

    async def _look(self, asker: ClientSession) -> None:
        """Ask once, and go where somebody is alone."""
        kept = self._kept.read_text() if self._kept.exists() else ""
        async with asker.get("/demo/practice/missing", params={"kept": kept}, raise_for_status=True) as answer:
            wanted = await answer.json()
        if not wanted:
            return
        person = wanted["person"]
        if person not in self._played:
            self._played[person] = Played(self.address, person)
        visit = Visit(self._played[person], wanted["meeting"], self.beat)
        self._kept.write_text(wanted["seat"])
        log.info("comes to a practice call")
        try:
            await visit.run()
        finally:
            if not visit.holds_seat:
                self._kept.unlink(missing_ok=True)
            log.info("left the practice call")


async def live(settings: config.Settings) -> None:
    """Be the partner until SIGTERM or SIGINT."""
    task = asyncio.current_task()
    assert task is not None
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, task.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await Partner(settings).run()


def main() -> int:
    """Only in a demo: elsewhere nobody invented may come to a meeting."""
    try:
        settings = config.load()
    except config.UnsafeSettings as wrong:
        sys.stderr.write("Settings:\n  " + "\n  ".join(wrong.problems) + "\n")
        return os.EX_CONFIG
    if not settings.demo:
        sys.stderr.write("The practice partner is there in a demo only (VO_DEMO=1).\n")
        return os.EX_CONFIG
    logs.set_up("partner", readable=True)
    for name in ("aioice", "aiortc"):
        logging.getLogger(name).setLevel(logging.WARNING)
    config.ensure_folder(settings)
    asyncio.run(live(settings))
    return os.EX_OK


if __name__ == "__main__":
    sys.exit(main())
