"""Choosing a day and a time: sixty days with counts, then the times of one day."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from babel.dates import format_date
from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from werkzeug.datastructures import MultiDict

from accounts.access import EVERYONE, allow, visitor
from foundation import clock, times
from foundation.db import write
from foundation.errors import InputWrong, NotFound, Refusal
from virtual_office.offices import offices

from . import (
    appointments,
    catalogue,
    collective,
    continuity,
    explain,
    finder,
    holds,
    month_tables,
    openings,
    pace,
    without_voice,
    wording,
    workdays,
)
from .forms import TimeForm
from .models import Appointment, Service
from .parties import party_for
from .views import blueprint

DAYS = 60
MONDAY = date(2024, 1, 1)
MIDDAY, EVENING = 12, 18


@dataclass(frozen=True)
class Wish:
    """What somebody looks for at one service; `moves` is the appointment that would move, `hold` the one they come from."""

    service: Service
    query: finder.Query
    moves: Appointment | None = None
    hold: str = ""

    def address(self, endpoint: str, **more: Any) -> str:
        """A page of this wish: what was asked for travels in the address."""
        asked = {
            "modality": self.query.modality or None,
            "language": self.query.language or None,
            "needs": list(self.query.needs) or None,
            "with": "mine" if self.query.only else None,
        }
        moves = self.moves.public_id if self.moves else None
        return url_for(
            endpoint, service_id=self.service.public_id, moves=moves, hold=self.hold or None, **{**asked, **more}
        )

    def day_address(self, on: date | datetime) -> str:
        """The page of one day's times; a moment means its local day."""
        if isinstance(on, datetime):
            on = times.local(on, self.service.office.zone).date()
        return self.address("booking.day_times", on=on.isoformat())


@dataclass(frozen=True)
class WayOut:
    """A true alternative as a link: what it is, and its first free time in words."""

    label: str
    address: str
    first: str


@blueprint.get("/book/<service_id>")
@allow(EVERYONE)
def calendar(service_id: str) -> ResponseReturnValue:
    """Sixty days with counts; `?from=` shows later ones; the filter is part of the address."""
    wish = wish_from(service_id, request.args)
    today = times.local(clock.now(), wish.service.office.zone).date()
    last = today + timedelta(days=wish.service.horizon_days)
    first = min(max(_day_or(request.args.get("from"), today), today), last)
    until = min(first + timedelta(days=DAYS), last)
    counts = {day.on: day.free for day in finder.days(wish.query, first, until)}
    closed = offices.closed_days(wish.service.office, first, until)
    nothing = not any(counts.values())
    return render_template(
        "booking/calendar.html",
        wish=wish,
        months=month_tables.months(counts, workdays.words(wish.query, [on for on in counts if not counts[on]], closed)),
        earlier=max(today, first - timedelta(days=DAYS + 1)) if first > today else None,
        later=until + timedelta(days=1) if until < last else None,
        party=party_for(visitor(), wish.service.office_id),
        languages=catalogue.languages_spoken(wish.service),
        needs=wording.NEEDS,
        mine=None if wish.moves else continuity.offer(visitor(), wish.service, wish.query),
        proposed=without_voice.proposed(wish.service.modalities, wish.query.needs),
        first_free=None if nothing else finder.first_free(wish.query),
        reason=explain.why_nothing(wish.query, None) if nothing else None,
        ways=ways_out(wish) if nothing else [],
        weekdays=[format_date(MONDAY + timedelta(days=n), "EEE", locale=get_locale()) for n in range(7)],
    )


@blueprint.get("/book/<service_id>/<on>")
@allow(EVERYONE)
def day_times(service_id: str, on: str) -> ResponseReturnValue:
    """The free times of one day, in parts of the day."""
    day = _day_or(on, None)
    if day is None:
        raise NotFound
    return show_times(wish_from(service_id, request.args), day, TimeForm())


@blueprint.post("/book/<service_id>/holds")
@allow(EVERYONE)
def hold(service_id: str) -> ResponseReturnValue:
    """Keep a time while they fill the form; a time that went meanwhile is told with other times."""
    wish = wish_from(service_id, request.form)
    form, at, status, others = TimeForm(), None, 422, []
    try:
        pace.limit("60 per minute", "holds")
        if form.validate_on_submit():
            at = moment_of(form.starts_at.data, wish.service)
            return redirect(url_for("booking.answer", hold_id=take_hold(wish, at)))
    except Refusal as refusal:
        form.refuse(refusal)
        status, others = refusal.status, refusal.extra.get("alternatives", [])
    day = times.local(at, wish.service.office.zone).date() if at else _day_or(request.form.get("on"), None)
    if day is None:
        raise NotFound
    return show_times(wish, day, form, others), status


def take_hold(wish: Wish, at: datetime) -> str:
    """Take a hold for this browser, with the answers of the hold they come from; returns its public id."""
    party = party_for(visitor(), wish.service.office_id)
    owner = pace.browser()

    def act() -> str:
        answers = earlier_answers(wish.hold, owner)
        mine = continuity.counselor_of(visitor(), wish.service)
        taken = holds.take(wish.query, at, owner, party.person_id, wish.moves, preferred=mine.id if mine else None)
        holds.keep_answers(taken, answers)
        return taken.public_id

    return write(act)


def earlier_answers(hold_id: str, owner: str) -> dict[str, Any]:
    """What they typed for the hold they come from; nothing when it is gone (a double click)."""
    try:
        return dict(holds.get(hold_id, owner).answers) if hold_id else {}
    except NotFound:
        return {}


def show_times(wish: Wish, day: date, form: TimeForm, others: Any = ()) -> str:
    """The page of one day's times."""
    service = wish.service
    today = times.local(clock.now(), service.office.zone).date()
    far = not today <= day <= today + timedelta(days=service.horizon_days)
    slots = [] if far else finder.slots(wish.query, day)
    return render_template(
        "booking/times.html",
        wish=wish,
        on=day,
        form=form,
        parts=_parts(slots, service.office.zone),
        others=others,
        reason=None if slots else explain.why_nothing(wish.query, day),
        next_free=None if slots else _next_free(wish, max(day, today)),
        party=party_for(visitor(), service.office_id),
    )


def ways_out(wish: Wish) -> list[WayOut]:
    """Other modalities, offices and services that are really free, as links."""
    found = []
    for way in finder.other_ways(wish.query):
        there = Wish(openings.bookable(way.query.service_id), way.query, wish.moves, wish.hold)
        if wish.moves is not None and there.service is not wish.service:
            continue
        said = times.when(way.first.starts_at, there.service.office.zone, show_zone=False)
        found.append(WayOut(str(way.label), there.address("booking.calendar"), said))
    return found


def wish_from(service_id: str, asked: MultiDict[str, str]) -> Wish:
    """Read a wish from an address or form; what the service does not have is left out. Raises NotFound."""
    service = catalogue.get(service_id)
    moves = None
    if asked.get("moves"):
        moves = appointments.get_visible(asked["moves"], visitor(), "manage")
        service = moves.service
    modality, language = asked.get("modality", ""), asked.get("language", "")
    needs = tuple(sorted({need for need in asked.getlist("needs") if need in set(wording.NEEDS)}))
    query = finder.Query(
        service.id,
        modality if modality in service.modalities else "",
        language if language in catalogue.languages_spoken(service) else "",
        needs,
    )
    mine = continuity.counselor_of(visitor(), service) if asked.get("with") == "mine" and moves is None else None
    query = collective.moving(replace(query, only=mine.id if mine else 0), moves)
    return Wish(service, query, moves, asked.get("hold", "")[:22])


def _next_free(wish: Wish, after: date) -> date | None:
    """The first day with a free time after a day, or before it if there is none after, or None."""
    last = times.local(clock.now(), wish.service.office.zone).date() + timedelta(days=wish.service.horizon_days)
    later = finder.days(wish.query, after + timedelta(days=1), last) if after < last else []
    found = next((count.on for count in later if count.free), None)
    soonest = finder.first_free(wish.query) if found is None else None
    return times.local(soonest.starts_at, wish.service.office.zone).date() if soonest else found


def _parts(slots: list[finder.Slot], zone: str) -> list[tuple[str, list[finder.Slot]]]:
    parts: dict[str, list[finder.Slot]] = {"morning": [], "afternoon": [], "evening": []}
    for slot in slots:
        hour = times.local(slot.starts_at, zone).hour
        parts["morning" if hour < MIDDAY else "afternoon" if hour < EVENING else "evening"].append(slot)
    return [(name, found) for name, found in parts.items() if found]


def _day_or(raw: str | None, default: Any) -> Any:
    try:
        return date.fromisoformat(raw or "")
    except ValueError:
        return default


def moment_of(raw: str, service: Service) -> datetime:
    """A start as a form carries it; without an offset it is the office's wall clock. Raises UnknownTime or SkippedTime."""
    try:
        return openings.read_moment(raw, service.office.zone)
    except InputWrong:
        raise openings.UnknownTime from None
