"""What a meeting is about, told by the feature that arranged it; the meeting itself does not know."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from .models import Meeting, Participant


@dataclass(frozen=True)
class About:
    """Words and ways for the pages of one participant. Paths start with `/` or are empty."""

    title: str
    starts_at: datetime
    ends_at: datetime
    zone: str
    phone: str = ""
    back: str = ""
    """Where the person goes when it is over."""
    next_step: Any = ""
    """What the button there says."""
    late_minutes: int = 0
    """By how many minutes the host begins later than agreed."""
    signs: bool = False
    """Whether somebody signs here: then the picture's motion is kept before the sound."""


Source = Callable[[Meeting, Participant], About]
_sources: dict[str, Source] = {}


def source(kind: str) -> Callable[[Source], Source]:
    """Register who tells about a kind of meeting."""

    def add(tell: Source) -> Source:
        _sources[kind] = tell
        return tell

    return add


def of(meeting: Meeting, participant: Participant) -> About:
    """What this participant's pages say about the meeting."""
    tell = _sources.get(meeting.kind)
    if tell is not None:
        return tell(meeting, participant)
    return About("", meeting.opens_at, meeting.closes_at, "UTC")
