"""A time kept for somebody while they fill the form: the same claims as a booking, but with an end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import current_app
from flask_babel import lazy_gettext as _l
from sqlalchemy import select, text

from foundation import audit, clock
from foundation.db import db, lock
from foundation.errors import NotFound, Refusal

from . import claims, collective, finder, openings, persons_time, terms
from .models import Appointment, Hold, HoldState
from .openings import NotOffered, Opening, SlotPast, SlotTaken, TooFar, TooSoon, UnknownTime
from .persons_time import PersonBusy
from .references import is_public_id

__all__ = [
    "ExtendedBefore",
    "HoldGone",
    "NotOffered",
    "PersonBusy",
    "SlotPast",
    "SlotTaken",
    "TooFar",
    "TooSoon",
    "UnknownTime",
    "change",
    "extend",
    "get",
    "holder_of",
    "keep_answers",
    "query_of",
    "release",
    "renew",
    "take",
]


class ExtendedBefore(Refusal):
    """A hold can be made longer once."""

    code = "extended_before"
    message = _l("You had more time already. Book now, or choose a time again.")


class HoldGone(Refusal):
    """The hold was used or given back."""

    code = "hold_gone"
    message = _l("This time is not kept for you any more. Choose a time again.")


def take(
    query: finder.Query,
    starts_at: datetime,
    owner: str,
    person_id: int | None = None,
    moves: Appointment | None = None,
    opening: Opening | None = None,
    preferred: int | None = None,
) -> Hold:
    """Keep a time for `owner` (a fingerprint; "" for nobody known), who has no other hold afterwards.

    `person_id` is a person known by sign-in or an operator; `moves` the appointment that would move here; `preferred` the
    counselor who comes first if free. A door that expects a crowd gives the `opening` it has looked at before the transaction. Refusals: those of `openings.look`, and PersonBusy.
    """
    query = collective.moving(query, moves)
    earlier = _live_holds_of(owner)
    for hold in earlier:
        if _same(hold, query, starts_at, moves):
            return hold
    own = [holder_of(hold) for hold in earlier]
    leave = (claims.BOOKING, moves.id) if moves else None
    if moves:
        own.append((claims.COOLING, moves.id))
    if opening is None or own or leave:
        preferred = moves.counselor_id if moves else preferred
        opening = openings.look(query, starts_at, preferred, [*own, leave] if leave else own)
    hold = Hold(
        service_id=query.service_id,
        starts_at=opening.starts_at,
        ends_at=opening.ends_at,
        modality=query.modality,
        language=query.language,
        needs=list(query.needs),
        person_id=person_id,
        owner=owner,
        expires=_end_of_hold(),
        moves_id=moves.id if moves else None,
    )
    db.session.add(hold)
    db.session.flush()
    touched = _claim(hold, opening, own, leave)
    for old in earlier:
        old.state = HoldState.RELEASED
        touched |= claims.release(holder_of(old))
    claims.bump(touched)
    return hold


def get(public_id: str, owner: str | None = None) -> Hold:
    """A hold that was not given back: live, over, or used. Raises NotFound; `owner` None asks for the id alone (128 bits)."""
    query = select(Hold).where(Hold.public_id == public_id, Hold.state != HoldState.RELEASED)
    hold = db.session.scalar(query) if is_public_id(public_id) else None
    if hold is None or (owner is not None and hold.owner != owner):
        raise NotFound
    return hold


def extend(hold: Hold) -> Hold:
    """As long again from now, once. Refuses ExtendedBefore, HoldGone, or SlotTaken when it was over and somebody was faster."""
    lock(hold)
    _refuse_gone(hold)
    if hold.extended or hold.waitlist_entry_id:
        raise ExtendedBefore
    hold.extended = True
    _keep_until(hold, _end_of_hold())
    return hold


def renew(hold: Hold) -> Hold:
    """Keep a time whose hold is over once more, by somebody else if need be; a live one stays as it is. Refuses SlotTaken."""
    lock(hold)
    _refuse_gone(hold)
    if hold.expires > clock.seconds():
        return hold
    hold.expires, hold.extended = _end_of_hold(), False
    _claim_again(hold, query_of(hold))
    return hold


def change(hold: Hold, modality: str, needs: Iterable[str], language: str) -> Hold:
    """Meet otherwise at the same time, by the same counselor if possible; everything needed is claimed at once. Refuses SlotTaken."""
    lock(hold)
    _refuse_gone(hold)
    query = finder.Query(hold.service_id, modality, language, tuple(sorted(set(needs))))
    query = collective.moving(query, hold.moves)
    if query == query_of(hold) and hold.expires > clock.seconds():
        return hold
    if hold.expires <= clock.seconds():
        hold.expires = _end_of_hold()
    _claim_again(hold, query)
    hold.modality, hold.needs, hold.language = query.modality, list(query.needs), query.language
    return hold


def keep_answers(hold: Hold, answers: dict[str, Any]) -> None:
    """Keep what was typed with the hold; it outlives the hold's end."""
    hold.answers = {**hold.answers, **answers}
    db.session.flush()


def release(hold: Hold) -> None:
    """Give the time back at once."""
    lock(hold)
    if hold.state == HoldState.HELD:
        hold.state = HoldState.RELEASED
        claims.bump(claims.release(holder_of(hold)))
        audit.note("hold.released", hold)


def query_of(hold: Hold) -> finder.Query:
    """What a hold was looked for with."""
    query = finder.Query(hold.service_id, hold.modality, hold.language, tuple(hold.needs))
    return collective.moving(query, hold.moves)


def holder_of(hold: Hold) -> claims.Holder:
    """As whom a hold has its claims."""
    return (claims.HOLD, hold.id)


def opening_of(hold: Hold) -> Opening:
    """The time of a hold with the resources it was given."""
    return Opening(terms.of(hold.service_id), hold.starts_at, hold.ends_at, [tuple(hold.resource_ids)])


def _claim(hold: Hold, opening: Opening, own: list[claims.Holder], leave: claims.Holder | None) -> set[int]:
    """Claim for a hold and note what it got; returns the resources. Refuses SlotTaken, PersonBusy."""
    chosen = claims.take_first(opening.choices, opening.ticks, holder_of(hold), hold.expires, own, leave)
    if chosen is None:
        raise SlotTaken(query_of(hold), hold.starts_at)
    hold.resource_ids = list(chosen)
    if hold.person_id is not None:
        mine = [*own, leave] if leave else own
        persons_time.hold(hold.person_id, opening.presence, holder_of(hold), hold.expires, mine, leave)
    db.session.flush()
    return set(chosen)


def _claim_again(hold: Hold, query: finder.Query) -> None:
    mine = [holder_of(hold)]
    leave = (claims.BOOKING, hold.moves_id) if hold.moves_id else None
    preferred = hold.resource_ids[0] if hold.resource_ids else None
    taken_at = max(int(hold.created_at.timestamp()), clock.seconds() - 2 * (_end_of_hold() - clock.seconds()))
    opening = openings.look(query, hold.starts_at, preferred, [*mine, leave] if leave else mine, taken_at)
    before = set(hold.resource_ids)
    touched = _claim(hold, opening, mine, leave)
    touched |= claims.trim(holder_of(hold), hold.resource_ids, opening.ticks, opening.presence)
    claims.bump(touched | before)


def _keep_until(hold: Hold, expires: int) -> None:
    leave = (claims.BOOKING, hold.moves_id) if hold.moves_id else None
    hold.expires = expires
    claims.bump(_claim(hold, opening_of(hold), [holder_of(hold)], leave))


def _live_holds_of(owner: str) -> list[Hold]:
    if not owner:
        return []
    if db.engine.dialect.name == "postgresql":
        # Two tabs at once would each not see the other's hold.
        db.session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(:owner, 0))"), {"owner": owner})
    query = select(Hold).where(Hold.owner == owner, Hold.state == HoldState.HELD, Hold.expires > clock.seconds())
    return list(db.session.scalars(query.where(Hold.waitlist_entry_id.is_(None)).order_by(Hold.id).with_for_update()))


def _same(hold: Hold, query: finder.Query, starts_at: datetime, moves: Appointment | None) -> bool:
    if query.only and query.only not in hold.resource_ids:
        return False
    return (
        query_of(hold) == replace(query, only=0)
        and hold.starts_at == starts_at
        and hold.moves_id == (moves.id if moves else None)
    )


def _refuse_gone(hold: Hold) -> None:
    if hold.state != HoldState.HELD:
        raise HoldGone
    if hold.starts_at <= clock.now():
        raise SlotPast


def _end_of_hold() -> int:
    return clock.seconds() + int(current_app.config["VO"].hold_minutes) * 60
