"""Where else an appointment could go: the next free times of its counselor or service, and who could take it over at its own time."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from . import claims, collective, season
from .masks import Known
from .models import Appointment, Resource
from .season import INTERPRETERS, Option, Season

COUNSELOR = "counselor"


def next_starts(appointment: Appointment, limit: int, *, same: bool) -> list[datetime]:
    """Free times from its own time on, soonest first, then the latest before it; `same`: of its own counselor only.

    Never its own time: with a colleague free at it, that is no other time.
    """
    look = season.look(collective.query_of(appointment))
    free = look.bookable(_free(look, appointment, same))
    own = max(look.frame.bit(int(appointment.starts_at.timestamp())), 0)
    bits: list[int] = []
    above, below = free >> own + 1 << own + 1, free & (1 << own) - 1
    while above and len(bits) < limit:
        bits.append((above & -above).bit_length() - 1)
        above &= above - 1
    while below and len(bits) < limit:
        bits.append(below.bit_length() - 1)
        below ^= 1 << bits[-1]
    return [look.at(bit) for bit in bits]


def substitutes(appointment: Appointment, leaving: Resource, own: Sequence[claims.Holder]) -> list[int]:
    """Ids of those who could take the place of `leaving` at this very time, least busy first; what `own` have counts as free.

    Who takes over from a counselor gives the service that way, and speaks the person's language where the counselor does.
    """
    look = season.look(collective.query_of(appointment))
    bit = look.frame.bit(int(appointment.starts_at.timestamp()))
    if not 0 <= bit < look.frame.bits:
        return []
    mine: dict[int, int] = {}
    for holder in own:
        for one, tick in claims.spots_of(holder):
            if tick >= look.frame.origin:
                mine[one] = mine.get(one, 0) | 1 << tick - look.frame.origin
    there = {one.id for one in appointment.resources}
    found: list[Known] = []
    for option in look.options:
        shape = option.shape
        found += [
            one
            for one in _pool(option, leaving)
            if one.id not in there
            and _speaks(one, appointment, leaving)
            and one.free_at(bit, shape, option.modality, mine)
        ]
    found.sort(key=lambda one: (season.load(one, look, bit), one.id))
    return [one.id for one in found]


def _free(look: Season, appointment: Appointment, same: bool) -> int:
    mask = 0
    for option in look.options:
        able = [
            one
            for one in option.counselors
            if (one.id == appointment.counselor_id if same else _speaks(one, appointment, appointment.counselor))
        ]
        if able:
            mask |= replace(option, counselors=able).free()
    return mask


def _pool(option: Option, leaving: Resource) -> list[Known]:
    if leaving.kind == COUNSELOR:
        return option.counselors
    kinds = {pool.need: "interpreter" if pool.need in INTERPRETERS else pool.need for pool in option.pools}
    return next((pool.members for pool in option.pools if kinds[pool.need] == leaving.kind), [])


def _speaks(one: Known, appointment: Appointment, leaving: Resource) -> bool:
    language = appointment.language
    asked = {f"language:{language}", f"language:{language.partition('-')[0]}"}
    if leaving.kind != COUNSELOR or asked.isdisjoint(leaving.features):
        return True
    return season.speaks(one, language)


def ticks_of(appointment: Appointment) -> range:
    """The ticks that it takes of each of its resources."""
    return claims.window(appointment.service, appointment.starts_at, appointment.ends_at)
