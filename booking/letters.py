"""Letters about appointments: written as rows beside the act, put into words when they leave."""

from __future__ import annotations

from flask import render_template
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from accounts.models import ContactKind
from foundation import clock, letter_words, letters, sms, times
from foundation.db import db
from foundation.events import within_transaction
from foundation.letter_words import Kind
from foundation.letters import EMAIL, PRINT, SMS, LetterPrinted, Rendered, Stale
from foundation.models import Letter
from foundation.pages import absolute

from . import appointments, channels, letter_rendering, links, texts
from .channels import ABOUT
from .events import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentHandedOver,
    AppointmentMoved,
    AppointmentRestored,
    PersonTold,
    SlotOffered,
)
from .letter_rendering import ics_of
from .models import Appointment, Hold, HoldState, WaitlistEntry, WaitState

__all__ = ["ABOUT", "CONFIRMATION", "REMINDER", "ics_of"]
CONFIRMATION, MOVED, CANCELLED, RESTORED, REMINDER, OFFER = (
    "appointment_confirmation",
    "appointment_moved",
    "appointment_cancelled",
    "appointment_restored",
    "appointment_reminder",
    "waitlist_offer",
)
NEWS = [REMINDER, MOVED, RESTORED]
"""What says nothing true any more after a move or a cancellation."""


@within_transaction(AppointmentBooked)
def on_booked(fact: AppointmentBooked) -> None:
    """The confirmation, and the reminders whose moment is still ahead."""
    appointment = db.session.get_one(Appointment, fact.appointment_id)
    channels.post(CONFIRMATION, appointment, answers=appointment.booked_by is None)
    channels.remind(REMINDER, appointment)


@within_transaction(AppointmentMoved)
def on_moved(fact: AppointmentMoved) -> None:
    """The news, and the reminders at their new moments."""
    appointment = db.session.get_one(Appointment, fact.appointment_id)
    _take_back(appointment)
    channels.post(MOVED, appointment, answers=fact.by == "person")
    channels.remind(REMINDER, appointment)


@within_transaction(AppointmentHandedOver)
def on_handed_over(fact: AppointmentHandedOver) -> None:
    """Only the reminder, which tells the truth of another version; the news is in `impact_letters`."""
    if fact.counselor:
        appointment = db.session.get_one(Appointment, fact.appointment_id)
        letters.withdraw(ABOUT, appointment.id, [REMINDER])
        channels.remind(REMINDER, appointment)


@within_transaction(AppointmentCancelled)
def on_cancelled(fact: AppointmentCancelled) -> None:
    """The news; nothing that has not left says the opposite any more."""
    appointment = db.session.get_one(Appointment, fact.appointment_id)
    _take_back(appointment)
    channels.post(CANCELLED, appointment, answers=fact.by == "person")


@within_transaction(AppointmentRestored)
def on_restored(fact: AppointmentRestored) -> None:
    """Cancelled, then taken back: the news of the cancellation stops if it can, and they hear that it stands."""
    appointment = db.session.get_one(Appointment, fact.appointment_id)
    letters.withdraw(ABOUT, appointment.id, [CANCELLED])
    channels.post(RESTORED, appointment, answers=True)
    channels.remind(REMINDER, appointment)


@within_transaction(PersonTold)
def on_told(fact: PersonTold) -> None:
    """Somebody told them: nobody has to print what is booked."""
    letters.withdraw(ABOUT, fact.appointment_id, [CONFIRMATION], channel=PRINT, why="told")


@within_transaction(LetterPrinted)
def on_printed(fact: LetterPrinted) -> None:
    """A printed letter tells as much as a sent one."""
    if fact.subject_kind != ABOUT or fact.subject_id is None:
        return
    appointment = db.session.get_one(Appointment, fact.subject_id)
    appointment.told_at, appointment.told_how = clock.now(), "printed"


@within_transaction(SlotOffered)
def on_offered(fact: SlotOffered) -> None:
    """A freed time is kept for somebody on the waitlist: tell them until when."""
    entry = db.session.get_one(WaitlistEntry, fact.entry_id)
    if entry.contact is None:
        return
    by_text = entry.contact.kind == ContactKind.PHONE
    if by_text and not sms.available():
        return
    letters.post(
        OFFER,
        channel=SMS if by_text else EMAIL,
        language=entry.person.language,
        dedupe=f"waitlist:{entry.id}:offer:{fact.hold_id}",
        person_id=entry.person_id,
        contact_id=entry.contact_id,
        subject_kind="waitlist_entry",
        subject_id=entry.id,
        office_id=entry.office_id,
        details={"hold": fact.hold_id, "zone": entry.service.office.zone},
    )


@letters.renderer(CONFIRMATION, _l("Confirmation"))
@letters.renderer(MOVED, _l("New time"))
@letters.renderer(RESTORED, _l("Cancellation taken back"))
def standing(letter: Letter) -> Rendered:
    """What is booked, its new time, or that it stands after all: how to join and change it; a calendar REQUEST inline.

    The same UID with a higher SEQUENCE moves the calendar entry or brings it back.
    """
    appointment = _standing(letter)
    if appointment.ends_at <= clock.now():
        raise Stale("over")
    return letter_rendering.rendered(letter, appointment)


@letters.renderer(CANCELLED, _l("Cancellation"))
def cancelled(letter: Letter) -> Rendered:
    """It will not take place; a calendar CANCEL inline, and the way to a new time."""
    appointment = db.session.get_one(Appointment, letter.subject_id)
    if appointment.live:
        raise Stale("booked again")
    if letter.channel == PRINT and appointment.ends_at <= clock.now():
        raise Stale("over")
    return letter_rendering.rendered(letter, appointment)


@letters.renderer(REMINDER, _l("Reminder"))
def reminder(letter: Letter) -> Rendered:
    """When, how to join, and how to say that one can not come or runs late. Never after the start."""
    appointment = _standing(letter)
    if appointment.starts_at <= clock.now():
        raise Stale("over")
    return letter_rendering.rendered(letter, appointment)


@letters.renderer(OFFER, _l("Free time offered"))
def offer(letter: Letter) -> Rendered:
    """A time has become free and is kept for this person until a moment."""
    entry = db.session.get_one(WaitlistEntry, letter.subject_id)
    hold = db.session.get_one(Hold, letter.details["hold"])
    if entry.state != WaitState.OFFERED or hold.state != HoldState.HELD or hold.expires <= clock.seconds():
        raise Stale("offer over")
    zone = entry.service.office.zone
    subject = _("A time is free: %(when)s", when=times.when(hold.starts_at, zone, show_zone=False))
    to = letter_rendering.address(letter)
    if letter.channel == SMS:
        facts = texts.facts_of(hold.starts_at, zone, links.short_offer(entry), "")
        return Rendered(to, subject, "", short=texts.of(OFFER, facts))
    told = {
        "entry": entry,
        "office": entry.service.office,
        "starts_at": hold.starts_at,
        "zone": zone,
        "until": entry.offered_until,
        "link": absolute(appointments.offer_path(entry)),
    }
    text, html = (render_template(f"booking/letters/{OFFER}.{form}", **told) for form in ("txt", "html"))
    return Rendered(to, subject, text, html)


def _take_back(appointment: Appointment) -> None:
    letters.withdraw(ABOUT, appointment.id, NEWS)
    letters.withdraw(ABOUT, appointment.id, [CONFIRMATION], channel=PRINT)


def _standing(letter: Letter) -> Appointment:
    """The appointment, if the letter still tells the truth about it."""
    appointment = db.session.get_one(Appointment, letter.subject_id)
    if not appointment.live:
        raise Stale("cancelled")
    if appointment.version != letter.details.get("version"):
        raise Stale("moved")
    return appointment


for _kind in (CONFIRMATION, MOVED, CANCELLED, RESTORED, REMINDER):
    letter_words.offer(Kind(_kind, letter_rendering.preview, letter_rendering.PLACES, letter_rendering.SHORT_PLACES))
