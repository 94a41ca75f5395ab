"""Letters from the counselor's desk: the counselor runs late; another time for somebody who was not reached or did not come."""

from __future__ import annotations

from flask import render_template
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from foundation import clock, letters, times
from foundation.db import db
from foundation.events import within_transaction
from foundation.letters import SMS, Rendered, Stale
from foundation.models import Letter
from foundation.pages import absolute

from . import channels, lateness, letter_rendering, links, texts
from .events import OtherTimeOffered, RunningLate
from .models import Appointment, AppointmentState

ABOUT = "appointment"
LATE, OTHER_TIME = "counselor_late", "other_time"


@within_transaction(RunningLate)
def on_late(fact: RunningLate) -> None:
    """Tell the next person; an earlier word that has not left is taken back."""
    letters.withdraw(ABOUT, fact.appointment_id, [LATE])
    _post(LATE, fact.appointment_id, f"{fact.minutes}:{clock.seconds()}", {"minutes": fact.minutes})


@within_transaction(OtherTimeOffered)
def on_offered(fact: OtherTimeOffered) -> None:
    """How to choose another time or another way; once for each appointment."""
    _post(OTHER_TIME, fact.appointment_id, "", {})


@letters.renderer(LATE, _l("Counselor is late"))
def late(letter: Letter) -> Rendered:
    """By how many minutes, and that their place is kept."""
    appointment = db.session.get_one(Appointment, letter.subject_id)
    said = lateness.of(appointment)
    if said is None or said.minutes != letter.details.get("minutes"):
        raise Stale("not late any more")
    when = times.clock_time(appointment.starts_at, appointment.zone)
    words = _(
        "Your appointment at %(time)s begins about %(minutes)s minutes later. Your place is kept.",
        time=when,
        minutes=said.minutes,
    )
    subject = _("About %(minutes)s minutes later (ref %(reference)s)", **_named(appointment), minutes=said.minutes)
    path = links.join_path(appointment) if appointment.meeting_id else links.manage_path(appointment)
    return _letter(letter, appointment, subject, words, _("See your appointment"), absolute(path))


@letters.renderer(OTHER_TIME, _l("Another time"))
def other_time(letter: Letter) -> Rendered:
    """Another time or another way to meet. It blames nobody."""
    appointment = db.session.get_one(Appointment, letter.subject_id)
    if not appointment.live:
        raise Stale("cancelled")
    subject = _("Choose another time (ref %(reference)s)", **_named(appointment))
    missed = appointment.state == AppointmentState.MISSED
    words = _("We did not meet this time. That happens. You can choose another time, or another way to meet.")
    if not missed:
        words = _("We called you and did not reach you. You can choose another time, or another way to meet.")
    path = absolute(f"/book/{appointment.service.public_id}")
    return _letter(letter, appointment, subject, words, _("Choose a time"), path)


def _named(appointment: Appointment) -> dict[str, str]:
    return {"reference": appointment.reference}


def _post(kind: str, appointment_id: int, mark: str, details: dict[str, object]) -> None:
    channels.write_once(kind, db.session.get_one(Appointment, appointment_id), mark, details)


def _letter(letter: Letter, appointment: Appointment, subject: str, words: str, button: str, link: str) -> Rendered:
    to = letter_rendering.address(letter)
    if letter.channel == SMS:
        # Who did not come may answer when the link of the appointment has long ended: the service itself is always there.
        path = (
            f"/book/{appointment.service.public_id}" if letter.kind == OTHER_TIME else links.short_manage(appointment)
        )
        facts = texts.facts_of(appointment.starts_at, appointment.zone, path, appointment.reference)
        word = _("Another time") if letter.kind == OTHER_TIME else _("Counselor is late")
        return Rendered(to, subject, "", short=texts.fitting(words, word, facts))
    told = {
        "appointment": appointment,
        "office": appointment.office,
        "person": appointment.person,
        "words": words,
        "button": button,
        "link": link,
    }
    text = render_template("booking/letters/from_the_desk.txt", **told)
    return Rendered(to, subject, text, render_template("booking/letters/from_the_desk.html", **told))
