"""After the commit: facts become "look again" on open pages."""

from __future__ import annotations

from accounts.events import AccessChanged, SignedOut
from foundation.events import after_commit
from foundation.nudge import nudge
from virtual_office.diary import DiaryChanged
from virtual_office.meetings import happenings
from virtual_office.meetings.events import MeetingEnded, PeopleChanged, SomebodyRemoved, SomethingHappened

from . import lines
from .lines import lobby_channel, meeting_channel, participant_channel, person_channel, sign_in_channel


@after_commit(SomethingHappened)
def happened(fact: SomethingHappened) -> None:
    """One more event, as it is; a page that sees a gap in the numbers asks for the rest over HTTP."""
    if fact.kind == "left" and fact.sender:
        nudge(participant_channel(fact.sender), lines.SHUT_OUT, _media(fact.meeting, fact.sender))
    if fact.kind == "admitted" and fact.sender:
        nudge(participant_channel(fact.sender), lines.LET_IN, {"meeting": fact.meeting})
    told = {"seq": fact.seq, "at": fact.at, "kind": fact.kind, "from": fact.sender, "data": fact.data}
    nudge(meeting_channel(fact.meeting), "happened", told)
    nudge(lobby_channel(fact.meeting), "happened", happenings.from_outside(told))


@after_commit(PeopleChanged)
def people_changed(fact: PeopleChanged) -> None:
    """Who is there has changed: the meeting's pages and its hosts' desks look again."""
    for channel in (meeting_channel(fact.meeting), lobby_channel(fact.meeting)):
        nudge(channel, "look_again", {})
    for person_id in fact.host_ids:
        nudge(person_channel(person_id), "look_again", {})


@after_commit(SomebodyRemoved)
def removed(fact: SomebodyRemoved) -> None:
    """Somebody was shut out: their page says so, and their line is closed whatever the page does."""
    nudge(participant_channel(fact.participant), "removed", {})
    nudge(participant_channel(fact.participant), lines.SHUT_OUT, _media(fact.meeting, fact.participant))
    nudge(participant_channel(fact.participant), lines.CLOSE, {})


@after_commit(MeetingEnded)
def ended(fact: MeetingEnded) -> None:
    """It is over for everybody."""
    for channel in (meeting_channel(fact.meeting), lobby_channel(fact.meeting)):
        nudge(channel, "ended", {"reason": fact.reason})
    nudge(meeting_channel(fact.meeting), lines.SHUT_OUT, _media(fact.meeting))


@after_commit(SignedOut)
def signed_out(fact: SignedOut) -> None:
    """A browser was signed out: its lines are closed."""
    nudge(sign_in_channel(fact.sign_in_id), lines.CLOSE, {})


@after_commit(AccessChanged)
def access_changed(fact: AccessChanged) -> None:
    """Who somebody is has changed: their lines are closed, and pages that may come back do so by themselves."""
    nudge(person_channel(fact.person_id), lines.CLOSE, {})


@after_commit(DiaryChanged)
def diary_changed(fact: DiaryChanged) -> None:
    """Somebody's diary changed: their open pages look again."""
    for person_id in fact.people:
        nudge(person_channel(person_id), "look_again", {})


def _media(meeting: str, participant: str = "") -> dict[str, str]:
    return {"meeting": meeting, "participant": participant}
