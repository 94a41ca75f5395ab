"""Facts about meetings, in plain values."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from foundation.events import Event


@dataclass(frozen=True)
class SomethingHappened(Event):
    """One more row of a meeting's events; open pages of the meeting get it as it is."""

    meeting: str
    seq: int
    at: str
    kind: str
    sender: str | None
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class PeopleChanged(Event):
    """Somebody's standing or presence in a meeting changed: its pages and its hosts' desks look again."""

    meeting_id: int
    meeting: str
    host_ids: tuple[int, ...]


@dataclass(frozen=True)
class SomebodyRemoved(Event):
    """A participant may not be here any more: their connections are closed."""

    meeting: str
    participant: str


@dataclass(frozen=True)
class MeetingEnded(Event):
    """A meeting is over, for a reason."""

    meeting_id: int
    meeting: str
    reason: str


@dataclass(frozen=True)
class StreamKeyRevoked(Event):
    """A program may not send into a meeting or play it any more: what it has open is ended."""

    meeting: str
    key: str
