"""Unix sockets in deep folders: their addresses allow 108 bytes, an instance folder may be longer."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path

_SHORT_ENOUGH = 100


@contextlib.contextmanager
def address_of(path: Path) -> Iterator[str]:
    """The address of a socket's file, good within the block; a long one is reached through its folder (Linux)."""
    if len(os.fsencode(path)) <= _SHORT_ENOUGH:
        yield str(path)
        return
    handle = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{handle}/{path.name}"
    finally:
        os.close(handle)
