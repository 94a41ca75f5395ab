"""The jobseeker's yes to meeting this way, for this one meeting: asked before they go in, free, and taken back at any time."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from accounts import consents
from accounts.models import Consent
from foundation.errors import Refusal

from .models import Meeting, Participant, ParticipantRole

PURPOSES = {"p2p": "meet_by_video", "unit": "meet_by_video", "none": "meet_in_writing"}
"""What the yes is for, by the meeting's media."""
TEXT_VERSION = "2026-11"
"""Changes with the words of `templates/meetings/_consent.html`: a yes to other words is asked for again."""
SCOPE = "meeting"
_kinds: set[str] = set()


class ConsentNeeded(Refusal):
    """The jobseeker has not agreed to meet this way this time."""

    code = "consent_needed"
    status = 403
    message = _l("Open the page of the meeting and agree first. Or meet by phone or at the office.")


def ask_for(kind: str) -> None:
    """Register a kind of meeting whose jobseeker agrees before going in."""
    _kinds.add(kind)


def needed(meeting: Meeting, participant: Participant) -> bool:
    """Whether this seat is asked: the jobseeker of a registered kind, never staff."""
    return meeting.kind in _kinds and participant.role == ParticipantRole.JOBSEEKER


def given(meeting: Meeting, participant: Participant) -> Consent | None:
    """The yes in force to the words that are shown today."""
    found = consents.current(participant.person, PURPOSES[meeting.media], SCOPE, meeting.id)
    return found if found is not None and found.text_version == TEXT_VERSION else None


def check(meeting: Meeting, participant: Participant) -> None:
    """Raise ConsentNeeded unless the seat needs no yes or has given it."""
    if needed(meeting, participant) and given(meeting, participant) is None:
        raise ConsentNeeded


def give(meeting: Meeting, participant: Participant) -> None:
    """Write the yes of a seat that is asked; twice changes nothing."""
    if needed(meeting, participant):
        consents.give(participant.person, PURPOSES[meeting.media], TEXT_VERSION, SCOPE, meeting.id)


def withdraw(meeting: Meeting, participant: Participant) -> None:
    """Take the yes back, whatever words it was given to."""
    consents.withdraw(participant.person, PURPOSES[meeting.media], SCOPE, meeting.id)


def told(meeting: Meeting | None) -> Consent | None:
    """For the counselor's page: the jobseeker's yes, or None."""
    seats = [] if meeting is None else [one for one in meeting.participants if needed(meeting, one)]
    return given(seats[0].meeting, seats[0]) if seats else None
