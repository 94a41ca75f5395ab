"""Letters about appointments: written as rows beside the act, put into words when they leave."""

from __future__ import annotations

from email.utils import parseaddr
from urllib.parse import urlsplit

from flask import current_app, render_template
from flask_babel import gettext as _

from accounts.models import Contact, ContactKind, Person
from foundation import calendar, clock, letters, times
from foundation.db import db
from foundation.events import within_transaction
from foundation.letters import Rendered, Stale
from foundation.models import Letter
from foundation.pages import absolute

from . import appointments
from .events import AppointmentBooked, AppointmentCancelled, AppointmentMoved, AppointmentRestored, SlotOffered
from .method import method_of
from .models import Appointment, Hold, HoldState, WaitlistEntry, WaitState

ABOUT = "appointment"
REMINDER_BEFORE = 24 * 3600
"""Seconds before the start at which the reminder is due."""
CONFIRMATION, MOVED, CANCELLED, RESTORED, REMINDER, OFFER = (
    "appointment_confirmation",
    "appointment_moved",
    "appointment_cancelled",
    "appointment_restored",
    "appointment_reminder",
    "waitlist_offer",
)


@within_transaction(AppointmentBooked)
def on_booked(fact: AppointmentBooked) -> None:
    """The confirmation, and the reminder when its moment is still ahead."""
    appointment = db.session.get_one(Appointment, fact.appointment_id)
    _post(CONFIRMATION, appointment)
    _remind(appointment)


@within_transaction(AppointmentMoved)
def on_moved(fact: AppointmentMoved) -> None:
    """The news, and the reminder at its new moment."""
    appointment = db.session.get_one(Appointment, fact.appointment_id)
    letters.withdraw(ABOUT, appointment.id, [REMINDER, MOVED, RESTORED])
    _post(MOVED, appointment)
    _remind(appointment)


@within_transaction(AppointmentCancelled)
def on_cancelled(fact: AppointmentCancelled) -> None:
    """The news; nothing that has not left says the opposite any more."""
    appointment = db.session.get_one(Appointment, fact.appointment_id)
    letters.withdraw(ABOUT, appointment.id, [REMINDER, MOVED, RESTORED])
    _post(CANCELLED, appointment)


@within_transaction(AppointmentRestored)
def on_restored(fact: AppointmentRestored) -> None:
    """Cancelled, then taken back: the news of the cancellation stops if it can, and they hear that it stands."""
    appointment = db.session.get_one(Appointment, fact.appointment_id)
    letters.withdraw(ABOUT, appointment.id, [CANCELLED])
    _post(RESTORED, appointment)
    _remind(appointment)


@within_transaction(SlotOffered)
def on_offered(fact: SlotOffered) -> None:
    """A freed time is kept for somebody on the waitlist: tell them until when."""
    entry = db.session.get_one(WaitlistEntry, fact.entry_id)
    if entry.contact_id is None:
        return
    letters.post(
        OFFER,
        language=entry.person.language,
        dedupe=f"waitlist:{entry.id}:offer:{fact.hold_id}",
        person_id=entry.person_id,
        contact_id=entry.contact_id,
        subject_kind="waitlist_entry",
        subject_id=entry.id,
        office_id=entry.office_id,
        details={"hold": fact.hold_id},
    )


@letters.renderer(CONFIRMATION)
def confirmation(letter: Letter) -> Rendered:
    """What is booked, how to join, how to change it; a calendar REQUEST inline."""
    appointment = _standing(letter)
    subject = _("Appointment on %(when)s (ref %(reference)s)", when=_when(appointment), reference=appointment.reference)
    return _render(letter, appointment, subject, "REQUEST")


@letters.renderer(MOVED)
def moved(letter: Letter) -> Rendered:
    """The new time; the same UID with a higher SEQUENCE moves the calendar entry."""
    appointment = _standing(letter)
    subject = _("New time: %(when)s (ref %(reference)s)", when=_when(appointment), reference=appointment.reference)
    return _render(letter, appointment, subject, "REQUEST")


@letters.renderer(CANCELLED)
def cancelled(letter: Letter) -> Rendered:
    """It will not take place; a calendar CANCEL inline, and the way to a new time."""
    appointment = db.session.get_one(Appointment, letter.subject_id)
    if appointment.live:
        raise Stale("booked again")
    subject = _(
        "Cancelled: appointment on %(when)s (ref %(reference)s)",
        when=_when(appointment),
        reference=appointment.reference,
    )
    return _render(letter, appointment, subject, "CANCEL")


@letters.renderer(RESTORED)
def restored(letter: Letter) -> Rendered:
    """It stands after all; the same UID with a higher SEQUENCE brings the calendar entry back."""
    appointment = _standing(letter)
    subject = _(
        "It stands again: appointment on %(when)s (ref %(reference)s)",
        when=_when(appointment),
        reference=appointment.reference,
    )
    return _render(letter, appointment, subject, "REQUEST")


@letters.renderer(REMINDER)
def reminder(letter: Letter) -> Rendered:
    """The day before: when, how to join, and how to say that one can not come."""
    appointment = _standing(letter)
    subject = _(
        "Reminder: appointment on %(when)s (ref %(reference)s)",
        when=_when(appointment),
        reference=appointment.reference,
    )
    return _render(letter, appointment, subject, "")


@letters.renderer(OFFER)
def offer(letter: Letter) -> Rendered:
    """A time has become free and is kept for this person until a moment."""
    entry = db.session.get_one(WaitlistEntry, letter.subject_id)
    hold = db.session.get_one(Hold, letter.details["hold"])
    if entry.state != WaitState.OFFERED or hold.state != HoldState.HELD or hold.expires <= clock.seconds():
        raise Stale("offer over")
    zone = entry.service.office.zone
    told = {
        "entry": entry,
        "office": entry.service.office,
        "starts_at": hold.starts_at,
        "zone": zone,
        "until": entry.offered_until,
        "link": absolute(appointments.offer_path(entry)),
    }
    subject = _("A time is free: %(when)s", when=times.when(hold.starts_at, zone, show_zone=False))
    return Rendered(_address(letter), subject, _text(OFFER, told), _html(OFFER, told))


def ics_of(appointment: Appointment, method: str = "PUBLISH", attendee: str = "") -> str:
    """The calendar entry of an appointment. Words are neutral: a calendar may be seen by others."""
    settings = current_app.config["VO"]
    host = urlsplit(settings.public_url).hostname
    what = calendar.Entry(
        uid=f"{appointment.public_id}@{host}",
        sequence=appointment.version,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        zone=appointment.zone,
        summary=_("Appointment, ref %(reference)s", reference=appointment.reference),
        description=_description(appointment),
        location=method_of(appointment).place,
        url=absolute(appointments.manage_path(appointment)),
        organizer=parseaddr(settings.mail_from)[1],
        attendee=attendee,
        cancelled=not appointment.live,
    )
    return calendar.entry(what, method)


def _post(kind: str, appointment: Appointment, due_at: int | None = None) -> None:
    contact = appointment.contact
    if contact is None or contact.kind != ContactKind.EMAIL:
        return
    letters.post(
        kind,
        language=appointment.person.language,
        dedupe=f"{ABOUT}:{appointment.id}:{kind}:{appointment.version}",
        person_id=appointment.person_id,
        contact_id=contact.id,
        subject_kind=ABOUT,
        subject_id=appointment.id,
        office_id=appointment.office_id,
        details={"version": appointment.version},
        due_at=due_at,
    )


def _remind(appointment: Appointment) -> None:
    due_at = int(appointment.starts_at.timestamp()) - REMINDER_BEFORE
    if due_at > clock.seconds():
        _post(REMINDER, appointment, due_at)


def _standing(letter: Letter) -> Appointment:
    """The appointment, if the letter still tells the truth about it."""
    appointment = db.session.get_one(Appointment, letter.subject_id)
    if not appointment.live:
        raise Stale("cancelled")
    if appointment.version != letter.details.get("version"):
        raise Stale("moved")
    if appointment.ends_at <= clock.now():
        raise Stale("over")
    return appointment


def _render(letter: Letter, appointment: Appointment, subject: str, method: str) -> Rendered:
    to = _address(letter)
    told = {
        "appointment": appointment,
        "office": appointment.office,
        "service": appointment.service,
        "method": method_of(appointment),
        "code": appointments.code_of(appointment),
        "manage": absolute(appointments.manage_path(appointment)),
        "join": absolute(appointments.join_path(appointment)) if appointment.meeting_id else "",
        "book": absolute("/book"),
        "person": db.session.get_one(Person, appointment.person_id),
    }
    ics = ics_of(appointment, method, to) if method else ""
    return Rendered(to, subject, _text(letter.kind, told), _html(letter.kind, told), ics, method)


def _address(letter: Letter) -> str:
    contact = db.session.get(Contact, letter.contact_id) if letter.contact_id else None
    if contact is None or contact.kind != ContactKind.EMAIL:
        raise Stale("no address")
    return contact.value


def _when(appointment: Appointment) -> str:
    return times.when(appointment.starts_at, appointment.zone, show_zone=False)


def _description(appointment: Appointment) -> str:
    lines = [method_of(appointment).how]
    if appointment.meeting_id:
        lines.append(_("Join: %(link)s", link=absolute(appointments.join_path(appointment))))
    lines.append(_("Change or cancel: %(link)s", link=absolute(appointments.manage_path(appointment))))
    if appointment.office.phone:
        lines.append(_("Phone: %(phone)s", phone=appointment.office.phone))
    return "\n".join(lines)


def _text(kind: str, told: dict[str, object]) -> str:
    return render_template(f"booking/letters/{kind}.txt", **told)


def _html(kind: str, told: dict[str, object]) -> str:
    return render_template(f"booking/letters/{kind}.html", **told)
