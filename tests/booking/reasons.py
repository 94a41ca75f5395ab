"""The slow truth about why there is nothing free: what leaves no start over, from hours to claims."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from tests.booking import oracle
from tests.booking.oracle import Calendar, Wish


def why_nothing(calendar: Calendar, wish: Wish, on: date | None) -> str:
    """The code of the reason: what leaves no start over, from hours to claims."""
    world = calendar.world
    modalities = [code for code in world.modalities if wish.modality in ("", code)]
    counselors = [one for one in world.things if one.kind == "counselor"]
    if not any(not one.modalities or code in one.modalities for one in counselors for code in modalities):
        return "not_offered"
    if on is not None and on < calendar.today():
        return "past"
    if on is not None and on > calendar.today() + timedelta(days=world.horizon):
        return "horizon"

    def starts(view: Calendar, claims: bool, notice: bool) -> set[tuple[datetime, str]]:
        return {
            (at, code)
            for code in modalities
            for at in view.beginnings(code, claims)
            if at in view.bookable(notice) and (view.day(at) == on if on else view.day(at) >= view.today())
        }

    if not starts(calendar, claims=False, notice=False):
        if starts(calendar.without(closures=False), claims=False, notice=False):
            return "closed"
        if starts(calendar.without(absences=False), claims=False, notice=False):
            return "no_hours"
        if starts(calendar.without(absences=False, closures=False), claims=False, notice=False):
            return "closed"
        return "no_hours"
    if not starts(calendar, claims=False, notice=True):
        return "notice"
    left = starts(calendar, claims=True, notice=True)
    if not left:
        return "all_taken"
    if any(not on or calendar.day(at) == on for at in oracle.truth(calendar, wish).fits):
        return "free_again"
    missing = set()
    for code in modalities:
        mine = [at for at, its in left if its == code]
        if mine:
            kinds = oracle.needed(world, wish, code)
            alone = {kind for kind in kinds if not any(calendar.answering(at, code, kind, wish, True) for at in mine)}
            missing |= alone or set(kinds)
    return "no_interpreter" if missing & {"interpreter", "sign_interpreter"} else "no_place"
