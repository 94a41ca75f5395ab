"""Tells open pages to look again: from web directly, from another process by a datagram to `instance/nudge.sock`, and where there
are many web processes through Redis, so that each of them hears everything.

A nudge is a hint and may be lost; the rows are the truth, and pages read them again by themselves when they reconnect.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import socket
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import redis
from flask import current_app

from .unix_path import address_of

log = logging.getLogger(__name__)

Deliver = Callable[[str, str, dict[str, Any]], None]
LARGEST = 32_768
"""Bytes of one datagram; a nudge carries ids, never content."""
CHANNEL = "virtual-office:nudge"
PATIENCE = 0.5
"""Seconds that an act waits for a Redis that does not answer."""
HEARING = 10.0
"""Seconds of silence after which a listener asks whether Redis is still there."""
_deliver: Deliver | None = None
_direct = False
_queue: redis.Redis | None = None


def deliver_by(deliver: Deliver | None, queue_url: str = "") -> None:
    """Say how the open pages of a process are reached: `deliver(channel, name, data)`. Called by the wires when the app is made.

    Only a process that holds sockets (it called `listen`) uses it. With the URL of a Redis every such process hears every nudge;
    without, there is one such process, and the others send it datagrams.
    """
    global _deliver, _direct, _queue
    _deliver, _direct = deliver, False
    limits = {"socket_timeout": PATIENCE, "socket_connect_timeout": PATIENCE}
    _queue = redis.Redis.from_url(queue_url, **limits) if queue_url else None


def nudge(channel: str, name: str, data: dict[str, Any]) -> None:
    """Tell the pages that listen on `channel` that `name` happened; `data` is plain JSON values. Never raises."""
    try:
        if _queue is not None:
            _queue.publish(CHANNEL, _written(channel, name, data))
        elif _direct and _deliver is not None:
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
    if _queue is not None:
        ear = threading.Thread(target=_hear_queue, args=(_queue,), name="nudge", daemon=True)
        ear.start()
        return ear
    door = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    with address_of(folder / "nudge.sock") as address:
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
            message = door.recv(LARGEST)
        except OSError:
            return
        _hand_over(message)


def _hear_queue(queue: redis.Redis) -> None:
    """Listen for good; while Redis is away pages look again by themselves when they come back to the front."""
    while True:
        try:
            with queue.pubsub(ignore_subscribe_messages=True) as ear:  # type: ignore[no-untyped-call]
                ear.subscribe(CHANNEL)
                while True:
                    message = ear.get_message(timeout=HEARING)
                    if message is not None:
                        _hand_over(message["data"])
                    else:
                        ear.ping()
        except redis.RedisError:
            log.warning("Redis does not answer: pages are not nudged")
            time.sleep(1)


def _hand_over(message: bytes) -> None:
    try:
        told = json.loads(message)
        if _deliver is not None:
            _deliver(str(told["channel"]), str(told["name"]), dict(told["data"]))
    except Exception:
        log.exception("nudge was not delivered")


def _written(channel: str, name: str, data: dict[str, Any]) -> bytes:
    message = json.dumps({"channel": channel, "name": name, "data": data}).encode()
    if len(message) > LARGEST:
        raise ValueError("a nudge carries ids, never content")
    return message


def _send(folder: Path, channel: str, name: str, data: dict[str, Any]) -> None:
    message = _written(channel, name, data)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as door, address_of(folder / "nudge.sock") as address:
        door.setblocking(False)
        # Nobody listens while web is being started again, and a full queue means that pages are told anyway.
        with contextlib.suppress(FileNotFoundError, ConnectionRefusedError, BlockingIOError):
            door.sendto(message, address)
