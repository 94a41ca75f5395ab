"""The waitlist: join, look at an offered time, take it, leave it, leave the list."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from accounts import people
from accounts.models import Contact, ContactKind, Person
from foundation import audit, clock
from foundation.db import db, lock
from foundation.errors import InputWrong, NotFound, Refusal
from foundation.events import record

from . import appointments, links, offers, openings
from .appointments import BookingWish
from .events import WaitlistJoined
from .models import Appointment, Hold, HoldState, Service, WaitlistEntry, WaitState
from .references import is_public_id
from .visibility import coming_of_any

ON_THE_LIST = (WaitState.WAITING, WaitState.OFFERED)


class OnTheList(Refusal):
    """A known person waits for this service already."""

    code = "on_the_list"
    message = _l("You are on the waitlist already. We write or call as soon as a time is free.")


class OfferOver(Refusal):
    """The offered time went to the next person, or was given back."""

    code = "offer_over"
    message = _l("This offer has ended. You are still on the waitlist, and we write when another time is free.")


def join(
    service: Service,
    *,
    name: str = "",
    language: str = "",
    email: str = "",
    phone: str = "",
    modalities: Sequence[str] = (),
    needs: Sequence[str] = (),
    first_day: date | None = None,
    last_day: date | None = None,
    person_id: int | None = None,
) -> WaitlistEntry:
    """Wait for a time, any day or between two days (both included). Somebody who waits must be reachable.

    `person_id` is a known person (or the person of an appointment that shall be earlier). Refuses OnTheList, NotOffered, InputWrong.
    """
    service = openings.bookable(service.id)
    for modality in modalities:
        openings.check_modality(service.modalities, modality)
    if first_day and last_day and last_day < first_day:
        raise InputWrong(_l("Choose a last day that is not before the first day."), field="last_day")
    person, contact = _who(service, person_id, name, language, email, phone)
    if contact is None:
        raise InputWrong(_l("Enter an e-mail address or a phone number, so that we can tell you."), field="email")
    if _entry_of(service.id, person.id) is not None:
        raise OnTheList
    entry = WaitlistEntry(
        service_id=service.id,
        office_id=service.office_id,
        person_id=person.id,
        contact_id=contact.id,
        modalities=list(modalities),
        needs=sorted(set(needs)),
        language=language or person.language,
        first_day=first_day,
        last_day=last_day,
    )
    db.session.add(entry)
    db.session.flush()
    audit.note("waitlist.joined", entry, after={"service_id": service.id})
    record(WaitlistJoined(entry.id))
    return entry


def offered(public_id: str, token: str) -> tuple[WaitlistEntry, Hold | None]:
    """The entry of an offer link and the time that is kept for it now, or None. Raises NotFound for a wrong link."""
    entry = links.open_offer(public_id, token)
    hold = db.session.get(Hold, entry.offered_hold_id) if entry.offered_hold_id else None
    kept = hold is not None and hold.state == HoldState.HELD and hold.expires > clock.seconds()
    return entry, hold if kept and entry.state == WaitState.OFFERED else None


def accept(entry: WaitlistEntry, by: int | None = None) -> Appointment:
    """Take the offered time: books it, or moves the person's appointment for the same service there, which stands until then.

    `by` is the colleague who does it for the person, for example on the phone. A second time gives the same appointment. Refuses OfferOver, SlotTaken, PersonBusy.
    """
    lock(entry)
    hold = db.session.get(Hold, entry.offered_hold_id) if entry.offered_hold_id else None
    if entry.state == WaitState.ACCEPTED and hold is not None:
        return appointments.of_hold(hold)
    if entry.state != WaitState.OFFERED or hold is None or hold.expires <= clock.seconds():
        raise OfferOver
    entry.state, entry.handled_by = WaitState.ACCEPTED, by
    before = next((one for one in coming_of_any([entry.person_id]) if one.service_id == entry.service_id), None)
    if before is not None and before.starts_at > clock.now():
        appointment = appointments.move(before, hold, "office" if by else "person")
    else:
        appointment = appointments.book(_wish(entry, hold, by))
    audit.note("waitlist.accepted", entry, after={"appointment_id": appointment.id})
    db.session.flush()
    return appointment


def decline(entry: WaitlistEntry) -> None:
    """Leave the offered time to the next one, and go on waiting."""
    lock(entry)
    hold = db.session.get(Hold, entry.offered_hold_id) if entry.offered_hold_id else None
    if entry.state != WaitState.OFFERED or hold is None:
        raise OfferOver
    offers.end(hold)


def leave(entry: WaitlistEntry, handled_by: int | None = None) -> None:
    """Stop waiting; an offered time goes to the next one. `handled_by` is the colleague who closes it."""
    lock(entry)
    if entry.state not in ON_THE_LIST:
        return
    offered_hold = db.session.get(Hold, entry.offered_hold_id) if entry.state == WaitState.OFFERED else None
    before = entry.state
    entry.state, entry.handled_by, entry.offered_hold_id, entry.offered_until = WaitState.CLOSED, handled_by, None, None
    db.session.flush()
    if offered_hold is not None:
        offers.end(offered_hold)
    audit.note(
        "waitlist.closed", entry, before={"state": before}, after={"state": entry.state}, on_behalf_of=entry.person_id
    )


def live_entry(public_id: str) -> WaitlistEntry:
    """An entry that is still on the list, or NotFound."""
    entry = (
        db.session.scalar(select(WaitlistEntry).where(WaitlistEntry.public_id == public_id))
        if is_public_id(public_id)
        else None
    )
    if entry is None or entry.state not in ON_THE_LIST:
        raise NotFound
    return entry


def _wish(entry: WaitlistEntry, hold: Hold, by: int | None) -> BookingWish:
    return BookingWish(
        name=entry.person.name,
        language=entry.language,
        hold=hold,
        modality=hold.modality,
        needs=tuple(hold.needs),
        person_id=entry.person_id,
        booked_by=by,
    )


def _who(
    service: Service, person_id: int | None, name: str, language: str, email: str, phone: str
) -> tuple[Person, Contact | None]:
    region = service.office.region
    if person_id is None:
        person = people.register_guest(name, language, email or None, phone or None, region)
    else:
        person = db.session.get_one(Person, person_id)
        for kind, raw in ((ContactKind.EMAIL, email), (ContactKind.PHONE, phone)):
            if raw.strip():
                people.add_contact(person, kind, raw, region)
    return person, person.contact(ContactKind.EMAIL) or person.contact(ContactKind.PHONE)


def _entry_of(service_id: int, person_id: int) -> WaitlistEntry | None:
    query = select(WaitlistEntry).where(
        WaitlistEntry.service_id == service_id,
        WaitlistEntry.person_id == person_id,
        WaitlistEntry.state.in_(ON_THE_LIST),
    )
    return db.session.scalar(query)
