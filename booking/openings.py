"""May this time be had: the one check before every hold, booking and move, and the reasons why not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import lazy_gettext as _l

from foundation import clock, times
from foundation.db import db
from foundation.errors import InputWrong, NotFound, Refusal
from virtual_office.offices import offices
from virtual_office.offices.models import Office

from . import claims, finder, terms
from .models import Service
from .terms import Terms


class SlotTaken(Refusal):
    """Somebody else has this time. Up to three other times are looked for when the answer is written, after the transaction."""

    code = "slot_taken"
    message = _l("That time has just been taken.")

    def __init__(self, query: finder.Query, starts_at: datetime) -> None:
        Exception.__init__(self, self.code)
        self.query, self.starts_at = query, starts_at

    @cached_property
    def alternatives(self) -> list[finder.Slot]:
        """The nearest free times before and after."""
        return finder.alternatives(self.query, self.starts_at)

    @property
    def extra(self) -> dict[str, Any]:  # type: ignore[override]
        """`alternatives` for the page; the API writes them as JSON itself."""
        return {"alternatives": self.alternatives}


class SlotPast(Refusal):
    code = "slot_past"
    status = 422
    message = _l("This time has passed. Choose a later one.")
    field = "starts_at"


class TooSoon(Refusal):
    code = "too_soon"
    status = 422
    message = _l("This time is too soon: the counselor needs to know earlier. Choose a later one.")
    field = "starts_at"


class TooFar(Refusal):
    code = "too_far"
    status = 422
    message = _l("This time is too far ahead. Choose an earlier one.")
    field = "starts_at"


class OfficeClosed(Refusal):
    code = "office_closed"
    status = 422
    message = _l("The office is closed on this day. Choose another day.")
    field = "starts_at"


class UnknownTime(Refusal):
    code = "unknown_time"
    status = 422
    message = _l("There is no appointment that begins at this time. Choose one from the list.")
    field = "starts_at"


class SkippedTime(Refusal):
    code = "skipped_time"
    status = 422
    message = _l("This time does not exist: the clocks go forward on that day. Choose another time.")
    field = "starts_at"


class NeedNotMet(Refusal):
    """Somebody is free, but not the interpreter or place that this person needs."""

    code = "need_not_met"
    status = 422
    message = _l("Nobody can do this at this time with what you need. Choose another time, or ask us to call you.")
    field = "needs"


class NotOffered(Refusal):
    code = "not_offered"
    status = 422
    message = _l("This service can not be had that way. Choose another way to meet.")
    field = "modality"


@dataclass(frozen=True)
class Opening:
    """A time that may be had, by one of these sets of resources, fairest first."""

    terms: Terms
    starts_at: datetime
    ends_at: datetime
    choices: list[tuple[int, ...]]

    @property
    def ticks(self) -> range:
        """What each resource gives for it."""
        return claims.window(self.terms, self.starts_at, self.ends_at)

    @property
    def presence(self) -> range:
        """What the person gives for it."""
        return claims.presence(self.starts_at, self.ends_at)


def look(
    query: finder.Query,
    starts_at: datetime,
    preferred: int | None = None,
    own: Sequence[claims.Holder] = (),
    since: int | None = None,
    offered: Terms | None = None,
) -> Opening:
    """Who is free then; reads only, so losers need not queue for the writer. What `own` holders have counts as free.

    `since` (UTC seconds) is when the time was asked for first: whoever held it in time is not too late while they fill the form.

    Raises NotFound (no such service), NotOffered, SlotPast, TooSoon, TooFar, OfficeClosed, NeedNotMet, UnknownTime or SlotTaken.
    """
    offered = offered or terms.of(query.service_id)
    if not offered.active:
        raise NotFound
    check_modality(offered.modalities, query.modality)
    check_moment(offered, starts_at, since)
    choices = finder.candidates(query, starts_at, preferred, own, since)
    if not choices:
        _say_why(offered, query, starts_at)
    return Opening(offered, starts_at, starts_at + timedelta(minutes=offered.minutes), choices)


def bookable(service_id: int) -> Service:
    """The service, if it and its office are open to the public; raises NotFound."""
    service = db.session.get(Service, service_id)
    if service is None or not service.active or not service.office.active:
        raise NotFound
    return service


def check_modality(offered: Sequence[str], modality: str) -> None:
    """Raises NotOffered for a way to meet that is not among those of the service; empty means any."""
    if modality and modality not in offered:
        raise NotOffered


def check_moment(offered: Terms, starts_at: datetime, since: int | None = None) -> None:
    """Raises SlotPast, TooSoon, TooFar or UnknownTime by the clock alone; the notice counts from `since`, default now."""
    now = clock.now()
    if starts_at <= now:
        raise SlotPast
    asked_at = now if since is None else times.moment(since)
    if starts_at < asked_at + timedelta(minutes=offered.notice_minutes):
        raise TooSoon
    last_day = times.local(now, offered.zone).date() + timedelta(days=offered.horizon_days)
    if times.local(starts_at, offered.zone).date() > last_day:
        raise TooFar
    if starts_at.timestamp() % claims.TICK:
        raise UnknownTime


def read_moment(raw: str, zone: str) -> datetime:
    """A moment in RFC 3339; without an offset it is wall-clock time of the zone. Raises InputWrong or SkippedTime."""
    try:
        at = datetime.fromisoformat(raw.strip())
        if at.tzinfo is None:
            wall, at = at, at.replace(tzinfo=ZoneInfo(zone))
            if at.astimezone(UTC).astimezone(ZoneInfo(zone)).replace(tzinfo=None) != wall:
                raise SkippedTime
        at = at.astimezone(UTC)
        # Zones reach a day to either side: a moment at the rim of the calendar has no local date.
        return at if 1 < at.year < 9999 else _unreadable()
    except (ValueError, OverflowError):
        return _unreadable()


def _unreadable() -> datetime:
    raise InputWrong(_l("Give the time like 2026-11-24T09:30:00Z."), field="starts_at")


def _say_why(offered: Terms, query: finder.Query, starts_at: datetime) -> None:
    if finder.offered(query, starts_at):
        raise SlotTaken(query, starts_at)
    if query.needs and finder.offered(replace(query, needs=()), starts_at):
        raise NeedNotMet
    on = times.local(starts_at, offered.zone).date()
    if offices.closed_days(db.session.get_one(Office, offered.office_id), on, on):
        raise OfficeClosed
    raise UnknownTime
