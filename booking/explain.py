"""Why there is nothing free, in plain words: the first thing, from hours to claims, that leaves no time over."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import gettext as _
from sqlalchemy import select

from foundation import times
from foundation.db import db
from virtual_office.offices import offices
from virtual_office.offices.models import Closure, Office

from . import joint, season
from .masks import Known
from .season import INTERPRETERS, Option, Query, Season


@dataclass(frozen=True)
class Reason:
    """`code` is not_offered, past, horizon, closed, holiday, no_hours, notice, all_taken, no_interpreter, no_place or free_again."""

    code: str
    text: str


def why_nothing(query: Query, on: date | None) -> Reason:
    """Why a local date of the office, or (None) the whole time up to the horizon, has nothing free. Raises NotFound."""
    look = season.look(query)
    if not look.options:
        return Reason("not_offered", _("This service can not be booked this way here. Choose another way to meet."))
    if on is not None and on < look.today:
        return Reason("past", _("This day is over."))
    if on is not None and on > look.last_day:
        opens = on - timedelta(days=look.terms.horizon_days)
        return Reason("horizon", _("Times on this day can be booked from %(day)s.", day=times.day(opens)))
    first = look.frame.day(look.zone, look.today)[0]
    span = look.span(first, look.high) if on is None else look.day(on)
    at_work = _starts(look, closed=False, absences=False) & span & ~look.closed
    if not at_work:
        return _nobody_works(look, on, span)
    in_time = look.bookable(at_work)
    if not in_time:
        notice = times.span(timedelta(minutes=look.terms.notice_minutes))
        return Reason(
            "notice",
            _(
                "It is too late to book a time on this day. The counselor must know at least %(span)s before.",
                span=notice,
            ),
        )
    if look.free() & span:
        return Reason("free_again", _("There are free times again. Load this page once more."))
    return _taken(look, on, in_time)


def _starts(look: Season, *, closed: bool, absences: bool) -> int:
    """Starts of all counselors by their hours; `closed` or `absences` leave out that reason not to work."""
    mask = 0
    for option in look.options:
        for one in option.counselors:
            if closed or absences:
                mask |= one.hours_without(option.shape, option.modality, closed=closed, absences=absences)
            else:
                mask |= one.open_starts(option.shape, option.modality)
    return mask


def _nobody_works(look: Season, on: date | None, span: int) -> Reason:
    if _starts(look, closed=True, absences=False) & span:
        return _closed(look, on)
    away = _starts(look, closed=False, absences=True) & span & ~look.closed
    if away and on is None:
        return Reason("no_hours", _("All counselors of this service are away."))
    if away:
        return Reason("no_hours", _("All counselors of this service are away on this day."))
    if _starts(look, closed=True, absences=True) & span:
        return _closed(look, on)
    if on is None:
        return Reason(
            "no_hours", _("No counselor has hours for this service up to %(day)s.", day=times.day(look.last_day))
        )
    return Reason("no_hours", _("No counselor has hours for this service on this day."))


def _closed(look: Season, on: date | None) -> Reason:
    if on is None:
        return Reason("closed", _("The office is closed up to %(day)s.", day=times.day(look.last_day)))
    others = {one.office_id for option in look.options for one in option.counselors} - {look.terms.office_id}
    for office_id in (look.terms.office_id, *sorted(others)):
        reason = offices.closed_days(db.session.get_one(Office, office_id), on, on).get(on)
        if reason is None:
            continue
        by_hand = select(Closure.id).where(
            Closure.office_id == office_id, Closure.first_day <= on, Closure.last_day >= on
        )
        if db.session.scalar(by_hand.limit(1)) is None:
            return Reason("holiday", _("This day is a public holiday: %(name)s.", name=reason))
        if reason:
            return Reason("closed", _("The office is closed on this day: %(reason)s.", reason=reason))
        break
    return Reason("closed", _("The office is closed on this day."))


def _taken(look: Season, on: date | None, in_time: int) -> Reason:
    """Counselors work at these bits, but no time is left over: because of them, or of what must be free with them?"""
    left = 0
    lacking: set[str] = set()
    for option in look.options:
        free = joint.union(option.counselors_free()) & in_time
        left |= free
        if free:
            lacking |= _lacking(option, free)
    if not left:
        if on is None:
            return Reason("all_taken", _("All times up to %(day)s are taken.", day=times.day(look.last_day)))
        return Reason("all_taken", _("All times on this day are taken."))
    if lacking & set(INTERPRETERS):
        return _no_interpreter(look, lacking)
    if _none_at_all(look, lacking):
        return Reason(
            "no_place", _("This office has no place that fits what you need. Another way to meet may be free.")
        )
    return Reason("no_place", _("Counselors are free, but no place at the office is. Another way to meet may be free."))


def _lacking(option: Option, free: int) -> set[str]:
    """The needs that alone leave nothing over; all of them where it takes several together."""
    alone = {pool.need for pool in option.pools if not joint.union(option.members_free(pool)) & free}
    return alone or {pool.need for pool in option.pools}


def _no_interpreter(look: Season, lacking: Iterable[str]) -> Reason:
    if "interpreter" in lacking and not look.query.language:
        return Reason("no_interpreter", _("Choose your language, so that we can look for an interpreter."))
    if _none_at_all(look, set(lacking) & set(INTERPRETERS)):
        return Reason(
            "no_interpreter", _("We have no interpreter for this language. Call us: we look for one with you.")
        )
    return Reason("no_interpreter", _("Counselors are free, but no interpreter is. Call us: we look for one with you."))


def _none_at_all(look: Season, needs: Iterable[str]) -> bool:
    wanted = set(needs)
    pools: list[list[Known]] = [pool.members for option in look.options for pool in option.pools if pool.need in wanted]
    return bool(pools) and not any(pools)
