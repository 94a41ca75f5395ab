"""Floor 7: the wires that carry "look again" and meetings to open browsers."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Socket.IO and the listeners that push."""
