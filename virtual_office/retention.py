"""How long meetings and callbacks keep things: what was written, who was connected, who wanted to be called."""

from __future__ import annotations

from typing import Any

from flask_babel import lazy_gettext as _l
from sqlalchemy import select, tuple_, update

from foundation.db import db
from foundation.retention import Keys, Rule, deletes, older_than, rule
from virtual_office.callbacks.models import Callback
from virtual_office.meetings.models import Meeting, MeetingCommand, MeetingEvent, Presence

SAID = "said"
EMPTIED = "unheard"
"""The kind of a message whose words are gone: its number stays, so that no gap shows."""


def _old_words(limit: int) -> Any:
    old = select(Meeting.id).where(Meeting.closes_at < older_than(limit))
    return select(MeetingEvent.meeting_id, MeetingEvent.seq).where(
        MeetingEvent.kind == SAID, MeetingEvent.meeting_id.in_(old)
    )


def _old_commands(limit: int) -> Any:
    return select(MeetingCommand.participant_id, MeetingCommand.key).where(MeetingCommand.at < limit)


def _empty_words(keys: Keys) -> None:
    chosen = tuple_(MeetingEvent.meeting_id, MeetingEvent.seq).in_(keys)
    db.session.execute(update(MeetingEvent).where(chosen).values(kind=EMPTIED, data={}))


rule(
    Rule(
        "chat",
        "keep_chat_days",
        _l("What was written in meetings"),
        _l("The words are deleted."),
        _old_words,
        _empty_words,
    )
)
rule(
    Rule(
        "commands",
        "keep_chat_days",
        _l("Numbers of messages that were sent in meetings"),
        _l("They are deleted."),
        _old_commands,
        deletes(MeetingCommand),
    )
)
rule(
    Rule(
        "calls",
        "keep_calls_days",
        _l("When somebody was connected to a meeting"),
        _l("They are deleted."),
        lambda limit: select(Presence.id).where(Presence.disconnected_at < older_than(limit)),
        deletes(Presence),
    )
)
rule(
    Rule(
        "callbacks",
        "keep_bookings_days",
        _l("Calls that people asked for"),
        _l("They are deleted."),
        lambda limit: select(Callback.id).where(Callback.created_at < older_than(limit)),
        deletes(Callback),
    )
)
