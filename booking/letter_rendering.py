"""Letters about one appointment in words: for e-mail, on paper, or as a text message; also for an invented one, as a preview."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parseaddr
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from flask import current_app, render_template
from flask_babel import gettext as _

from accounts.models import Contact, ContactKind, Person
from foundation import calendar, clock, letter_words, times
from foundation.db import db
from foundation.letter_words import Words
from foundation.letters import PRINT, SMS, UNWANTED, Rendered, Stale
from foundation.models import Letter
from foundation.pages import absolute
from virtual_office.offices.models import Office

from . import appointments, links, texts
from .channels import ABOUT
from .method import method_of
from .models import Appointment, Modality, Service

DAYS_OF_WEEK = 7
PLACES = ("name", "when", "service", "office", "how", "reference", "code", "minutes")
SHORT_PLACES = ("when", "link", "reference")
REMINDER = "appointment_reminder"
METHODS = {
    "appointment_confirmation": "REQUEST",
    "appointment_moved": "REQUEST",
    "appointment_restored": "REQUEST",
    "appointment_cancelled": "CANCEL",
}


def rendered(letter: Letter, appointment: Appointment) -> Rendered:
    """A letter about an appointment by its channel; raises Stale without an address."""
    own = letter_words.of(letter.office_id, letter.kind, letter.language)
    to = address(letter)
    if letter.channel == SMS:
        return _text_message(letter.kind, appointment, to, own)
    return _letter(letter.kind, appointment, to, own, letter.channel == PRINT)


def preview(office_id: int, kind: str, own: Words, as_text: bool) -> Rendered:
    """The same for an invented appointment at an office, with the longest facts that are likely."""
    appointment = _invented(db.session.get_one(Office, office_id))
    if as_text:
        facts = _short_facts(appointment)
        # As it is, also where it is too long: this is what its length is counted by.
        return Rendered("", "", "", short=texts.own_words(facts, own.short) or texts.of(kind, facts))
    return _letter(kind, appointment, "somebody@example.org", own, False)


def address(letter: Letter) -> str:
    """Where a letter goes: an e-mail address, a phone number, nothing on paper; raises Stale when that is gone."""
    if letter.channel == PRINT:
        return ""
    contact = db.session.get(Contact, letter.contact_id) if letter.contact_id else None
    kind = ContactKind.PHONE if letter.channel == SMS else ContactKind.EMAIL
    if contact is None or contact.kind != kind:
        raise Stale("no address")
    if letter.channel == SMS and letter.subject_kind == ABOUT:
        appointment = db.session.get_one(Appointment, letter.subject_id)
        if appointment.contact_id != contact.id and appointment.texts_at is None:
            raise Stale(UNWANTED)
    return contact.value


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


def _letter(kind: str, appointment: Appointment, to: str, own: Words, on_paper: bool) -> Rendered:
    manage = absolute(appointments.manage_path(appointment))
    person = appointment.person
    code = appointments.code_of(appointment)
    facts = {
        "name": person.name,
        "when": times.when(appointment.starts_at, appointment.zone),
        "service": appointment.service.name,
        "office": appointment.office.name,
        "how": method_of(appointment).how,
        "reference": appointment.reference,
        "code": code,
        "minutes": str(appointment.service.minutes),
    }
    told = {
        "appointment": appointment,
        "office": appointment.office,
        "service": appointment.service,
        "method": method_of(appointment),
        "code": code,
        "manage": manage,
        "absence": f"{manage}?then=absence" if kind == REMINDER else "",
        "late": f"{manage}?then=late" if kind == REMINDER else "",
        "join": absolute(appointments.join_path(appointment)) if appointment.meeting_id else "",
        "find": absolute("/find"),
        "on_paper": on_paper,
        "book": absolute("/book"),
        "person": person,
        "own": own.filled(facts),
        "soon": _soon(appointment),
    }
    text = render_template(f"booking/letters/{kind}.txt", **told)
    if on_paper:
        return Rendered(to, subject_of(kind, appointment), text)
    method = METHODS.get(kind, "")
    ics = ics_of(appointment, method, to) if method else ""
    return Rendered(
        to, subject_of(kind, appointment), text, render_template(f"booking/letters/{kind}.html", **told), ics, method
    )


def _text_message(kind: str, appointment: Appointment, to: str, own: Words) -> Rendered:
    short = texts.own_or_standard(kind, _short_facts(appointment), own.short)
    return Rendered(to, subject_of(kind, appointment), "", short=short)


def _short_facts(appointment: Appointment) -> dict[str, str]:
    path = links.short_manage(appointment)
    return texts.facts_of(appointment.starts_at, appointment.zone, path, appointment.reference)


def subject_of(kind: str, appointment: Appointment) -> str:
    """The subject of a kind of letter."""
    said = {
        "when": times.when(appointment.starts_at, appointment.zone, show_zone=False),
        "reference": appointment.reference,
    }
    if kind == "appointment_moved":
        return _("New time: %(when)s (ref %(reference)s)", **said)
    if kind == "appointment_cancelled":
        return _("Cancelled: appointment on %(when)s (ref %(reference)s)", **said)
    if kind == "appointment_restored":
        return _("It stands again: appointment on %(when)s (ref %(reference)s)", **said)
    if kind == "appointment_reminder":
        return _("Reminder: appointment on %(when)s (ref %(reference)s)", **said)
    return _("Appointment on %(when)s (ref %(reference)s)", **said)


def _soon(appointment: Appointment) -> str:
    """How soon, as the heading of a reminder says it: by the clock when it leaves, which may be later than was planned."""
    now, starts_at = clock.now(), appointment.starts_at
    days = (times.local(starts_at, appointment.zone).date() - times.local(now, appointment.zone).date()).days
    if days == DAYS_OF_WEEK:
        return _("Your appointment is in one week")
    if days == 1:
        return _("Your appointment is tomorrow")
    if abs((starts_at - now) - timedelta(hours=1)) < timedelta(minutes=10):
        return _("Your appointment is in one hour")
    return _("Your appointment is soon")


def _description(appointment: Appointment) -> str:
    lines = [method_of(appointment).how]
    if appointment.meeting_id:
        lines.append(_("Join: %(link)s", link=absolute(appointments.join_path(appointment))))
    lines.append(_("Change or cancel: %(link)s", link=absolute(appointments.manage_path(appointment))))
    if appointment.office.phone:
        lines.append(_("Phone: %(phone)s", phone=appointment.office.phone))
    return "\n".join(lines)


def _invented(office: Office) -> Appointment:
    """An appointment that nobody has, added to nothing: late in the year, on a day with a long name."""
    year = clock.now().year + 1
    starts_at = datetime(year, 9, 30, 10, 30, tzinfo=ZoneInfo(office.zone)).astimezone(UTC)
    service = Service(
        name=_("A service of this office"), minutes=30, prepare=_("What this service asks people to bring.")
    )
    person = Person(name=_("Somebody"), language="en")
    return Appointment(
        id=9_999_999,
        public_id="A" * 22,
        reference="4F7K2QXM",
        link_version=1,
        version=0,
        state="booked",
        modality=Modality.IN_PERSON,
        language="en",
        needs=[],
        starts_at=starts_at,
        ends_at=starts_at + timedelta(minutes=30),
        zone=office.zone,
        service=service,
        person=person,
        office=office,
    )
