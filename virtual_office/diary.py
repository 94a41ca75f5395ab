"""Everything that a person has coming up, from any feature: features register sources, the desk reads them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from foundation.events import Event

from .offices.models import Office


@dataclass(frozen=True)
class DiaryChanged(Event):
    """Something in these people's diaries changed: their open pages look again."""

    people: tuple[int, ...]


@dataclass(frozen=True)
class DiaryEntry:
    """One thing to come, in the reader's language. `path` shows and changes it; `meeting_path` is where one joins, if anywhere."""

    starts_at: datetime
    ends_at: datetime
    zone: str
    title: str
    how: str
    place: str
    path: str
    meeting_path: str = ""
    check_path: str = ""
    opens_at: datetime | None = None
    with_whom: str = ""
    reference: str = ""
    office: Office | None = None


Source = Callable[[int, datetime], list[DiaryEntry]]
_sources: list[Source] = []


def add_source(source: Source) -> Source:
    """Register a source: (person_id, now) → what is still to come or under way, any order."""
    if source not in _sources:
        _sources.append(source)
    return source


def coming(person_id: int, now: datetime) -> list[DiaryEntry]:
    """What the person has coming up or under way, soonest first."""
    return sorted((entry for source in _sources for entry in source(person_id, now)), key=lambda entry: entry.starts_at)
