"""Who is on the open lines: rooms by person and by sign-in, and what the wires do themselves rather than leave to a page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_socketio import join_room

from accounts.access import visitor
from accounts.browsers import sign_in_id

from .wire import hang_up, wire

DESK = "/desk"
MEETING = "/meeting"
CLOSE = "close"
"""Nudge: close every line of a channel. Its pages come back by themselves and are asked anew who they are."""
LET_IN = "let_in"
"""Nudge: a participant's lines hear the whole meeting from now on."""

SHUT_OUT = "shut_out"
"""Nudge: `{meeting, participant}` must leave the forwarding unit; with an empty `participant` everybody of the meeting."""
_shut_out: Callable[[dict[str, Any]], object] | None = None


def shut_out_by(act: Callable[[dict[str, Any]], object]) -> None:
    """Say how somebody is sent out of the forwarding unit; `act` must not wait."""
    global _shut_out
    _shut_out = act


def person_channel(person_id: int) -> str:
    """The channel of one person's pages."""
    return f"person:{person_id}"


def sign_in_channel(sign_in: int) -> str:
    """The channel of one browser's pages."""
    return f"sign_in:{sign_in}"


def participant_channel(participant: str) -> str:
    """The channel of one participant's pages."""
    return f"participant:{participant}"


def meeting_channel(meeting: str) -> str:
    """The channel of a meeting's pages whose people have been let in."""
    return f"meeting:{meeting}"


def lobby_channel(meeting: str) -> str:
    """The channel of a meeting's pages whose people have not been let in yet: they hear that something was said, not what."""
    return f"lobby:{meeting}"


def join_own() -> None:
    """A line opens: it belongs to a person and a sign-in, so that it can be closed with them."""
    person_id, sign_in = visitor().person_id, sign_in_id()
    if person_id is not None:
        join_room(person_channel(person_id))
    if sign_in is not None:
        join_room(sign_in_channel(sign_in))


def deliver(channel: str, name: str, data: dict[str, Any]) -> None:
    """Carry a nudge to the pages of a channel, or do what it says to their lines."""
    if name == CLOSE:
        _close(channel)
    elif name == LET_IN:
        _let_in(channel, data["meeting"])
    elif name == SHUT_OUT:
        if _shut_out is not None:
            _shut_out(data)
    else:
        for namespace in (DESK, MEETING) if channel.startswith(("person:", "sign_in:")) else (MEETING,):
            # To the lines of this process only: with many, each hears the nudge itself.
            wire.server.manager.emit(name, data, namespace=namespace, room=channel, ignore_queue=True)


def _close(channel: str) -> None:
    for namespace in (DESK, MEETING):
        for sid in _on(channel, namespace):
            hang_up(sid, namespace)


def _let_in(channel: str, meeting: str) -> None:
    for sid in _on(channel, MEETING):
        wire.server.enter_room(sid, meeting_channel(meeting), namespace=MEETING)
        wire.server.leave_room(sid, lobby_channel(meeting), namespace=MEETING)


def _on(channel: str, namespace: str) -> list[str]:
    manager = wire.server.manager
    if channel not in manager.rooms.get(namespace, {}):
        return []
    return [sid for sid, _connection in manager.get_participants(namespace, channel)]
