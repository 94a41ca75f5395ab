"""A row for each appointment that another system has agreed: claimed by the kernel like every other, never forced in.

The time need not be one that we would offer (another rhythm, outside of hours): it was agreed. It must be free.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from flask_babel import lazy_gettext as _l

from accounts import people
from accounts.access import Visitor
from accounts.models import ContactKind
from foundation import clock, languages, letters
from foundation.db import db

from .. import appointments, claims, fitting, hours, openings, resources, terms, to_tell
from ..appointments import BookingWish
from ..models import Appointment, Modality, ServiceResource
from ..openings import Opening
from ..season import Query
from . import agreed, cells, diaries, known
from .plans import CellWrong, Column, Places, Plan, service_named
from .tables import Row

COLUMNS = (
    Column("date", True, _l("Day of the appointment"), "2026-12-01"),
    Column("time", True, _l("When it begins, by the clock of the office"), "10:30"),
    Column("office", False, _l("Name of the office, as it stands here; may be left out if there is only one"), "Riverside"),
    Column("service", True, _l("Name of the service at this office"), "First talk"),
    Column("counselor", True, _l("E-mail address of the counselor"), "ines.ortega@example.org"),
    Column("name", True, _l("Name of the person who comes"), "Amal Haddad"),
    Column("email", False, _l("Their e-mail address"), "amal.haddad@example.org"),
    Column("phone", False, _l("Their phone number; needed for an appointment by phone"), "+34 600 111 222"),
    Column("way", True, _l("How they meet: video, phone, chat or in_person"), "phone"),
    Column("language", False, _l("Code of the language they speak"), "ar"),
    Column("needs", False, _l("What they need: interpreter, sign_interpreter, captions, step_free, companion, more_time"), ""),
)  # fmt: skip
FARTHEST = timedelta(days=agreed.FARTHEST_DAYS)
CONFIRMATION = "appointment_confirmation"
OUTSIDE = _l("Outside of the counselor's hours. It is imported as it was agreed.")


class Bookings:
    """The rows of one file; `letters_too` sends everybody with an e-mail address a confirmation."""

    def __init__(self, visitor: Visitor, letters_too: bool = False) -> None:
        self.by, self.letters_too = visitor.person_id, letters_too
        self.places, self.diaries, self.open = Places(visitor), diaries.Diaries(), agreed.OpenHours()
        self.known = known.Known()

    def plan(self, row: Row) -> Plan:
        """Raises a Refusal with the column."""
        place = self.places.of(row)
        service = service_named(place, cells.text(row, "service", _l("Enter the name of the service")), "service")
        offered = terms.of(service)
        diary = self.diaries.of(
            cells.text(row, "counselor", _l("Enter an e-mail address")), place, (resources.COUNSELOR,), "counselor"
        )
        wish = self._wish(row, service, _begins(row, place.zone), place.region)
        assert wish.starts_at is not None and wish.query is not None
        openings.check_modality(offered.modalities, wish.modality)
        there = self.known.why(wish, place.id, diary.id)
        if there:
            return Plan(there=there)
        _check_moment(wish.starts_at)
        if db.session.get(ServiceResource, (service, diary.id)) is None:
            raise CellWrong(_l("This counselor does not give this service"), field="counselor")
        ends_at = wish.starts_at + timedelta(minutes=offered.minutes)
        ticks = claims.window(offered, wish.starts_at, ends_at)
        opening = Opening(offered, wish.starts_at, ends_at, agreed.choices(wish.query, diary, ticks))
        inside = self.open.have(diary, wish.modality, wish.starts_at, ends_at)
        return Plan(
            remark="" if inside else OUTSIDE,
            act=lambda: self._book(wish, opening, inside),
            key=(service, diary.id, wish.starts_at, wish.name.casefold()),
            spots={(diary.id, tick) for tick in ticks},
        )

    def _wish(self, row: Row, service_id: int, starts_at: datetime, region: str) -> BookingWish:
        name = people.clean_name(cells.text(row, "name", _l("Enter a name")))
        email, phone = row.cells.get("email", ""), row.cells.get("phone", "")
        email, phone = email and people.normal_email(email), phone and people.normal_phone(phone, region)
        ways, needs = cells.ways(row, "way"), tuple(cells.needs(row, "needs"))
        if len(ways) != 1:
            raise CellWrong(_l("Enter how they meet: video, phone, chat or in_person"), field="way")
        if ways[0] == Modality.PHONE and not phone:
            raise CellWrong(_l("Enter a phone number, so that the counselor can call"), field="phone")
        spoken = (cells.languages(row, "language") or [languages.current()])[0]
        query = Query(service_id, ways[0], spoken, needs)
        return BookingWish(
            name, spoken, None, query, starts_at, ways[0], needs, email=email, phone=phone, booked_by=self.by
        )

    def _book(self, wish: BookingWish, opening: Opening, inside: bool) -> None:
        appointment = appointments.book(wish, opening=opening)
        if not inside:
            fitting.agree_outside(appointment)
        if not self.letters_too:
            letters.withdraw("appointment", appointment.id, [CONFIRMATION])
        _tell(appointment, self.letters_too)


def _tell(appointment: Appointment, wanted: bool) -> None:
    """Without letters the desk tells whom nothing reaches; who can be called has agreed to it elsewhere."""
    contact = appointment.contact
    if wanted:
        # Each has a letter already: by e-mail, by text message, or to be printed.
        return
    if contact is None:
        to_tell.put(appointment)
    elif contact.kind != ContactKind.EMAIL:
        appointments.mark_told(appointment, "agreed")


def _begins(row: Row, zone: str) -> datetime:
    on = cells.day(row, "date")
    if on is None:
        raise CellWrong(_l("Enter a date, for example 24.11.2026"), field="date")
    return hours.moment(on, cells.minutes(row, "time"), zone, "time")


def _check_moment(starts_at: datetime) -> None:
    if starts_at <= clock.now():
        raise CellWrong(_l("This time has passed"), field="date")
    if starts_at > clock.now() + FARTHEST:
        raise CellWrong(_l("This time is more than 400 days ahead"), field="date")
    if starts_at.timestamp() % claims.TICK:
        raise CellWrong(_l("Use times in steps of five minutes, for example 09:05"), field="time")
