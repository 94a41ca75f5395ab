"""Proposals for follow-ups: every n weeks at the same wall-clock time, each with what is free then or the nearest other times."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from foundation.errors import Refusal

from . import finder, openings, terms
from .finder import Query, Slot
from .openings import SkippedTime, TooFar, TooSoon

MOST = 12
"""Dates of one series."""
LONGEST_STEP = 8
"""Weeks between two of them."""


@dataclass(frozen=True)
class Proposal:
    """One date of a series: `at` is UTC; `refusal` says why it can not be had, `others` are the nearest times instead."""

    number: int
    at: datetime
    refusal: Refusal | None
    others: tuple[Slot, ...] = ()

    @property
    def free(self) -> bool:
        """Whether the wished time itself can be had."""
        return self.refusal is None


def dates(first: date, at: time, every: int, times: int, zone: str) -> list[datetime]:
    """The moments (UTC) of `times` dates, `every` weeks apart, at the same wall-clock time of the zone.

    An hour that the clocks skip on one of the days is what they show instead, an hour later; twice-told hours are the first.
    """
    here = ZoneInfo(zone)
    days = (first + timedelta(weeks=every * n) for n in range(times))
    return [datetime.combine(on, at, here).astimezone(UTC) for on in days]


def propose(query: Query, wanted: list[datetime], preferred: int | None = None) -> list[Proposal]:
    """What can be had of these moments now. Reads only. Raises NotFound, NotOffered."""
    return [_proposal(query, number, at, preferred) for number, at in enumerate(wanted, 1)]


def nearest(query: Query, at: datetime) -> tuple[Slot, ...]:
    """The nearest free times within a week around a moment, in the order of time."""
    found = finder.alternatives(query, at)
    return tuple(slot for slot in found if abs(slot.starts_at - at) < timedelta(days=7))


def _proposal(query: Query, number: int, at: datetime, preferred: int | None) -> Proposal:
    try:
        openings.look(query, at, preferred)
    except (TooFar, TooSoon, SkippedTime) as refusal:
        return Proposal(number, at, refusal)
    except Refusal as refusal:
        return Proposal(number, at, refusal, nearest(query, at))
    return Proposal(number, at, None)


def check_service(query: Query) -> None:
    """Raises NotFound, or NotOffered when the service can not be had that way."""
    openings.check_modality(terms.of(query.service_id).modalities, query.modality)
