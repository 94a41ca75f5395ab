"""Codes of webinars in the reader's words."""

from __future__ import annotations

from flask import Flask
from flask_babel import lazy_gettext as _l

from booking import staff_wording

from .models import Audience, HostRole, QuestionKind, RegistrationState, WebinarState

STATES = {
    WebinarState.DRAFT: _l("Draft"),
    WebinarState.SCHEDULED: _l("Published"),
    WebinarState.LOBBY: _l("Begins soon"),
    WebinarState.LIVE: _l("Live now"),
    WebinarState.ON_HOLD: _l("Goes on in a moment"),
    WebinarState.ENDED: _l("Over"),
    WebinarState.REPLAY: _l("To watch again"),
    WebinarState.ARCHIVED: _l("Put away"),
    WebinarState.CANCELLED: _l("Cancelled"),
}
REGISTRATIONS = {
    RegistrationState.PENDING: _l("A colleague looks at it"),
    RegistrationState.CONFIRMED: _l("Registered"),
    RegistrationState.WAITLISTED: _l("On the waitlist"),
    RegistrationState.OFFERED: _l("A seat is offered"),
    RegistrationState.DECLINED: _l("Offer left to others"),
    RegistrationState.WITHDRAWN: _l("Withdrawn"),
    RegistrationState.REJECTED: _l("Refused"),
}
PARTS = {
    HostRole.HOST: _l("Host"),
    HostRole.CO_HOST: _l("Co-host"),
    HostRole.SPEAKER: _l("Speaker"),
    HostRole.MODERATOR: _l("Moderator"),
    HostRole.CAPTIONER: _l("Captioner"),
    HostRole.INTERPRETER: _l("Interpreter"),
    HostRole.SIGN_INTERPRETER: _l("Sign language interpreter"),
}
AUDIENCES = {
    Audience.PUBLIC: _l("Everybody"),
    Audience.OFFICE: _l("People who come to this office"),
    Audience.INVITED: _l("Whoever gets the invitation link"),
}
QUESTION_KINDS = {
    QuestionKind.TEXT: _l("Words"),
    QuestionKind.YES_NO: _l("Yes or no"),
    QuestionKind.CHOICE: _l("One of several answers"),
}
KINDS_OF_STATE = {
    WebinarState.SCHEDULED: "good",
    WebinarState.LOBBY: "now",
    WebinarState.LIVE: "now",
    WebinarState.ON_HOLD: "warn",
    WebinarState.CANCELLED: "bad",
}
"""State → kind of the tag beside its word."""


def state(code: str) -> str:
    """A webinar's state."""
    return str(STATES[WebinarState(code)])


def state_of_registration(code: str) -> str:
    """What somebody has."""
    return str(REGISTRATIONS[RegistrationState(code)])


def part(code: str) -> str:
    """What a colleague does in it."""
    return str(PARTS[HostRole(code)])


def audience(code: str) -> str:
    """Who may register."""
    return str(AUDIENCES[Audience(code)])


def state_tag(code: str) -> str:
    """The kind of tag for a state."""
    return KINDS_OF_STATE.get(WebinarState(code), "")


def register(app: Flask) -> None:
    """Globals of the pages."""
    app.jinja_env.filters["spoken_word"] = staff_wording.spoken
    app.jinja_env.globals.update(
        webinar_state=state,
        webinar_state_tag=state_tag,
        registration_state=state_of_registration,
        webinar_part=part,
        webinar_audience=audience,
    )
