"""What a colleague who leaves would leave behind: higher floors say it, so that somebody takes it over first."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from .access import Visitor
from .models import Person


@dataclass(frozen=True)
class Left:
    """Something of the colleague's that is still to come: how many, in words that name the place, and where to act on it."""

    number: int
    what: str
    path: str


Source = Callable[[Person, Visitor], list[Left]]
_sources: list[Source] = []


def add_source(source: Source) -> Source:
    """Register who knows what a colleague still has to do; it says only what the visitor may act on."""
    if source not in _sources:
        _sources.append(source)
    return source


def left_by(person: Person, visitor: Visitor) -> list[Left]:
    """All that somebody must take over."""
    return [left for source in _sources for left in source(person, visitor)]
