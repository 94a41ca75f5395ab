"""Book, move, cancel and restore appointments: each one act, one transaction, decided by the claims."""

from __future__ import annotations

import random
from datetime import datetime

from flask_babel import lazy_gettext as _l
from sqlalchemy import delete, exists, insert, select

from accounts.models import ContactKind, Person
from foundation import audit, clock
from foundation.db import db, lock, table
from foundation.errors import InputWrong, NotFound
from foundation.events import record
from foundation.failpoints import failpoint

from . import (
    claims,
    collective,
    encounters,
    finder,
    holds,
    offers,
    openings,
    outcomes,
    persons_time,
    references,
    replays,
    terms,
    wishes,
)
from .events import AppointmentBooked, AppointmentCancelled, AppointmentMoved, AppointmentRestored, PersonTold
from .links import code_of, join_path, manage_path, offer_path, open_appointment
from .models import (
    Appointment,
    AppointmentNote,
    AppointmentResource,
    AppointmentState,
    Hold,
    HoldState,
    Modality,
    PersonClaim,
)
from .openings import NotOffered, Opening, SlotPast, SlotTaken
from .outcomes import WrongState, record_outcome
from .visibility import coming_of, find, for_day, get_visible
from .wishes import BookingWish

__all__ = [
    "BookingWish",
    "NotOffered",
    "SlotPast",
    "SlotTaken",
    "WrongState",
    "book",
    "book_quietly",
    "by_link",
    "cancel",
    "code_of",
    "coming_of",
    "ensure_told",
    "find",
    "for_day",
    "get_visible",
    "join_path",
    "manage_path",
    "mark_told",
    "may_undo",
    "move",
    "of_hold",
    "offer_path",
    "record_outcome",
    "undo_cancel",
]

COOLING = (600, 1800)
"""Seconds, from and to, that a freed time is kept from everybody, so that nobody can sell a cancellation to a friend."""
COOLING_SHARE = 10
"""At most one part in ten of the time that is left before it begins."""


def book(
    wish: BookingWish, idempotency: tuple[str, str] | None = None, content: str = "", opening: Opening | None = None
) -> Appointment:
    """Book a time. With `idempotency` (scope, key) a second call gives the first one's appointment.

    `content` is the fingerprint of what was asked, default the wish's own; `opening` what a door saw before the transaction.
    Refusals: IdempotencyMismatch, SlotTaken, SlotPast, TooSoon, TooFar, UnknownTime, NotOffered, PersonBusy, HoldGone, InputWrong.
    """
    appointment, touched = book_quietly(wish, idempotency, content, opening)
    claims.bump(touched)
    failpoint("before_commit")
    return appointment


def book_quietly(
    wish: BookingWish, idempotency: tuple[str, str] | None = None, content: str = "", opening: Opening | None = None
) -> tuple[Appointment, set[int]]:
    """`book` as a part of a larger act, which bumps the resources touched (`claims.bump`) as its last write."""
    if idempotency is not None:
        earlier = replays.begin(*idempotency, content or wish.content)
        if earlier is not None:
            return db.session.get_one(Appointment, earlier), set()
    if wish.hold is not None:
        failpoint("between_hold_and_book")
    own, opening, query = _what(wish, opening)
    free = claims.still_free(opening.choices, opening.ticks, own)
    if not free:
        raise SlotTaken(query, opening.starts_at)
    chosen = free[0]
    appointment = _write_down(wish, opening, query, chosen)
    holder = _holder(appointment)
    if not claims.take({(one, tick) for one in chosen for tick in opening.ticks}, holder, claims.NEVER, own):
        raise SlotTaken(query, opening.starts_at)
    if wish.person_id is not None:
        persons_time.hold(wish.person_id, opening.presence, holder, claims.NEVER, own)
    touched = set(chosen)
    if wish.hold is not None:
        touched |= claims.release(own[0])
        wish.hold.state, wish.hold.appointment_id = HoldState.USED, appointment.id
    if idempotency is not None:
        replays.finish(*idempotency, appointment.id)
    audit.note(
        "appointment.booked",
        appointment,
        after={"state": appointment.state, "service_id": appointment.service_id, "modality": appointment.modality},
        on_behalf_of=appointment.person_id if wish.booked_by else None,
    )
    record(AppointmentBooked(appointment.id))
    return appointment, touched


def move(appointment: Appointment, to: Hold | datetime, by: str) -> Appointment:
    """Claim the new time and let the old one go at once; overlapping with its own old time works. `by`: `person` or `office`.

    Refusals as in `book`, and WrongState.
    """
    lock(appointment)
    _refuse_unless_coming(appointment)
    own = [_holder(appointment), _cooled(appointment)]
    if isinstance(to, Hold):
        opening, modality, needs = _opening_to_move(to, appointment), to.modality or appointment.modality, to.needs
        own.append(holds.holder_of(to))
    else:
        opening = openings.look(collective.query_of(appointment), to, appointment.counselor_id, own)
        modality, needs = appointment.modality, appointment.needs
    freed = offers.chances(appointment, own)
    known = _time_is_claimed(appointment)
    before = {"starts_at": appointment.starts_at.isoformat(), "counselor_id": appointment.counselor_id}
    left = claims.spots_of(_holder(appointment))
    chosen = claims.take_first(opening.choices, opening.ticks, _holder(appointment), claims.NEVER, own)
    if chosen is None:
        raise SlotTaken(collective.query_of(appointment), opening.starts_at)
    if known:
        persons_time.hold(appointment.person_id, opening.presence, _holder(appointment), claims.NEVER, own)
    left -= {(one, tick) for one in chosen for tick in opening.ticks}
    touched = claims.trim(_holder(appointment), chosen, opening.ticks, opening.presence) | set(chosen)
    if isinstance(to, Hold):
        touched |= claims.release(holds.holder_of(to))
        to.state, to.appointment_id = HoldState.USED, appointment.id
    claims.take(left, _cooled(appointment), _end_of_cooling(appointment.starts_at))
    touched |= offers.offer_first(freed, [_cooled(appointment)])
    appointment.starts_at, appointment.ends_at = opening.starts_at, opening.ends_at
    appointment.modality, appointment.needs = modality, list(needs)
    appointment.counselor_id = chosen[0]
    db.session.execute(delete(AppointmentResource).where(AppointmentResource.appointment_id == appointment.id))
    _give(appointment, chosen)
    _changed(
        appointment,
        "appointment.moved",
        before,
        {"starts_at": opening.starts_at.isoformat(), "counselor_id": chosen[0]},
        by,
    )
    db.session.expire(appointment, ["counselor", "resources"])
    encounters.rearrange(appointment, chosen)
    record(AppointmentMoved(appointment.id, by))
    claims.bump(touched)
    failpoint("before_commit")
    return appointment


def cancel(appointment: Appointment, by: str, reason: str = "") -> Appointment:
    """Cancel before it begins (`by` `office`: before it ends); a second time changes nothing. `reason` is kept as a note.

    The time goes to the waitlist first, else it cools off, so that only the waitlist and the same person can have it back.
    """
    lock(appointment)
    if not appointment.live:
        return appointment
    state = AppointmentState.CANCELLED_BY_PERSON if by == "person" else AppointmentState.CANCELLED_BY_OFFICE
    outcomes.check(appointment, state)
    if (appointment.starts_at if by == "person" else appointment.ends_at) <= clock.now():
        raise WrongState
    freed = offers.chances(appointment, [_holder(appointment)])
    touched = claims.cool(_holder(appointment), _cooled(appointment), _end_of_cooling(appointment.starts_at))
    touched |= offers.offer_first(freed, [_cooled(appointment)])
    before, appointment.state = appointment.state, state
    if reason.strip():
        _keep_reason(appointment, reason.strip())
    _changed(appointment, "appointment.cancelled", {"state": before}, {"state": state}, by)
    encounters.call_off(appointment)
    record(AppointmentCancelled(appointment.id, by))
    claims.bump(touched)
    failpoint("before_commit")
    return appointment


def undo_cancel(appointment: Appointment) -> Appointment:
    """The person takes their cancellation back while nobody else has the time. Refuses WrongState, SlotPast, SlotTaken."""
    lock(appointment)
    if appointment.state == AppointmentState.BOOKED:
        return appointment
    outcomes.check(appointment, AppointmentState.BOOKED)
    if appointment.starts_at <= clock.now():
        raise SlotPast
    ids = tuple(_resource_ids(appointment))
    opening = Opening(terms.of(appointment.service_id), appointment.starts_at, appointment.ends_at, [ids])
    own = [_cooled(appointment)]
    if claims.take_first(opening.choices, opening.ticks, _holder(appointment), claims.NEVER, own) is None:
        raise SlotTaken(collective.query_of(appointment), appointment.starts_at)
    person = db.session.get_one(Person, appointment.person_id)
    if not person.guest:
        persons_time.hold(person.id, opening.presence, _holder(appointment), claims.NEVER)
    touched = set(ids) | claims.release(_cooled(appointment))
    before, appointment.state = appointment.state, AppointmentState.BOOKED
    _changed(appointment, "appointment.restored", {"state": before}, {"state": appointment.state}, "person")
    encounters.arrange(appointment, ids)
    record(AppointmentRestored(appointment.id))
    claims.bump(touched)
    return appointment


def may_undo(appointment: Appointment) -> bool:
    """Whether the person could take their cancellation back now."""
    if appointment.state != AppointmentState.CANCELLED_BY_PERSON or appointment.starts_at <= clock.now():
        return False
    ticks = claims.window(appointment.service, appointment.starts_at, appointment.ends_at)
    return not claims.taken(_resource_ids(appointment), ticks, [_cooled(appointment)])


def mark_told(appointment: Appointment, how: str) -> None:
    """Somebody without a letter has been told: `printed`, `read_aloud` or `shown`."""
    appointment.told_at, appointment.told_how = clock.now(), how
    record(PersonTold(appointment.id))
    audit.note("appointment.told", appointment, after={"how": how})
    db.session.flush()


def ensure_told(appointment: Appointment, how: str = "shown") -> None:
    """Mark as told if no letter goes out and nobody marked it yet."""
    contact = appointment.contact
    if appointment.told_at is None and (contact is None or contact.kind != ContactKind.EMAIL):
        mark_told(appointment, how)


def of_hold(hold: Hold) -> Appointment:
    """What a used hold became. Raises NotFound."""
    appointment = db.session.get(Appointment, hold.appointment_id) if hold.appointment_id else None
    if appointment is None:
        raise NotFound
    return appointment


def by_link(public_id: str, purpose: str, token: str) -> Appointment:
    """The appointment of a link for `manage` or `join`, or NotFound."""
    return open_appointment(public_id, purpose, token)


def _what(wish: BookingWish, opening: Opening | None) -> tuple[list[claims.Holder], Opening, finder.Query]:
    """Whose claims count as free, the time with its choices, and what it was looked for with."""
    if wish.hold is None:
        if wish.query is None or wish.starts_at is None:
            raise InputWrong(_l("Choose a time."), field="starts_at")
        return [], opening or openings.look(wish.query, wish.starts_at), wish.query
    hold = wish.hold
    lock(hold)
    query = holds.query_of(hold)
    if hold.state != HoldState.HELD:
        raise holds.HoldGone
    if hold.starts_at <= clock.now():
        raise SlotPast
    own = [holds.holder_of(hold)]
    if wish.modality and wish.modality != hold.modality:
        query = finder.Query(query.service_id, wish.modality, query.language, query.needs)
        return own, openings.look(query, hold.starts_at, hold.resource_ids[0], own), query
    return own, holds.opening_of(hold), query


def _write_down(wish: BookingWish, opening: Opening, query: finder.Query, chosen: tuple[int, ...]) -> Appointment:
    offered = opening.terms
    modality = wish.modality or query.modality or (offered.modalities[0] if len(offered.modalities) == 1 else "")
    if not modality:
        raise InputWrong(_l("Choose how you want to meet."), field="modality")
    openings.check_modality(offered.modalities, modality)
    person, email, phone = wishes.person_of(wish, offered.region)
    if modality == Modality.PHONE and phone is None:
        raise InputWrong(_l("Enter a phone number, so that the counselor can call you."), field="phone")
    contact = email or phone
    appointment = Appointment(
        reference=references.new(),
        service_id=offered.service_id,
        office_id=offered.office_id,
        counselor_id=chosen[0],
        person=person,
        contact=contact,
        phone=phone,
        starts_at=opening.starts_at,
        ends_at=opening.ends_at,
        zone=offered.zone,
        modality=modality,
        language=wish.language or query.language or person.language,
        needs=list(wish.needs or query.needs),
        booked_by=wish.booked_by,
    )
    encounters.arrange(appointment, chosen)
    db.session.add(appointment)
    db.session.flush()
    _give(appointment, chosen)
    return appointment


def _give(appointment: Appointment, chosen: tuple[int, ...]) -> None:
    """Write which resources it has."""
    rows = [{"appointment_id": appointment.id, "resource_id": one} for one in chosen]
    db.session.execute(insert(table(AppointmentResource)), rows)


def _resource_ids(appointment: Appointment) -> list[int]:
    query = select(AppointmentResource.resource_id).where(AppointmentResource.appointment_id == appointment.id)
    ids = set(db.session.scalars(query))
    return [appointment.counselor_id, *sorted(ids - {appointment.counselor_id})] if ids else []


def _opening_to_move(hold: Hold, appointment: Appointment) -> Opening:
    if hold.state != HoldState.HELD or hold.service_id != appointment.service_id:
        raise holds.HoldGone
    if hold.moves_id not in (None, appointment.id):
        raise NotFound
    if hold.starts_at <= clock.now():
        raise SlotPast
    return holds.opening_of(hold)


def _changed(appointment: Appointment, act: str, before: dict[str, object], after: dict[str, object], by: str) -> None:
    appointment.version += 1
    appointment.changed_at = clock.now()
    behalf = appointment.person_id if by == "office" else None
    audit.note(act, appointment, before=before, after=after, on_behalf_of=behalf)
    db.session.flush()


def _refuse_unless_coming(appointment: Appointment) -> None:
    if appointment.state != AppointmentState.BOOKED or appointment.starts_at <= clock.now():
        raise WrongState


def _time_is_claimed(appointment: Appointment) -> bool:
    kind, number = _holder(appointment)
    return bool(db.session.scalar(select(exists().where(PersonClaim.kind == kind, PersonClaim.holder == number))))


def _keep_reason(appointment: Appointment, reason: str) -> None:
    query = select(AppointmentNote).where(
        AppointmentNote.appointment_id == appointment.id, AppointmentNote.author_id == appointment.person_id
    )
    note = db.session.scalar(query) or AppointmentNote(appointment_id=appointment.id, author_id=appointment.person_id)
    note.body, note.revision, note.saved_at = reason, (note.revision or 0) + 1, clock.now()
    db.session.add(note)


def _end_of_cooling(starts_at: datetime) -> int:
    left = int(starts_at.timestamp()) - clock.seconds()
    return clock.seconds() + max(0, min(random.randint(*COOLING), left // COOLING_SHARE))


def _holder(appointment: Appointment) -> claims.Holder:
    return (claims.BOOKING, appointment.id)


def _cooled(appointment: Appointment) -> claims.Holder:
    return (claims.COOLING, appointment.id)
