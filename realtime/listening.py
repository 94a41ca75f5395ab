"""What the web process does once it holds the sockets: close what its predecessor left open, and listen for silence."""

from __future__ import annotations

from flask import Flask

from foundation.db import write
from virtual_office.meetings import presence

from .lines import MEETING, lobby_channel, meeting_channel
from .seats import seats
from .wire import node_name, wire

SILENT_AFTER = 2.5
"""Beats that may be missed before the others are told."""


def start(app: Flask) -> None:
    """Begin; called once, when the application is made."""
    settings = app.config["VO"]
    with app.app_context():
        write(lambda: presence.forget_node(node_name(settings)))
    wire.start_background_task(_listen_for_silence, settings.beat)


def _listen_for_silence(beat: float) -> None:
    while True:
        wire.sleep(beat)
        for seat in seats.fallen_silent(beat * SILENT_AFTER):
            told = {"from": seat.participant}
            channels = [meeting_channel(seat.meeting), lobby_channel(seat.meeting)]
            wire.emit("fallen_silent", told, to=channels, namespace=MEETING)
