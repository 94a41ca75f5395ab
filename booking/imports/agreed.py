"""Times that were agreed elsewhere: who and what they take here, and whether the counselor's hours have them."""

from __future__ import annotations

from datetime import datetime

from flask_babel import lazy_gettext as _l

from foundation import clock, times

from .. import claims, diary_rules, joint, season
from ..models import Resource
from ..season import Query
from .plans import CellWrong

FARTHEST_DAYS = 400


def choices(query: Query, diary: Resource, ticks: range) -> list[tuple[int, ...]]:
    """Sets of resource ids that are free in all these ticks, the counselor first in each. Raises CellWrong when there is none."""
    option = next((one for one in season.look(query).options if one.modality == query.modality), None)
    if option is None or diary.id not in {one.id for one in option.counselors}:
        raise CellWrong(_l("This counselor does not meet people this way"), field="way")
    if claims.taken([diary.id], ticks):
        raise CellWrong(_l("The counselor has something else at this time"), field="time")
    pools = [[diary.id]]
    for pool in option.pools:
        members = [one.id for one in pool.members]
        busy = claims.taken(members, ticks)
        pools.append([one for one in members if one not in busy])
    found = joint.choices(pools)
    if not found:
        raise CellWrong(_l("The place or interpreter that it needs is not free at this time"), field="time")
    return found


class OpenHours:
    """Whether diaries are open; each is worked out once for a file."""

    def __init__(self) -> None:
        self.masks: dict[tuple[int, str], tuple[int, int]] = {}

    def have(self, diary: Resource, modality: str, starts_at: datetime, ends_at: datetime) -> bool:
        """Whether the diary's hours have all of a meeting."""
        if (diary.id, modality) not in self.masks:
            self.masks[diary.id, modality] = _open(diary, modality)
        origin, mask = self.masks[diary.id, modality]
        ticks = claims.presence(starts_at, ends_at)
        wanted = (1 << len(ticks)) - 1
        return ticks.start >= origin and mask >> (ticks.start - origin) & wanted == wanted


def _open(diary: Resource, modality: str) -> tuple[int, int]:
    first = times.local(clock.now(), diary.office.zone).date()
    dates = diary_rules.of(diary, first, FARTHEST_DAYS + 1)
    return dates.origin, dates.open(modality)
