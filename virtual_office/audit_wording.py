"""Rows of the audit trail in words: what was done, to what, by whom, as numbers and never as names."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from foundation.models import AuditEvent

HEADS = (
    _l("Number"), _l("When (UTC)"), _l("Who"), _l("For whom"), _l("What was done"), _l("To what"), _l("Office"),
    _l("Before"), _l("After"),
)  # fmt: skip
THINGS = {
    "person": _l("Person"),
    "appointment": _l("Appointment"),
    "absence": _l("Absence"),
    "api_token": _l("Token for programs"),
    "calendar_feed": _l("Calendar address"),
    "callback": _l("Call to make"),
    "consent": _l("Agreement"),
    "hold": _l("Time kept"),
    "letter": _l("Letter"),
    "letter_wording": _l("Words of letters"),
    "office": _l("Office"),
    "participant": _l("Seat in a meeting"),
    "passkey": _l("Passkey"),
    "phone_wish": _l("Wish to be called"),
    "registration": _l("Registration for a webinar"),
    "registration_question": _l("Question to those who register"),
    "reminder_rule": _l("Reminders"),
    "resource": _l("Diary"),
    "retention_run": _l("Deletion of old data"),
    "series": _l("Follow-ups"),
    "service": _l("Service"),
    "stream_key": _l("Key of a program for a meeting"),
    "waitlist_entry": _l("Wish on the waitlist"),
    "webinar": _l("Webinar"),
    "webinar_host": _l("Part in a webinar"),
    "wording": _l("Words"),
    "working_hours": _l("Working hours"),
}
ACTS = {
    "absence.added": _l("Absence added"),
    "absence.added_again": _l("Recurring absence added"),
    "absence.removed": _l("Absence removed"),
    "absence.removed_again": _l("Recurring absence removed"),
    "appointment.agreed_outside": _l("Imported outside of the hours"),
    "appointment.arrived": _l("Came to the office"),
    "appointment.booked": _l("Appointment booked"),
    "appointment.called": _l("Call attempted"),
    "appointment.called_in": _l("Called in at the office"),
    "appointment.handed_over": _l("Handed over to a colleague"),
    "appointment.cancelled": _l("Appointment cancelled"),
    "appointment.moved": _l("Appointment moved"),
    "appointment.new_time_offered": _l("New time offered by letter"),
    "appointment.outcome_recorded": _l("Outcome written"),
    "appointment.person_late": _l("Said that they come later"),
    "appointment.texts_wished": _l("Text messages asked for or stopped"),
    "calendar_feed.dropped": _l("Calendar address switched off"),
    "calendar_feed.made": _l("Calendar address made"),
    "letter_wording.tried": _l("Test letter sent"),
    "letter.printed": _l("Letter printed"),
    "letter_wording.changed": _l("Words of a letter changed"),
    "letter_wording.reset": _l("Standard words taken again"),
    "registration.confirmed": _l("Seat in a webinar given"),
    "registration.declined": _l("Offered seat left to others"),
    "registration.offered": _l("Seat in a webinar offered"),
    "registration.pending": _l("Registered for a webinar, waits for an answer"),
    "registration.rejected": _l("Registration for a webinar refused"),
    "registration.waitlisted": _l("On the waitlist of a webinar"),
    "registration.withdrawn": _l("Withdrawn from a webinar"),
    "reminder_rule.changed": _l("Reminders changed"),
    "appointment.restored": _l("Cancellation taken back"),
    "appointment.runs_late": _l("Said to be running late"),
    "appointment.times_offered": _l("Other times offered by letter"),
    "appointment.told": _l("Person told without a letter"),
    "audit.exported": _l("This list copied to a file"),
    "audit.viewed": _l("This list looked at"),
    "calendar.read": _l("Busy times of another calendar read"),
    "calendar.removed": _l("Busy times of another calendar taken away"),
    "callback.asked": _l("Call asked for"),
    "callback.moved": _l("Call taken or closed"),
    "code_app.removed": _l("App with codes removed"),
    "code_app.set_up": _l("App with codes set up"),
    "consent.given": _l("Agreement given"),
    "consent.withdrawn": _l("Agreement taken back"),
    "contact.proven": _l("Address proven"),
    "day.overridden": _l("Other hours on a day"),
    "day.override_dropped": _l("Other hours taken back"),
    "erasure.asked": _l("Erasure asked for"),
    "erasure.taken_back": _l("Wish to be erased taken back"),
    "hold.released": _l("Kept time given back"),
    "hours.added": _l("Hours added"),
    "hours.changed": _l("Hours changed"),
    "hours.ended": _l("Hours ended"),
    "hours.removed": _l("Hours removed"),
    "import.done": _l("Table imported"),
    "letter.resent": _l("Letter sent again"),
    "note.written": _l("Note written"),
    "office.changed": _l("Office changed"),
    "office.closed_for_days": _l("Office closed for days"),
    "office.closure_removed": _l("Closed days removed"),
    "office.opened": _l("Office opened"),
    "participant.address_hidden": _l("Internet address hidden or shown"),
    "participant.admitted": _l("Somebody let in"),
    "participant.invited": _l("Seat given"),
    "participant.removed": _l("Somebody shut out"),
    "passkey.added": _l("Passkey added"),
    "passkey.removed": _l("Passkey removed"),
    "phone_wish.asked": _l("Asked to be called"),
    "phone_wish.taken": _l("Said that they call"),
    "password.changed": _l("Password changed"),
    "password.reset_asked": _l("New password asked for"),
    "person.created": _l("Colleague added"),
    "person.described": _l("Name or language changed"),
    "person.erased": _l("Person erased"),
    "person.exported": _l("Copy of a person's data made"),
    "person.invited": _l("Colleague invited"),
    "person.left": _l("Colleague left"),
    "person.renamed": _l("Name changed"),
    "person.returned": _l("Colleague came back"),
    "person.signed_in": _l("Signed in"),
    "person.signed_out": _l("Signed out"),
    "person.signed_out_everywhere": _l("Signed out everywhere"),
    "provider.linked": _l("Work account joined"),
    "recovery_code.used": _l("Recovery code used"),
    "recovery_codes.renewed": _l("New recovery codes made"),
    "resource.added": _l("Diary added"),
    "resource.changed": _l("Diary changed"),
    "resource.let_go": _l("Diary ended"),
    "retention.run": _l("Old data deleted"),
    "role.granted": _l("Role given"),
    "role.revoked": _l("Role taken"),
    "second_factors.reset": _l("Second step reset"),
    "series.booked": _l("Follow-ups booked"),
    "series.ended": _l("Rest of the follow-ups cancelled"),
    "service.changed": _l("Service changed"),
    "service.opened": _l("Service opened"),
    "stream_key.made": _l("Key for a program made"),
    "stream_key.revoked": _l("Key of a program ended"),
    "token.created": _l("Token made"),
    "token.revoked": _l("Token ended"),
    "travel.set": _l("Travel time set"),
    "waitlist.accepted": _l("Offered time taken"),
    "waitlist.closed": _l("Wish closed"),
    "waitlist.joined": _l("Wish added to the waitlist"),
    "waitlist.offer_ended": _l("Offer ended"),
    "waitlist.offered": _l("Time offered"),
    "webinar.archive": _l("Webinar put away"),
    "webinar.cancel": _l("Webinar cancelled"),
    "webinar.changed": _l("Webinar changed"),
    "webinar.copied": _l("Webinar copied"),
    "webinar.discarded": _l("Draft of a webinar deleted"),
    "webinar.drafted": _l("Webinar drafted"),
    "webinar.end": _l("Webinar ended"),
    "webinar.go_live": _l("Webinar gone live"),
    "webinar.hold": _l("Webinar put on hold"),
    "webinar.host_added": _l("Part in a webinar given"),
    "webinar.host_removed": _l("Part in a webinar taken back"),
    "webinar.open_lobby": _l("Lobby of a webinar opened"),
    "webinar.publish": _l("Webinar published"),
    "webinar.publish_replay": _l("Replay of a webinar published"),
    "webinar.question_added": _l("Question to those who register added"),
    "webinar.question_removed": _l("Question to those who register taken away"),
    "webinar.reschedule": _l("Webinar given another time"),
    "webinar.resume": _l("Webinar goes on"),
    "wording.changed": _l("Words changed"),
    "wording.taken_back": _l("Words of the catalogue taken back"),
}
ACTORS = {
    "person": _l("Person %(id)s"),
    "link": _l("Somebody with a link"),
    "visitor": _l("Somebody who was not signed in"),
    "token": _l("Program with token %(id)s"),
    "command": _l("A command on the server"),
    "system": _l("The service by itself"),
}


@dataclass(frozen=True)
class Told:
    """One row in words."""

    id: int
    at: datetime
    who: str
    behalf: str
    act: str
    thing: str
    office: str
    changes: str


def act(name: str) -> str:
    """What was done; an act that has no words yet is shown by its own name."""
    return str(ACTS.get(name) or name.replace("_", " ").replace(".", ": "))


def told(row: AuditEvent, offices: dict[int, str]) -> Told:
    """A row for the page."""
    who = str(ACTORS.get(row.actor_kind, row.actor_kind))
    return Told(
        row.id,
        row.at,
        who.replace("%(id)s", str(row.actor_id or "")),
        _("for person %(id)s", id=row.on_behalf_of) if row.on_behalf_of else "",
        act(row.act),
        f"{THINGS.get(row.thing_kind, row.thing_kind.replace('_', ' '))} {row.thing_id or ''}".strip(),
        offices.get(row.office_id or 0, ""),
        " → ".join(json.dumps(one, ensure_ascii=False) for one in (row.before, row.after) if one),
    )


def cells(row: AuditEvent, offices: dict[int, str]) -> list[str]:
    """A row for a spreadsheet, in the order of HEADS."""
    one = told(row, offices)
    before, after = (json.dumps(part, ensure_ascii=False) if part else "" for part in (row.before, row.after))
    return [str(one.id), one.at.isoformat(), one.who, one.behalf, one.act, one.thing, one.office, before, after]
