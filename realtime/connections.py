"""The name by which a page or program knows its connection to a unit: the unit's number and the unit's name for it, "0.K3v…"."""

from __future__ import annotations

import re

NAME = re.compile(r"([0-9]{1,3})\.([A-Za-z0-9_-]{16,40})")


def name(unit: str, peer: str) -> str:
    """Of the connection `peer` in the unit "media-0"."""
    return f"{unit.removeprefix('media-')}.{peer}"


def read(text: str) -> tuple[str, str] | None:
    """Unit and peer; None where it is no such name."""
    found = NAME.fullmatch(text)
    return (f"media-{int(found[1])}", found[2]) if found else None
