"""Who sits on which connection of this process, and when each was last heard: in memory, for the beat; rows tell the rest."""

from __future__ import annotations

import time
from dataclasses import dataclass, field


@dataclass
class Seat:
    """One connection of a participant."""

    sid: str
    meeting: str
    meeting_id: int
    participant: str
    participant_id: int
    heard: float = field(default_factory=time.monotonic)
    silent: bool = False


class Seats:
    """The seats of this process."""

    def __init__(self) -> None:
        self._by_sid: dict[str, Seat] = {}

    def take(self, seat: Seat) -> None:
        """Sit down."""
        self._by_sid[seat.sid] = seat

    def of(self, sid: str) -> Seat | None:
        """The seat of a connection."""
        return self._by_sid.get(sid)

    def give_up(self, sid: str) -> Seat | None:
        """Stand up."""
        return self._by_sid.pop(sid, None)

    def hear(self, sid: str) -> Seat | None:
        """A beat came; returns the seat if it had been silent and is heard again."""
        seat = self._by_sid.get(sid)
        if seat is None:
            return None
        was_silent, seat.silent, seat.heard = seat.silent, False, time.monotonic()
        return seat if was_silent else None

    def meetings(self) -> set[str]:
        """Meetings that somebody on a connection of this process sits in."""
        return {seat.meeting for seat in self._by_sid.values()}

    def fallen_silent(self, after: float) -> list[Seat]:
        """Seats not heard for `after` seconds that were not known to be silent."""
        before = time.monotonic() - after
        found = [seat for seat in self._by_sid.values() if not seat.silent and seat.heard < before]
        for seat in found:
            seat.silent = True
        return found


seats = Seats()
