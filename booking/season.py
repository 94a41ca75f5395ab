"""One service as it can be booked at this moment: who gives it, what must be free with them, from when and until when."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any, NamedTuple, cast
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, or_, select

from foundation import clock
from foundation.db import db
from foundation.errors import NotFound
from virtual_office.offices.models import Office

from . import availability, joint, masks
from .masks import Frame, Known, Shape, Wanted
from .models import Need, Resource, Service, ServiceResource

INTERPRETERS = (Need.INTERPRETER, Need.SIGN_INTERPRETER)


@dataclass(frozen=True)
class Query:
    """What somebody looks for. Empty `modality` means any; `needs` are codes of `Need`.

    `only` is the id of the one counselor who will do (0: any); `beside` are ids of colleagues who must come too.
    """

    service_id: int
    modality: str = ""
    language: str = ""
    needs: tuple[str, ...] = ()
    only: int = 0
    beside: tuple[int, ...] = ()


class Terms(NamedTuple):
    """What a service demands, as the office set it."""

    id: int
    name: str
    office_id: int
    modalities: list[str]
    needs: list[str]
    shows_counselor: bool
    minutes: int
    before_minutes: int
    after_minutes: int
    step_minutes: int
    notice_minutes: int
    horizon_days: int
    active: bool
    zone: str
    office_version: int

    @property
    def shape(self) -> Shape:
        """The same in ticks."""
        minutes = (
            self.minutes,
            self.before_minutes,
            self.after_minutes,
            max(self.step_minutes, availability.TICK_MINUTES),
        )
        return Shape._make(span // availability.TICK_MINUTES for span in minutes)


# Built once: building a statement costs more than running it.
TERMS = (
    select(
        *(Service.id, Service.name, Service.office_id, Service.modalities, Service.needs, Service.shows_counselor),
        *(Service.minutes, Service.before_minutes, Service.after_minutes, Service.step_minutes),
        *(Service.notice_minutes, Service.horizon_days, Service.active & Office.active, Office.zone, Office.version),
    )
    .join(Service.office)
    .where(Service.id == bindparam("service"))
)
WANTED = (
    select(Resource.id, Resource.version, Office.version)
    .join(Resource.office)
    .where(Resource.active)
    .order_by(Resource.id)
)
COUNSELORS = WANTED.join(ServiceResource, ServiceResource.resource_id == Resource.id).where(
    Resource.kind == "counselor", ServiceResource.service_id == bindparam("service")
)
OTHERS = WANTED.where(
    Resource.kind.in_(bindparam("kinds", expanding=True)),
    or_(Resource.kind == "interpreter", Resource.office_id == bindparam("office")),
)
COLLEAGUES = WANTED.where(Resource.kind == "counselor", Resource.id.in_(bindparam("ids", expanding=True)))
COLLEAGUE = "colleague"


@dataclass(frozen=True)
class Pool:
    """Who or what can answer one need."""

    need: str
    members: list[Known]


@dataclass(frozen=True)
class Option:
    """One modality with its counselors and what must be free with them."""

    modality: str
    shape: Shape
    counselors: list[Known]
    pools: list[Pool]

    @property
    def mark(self) -> Any:
        """The same for options that are free at the same times by the same resources."""
        by_modality = any(
            one.by_modality for members in (self.counselors, *(p.members for p in self.pools)) for one in members
        )
        ids = (
            tuple(one.id for one in self.counselors),
            tuple(tuple(one.id for one in pool.members) for pool in self.pools),
        )
        return ids, tuple(pool.need for pool in self.pools), self.modality if by_modality else ""

    def free(self) -> int:
        """Ticks at which everything is free together."""
        return joint.possible([self.counselors_free(), *(self.members_free(pool) for pool in self.pools)])

    def offered(self) -> int:
        """Ticks at which everything would be free together if nobody had claimed anything."""
        counselors = {one.id: one.open_starts(self.shape, self.modality) for one in self.counselors}
        return joint.possible(
            [
                counselors,
                *({one.id: one.open_runs(self.shape, self.modality) for one in pool.members} for pool in self.pools),
            ]
        )

    def counselors_free(self) -> dict[int, int]:
        """Starts of each counselor."""
        return {one.id: one.free_starts(self.shape, self.modality) for one in self.counselors}

    def members_free(self, pool: Pool) -> dict[int, int]:
        """Ticks from which on each member of a pool can take part."""
        return {one.id: one.free_runs(self.shape, self.modality) for one in pool.members}


@dataclass(frozen=True)
class Season:
    """`low` is the first bit that the notice allows, `high` the bit after the last one of the horizon; `today` is local."""

    query: Query
    terms: Terms
    zone: ZoneInfo
    frame: Frame
    today: date
    low: int
    high: int
    closed: int
    options: list[Option]

    @property
    def last_day(self) -> date:
        """The last local date of the horizon."""
        return self.today + timedelta(days=self.terms.horizon_days)

    def free(self) -> int:
        """Ticks at which the service can be had."""
        mask = 0
        for option in self.options:
            mask |= option.free()
        return self.bookable(mask)

    def bookable(self, mask: int) -> int:
        """Only what notice, horizon and the office's closed days allow."""
        return mask & ~self.closed & self.span(self.low, self.high)

    @staticmethod
    def span(first: int, last: int) -> int:
        """The bits from `first` up to, but not including, `last`."""
        return (1 << max(last, 0)) - (1 << min(max(first, 0), max(last, 0)))

    def day(self, on: date) -> int:
        """The bits of a local date; none outside today and the horizon."""
        return self.span(*self.frame.day(self.zone, on)) if self.today <= on <= self.last_day else 0

    def at(self, bit: int) -> datetime:
        """The moment of a bit."""
        return datetime.fromtimestamp(self.frame.seconds(bit), UTC)

    def bit(self, starts_at: datetime, since: int | None = None) -> int | None:
        """The bit of a moment; None when no bookable meeting can start then. `since` (UTC seconds): the notice counts from there."""
        at = starts_at.timestamp()
        bit = self.frame.bit(int(at))
        low = self.low if since is None else min(self.low, self.frame.bit(since + self.terms.notice_minutes * 60))
        if at % availability.TICK or not low <= bit < self.high or self.closed >> bit & 1:
            return None
        return bit


def look(query: Query) -> Season:
    """What a query asks for, as it is now: read once within a transaction that changes nothing. Raises NotFound."""
    info = db.session.info
    key = (query, clock.seconds())
    if info.get("season_key") == key and not info.get("masks_unsure"):
        return cast(Season, info["season"])
    season = _look(query)
    info["season"], info["season_key"] = season, key
    return season


def _look(query: Query) -> Season:
    terms = _terms(query.service_id)
    exact = clock.now().timestamp()
    now = int(exact)
    zone = ZoneInfo(terms.zone)
    memory = masks.memory(now, terms.horizon_days)
    frame = memory.frame
    today = datetime.fromtimestamp(now, zone).date()
    return Season(
        query=query,
        terms=terms,
        zone=zone,
        frame=frame,
        today=today,
        low=max(frame.bit(math.ceil(exact + terms.notice_minutes * 60)), frame.bit(now + 1)),
        high=frame.day(zone, today + timedelta(days=terms.horizon_days))[1],
        closed=_closed(memory, terms, zone),
        options=list(_options(query, terms, memory, now)),
    )


def load(known: Known, season: Season, bit: int) -> tuple[int, int]:
    """Claimed ticks of a resource on the local day and in the local week of a bit."""
    on = datetime.fromtimestamp(season.frame.seconds(bit), season.zone).date()
    monday = on - timedelta(days=on.weekday())
    week = season.frame.day(season.zone, monday)[0], season.frame.day(season.zone, monday + timedelta(days=6))[1]
    return known.booked(*season.frame.day(season.zone, on)), known.booked(max(week[0], 0), week[1])


def _terms(service_id: int) -> Terms:
    row = db.session.execute(TERMS, {"service": service_id}).first()
    if row is None:
        raise NotFound
    return Terms._make(row)


def _closed(memory: masks.Memory, terms: Terms, zone: ZoneInfo) -> int:
    mask = 0
    for on in masks.closed_days(memory, terms.office_id, terms.office_version):
        mask |= Season.span(*memory.frame.day(zone, on))
    return mask


def _options(query: Query, terms: Terms, memory: masks.Memory, now: int) -> Iterator[Option]:
    modalities = [code for code in terms.modalities if query.modality in ("", code)]
    if not terms.active or not modalities:
        return
    needed = {code: _needed(query, terms, code) for code in modalities}
    kinds = {_kind(need) for needs in needed.values() for need in needs}
    counselors = [Wanted._make(row) for row in db.session.execute(COUNSELORS, {"service": query.service_id})]
    counselors = [one for one in counselors if query.only in (0, one.id) and one.id not in query.beside]
    colleagues = []
    if query.beside:
        colleagues = [Wanted._make(row) for row in db.session.execute(COLLEAGUES, {"ids": list(query.beside)})]
    others = []
    if kinds:
        others = [
            Wanted._make(row) for row in db.session.execute(OTHERS, {"kinds": sorted(kinds), "office": terms.office_id})
        ]
    known = masks.look_up(memory, [*counselors, *others, *colleagues], now)
    seen = set()
    for code in modalities:
        able = [one for row in counselors if (one := known.get(row.id)) and _by(one, code)]
        pools = [
            Pool(need, [one for row in others if (one := known.get(row.id)) and _answers(one, need, query)])
            for need in needed[code]
        ]
        pools += [
            Pool(COLLEAGUE, [one] if (one := known.get(number)) and _by(one, code) else []) for number in query.beside
        ]
        option = Option(code, terms.shape, able, pools)
        if able and option.mark not in seen:
            seen.add(option.mark)
            yield option


def _needed(query: Query, terms: Terms, modality: str) -> list[str]:
    """What must be free beside a counselor: the service's needs for this modality, and the person's."""
    needs = {need.partition(":")[0] for need in terms.needs if need.partition(":")[2] in ("", modality)}
    return sorted(needs | {str(need) for need in INTERPRETERS if need in query.needs})


def _by(one: Known, modality: str) -> bool:
    """Whether a counselor receives by this modality."""
    return not one.modalities or modality in one.modalities


def _kind(need: str) -> str:
    return "interpreter" if need in INTERPRETERS else need


def _answers(one: Known, need: str, query: Query) -> bool:
    """Whether a resource can answer a need. An interpreter without a language to interpret answers none."""
    if one.kind != _kind(need):
        return False
    if need == Need.INTERPRETER:
        return speaks(one, query.language)
    if need == Need.SIGN_INTERPRETER:
        signs = {feature for feature in one.features if feature.startswith("language:sign-")}
        return f"language:{query.language}" in signs if query.language.startswith("sign-") else bool(signs)
    return need != "place" or Need.STEP_FREE not in query.needs or "step_free" in one.features


def speaks(one: Known, language: str) -> bool:
    """Whether a resource speaks a language; `ar-MA` is served by `ar` too."""
    return bool(language) and not one.features.isdisjoint(
        {f"language:{language}", f"language:{language.partition('-')[0]}"}
    )
