"""By which ways a person hears about an appointment: e-mail, text messages, or a printed letter when there is neither."""

from __future__ import annotations

from typing import Any

from accounts.models import Contact, ContactKind
from foundation import clock, letters, reminders, sms
from foundation.letters import EMAIL, PRINT, SMS

from .models import Appointment

ABOUT = "appointment"


def of(appointment: Appointment) -> list[tuple[str, Contact | None]]:
    """(channel, contact), the main one first. A phone alone without a gateway is a printed letter: staff tell the person."""
    main, phone = appointment.contact, appointment.phone
    if main is not None and main.kind == ContactKind.EMAIL:
        beside = appointment.texts_at is not None and phone is not None and sms.available()
        return [(EMAIL, main), (SMS, phone)] if beside else [(EMAIL, main)]
    if main is not None and sms.available():
        return [(SMS, main)]
    return [(PRINT, None)]


def post(kind: str, appointment: Appointment, answers: bool = False) -> None:
    """Write a letter for each channel. `answers` an act of the person right now, so that it may ring at night."""
    for channel, contact in of(appointment):
        more = {"answers": True} if answers and channel == SMS else None
        _write(kind, appointment, channel, contact, appointment.version, more=more)


def remind(kind: str, appointment: Appointment, only: str = "") -> None:
    """Write the reminders whose moment is still ahead, by the office's rule."""
    rule = reminders.rule_of(appointment.office_id)
    for channel, contact in of(appointment):
        if only not in ("", channel):
            continue
        for before, due_at in _ahead(appointment, channel, rule):
            _write(kind, appointment, channel, contact, f"{appointment.version}:{before}", due_at)


def reminds(appointment: Appointment) -> bool:
    """Whether a reminder is still to come."""
    rule = reminders.rule_of(appointment.office_id)
    return any(_ahead(appointment, channel, rule) for channel, _contact in of(appointment) if channel != PRINT)


def reachable(appointment: Appointment) -> bool:
    """Whether anything reaches the person without somebody who prints it."""
    return any(channel != PRINT for channel, _contact in of(appointment))


def write_once(kind: str, appointment: Appointment, mark: str, details: dict[str, Any]) -> None:
    """A word about it by e-mail and text message, not on paper; `mark` tells one from the next."""
    for channel, contact in of(appointment):
        if channel != PRINT:
            _write(kind, appointment, channel, contact, mark, more=details)


def _ahead(appointment: Appointment, channel: str, rule: reminders.Rule) -> list[tuple[int, int]]:
    """(minutes before the start, due in UTC seconds) of reminders whose moment is still to come."""
    found = []
    for before in rule.before(channel):
        at = reminders.moment(appointment.starts_at, before, channel, rule, appointment.zone)
        if int(at.timestamp()) > clock.seconds():
            found.append((before, int(at.timestamp())))
    return found


def _write(
    kind: str,
    appointment: Appointment,
    channel: str,
    contact: Contact | None,
    mark: object,
    due_at: int | None = None,
    more: dict[str, Any] | None = None,
) -> None:
    way = "" if channel == EMAIL else f":{channel}"
    starts = int(appointment.starts_at.timestamp())
    details: dict[str, Any] = {
        "version": appointment.version,
        "zone": appointment.zone,
        "starts": starts,
        **(more or {}),
    }
    letters.post(
        kind,
        channel=channel,
        language=appointment.person.language,
        dedupe=f"{ABOUT}:{appointment.id}:{kind}:{mark}{way}",
        person_id=appointment.person_id,
        contact_id=contact.id if contact else None,
        subject_kind=ABOUT,
        subject_id=appointment.id,
        office_id=appointment.office_id,
        details=details,
        due_at=due_at,
    )
