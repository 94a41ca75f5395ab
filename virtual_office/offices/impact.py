"""What is booked on days that an office closes: features say it, so that nothing is dropped silently."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from .models import Office


@dataclass(frozen=True)
class Line:
    """One thing that stands in the way; `path` is where it can be moved or cancelled."""

    starts_at: datetime
    zone: str
    who: str
    what: str
    reference: str
    path: str


Source = Callable[[Office, date, date], list[Line]]
_sources: list[Source] = []
Page = Callable[[Office], str]
_pages: list[Page] = []


def act_page(page: Page) -> Page:
    """Register the address at which what is booked on closed days is moved or handed over, many at once."""
    if page not in _pages:
        _pages.append(page)
    return page


def pages_of(office: Office) -> list[str]:
    """These addresses."""
    return [page(office) for page in _pages]


def add_source(source: Source) -> Source:
    """Register who knows what is booked at an office between two days, both included."""
    if source not in _sources:
        _sources.append(source)
    return source


def on_days(office: Office, first: date, last: date) -> list[Line]:
    """Everything booked on these days, soonest first."""
    return sorted(
        (line for source in _sources for line in source(office, first, last)), key=lambda line: line.starts_at
    )
