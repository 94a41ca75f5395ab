"""Call my phone: somebody whose picture or sound does not go asks to be called; the host sees the number and says who calls. Nobody dials for them."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from accounts import people
from accounts.access import Visitor
from accounts.models import ContactKind
from foundation import audit, clock
from foundation.db import db, lock
from foundation.errors import InputWrong, NotFound
from virtual_office.offices.models import Office

from . import happenings, meetings
from .models import Meeting, Participant, ParticipantRole, Phase, PhoneWish


def ask(meeting: Meeting, participant: Participant, number: str) -> PhoneWish:
    """Ask for a call at this number, or at the one we know when it is empty; a second wish renews the first.

    Only the jobseeker of a meeting that has not ended may; refuses a bad number (field phone)."""
    if not may_ask(participant):
        raise NotFound
    lock(meeting)
    if meeting.phase == Phase.ENDED:
        raise meetings.MeetingOver(reason=meeting.end_reason)
    office = db.session.get(Office, meeting.office_id) if meeting.office_id else None
    wanted = number or known_number(participant)
    if not wanted:
        raise InputWrong(_l("Enter your phone number"), field="phone")
    contact = people.add_contact(participant.person, ContactKind.PHONE, wanted, office.region if office else "")
    wish = db.session.scalar(select(PhoneWish).where(PhoneWish.participant_id == participant.id))
    if wish is None:
        wish = PhoneWish(meeting_id=meeting.id, participant_id=participant.id)
        db.session.add(wish)
    elif wish.contact_id == contact.id and wish.taken_at is None:
        return wish
    wish.contact_id, wish.asked_at, wish.taken_at, wish.taken_by = contact.id, clock.now(), None, None
    db.session.flush()
    audit.note("phone_wish.asked", wish, on_behalf_of=participant.person_id, office_id=meeting.office_id)
    happenings.append(meeting, "wishes_call", participant)
    meetings.people_changed(meeting)
    return wish


def may_ask(participant: Participant) -> bool:
    """Whether this seat is one whose phone somebody would call."""
    return participant.role == ParticipantRole.JOBSEEKER


def known_number(participant: Participant) -> str:
    """The last phone number that the person gave us, E.164, or empty."""
    numbers = [contact.value for contact in participant.person.contacts if contact.kind == ContactKind.PHONE]
    return numbers[-1] if numbers else ""


def get(public_id: str, visitor: Visitor) -> tuple[PhoneWish, Participant]:
    """A wish and the visitor's own seat, for a host of its meeting; NotFound for others."""
    wish = db.session.scalar(select(PhoneWish).where(PhoneWish.public_id == public_id))
    host = meetings.participant_of(wish.meeting, visitor) if wish else None
    if wish is None or host is None or not host.hosts:
        raise NotFound
    return wish, host


def acknowledge(wish: PhoneWish, host: Participant) -> None:
    """The host calls now. Saying it twice changes nothing."""
    meeting = wish.meeting
    lock(meeting)
    lock(wish)
    if wish.taken_at is not None:
        return
    wish.taken_at, wish.taken_by = clock.now(), host.person_id
    audit.note("phone_wish.taken", wish, office_id=meeting.office_id)
    happenings.append(meeting, "call_taken", host)
    meetings.people_changed(meeting)


def of_meeting(meeting: Meeting) -> list[PhoneWish]:
    """The wishes of one meeting, oldest first."""
    query = select(PhoneWish).where(PhoneWish.meeting_id == meeting.id)
    return list(db.session.scalars(query.order_by(PhoneWish.asked_at)))


def waiting(person_id: int) -> list[PhoneWish]:
    """Every wish that this host has not taken yet, oldest first; those of meetings whose time is over long since fall away."""
    mine = select(Participant.meeting_id).where(
        Participant.person_id == person_id, Participant.role == ParticipantRole.COUNSELOR
    )
    query = (
        select(PhoneWish)
        .join(Meeting, Meeting.id == PhoneWish.meeting_id)
        .where(PhoneWish.meeting_id.in_(mine), PhoneWish.taken_at.is_(None), Meeting.closes_at > clock.now())
        .order_by(PhoneWish.asked_at)
    )
    return list(db.session.scalars(query))
