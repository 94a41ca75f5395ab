"""One week of a diary as it really is: open, booked, away, elsewhere or closed, minute by minute of the wall clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from foundation import clock, times

from . import availability, diary_rules, mask_rows, visibility, whereabouts
from .availability import TICK, WEEK
from .models import Appointment, Resource

STEP = 30
"""Minutes of a row of the table."""
DAY = availability.DAY_MINUTES


@dataclass(frozen=True)
class Piece:
    """From one local minute to another: `open`, `booked` (with the appointment), `absent`, `elsewhere` or `closed`."""

    opens: int
    closes: int
    state: str
    appointment: Appointment | None = None


@dataclass(frozen=True)
class Day:
    """A date with its pieces in order; `closed` is the reason why the office is closed, or None."""

    on: date
    closed: str | None
    pieces: tuple[Piece, ...]

    @property
    def booked(self) -> int:
        """How many appointments it has."""
        return sum(piece.state == "booked" for piece in self.pieces)


@dataclass(frozen=True)
class Line:
    """A row of the table: a half hour, and for each day the pieces that it touches; `begins` are those that begin in it."""

    at: int
    cells: tuple[tuple[tuple[Piece, bool], ...], ...]


def days_of(resource: Resource, monday: date) -> list[Day]:
    """Seven days from a Monday on."""
    dates = diary_rules.of(resource, monday, WEEK)
    zone, starts, closed, hours, here = dates.zone, dates.starts, dates.closed, dates.hours(), dates.open()
    elsewhere = _elsewhere(resource, starts[0], starts[-1] - starts[0])
    found = []
    for number in range(WEEK):
        on = monday + timedelta(days=number)
        booked = [one for one in visibility.for_day(resource.id, on) if one.live]
        taken = 0
        for one in booked:
            begin, end = (int(at.timestamp()) // TICK - starts[0] for at in (one.starts_at, one.ends_at))
            taken |= (1 << max(end, 0)) - (1 << max(begin, 0))
        day = dates.day(number)
        masks = {
            "absent": hours & ~here & ~taken,
            "elsewhere": here & elsewhere & ~taken,
            "open": here & ~elsewhere & ~taken,
        }
        pieces = [piece for state, mask in masks.items() for piece in _pieces(mask & day, starts[0], zone, state)]
        pieces += [_booked(one, zone) for one in booked]
        if on in closed:
            pieces.append(Piece(0, DAY, "closed"))
        found.append(Day(on, closed.get(on), tuple(sorted(pieces, key=lambda piece: (piece.opens, piece.closes)))))
    return found


def lines_of(days: list[Day]) -> list[Line]:
    """The rows of the table, from the first to the last half hour in which there is anything but a closed day."""
    real = [piece for day in days for piece in day.pieces if piece.state != "closed"]
    if not real:
        return []
    first = min(piece.opens for piece in real) // STEP * STEP
    last = -(-max(piece.closes for piece in real) // STEP) * STEP
    return [Line(at, tuple(_cell(day, at, at == first) for day in days)) for at in range(first, last, STEP)]


def _cell(day: Day, at: int, top: bool) -> tuple[tuple[Piece, bool], ...]:
    touched = [piece for piece in day.pieces if piece.opens < at + STEP and piece.closes > at]
    return tuple((piece, at <= piece.opens or (top and piece.opens < at)) for piece in touched)


def _elsewhere(resource: Resource, origin: int, bits: int) -> int:
    """Ticks at which its person is needed in another diary, or on the way."""
    others = whereabouts.others([resource.id]).get(resource.id, ())
    claimed = mask_rows.claimed([other.id for other in others], origin, bits, clock.seconds()) if others else {}
    mask = 0
    for other in others:
        if other.id in claimed:
            mask |= availability.widened(claimed[other.id].mask, other.ticks)
    return mask


def _booked(one: Appointment, zone: ZoneInfo) -> Piece:
    begins, ends = (times.minutes_of(at.astimezone(zone)) for at in (one.starts_at, one.ends_at))
    return Piece(begins, ends if ends > begins else DAY, "booked", one)


def _pieces(mask: int, origin: int, zone: ZoneInfo, state: str) -> list[Piece]:
    found = []
    while mask:
        begin = (mask & -mask).bit_length() - 1
        run = mask >> begin
        length = (~run & run + 1).bit_length() - 1
        begins, ends = (
            times.minutes_of(times.moment((origin + at) * TICK).astimezone(zone)) for at in (begin, begin + length)
        )
        found.append(Piece(begins, ends if ends > begins else DAY, state))
        mask = run >> length << begin + length
    return found
