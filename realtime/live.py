"""After the commit: facts become "look again" on open pages."""

from __future__ import annotations

from foundation.events import after_commit
from foundation.nudge import nudge
from virtual_office.diary import DiaryChanged
from virtual_office.meetings.events import MeetingEnded, PeopleChanged, SomebodyRemoved, SomethingHappened

from .desk import person_channel
from .meetings import channel


@after_commit(SomethingHappened)
def happened(fact: SomethingHappened) -> None:
    """One more event, as it is; a page that sees a gap in the numbers asks for the rest over HTTP."""
    told = {"seq": fact.seq, "at": fact.at, "kind": fact.kind, "from": fact.sender, "data": fact.data}
    nudge(channel(fact.meeting), "happened", told)


@after_commit(PeopleChanged)
def people_changed(fact: PeopleChanged) -> None:
    """Who is there has changed: the meeting's pages and its hosts' desks look again."""
    nudge(channel(fact.meeting), "look_again", {})
    for person_id in fact.host_ids:
        nudge(person_channel(person_id), "look_again", {})


@after_commit(SomebodyRemoved)
def removed(fact: SomebodyRemoved) -> None:
    """Somebody was shut out: their page closes its line."""
    nudge(f"participant:{fact.participant}", "removed", {})


@after_commit(MeetingEnded)
def ended(fact: MeetingEnded) -> None:
    """It is over for everybody."""
    nudge(channel(fact.meeting), "ended", {"reason": fact.reason})


@after_commit(DiaryChanged)
def diary_changed(fact: DiaryChanged) -> None:
    """Somebody's diary changed: their open pages look again."""
    for person_id in fact.people:
        nudge(person_channel(person_id), "look_again", {})
