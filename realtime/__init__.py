"""Floor 7: the wires that carry "look again" and meetings to open browsers."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    # Only for the name: the supervisor and the forwarding unit live in these packages without Flask.
    from flask import Flask


def register(app: Flask) -> None:
    """Socket.IO with its two namespaces, and the listeners that push."""
    from foundation import doctor, nudge

    from . import lines, live, media_doctor, media_events, media_line, probe, whip, wire
    from .desk import Desk
    from .meetings import Meetings

    wire.register(app)
    wire.wire.on_namespace(Desk(lines.DESK))
    wire.wire.on_namespace(Meetings(lines.MEETING))
    nudge.deliver_by(lines.deliver, app.config["VO"].redis_url)
    media_line.register(app)
    whip.register(app)
    probe.register(app)
    media_events.register(app)
    doctor.ask(app, media_doctor.look)
    assert callable(live.happened)
