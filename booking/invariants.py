"""What must be true of every database at every moment; each finding names its rows."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import groupby

from sqlalchemy import Select, func, select
from sqlalchemy.orm import joinedload

from accounts.models import ContactKind
from foundation import clock
from foundation.db import db
from foundation.models import Letter

from . import claims, letters, to_tell
from .models import (
    CANCELLED,
    Appointment,
    AppointmentResource,
    AppointmentState,
    Claim,
    Hold,
    HoldState,
    PersonClaim,
    Resource,
    WaitlistEntry,
    WaitState,
)
from .week_models import WorkClaim


@dataclass(frozen=True)
class Finding:
    """Something that must not be: `rule` in snake_case, and the rows by table and id."""

    rule: str
    rows: str


def check() -> Iterator[Finding]:
    """Every broken rule; reads one state of the database, writes nothing."""
    for rule in RULES:
        yield from rule()


def _overlaps() -> Iterator[Finding]:
    """No two live appointments overlap for a counselor, an interpreter, a place."""
    query = (
        select(AppointmentResource.resource_id, Appointment.id, Appointment.starts_at, Appointment.ends_at)
        .join(Appointment, Appointment.id == AppointmentResource.appointment_id)
        .where(Appointment.state.not_in(CANCELLED))
        .order_by(AppointmentResource.resource_id, Appointment.starts_at, Appointment.id)
    )
    spans = ((resource, number, a.timestamp(), b.timestamp()) for resource, number, a, b in db.session.execute(query))
    yield from _clashes("resource_overlap", "resource", spans)


def _persons() -> Iterator[Finding]:
    """Nobody is in two places at once."""
    query = select(Appointment.person_id, Appointment.id, Appointment.starts_at, Appointment.ends_at)
    query = query.where(Appointment.state.not_in(CANCELLED)).order_by(
        Appointment.person_id, Appointment.starts_at, Appointment.id
    )
    spans = ((person, number, a.timestamp(), b.timestamp()) for person, number, a, b in db.session.execute(query))
    yield from _clashes("person_overlap", "person", spans)


def _diaries() -> Iterator[Finding]:
    """Nobody works in two of their diaries at once: of what is still to come."""
    query = (
        select(Resource.person_id, Appointment.id, Appointment.starts_at, Appointment.ends_at)
        .join(AppointmentResource, AppointmentResource.resource_id == Resource.id)
        .join(Appointment, Appointment.id == AppointmentResource.appointment_id)
        .where(Resource.person_id.is_not(None), Resource.apart.is_not(True))
        .where(Appointment.state == AppointmentState.BOOKED, Appointment.ends_at > clock.now())
        .order_by(Resource.person_id, Appointment.starts_at, Appointment.id)
    )
    spans = ((who or 0, number, a.timestamp(), b.timestamp()) for who, number, a, b in db.session.execute(query))
    yield from _clashes("diaries_overlap", "person", spans)


def _all_claims() -> Iterator[Finding]:
    """Every booked appointment that is not over has each tick of each of its resources, and no other."""
    had: dict[int, set[claims.Spot]] = {}
    for number, resource_id, tick, expires in db.session.execute(
        select(Claim.holder, Claim.resource_id, Claim.tick, Claim.expires).where(Claim.kind == claims.BOOKING)
    ):
        had.setdefault(number, set()).add((resource_id, tick))
        if expires != claims.NEVER:
            yield Finding("booking_claim_expires", f"claim {resource_id}/{tick}")
    resources: dict[int, set[int]] = {}
    for number, resource_id in db.session.execute(
        select(AppointmentResource.appointment_id, AppointmentResource.resource_id)
    ):
        resources.setdefault(number, set()).add(resource_id)
    for appointment in db.session.scalars(_coming()):
        wanted = {
            (one, tick)
            for one in resources.get(appointment.id, set())
            for tick in claims.presence(appointment.starts_at, appointment.ends_at)
        }
        mine = had.get(appointment.id, set())
        if not wanted or not wanted <= mine or {one for one, _tick in mine} != resources.get(appointment.id):
            yield Finding("claims_missing", f"appointment {appointment.id}")
        if appointment.counselor_id not in resources.get(appointment.id, set()):
            yield Finding("counselor_not_claimed", f"appointment {appointment.id}")


def _orphans() -> Iterator[Finding]:
    """No claim without somebody who has it: no booking claims of cancelled appointments, no live hold claims of ended holds."""
    now = clock.seconds()
    live = select(Appointment.id).where(Appointment.state.not_in(CANCELLED))
    held = select(Hold.id).where(Hold.state == HoldState.HELD)
    kept = ((Claim, Claim.resource_id), (PersonClaim, PersonClaim.person_id), (WorkClaim, WorkClaim.person_id))
    for table, key in kept:
        name = table.__tablename__
        for kind, alive in ((claims.BOOKING, live), (claims.HOLD, held)):
            lost = select(key, table.tick).where(table.kind == kind, table.expires > now, table.holder.not_in(alive))
            for owner, tick in db.session.execute(lost):
                yield Finding("orphan_claim", f"{name} {owner}/{tick}")


def _references() -> Iterator[Finding]:
    """One reference for each appointment, one appointment for each used hold."""
    twice = select(Appointment.reference, func.count()).group_by(Appointment.reference).having(func.count() > 1)
    for reference, number in db.session.execute(twice):
        yield Finding("reference_shared", f"{number} appointments have {reference}")
    for (number,) in db.session.execute(
        select(Hold.id).where(Hold.state == HoldState.USED, Hold.appointment_id.is_(None))
    ):
        yield Finding("used_hold_without_appointment", f"hold {number}")


def _told() -> Iterator[Finding]:
    """Everybody booked has been told: one confirmation by each channel, or a mark that somebody told them or has to."""
    written: dict[int, dict[str, int]] = defaultdict(dict)
    counted = (
        select(Letter.subject_id, Letter.channel, func.count())
        .where(Letter.subject_kind == letters.ABOUT, Letter.kind == letters.CONFIRMATION)
        .group_by(Letter.subject_id, Letter.channel)
    )
    for number, channel, many in db.session.execute(counted):
        written[number or 0][channel] = many
    for appointment in db.session.scalars(_coming().options(joinedload(Appointment.contact))):
        by = written.get(appointment.id, {})
        by_mail = appointment.contact is not None and appointment.contact.kind == ContactKind.EMAIL
        if any(many > 1 for many in by.values()):
            yield Finding("confirmation_twice", f"appointment {appointment.id}")
        elif not by and (by_mail or (appointment.told_at is None and appointment.told_how != to_tell.TO_TELL)):
            yield Finding("nobody_told", f"appointment {appointment.id}")


def _reminders() -> Iterator[Finding]:
    """A cancelled appointment sends no reminder."""
    query = (
        select(Letter.id, Appointment.id)
        .join(Appointment, Appointment.id == Letter.subject_id)
        .where(Letter.subject_kind == letters.ABOUT, Letter.kind == letters.REMINDER, Letter.state == "waiting")
        .where(Appointment.state.in_(CANCELLED))
    )
    for letter_id, number in db.session.execute(query):
        yield Finding("reminder_of_cancelled", f"letter {letter_id} about appointment {number}")


def _offers() -> Iterator[Finding]:
    """A time is offered to one person of the waitlist, and every offer has its hold."""
    query = select(WaitlistEntry.id, WaitlistEntry.offered_hold_id).where(WaitlistEntry.state == WaitState.OFFERED)
    entries: dict[int, int | None] = {number: hold_id for number, hold_id in db.session.execute(query)}  # noqa: C416
    holds = set(
        db.session.scalars(select(Hold.id).where(Hold.state == HoldState.HELD, Hold.waitlist_entry_id.is_not(None)))
    )
    for number, hold_id in entries.items():
        if hold_id not in holds:
            yield Finding("offer_without_hold", f"waitlist_entry {number}")
    for hold_id in holds - set(entries.values()):
        yield Finding("hold_without_offer", f"hold {hold_id}")


RULES: list[Callable[[], Iterator[Finding]]] = [
    _overlaps,
    _persons,
    _diaries,
    _all_claims,
    _orphans,
    _references,
    _told,
    _reminders,
    _offers,
]
"""Features above add theirs."""


def add(rule: Callable[[], Iterator[Finding]]) -> None:
    """One more rule of a feature that stands on booking."""
    if rule not in RULES:
        RULES.append(rule)


def _coming() -> Select[Appointment]:
    booked = select(Appointment).where(Appointment.state == AppointmentState.BOOKED, Appointment.ends_at > clock.now())
    return booked.order_by(Appointment.id).execution_options(yield_per=1000)


def _clashes(rule: str, noun: str, spans: Iterator[tuple[int, int, float, float]]) -> Iterator[Finding]:
    for owner, mine in groupby(spans, key=lambda span: span[0]):
        last_end, last = 0.0, 0
        for _owner, number, begin, end in sorted(mine, key=lambda span: (span[2], span[1])):
            if begin < last_end:
                yield Finding(rule, f"{noun} {owner}: appointments {last} and {number}")
            if end > last_end:
                last_end, last = end, number
