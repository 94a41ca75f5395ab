"""Who asks: the seat on a line, looked up anew at each message; and the plain values of what was told."""

from __future__ import annotations

from typing import Any

from flask import request

from accounts.access import visitor
from foundation.errors import InputWrong, NotFound
from virtual_office.meetings import meetings as rules
from virtual_office.meetings.models import Meeting, Participant, Standing

from .seats import Seat, seats

WORD = 64
"""Characters of an id, a name or a kind."""


def line_id() -> str:
    """The connection that this message came on."""
    return request.sid  # type: ignore[attr-defined]


def seat() -> Seat:
    """The seat on this connection. Raises NotFound."""
    found = seats.of(line_id())
    if found is None:
        raise NotFound
    return found


def seated(standing: Standing | None = None) -> tuple[Meeting, Participant]:
    """The seat's meeting and participant, asked anew on each command: what was revoked meanwhile is absent."""
    found = seat()
    meeting, me = rules.get(found.meeting, visitor())
    if me.id != found.participant_id:
        raise NotFound
    if standing is not None and me.standing != standing:
        raise rules.NotAdmitted
    return meeting, me


def text(told: Any, name: str, longest: int = WORD) -> str:
    """A text of what was told. Raises InputWrong."""
    value = told.get(name) if isinstance(told, dict) else None
    if not isinstance(value, str) or len(value) > longest:
        raise InputWrong
    return value
