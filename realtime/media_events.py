"""Between the forwarding units and the pages: what a unit tells goes to those whom it concerns; who must go is sent out of it."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Callable
from typing import Any

from flask import Flask

from realtime.media.refused import Refused

from . import connections, lines
from .lines import meeting_channel, participant_channel
from .media_line import NAME, Units
from .seats import seats
from .unit_line import UnitAway
from .wire import wire

log = logging.getLogger(__name__)

Say = Callable[[str, str, dict[str, Any]], None]


def register(app: Flask) -> None:
    """Hear every unit, and send out of it who is shut out."""
    units: Units = app.extensions[NAME]
    units.hear(lambda unit, event, data: hear(unit, event, data, lines.deliver))
    lines.shut_out_by(lambda told: wire.start_background_task(shut_out, units, told))


def hear(unit: str, event: str, data: dict[str, Any], say: Say) -> None:
    """One event of a unit, for the pages of this process: each process hears it itself. `say(channel, name, data)` carries it."""
    if event == "gone" or (event == "back" and not data.get("same")):
        for meeting in seats.meetings():
            say(meeting_channel(meeting), "media_gone", {"unit": unit})
        return
    meeting = str(data.get("meeting", ""))
    who = str(data.get("participant", ""))
    if event == "places":
        say(meeting_channel(meeting), "places", {"audio": data["audio"], "video": data["video"]})
    elif event == "speaking":
        say(meeting_channel(meeting), "speaking", {"participants": data["participants"]})
    elif event == "layer":
        say(participant_channel(who), "layer", {"of": data["of"], "layer": data["layer"]})
    elif event == "heard":
        say(participant_channel(str(data["of"])), "heard", {"from": who, "how": data["how"]})
    elif event == "left":
        # The name of a connection is known to its own page only.
        say(participant_channel(who), "media_gone", {"unit": unit, "peer": connections.name(unit, data["peer"])})


def shut_out(units: Units, told: dict[str, Any]) -> None:
    """`{meeting, participant}` must go, or with an empty `participant` everybody: the meeting is over."""
    meeting, who = str(told["meeting"]), str(told["participant"])
    for unit in units.alive():
        # Where it is not known there is nobody to send away.
        with contextlib.suppress(Refused, UnitAway):
            if who:
                units.ask(unit, "remove", meeting=meeting, participant=who)
            else:
                units.ask(unit, "close", meeting=meeting)
