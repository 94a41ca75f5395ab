"""Letters about what an absence or a leaver changes: another counselor at the same time, and other times to choose from."""

from __future__ import annotations

from flask import render_template
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from foundation import clock, letters, times
from foundation.db import db
from foundation.events import within_transaction
from foundation.letters import PRINT, SMS, Rendered, Stale
from foundation.models import Letter
from foundation.pages import absolute

from . import appointments, channels, letter_rendering, links, texts, time_offers
from .events import AppointmentHandedOver, AppointmentMoved, TimesOffered
from .letters import ABOUT, MOVED, RESTORED, ics_of
from .method import method_of
from .models import Appointment
from .week_models import TimeOffer

HANDED_OVER, OTHER_TIMES = "appointment_handed_over", "appointment_other_times"


@within_transaction(AppointmentHandedOver)
def on_handed_over(fact: AppointmentHandedOver) -> None:
    """The news, when it is another counselor; what has not left and says the opposite is taken back."""
    if not fact.counselor:
        return
    appointment = db.session.get_one(Appointment, fact.appointment_id)
    letters.withdraw(ABOUT, appointment.id, [MOVED, RESTORED, HANDED_OVER, OTHER_TIMES])
    channels.post(HANDED_OVER, appointment)


@within_transaction(TimesOffered)
def on_offered(fact: TimesOffered) -> None:
    """The letter with the times."""
    offer = db.session.get_one(TimeOffer, fact.offer_id)
    channels.write_once(OTHER_TIMES, offer.appointment, str(offer.id), {"offer": offer.id})


@within_transaction(AppointmentMoved)
def on_moved(fact: AppointmentMoved) -> None:
    """A time was picked or set: an older letter has nothing to say any more."""
    letters.withdraw(ABOUT, fact.appointment_id, [HANDED_OVER, OTHER_TIMES])


@letters.renderer(HANDED_OVER, _l("Another counselor"))
def handed_over(letter: Letter) -> Rendered:
    """Another counselor, the same time; the same UID with a higher SEQUENCE brings calendars up to date."""
    appointment = db.session.get_one(Appointment, letter.subject_id)
    if not appointment.live or appointment.version != letter.details.get("version"):
        raise Stale("changed")
    if appointment.ends_at <= clock.now():
        raise Stale("over")
    to = letter_rendering.address(letter)
    subject = _(
        "Another counselor, same time: %(when)s (ref %(reference)s)",
        when=times.when(appointment.starts_at, appointment.zone, show_zone=False),
        reference=appointment.reference,
    )
    if letter.channel == SMS:
        words = _("Another counselor takes over your appointment. Same time: %(when)s.", when=_brief(appointment))
        return Rendered(
            to,
            subject,
            "",
            short=texts.fitting(
                words, _("Another counselor"), _short_facts(appointment, links.short_manage(appointment))
            ),
        )
    told = {**_facts(appointment, letter.channel), "counselor": _first_name(appointment)}
    text = _text(letter.kind, told)
    if letter.channel == PRINT:
        return Rendered(to, subject, text)
    return Rendered(to, subject, text, _html(letter.kind, told), ics_of(appointment, "REQUEST", to), "REQUEST")


@letters.renderer(OTHER_TIMES, _l("Other times"))
def other_times(letter: Letter) -> Rendered:
    """Three times as links; the old one is kept until the person picks."""
    offer = db.session.get_one(TimeOffer, letter.details["offer"])
    if not time_offers.stands(offer):
        raise Stale("settled")
    appointment = offer.appointment
    to = letter_rendering.address(letter)
    subject = _("Choose another time for your appointment (ref %(reference)s)", reference=appointment.reference)
    if letter.channel == SMS:
        words = _("Your appointment %(when)s can not be then. Choose another time:", when=_brief(appointment))
        return Rendered(
            to,
            subject,
            "",
            short=texts.fitting(words, _("Other times"), _short_facts(appointment, links.short_times(offer))),
        )
    page = absolute(links.times_path(offer))
    told = {
        **_facts(appointment, letter.channel),
        "page": page,
        "choices": [(times.moment(at), f"{page}?at={at}") for at in offer.starts],
    }
    return Rendered(to, subject, _text(letter.kind, told), _html(letter.kind, told))


def _facts(appointment: Appointment, channel: str) -> dict[str, object]:
    """Links are for screens: paper has the reference and the code instead."""
    on_paper = channel == PRINT
    return {
        "on_paper": on_paper,
        "appointment": appointment,
        "office": appointment.office,
        "service": appointment.service,
        "method": method_of(appointment),
        "code": appointments.code_of(appointment),
        "manage": absolute(appointments.manage_path(appointment)),
        "join": absolute(appointments.join_path(appointment)) if appointment.meeting_id and not on_paper else "",
        "find": absolute("/find"),
        "book": absolute("/book"),
        "person": appointment.person,
    }


def _first_name(appointment: Appointment) -> str:
    name = appointment.counselor.name.split()
    return name[0] if appointment.service.shows_counselor and name else ""


def _brief(appointment: Appointment) -> str:
    return times.brief(appointment.starts_at, appointment.zone)


def _short_facts(appointment: Appointment, path: str) -> dict[str, str]:
    return texts.facts_of(appointment.starts_at, appointment.zone, path, appointment.reference)


def _text(kind: str, told: dict[str, object]) -> str:
    return render_template(f"booking/letters/{kind}.txt", **told)


def _html(kind: str, told: dict[str, object]) -> str:
    return render_template(f"booking/letters/{kind}.html", **told)
