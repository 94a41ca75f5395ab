"""Floor 7: the wires that carry "look again" and meetings to open browsers."""

from __future__ import annotations

from typing import Any

from flask import Flask

SILENT_AFTER = 2.5
"""Beats that may be missed before the others are told."""


def register(app: Flask) -> None:
    """Socket.IO with its two namespaces, and the listeners that push."""
    from foundation import nudge

    from . import live, wire
    from .desk import Desk
    from .meetings import NAMESPACE, Meetings

    wire.register(app)
    wire.wire.on_namespace(Desk("/desk"))
    wire.wire.on_namespace(Meetings(NAMESPACE))

    def deliver(channel: str, name: str, data: dict[str, Any]) -> None:
        namespace = "/desk" if channel.startswith("person:") else NAMESPACE
        wire.wire.emit(name, data, to=channel, namespace=namespace)

    nudge.deliver_by(deliver, from_anywhere=bool(app.config["VO"].redis_url))
    assert live.happened


def start(app: Flask) -> None:
    """What the web process does once it holds the sockets: close what its predecessor left open, and listen for silence."""
    from foundation.db import write
    from virtual_office.meetings import presence

    from . import meetings, wire
    from .seats import seats

    settings = app.config["VO"]
    with app.app_context():
        write(lambda: presence.forget_node(wire.node_name(settings)))

    def listen_for_silence() -> None:
        while True:
            wire.wire.sleep(settings.beat)
            for seat in seats.fallen_silent(settings.beat * SILENT_AFTER):
                wire.wire.emit(
                    "fallen_silent",
                    {"from": seat.participant},
                    to=meetings.channel(seat.meeting),
                    namespace=meetings.NAMESPACE,
                )

    wire.wire.start_background_task(listen_for_silence)
