"""A freed time goes to the waitlist first: kept for one person at a time, then for the next, then for everybody."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import exists, or_, select, update

from accounts.models import ContactKind
from foundation import audit, clock, deadlines, reminders, times
from foundation.db import db, lock
from foundation.errors import Refusal
from foundation.events import record

from . import claims, finder, openings, without_voice
from .events import SlotOffered
from .models import Appointment, Hold, HoldState, Modality, Service, WaitlistEntry, WaitState
from .openings import Opening

KEPT_FOR = 1800
"""Seconds that a freed time is kept for one person of the waitlist."""
LOOKED_AT = 20
"""Entries looked at for one freed time."""
ENOUGH = 2
"""Entries that can have it: the second if the first leaves the list in this moment."""
DEADLINE = "waitlist.offer_ends"


@dataclass(frozen=True)
class Chance:
    """An entry that could use a freed time, and how."""

    entry_id: int
    query: finder.Query
    opening: Opening


def chances(appointment: Appointment, own: Sequence[claims.Holder]) -> list[Chance]:
    """Who on the waitlist could use this appointment's time, in their order. Reads only: ask before the claims change."""
    return _chances(appointment.service_id, appointment.starts_at, appointment.modality, own)


def offer_first(found: Sequence[Chance], own: Sequence[claims.Holder]) -> set[int]:
    """Keep the time for the first who still waits and can have it; returns the resources touched (none: nobody)."""
    for chance in found:
        hold = _new_hold(chance)
        attempt = db.session.connection().begin_nested()
        if _take_turn(chance, hold):
            got = claims.take_first(
                chance.opening.choices, chance.opening.ticks, (claims.HOLD, hold.id), hold.expires, own
            )
            if got is not None:
                attempt.commit()
                hold.resource_ids = list(got)
                _tell(chance, hold)
                return set(got)
        attempt.rollback()
        db.session.delete(hold)
    return set()


def end(hold: Hold) -> None:
    """An offer is over without being taken: the entry waits on, behind those who had no offer yet; the next one is asked."""
    lock(hold)
    if hold.state != HoldState.HELD:
        return
    own = [(claims.HOLD, hold.id)]
    found = _chances(hold.service_id, hold.starts_at, hold.modality, own)
    back = update(WaitlistEntry).where(
        WaitlistEntry.id == hold.waitlist_entry_id,
        WaitlistEntry.state == WaitState.OFFERED,
        WaitlistEntry.offered_hold_id == hold.id,
    )
    db.session.execute(back.values(state=WaitState.WAITING, offered_hold_id=None, offered_until=None))
    hold.state = HoldState.RELEASED
    db.session.flush()
    touched = offer_first(found, own)
    touched |= claims.release((claims.HOLD, hold.id))
    audit.note("waitlist.offer_ended", hold)
    claims.bump(touched)


@deadlines.handler(DEADLINE)
def _on_deadline(hold_id: int) -> None:
    hold = db.session.get(Hold, hold_id)
    if hold is not None and hold.expires <= clock.seconds():
        end(hold)


def _chances(service_id: int, starts_at: datetime, modality: str, own: Sequence[claims.Holder]) -> list[Chance]:
    found: list[Chance] = []
    for entry in _waiting_in_turn(service_id, starts_at):
        query = _query_for(entry, modality)
        if query is None or _asleep(entry):
            continue
        with contextlib.suppress(Refusal):
            found.append(Chance(entry.id, query, openings.look(query, starts_at, None, own)))
        if len(found) == ENOUGH:
            break
    return found


def _asleep(entry: WaitlistEntry) -> bool:
    """Only a text message reaches them, and none rings at night: the offer would be over before they heard of it."""
    if entry.contact is None or entry.contact.kind != ContactKind.PHONE:
        return False
    rule = reminders.rule_of(entry.office_id)
    return reminders.quiet_around(clock.now(), rule, entry.service.office.zone) is not None


def _waiting_in_turn(service_id: int, starts_at: datetime) -> list[WaitlistEntry]:
    """The same, after everybody else who gives away a time of this service now: each must see who is already served."""
    waiting = _waiting(service_id, starts_at)
    if not waiting or db.engine.dialect.name != "postgresql":
        return waiting
    # NO KEY UPDATE, so that bookings, whose foreign keys look at the service, go on.
    db.session.execute(select(Service.id).where(Service.id == service_id).with_for_update(key_share=True))
    return _waiting(service_id, starts_at)


def _waiting(service_id: int, starts_at: datetime) -> list[WaitlistEntry]:
    service = openings.bookable(service_id)
    on = times.local(starts_at, service.office.zone).date()
    had_it = exists().where(Hold.waitlist_entry_id == WaitlistEntry.id, Hold.starts_at == starts_at)
    query = select(WaitlistEntry).where(
        WaitlistEntry.service_id == service_id,
        WaitlistEntry.state == WaitState.WAITING,
        or_(WaitlistEntry.first_day.is_(None), WaitlistEntry.first_day <= on),
        or_(WaitlistEntry.last_day.is_(None), WaitlistEntry.last_day >= on),
        ~had_it,
    )
    return list(db.session.scalars(query.order_by(WaitlistEntry.offers, WaitlistEntry.id).limit(LOOKED_AT)))


def _query_for(entry: WaitlistEntry, modality: str) -> finder.Query | None:
    """How the entry's person would meet at the freed time: as it was booked if they like that, else their first wish."""
    wanted = entry.modalities or list(entry.service.modalities)
    if not entry.modalities:
        wanted = without_voice.proposed(wanted, entry.needs)
    if entry.person.contact(ContactKind.PHONE) is None:
        wanted = [one for one in wanted if one != Modality.PHONE]
    if not wanted:
        return None
    chosen = modality if modality in wanted else wanted[0]
    return finder.Query(entry.service_id, chosen, entry.language, tuple(sorted(entry.needs)))


def _new_hold(chance: Chance) -> Hold:
    opening = chance.opening
    hold = Hold(
        service_id=opening.terms.service_id,
        starts_at=opening.starts_at,
        ends_at=opening.ends_at,
        modality=chance.query.modality,
        language=chance.query.language,
        needs=list(chance.query.needs),
        owner=f"waitlist:{chance.entry_id}",
        expires=min(clock.seconds() + KEPT_FOR, int(opening.starts_at.timestamp())),
        waitlist_entry_id=chance.entry_id,
    )
    db.session.add(hold)
    db.session.flush()
    return hold


def _take_turn(chance: Chance, hold: Hold) -> bool:
    """One offer at a time for each entry, whoever else is cancelling now."""
    turn = (
        update(WaitlistEntry)
        .where(WaitlistEntry.id == chance.entry_id, WaitlistEntry.state == WaitState.WAITING)
        .values(
            state=WaitState.OFFERED,
            offered_hold_id=hold.id,
            offered_until=hold.expires,
            offers=WaitlistEntry.offers + 1,
        )
        .execution_options(synchronize_session=False)
    )
    return bool(db.session.execute(turn).rowcount == 1)  # type: ignore[attr-defined]


def _tell(chance: Chance, hold: Hold) -> None:
    entry = db.session.get_one(WaitlistEntry, chance.entry_id, populate_existing=True)
    deadlines.put(DEADLINE, hold.id, hold.expires, f"{DEADLINE}:{hold.id}")
    audit.note("waitlist.offered", entry, after={"hold_id": hold.id})
    record(SlotOffered(entry.id, hold.id))
