"""Tells open pages to look again: from web directly, from another process by a datagram to `instance/nudge.sock`.

A nudge is a hint and may be lost; the rows are the truth, and pages read them again by themselves when they reconnect.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from flask import current_app

log = logging.getLogger(__name__)

Deliver = Callable[[str, str, dict[str, Any]], None]
LARGEST = 32_768
"""Bytes of one datagram; a nudge carries ids, never content."""
_SHORT_ENOUGH = 100
_deliver: Deliver | None = None
_direct = False


def deliver_by(deliver: Deliver | None, *, from_anywhere: bool = False) -> None:
    """Say how open pages are reached: `deliver(channel, name, data)`. Called by the wires when the app is made.

    Only the process that holds the sockets (it called `listen`) uses it, the others send datagrams; `from_anywhere`: every
    process uses it, because a message queue stands behind it.
    """
    global _deliver, _direct
    _deliver, _direct = deliver, from_anywhere


def nudge(channel: str, name: str, data: dict[str, Any]) -> None:
    """Tell the pages that listen on `channel` that `name` happened; `data` is plain JSON values. Never raises."""
    try:
        if _direct and _deliver is not None:
            _deliver(channel, name, data)
        else:
            _send(current_app.config["VO"].folder, channel, name, data)
    except Exception:
        log.exception("nudge failed", extra={"nudge": name})


def listen(folder: Path) -> threading.Thread:
    """Say that this process holds the sockets, and deliver what other processes send, in the background; used by web.

    Under gevent the background is a greenlet. A second listener takes the name over from the first, as when web starts
    anew while the old process finishes.
    """
    global _direct
    door = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    with _address(folder) as address:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(address)
        door.bind(address)
        os.chmod(address, 0o600)
    _direct = True
    ear = threading.Thread(target=_hear, args=(door,), name="nudge", daemon=True)
    ear.start()
    return ear


def _hear(door: socket.socket) -> None:
    while True:
        try:
            message = json.loads(door.recv(LARGEST))
            if _deliver is not None:
                _deliver(str(message["channel"]), str(message["name"]), dict(message["data"]))
        except OSError:
            return
        except Exception:
            log.exception("nudge was not delivered")


def _send(folder: Path, channel: str, name: str, data: dict[str, Any]) -> None:
    message = json.dumps({"channel": channel, "name": name, "data": data}).encode()
    if len(message) > LARGEST:
        raise ValueError("a nudge carries ids, never content")
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door, _address(folder) as address:
        door.setblocking(False)
        # Nobody listens while web is being started again, and a full queue means that pages are told anyway.
        with contextlib.suppress(FileNotFoundError, ConnectionRefusedError, BlockingIOError):
            door.sendto(message, address)


@contextlib.contextmanager
def _address(folder: Path) -> Iterator[str]:
    """The socket's path; a long one is reached through its folder, since Unix sockets allow 108 bytes."""
    path = str(folder / "nudge.sock")
    if len(path.encode()) <= _SHORT_ENOUGH:
        yield path
        return
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{handle}/nudge.sock"
    finally:
        os.close(handle)
