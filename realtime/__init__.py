"""Floor 7: the wires that carry "look again" and meetings to open browsers."""

from __future__ import annotations

from flask import Flask


def register(app: Flask) -> None:
    """Socket.IO with its two namespaces, and the listeners that push."""
    from foundation import nudge

    from . import lines, live, wire
    from .desk import Desk
    from .meetings import Meetings

    wire.register(app)
    wire.wire.on_namespace(Desk(lines.DESK))
    wire.wire.on_namespace(Meetings(lines.MEETING))
    nudge.deliver_by(lines.deliver, app.config["VO"].redis_url)
    assert callable(live.happened)
