"""Letters about registrations: written as rows beside the act, put into words when they leave."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from accounts.models import ContactKind
from foundation import clock, letters, reminders, sms
from foundation.db import db
from foundation.events import within_transaction
from foundation.letters import EMAIL, SMS, Rendered, Stale
from foundation.models import Letter

from . import letter_rendering
from .events import RegistrationChanged, WebinarCancelled, WebinarMoved
from .models import STANDING, Registration, RegistrationState, Webinar, WebinarState

ABOUT = "registration"
CONFIRMED, PENDING, WAITS, OFFERED, OFFER_OVER, REJECTED, WITHDRAWN, MOVED, CANCELLED, REMINDER = (
    "registration_confirmed",
    "registration_pending",
    "registration_waitlisted",
    "registration_offered",
    "registration_offer_over",
    "registration_rejected",
    "registration_withdrawn",
    "webinar_moved",
    "webinar_cancelled",
    "webinar_reminder",
)
BEFORE = {EMAIL: (7 * 1440, 1440, 60, 10), SMS: (1440, 60)}
"""Minutes before the start at which people are reminded. Who registers later gets those that are still ahead."""
SAYS = {
    RegistrationState.CONFIRMED: CONFIRMED,
    RegistrationState.PENDING: PENDING,
    RegistrationState.WAITLISTED: WAITS,
    RegistrationState.OFFERED: OFFERED,
    RegistrationState.REJECTED: REJECTED,
    RegistrationState.WITHDRAWN: WITHDRAWN,
}
"""State → the letter that says so. Who declines an offer knows it."""


@within_transaction(RegistrationChanged)
def on_changed(fact: RegistrationChanged) -> None:
    """What they have now, and the reminders where they have a seat; nothing that has not left says the opposite."""
    registration = db.session.get_one(Registration, fact.registration_id)
    state = RegistrationState(registration.state)
    letters.withdraw(ABOUT, registration.id, None)
    kind = SAYS.get(state)
    if state == RegistrationState.WAITLISTED and fact.by == "system":
        kind = OFFER_OVER
    if kind is not None:
        _post(kind, registration, answers=fact.by == "person")
    if state == RegistrationState.CONFIRMED:
        _remind(registration)


@within_transaction(WebinarMoved)
def on_moved(fact: WebinarMoved) -> None:
    """The new time, to everybody who has not gone; reminders at their new moments."""
    for registration in _standing(fact.webinar_id):
        letters.withdraw(ABOUT, registration.id, [REMINDER, MOVED])
        _post(MOVED, registration)
        if registration.state == RegistrationState.CONFIRMED:
            _remind(registration)


@within_transaction(WebinarCancelled)
def on_cancelled(fact: WebinarCancelled) -> None:
    """It will not take place: told to everybody who has not gone; nothing else leaves any more."""
    for registration in _standing(fact.webinar_id):
        letters.withdraw(ABOUT, registration.id, None)
        _post(CANCELLED, registration)


@letters.renderer(CONFIRMED, _l("Webinar: registered"))
@letters.renderer(PENDING, _l("Webinar: a colleague looks at the registration"))
@letters.renderer(WAITS, _l("Webinar: on the waitlist"))
@letters.renderer(OFFERED, _l("Webinar: a seat is offered"))
@letters.renderer(OFFER_OVER, _l("Webinar: the offer has ended"))
@letters.renderer(REJECTED, _l("Webinar: registration refused"))
@letters.renderer(WITHDRAWN, _l("Webinar: withdrawn"))
def standing(letter: Letter) -> Rendered:
    """What somebody has now; stale once they have something else."""
    registration = _registration(letter)
    if registration.version != letter.details["version"]:
        raise Stale("changed")
    if registration.webinar.state == WebinarState.CANCELLED:
        raise Stale("cancelled")
    if letter.kind == OFFERED and (registration.offered_until or 0) <= clock.seconds():
        raise Stale("offer over")
    return letter_rendering.rendered(letter, registration)


@letters.renderer(MOVED, _l("Webinar: new time"))
@letters.renderer(REMINDER, _l("Webinar: reminder"))
def timely(letter: Letter) -> Rendered:
    """The new time, or that it begins soon; stale once it has another time again, or the person has gone."""
    registration = _registration(letter)
    webinar = registration.webinar
    if webinar.sequence != letter.details["sequence"] or webinar.state == WebinarState.CANCELLED:
        raise Stale("moved")
    if not registration.stands or (letter.kind == REMINDER and registration.state != RegistrationState.CONFIRMED):
        raise Stale("withdrawn")
    if letter.kind == REMINDER and webinar.starts_at <= clock.now():
        raise Stale("over")
    return letter_rendering.rendered(letter, registration)


@letters.renderer(CANCELLED, _l("Webinar: cancelled"))
def cancelled(letter: Letter) -> Rendered:
    """It will not take place; a calendar CANCEL inline, and other webinars."""
    return letter_rendering.rendered(letter, _registration(letter))


def _registration(letter: Letter) -> Registration:
    registration = db.session.get_one(Registration, letter.subject_id)
    if registration.webinar.ends_at <= clock.now():
        raise Stale("over")
    return registration


def _standing(webinar_id: int) -> list[Registration]:
    query = select(Registration).where(Registration.webinar_id == webinar_id, Registration.state.in_(STANDING))
    return list(db.session.scalars(query.order_by(Registration.id)))


def _remind(registration: Registration) -> None:
    webinar = registration.webinar
    rule = reminders.rule_of(webinar.office_id)
    channel = _channel(registration)
    for before in BEFORE.get(channel, ()):
        due_at = int(reminders.moment(webinar.starts_at, before, channel, rule, webinar.zone).timestamp())
        if due_at > clock.seconds():
            _post(REMINDER, registration, due_at=due_at, mark=f":{before}", more={"before": before})


def _channel(registration: Registration) -> str:
    """How they are reached, or nothing: then a colleague tells them."""
    contact = registration.contact
    if contact is None:
        return ""
    if contact.kind == ContactKind.EMAIL:
        return EMAIL
    return SMS if sms.available() else ""


def _post(
    kind: str,
    registration: Registration,
    *,
    answers: bool = False,
    due_at: int | None = None,
    mark: str = "",
    more: dict[str, Any] | None = None,
) -> None:
    channel, webinar = _channel(registration), db.session.get_one(Webinar, registration.webinar_id)
    if not channel:
        return
    details = {"version": registration.version, "sequence": webinar.sequence, "zone": webinar.zone, **(more or {})}
    if answers and channel == SMS:
        details["answers"] = True
    letters.post(
        kind,
        channel=channel,
        language=registration.person.language,
        dedupe=f"{ABOUT}:{registration.id}:{kind}:{registration.version}.{webinar.sequence}{mark}",
        person_id=registration.person_id,
        contact_id=registration.contact_id,
        subject_kind=ABOUT,
        subject_id=registration.id,
        office_id=webinar.office_id,
        details=details,
        due_at=due_at,
    )
