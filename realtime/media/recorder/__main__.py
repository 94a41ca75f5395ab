"""`python -m realtime.media.recorder <control socket> <meeting> <folder>`: record until SIGTERM, which ends all files well.

Ends with 0 after SIGTERM or SIGINT, with 1 after a failure of its own (start it again), with 2 when the folder can not be used (another meeting's, or not writable).
"""

from __future__ import annotations

import argparse
import asyncio
import logging
import signal
import sys
from pathlib import Path

from foundation import logs
from realtime.media.recorder.feed import follow
from realtime.media.recorder.manifest import Strange
from realtime.media.recorder.recording import Recording
from realtime.media.recorder.writing import Writing, microseconds

log = logging.getLogger("realtime.media.recorder")


async def record(path: Path, meeting: str, writing: Writing) -> None:
    """Follow the feed until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    def give_up() -> None:
        loop.call_soon_threadsafe(stop.set)

    writing.when_failed = give_up
    await follow(path, meeting, writing, stop)


def main(arguments: list[str]) -> int:
    """Record as the command line says; gives the exit code."""
    parser = argparse.ArgumentParser(prog="python -m realtime.media.recorder", description="Records one meeting.")
    parser.add_argument("socket", type=Path, help="the unit's control socket")
    parser.add_argument("meeting", help="the meeting's id")
    parser.add_argument("folder", type=Path, help="where the files go")
    told = parser.parse_args(arguments)
    logs.set_up("recorder", readable=False)
    try:
        told.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        recording = Recording(told.folder, told.meeting, microseconds())
    except (Strange, OSError) as error:
        log.error("the folder can not be used: %s", error if isinstance(error, Strange) else type(error).__name__)
        return 2
    writing = Writing(recording)
    writing.start()
    try:
        asyncio.run(record(told.socket, told.meeting, writing))
    finally:
        writing.stop()
    return 1 if writing.failed.is_set() else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
