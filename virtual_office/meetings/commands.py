"""What people do inside a meeting: every command carries a key, and its replay gets the first answer again."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flask_babel import lazy_gettext as _l

from foundation.db import db, lock
from foundation.errors import InputWrong

from . import happenings
from .meetings import MeetingOver, NotAdmitted
from .models import Meeting, MeetingCommand, Participant, Phase, Standing

LONGEST = 2000
"""Characters of one message."""
JOINERS_AND_MARKS = "\u200c\u200d\u200e\u200f"
"""Invisible, but some scripts can not be written well without them."""


def once(participant: Participant, key: Any, act: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    """Run a command once for its key (1 to 64 characters); a replay gets what the first run answered."""
    if not isinstance(key, str) or not 1 <= len(key) <= 64:
        raise InputWrong
    lock(participant.meeting)
    known = db.session.get(MeetingCommand, (participant.id, key))
    if known is not None:
        return known.result
    result = act()
    db.session.add(MeetingCommand(participant_id=participant.id, key=key, result=result))
    db.session.flush()
    return result


def say(meeting: Meeting, participant: Participant, text: Any, line: str | None = None) -> dict[str, Any]:
    """Write to everybody in the meeting; text only, at most 2,000 characters. `line` names the live line that this closes."""
    if not isinstance(text, str):
        raise InputWrong
    clean = "".join(one for one in text if one == "\n" or one.isprintable() or one in JOINERS_AND_MARKS).strip()
    if not clean.strip(JOINERS_AND_MARKS):
        raise InputWrong(_l("Write something first"), field="text")
    if len(text) > LONGEST:
        raise InputWrong(_l("Shorten the message to 2,000 characters"), field="text")
    if meeting.phase == Phase.ENDED:
        raise MeetingOver(reason=meeting.end_reason)
    if participant.standing not in {Standing.ADMITTED, Standing.WAITING}:
        raise NotAdmitted
    data = {"text": clean} if line is None else {"text": clean, "line": line}
    return {"seq": happenings.append(meeting, "said", participant, data)}
