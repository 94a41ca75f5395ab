"""Playwright for whoever needs it: one in a process, since two would not bear each other, and none while nobody does."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Playwright, sync_playwright

_shared: list[Playwright] = []
_users = 0


@contextmanager
def playwright() -> Iterator[Playwright]:
    """The running one; it ends with its last user. Until then its loop runs in this thread, and `asyncio.run` does not."""
    global _users
    if not _users:
        _shared.append(sync_playwright().start())
    _users += 1
    try:
        yield _shared[0]
    finally:
        _users -= 1
        if not _users:
            _shared.pop().stop()
