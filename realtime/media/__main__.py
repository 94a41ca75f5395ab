"""`python -m realtime.media N`: process N of the forwarding unit."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import sys

from foundation import logs

from . import settings
from .unit import Unit

log = logging.getLogger(__name__)


async def run(number: int) -> None:
    """Work until SIGTERM or SIGINT."""
    told = settings.read(number)
    unit = Unit(told)
    stop = asyncio.Event()
    for one in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(one, stop.set)
    log.info("media ready", extra={"port": unit.mux.port, "way": unit.sender.way})
    # What is there now stays: the collector need not look at it again and again while packets wait.
    gc.freeze()
    await unit.run(stop)


def main() -> int:
    """Start; exit code 69 where the port is taken."""
    number = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    logs.set_up(f"media-{number}", readable=False)
    try:
        asyncio.run(run(number))
    except OSError as taken:
        sys.stderr.write(f"The media port can not be used: {taken.strerror}\n")
        return 69
    return 0


if __name__ == "__main__":
    sys.exit(main())
