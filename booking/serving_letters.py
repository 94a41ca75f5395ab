"""Letters to who comes beside the counselor (interpreter, co-counselor): an entry of their own calendar, without personal data."""

from __future__ import annotations

from email.utils import parseaddr
from typing import Any
from urllib.parse import urlsplit

from flask import current_app, render_template
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from accounts.models import Contact, ContactKind
from foundation import calendar, clock, letters, times
from foundation.db import db
from foundation.events import within_transaction
from foundation.letters import Rendered, Stale
from foundation.models import Letter

from .channels import ABOUT
from .events import (
    AppointmentBooked,
    AppointmentCancelled,
    AppointmentHandedOver,
    AppointmentMoved,
    AppointmentRestored,
)
from .letter_rendering import address
from .models import Appointment, AppointmentResource, Resource

ASKED, RELEASED = "serving_request", "serving_cancelled"


def on_changed(fact: Any) -> None:
    """Whoever belongs to it now gets the time; whoever belonged to it before is free again."""
    appointment = db.session.get_one(Appointment, fact.appointment_id)
    _settle(appointment, _beside(appointment))


for _kind in (AppointmentBooked, AppointmentMoved, AppointmentHandedOver, AppointmentRestored):
    within_transaction(_kind)(on_changed)


@within_transaction(AppointmentCancelled)
def on_cancelled(fact: AppointmentCancelled) -> None:
    """Everybody who was asked is free again."""
    _settle(db.session.get_one(Appointment, fact.appointment_id), [])


@letters.renderer(ASKED, _l("To colleagues: appointment"))
def asked(letter: Letter) -> Rendered:
    """When, where and how long; a calendar REQUEST with a UID of this colleague's own."""
    appointment, resource = _of(letter)
    if not appointment.live or appointment.version != letter.details["version"]:
        raise Stale("changed")
    if appointment.ends_at <= clock.now():
        raise Stale("over")
    subject = _("You are needed: %(when)s (ref %(reference)s)", **_facts(appointment))
    return _letter(letter, appointment, resource, subject, "REQUEST")


@letters.renderer(RELEASED, _l("To colleagues: not needed"))
def released(letter: Letter) -> Rendered:
    """They are free; a calendar CANCEL. It says nothing when they belong to it again."""
    appointment, resource = _of(letter)
    if appointment.live and resource.id in {one.id for one in _beside(appointment)}:
        raise Stale("booked again")
    subject = _("Not needed any more (ref %(reference)s)", **_facts(appointment))
    return _letter(letter, appointment, resource, subject, "CANCEL")


def _letter(letter: Letter, appointment: Appointment, resource: Resource, subject: str, method: str) -> Rendered:
    to, settings = address(letter), current_app.config["VO"]
    entry = calendar.Entry(
        uid=f"{appointment.public_id}.{resource.public_id}@{urlsplit(settings.public_url).hostname}",
        sequence=appointment.version,
        starts_at=appointment.starts_at,
        ends_at=appointment.ends_at,
        zone=appointment.zone,
        summary=_("Appointment, ref %(reference)s", reference=appointment.reference),
        organizer=parseaddr(settings.mail_from)[1],
        attendee=to,
        cancelled=method == "CANCEL",
    )
    told = {"appointment": appointment, "office": appointment.office, "needed": method == "REQUEST"}
    text, html = (render_template(f"booking/letters/serving.{form}", **told) for form in ("txt", "html"))
    return Rendered(to, subject, text, html, calendar.entry(entry, method), method)


def _facts(appointment: Appointment) -> dict[str, str]:
    when = times.when(appointment.starts_at, appointment.zone, show_zone=False)
    return {"when": when, "reference": appointment.reference}


def _of(letter: Letter) -> tuple[Appointment, Resource]:
    appointment = db.session.get_one(Appointment, letter.subject_id)
    return appointment, db.session.get_one(Resource, letter.details["resource"])


def _beside(appointment: Appointment) -> list[Resource]:
    """People with a diary who belong to it, without the counselor."""
    query = (
        select(Resource)
        .join(AppointmentResource, AppointmentResource.resource_id == Resource.id)
        .where(AppointmentResource.appointment_id == appointment.id, Resource.id != appointment.counselor_id)
        .where(Resource.person_id.is_not(None))
        .order_by(Resource.id)
    )
    return list(db.session.scalars(query))


def _settle(appointment: Appointment, now: list[Resource]) -> None:
    """Each colleague hears once what holds for them; what has not left and does not hold any more is taken back."""
    said = _said(appointment)
    for resource in now:
        last = _last(said.get(resource.id, []))
        if last is None or last.kind != ASKED or last.details["version"] != appointment.version:
            _take_back(said.get(resource.id, []))
            _post(ASKED, appointment, resource, len(said.get(resource.id, [])))
    here = {one.id for one in now}
    for number, words in said.items():
        last = _last(words)
        if number not in here and last is not None and last.kind == ASKED:
            _take_back(words)
            # One who never got the question loses nothing by the answer.
            _post(RELEASED, appointment, db.session.get_one(Resource, number), len(words))


def _said(appointment: Appointment) -> dict[int, list[Letter]]:
    """What was written to each colleague so far, oldest first."""
    query = select(Letter).where(
        Letter.subject_kind == ABOUT, Letter.subject_id == appointment.id, Letter.kind.in_([ASKED, RELEASED])
    )
    found: dict[int, list[Letter]] = {}
    for letter in db.session.scalars(query.order_by(Letter.id)):
        found.setdefault(int(letter.details["resource"]), []).append(letter)
    return found


def _last(words: list[Letter]) -> Letter | None:
    """The newest that was not taken back."""
    return next((one for one in reversed(words) if one.state != "withdrawn"), None)


def _take_back(words: list[Letter]) -> None:
    for one in words:
        if one.state == "waiting":
            one.state = "withdrawn"


def _post(kind: str, appointment: Appointment, resource: Resource, number: int) -> None:
    proven = (
        Contact.person_id == resource.person_id,
        Contact.kind == ContactKind.EMAIL,
        Contact.verified_at.is_not(None),
    )
    contact = db.session.scalar(select(Contact).where(*proven).order_by(Contact.id).limit(1))
    if contact is None:
        return
    letters.post(
        kind,
        language=contact.person.language,
        dedupe=f"{ABOUT}:{appointment.id}:{kind}:{appointment.version}:{resource.id}:{number}",
        person_id=contact.person_id,
        contact_id=contact.id,
        subject_kind=ABOUT,
        subject_id=appointment.id,
        office_id=appointment.office_id,
        details={"version": appointment.version, "resource": resource.id},
    )
