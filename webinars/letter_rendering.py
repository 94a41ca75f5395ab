"""Letters about one registration in words: for e-mail, or as a text message."""

from __future__ import annotations

from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, render_template
from flask_babel import gettext as _

from accounts.models import Contact, ContactKind
from booking import texts
from foundation import calendar, times
from foundation.db import db
from foundation.letters import SMS, Rendered, Stale
from foundation.models import Letter
from foundation.pages import absolute

from . import links
from .models import Registration, RegistrationState, WebinarState

METHODS = {
    "registration_confirmed": "REQUEST",
    "webinar_moved": "REQUEST",
    "registration_withdrawn": "CANCEL",
    "webinar_cancelled": "CANCEL",
}


def rendered(letter: Letter, registration: Registration) -> Rendered:
    """A letter by its channel; raises Stale without an address."""
    to, subject = _address(letter), subject_of(letter.kind, registration)
    webinar = registration.webinar
    link = absolute(links.path(registration))
    if letter.channel == SMS:
        facts = texts.facts_of(webinar.starts_at, webinar.zone, links.path(registration), registration.reference)
        return Rendered(to, subject, "", short=texts.fitting(f"{subject}.", _("Webinar"), facts))
    told: dict[str, Any] = {
        "kind": letter.kind,
        "registration": registration,
        "webinar": webinar,
        "office": webinar.office,
        "person": registration.person,
        "heading": subject,
        "link": link,
        "code": links.code_of(registration),
        "others": absolute("/webinars"),
        "seated": registration.state == RegistrationState.CONFIRMED,
    }
    text, html = (render_template(f"webinars/letters/about.{form}", **told) for form in ("txt", "html"))
    method = METHODS.get(letter.kind, "")
    if method == "REQUEST" and registration.state != RegistrationState.CONFIRMED:
        method = ""
    return Rendered(to, subject, text, html, ics_of(registration, method, to) if method else "", method)


def ics_of(registration: Registration, method: str = "PUBLISH", attendee: str = "") -> str:
    """The calendar entry of a registration, with the personal link. Words are neutral: a calendar may be seen by others.

    The UID never changes; SEQUENCE grows with every new time and with every change of the registration.
    """
    webinar, settings = registration.webinar, current_app.config["VO"]
    gone = webinar.state == WebinarState.CANCELLED or not registration.stands
    what = calendar.Entry(
        uid=f"{registration.public_id}@{urlsplit(settings.public_url).hostname}",
        sequence=webinar.sequence + registration.version,
        starts_at=webinar.starts_at,
        ends_at=webinar.ends_at,
        zone=webinar.zone,
        summary=_("Webinar, ref %(reference)s", reference=registration.reference),
        description=_("Your own link to take part: %(link)s", link=absolute(links.path(registration))),
        url=absolute(links.path(registration)),
        organizer=parseaddr(settings.mail_from)[1],
        attendee=attendee,
        cancelled=gone,
    )
    return calendar.entry(what, method)


def subject_of(kind: str, registration: Registration) -> str:
    """The subject of a kind of letter, and its heading."""
    webinar = registration.webinar
    said = {"when": times.when(webinar.starts_at, webinar.zone, show_zone=False)}
    if kind == "registration_pending":
        return _("We look at your registration for %(when)s", **said)
    if kind == "registration_waitlisted":
        return _("You are on the waitlist for %(when)s", **said)
    if kind == "registration_offered":
        return _("A seat is free on %(when)s", **said)
    if kind == "registration_offer_over":
        return _("The offer for %(when)s has ended; you stay on the waitlist", **said)
    if kind == "registration_rejected":
        return _("There is no seat for you on %(when)s", **said)
    if kind == "registration_withdrawn":
        return _("You are not registered any more for %(when)s", **said)
    if kind == "webinar_moved":
        return _("The webinar has a new time: %(when)s", **said)
    if kind == "webinar_cancelled":
        return _("The webinar on %(when)s is cancelled", **said)
    if kind == "webinar_reminder":
        return _("Reminder: webinar on %(when)s", **said)
    return _("You are registered for %(when)s", **said)


def _address(letter: Letter) -> str:
    contact = db.session.get(Contact, letter.contact_id) if letter.contact_id else None
    kind = ContactKind.PHONE if letter.channel == SMS else ContactKind.EMAIL
    if contact is None or contact.kind != kind:
        raise Stale("no address")
    return contact.value
