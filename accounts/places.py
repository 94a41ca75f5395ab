"""Names of the offices where people work, told by the floor that keeps them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Place:
    """An office by its row id, the id in addresses, its name and its country or region (`ES-MD`)."""

    id: int
    public_id: str
    name: str
    region: str = ""


Source = Callable[[], list[Place]]
_sources: list[Source] = []


def add_source(source: Source) -> Source:
    """Register who knows the offices."""
    if source not in _sources:
        _sources.append(source)
    return source


def all_places(within: set[int] | None = None) -> list[Place]:
    """Offices by name; only those with these row ids, or every one (None)."""
    known = [place for source in _sources for place in source()]
    return sorted((place for place in known if within is None or place.id in within), key=lambda place: place.name)


def region() -> str:
    """The country that phone numbers without `+` belong to when nobody says which office: the first office that has one."""
    return next((place.region for place in all_places() if place.region), "")
