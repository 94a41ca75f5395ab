"""R-16 and R-17: a clock that jumps makes no reminder twice and loses none; a summer-time change moves none of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from flask import Flask

from booking import finder
from booking.models import WorkingHours
from foundation import reminders
from foundation.db import db, write, write_tx
from foundation.reminders import DAY, HOUR, Rule
from tests.booking.mail_program import has_calendar
from tests.booking.pages.conftest import Time, Town
from tests.booking.staff.desks import book_for
from tests.postbox import Postbox
from virtual_office.offices.models import Office

from .conftest import TEN, rows
from .test_itip import same_everywhere, stands
from .test_reminders import live_through

Work = Callable[[], None]
CHANGES = [
    ("Europe/Madrid", "2027-03-28"),
    ("Europe/Madrid", "2027-10-31"),
    ("Africa/Casablanca", "2027-02-07"),
    ("Africa/Casablanca", "2027-03-14"),
    ("America/Santiago", "2027-04-04"),
    ("America/Santiago", "2027-09-05"),
    ("Africa/Cairo", "2027-04-30"),
    ("Africa/Cairo", "2027-10-29"),
    ("Asia/Kolkata", "2027-03-28"),
    ("Atlantic/Canary", "2027-03-28"),
]


def both_moments(app: Flask, town: Town) -> None:
    """Reminders a day and an hour before, by both ways, at night too."""
    with app.test_request_context():
        write(lambda: reminders.set_rule(town.office_id, Rule((DAY, HOUR), (DAY, HOUR), (), 0, 0)))


@pytest.mark.parametrize(
    "jumps",
    [(timedelta(hours=1), timedelta(hours=-1)), (timedelta(days=1), timedelta(days=-1)), (timedelta(hours=-2),)],
    ids=["an hour", "a day", "two hours back"],
)
def test_no_reminder_twice_and_none_missing(
    app: Flask, town: Town, box: Postbox, time: Time, work: Work, jumps: tuple[timedelta, ...]
) -> None:
    both_moments(app, town)
    starts = [TEN + timedelta(days=9, hours=n / 2) for n in range(6)]
    for n, at in enumerate(starts):
        book_for(app, town, at, f"Person{n}")
    work()
    time.set(starts[2] - timedelta(hours=24))
    work()
    for jump in jumps:
        time.pass_(seconds=jump.total_seconds())
        work()
    live_through(app, work, time, starts[-1] + timedelta(hours=1))
    reminded = [str(one["To"]) for one in box.got if str(one["Subject"]).startswith("Reminder")]
    assert sorted(reminded) == sorted(f"person{n}@example.org" for n in range(6) for _twice in (1, 2))


@pytest.mark.parametrize(("zone", "day"), CHANGES)
def test_summer_time_moves_no_reminder_and_no_entry(
    app: Flask, town: Town, box: Postbox, time: Time, work: Work, zone: str, day: str
) -> None:
    on, place = date.fromisoformat(day), ZoneInfo(zone)
    time.set(datetime(on.year, on.month, on.day, 9, tzinfo=UTC) - timedelta(days=4))
    with app.app_context(), write_tx():
        office = db.session.get_one(Office, town.office_id)
        office.zone, office.region = zone, ""
        for rule in db.session.query(WorkingHours):
            rule.valid_from, rule.opens, rule.closes = on - timedelta(days=9), 0, 1440
        known = {
            rule.weekday: rule for rule in db.session.query(WorkingHours).filter_by(resource_id=town.counselors[0])
        }
        for weekday in set(range(7)) - known.keys():
            db.session.add(
                WorkingHours(
                    resource_id=town.counselors[0],
                    weekday=weekday,
                    opens=0,
                    closes=1440,
                    valid_from=on - timedelta(days=9),
                )
            )
    both_moments(app, town)
    with app.app_context():
        slots = [slot.starts_at for slot in finder.slots(finder.Query(town.talk_id, "video"), on)]
    assert len(slots) == len(set(slots)), "each moment once, also when the clock shows it twice"
    begins, ends = (datetime(one.year, one.month, one.day, tzinfo=place) for one in (on, on + timedelta(days=1)))
    assert len(slots) == (ends.astimezone(UTC) - begins.astimezone(UTC)) / timedelta(minutes=30), "none in the gap"
    assert all(at.astimezone(place).date() == on for at in slots)
    chosen = [slots[5], slots[-6]]
    for n, at in enumerate(chosen):
        book_for(app, town, at, f"Person{n}")
    work()
    entries = [one for one in box.got if has_calendar(one)]
    assert same_everywhere(entries) == [*stands(chosen[0]), *stands(chosen[1])], "each says the stored moment"
    live_through(app, work, time, chosen[-1] + timedelta(hours=2))
    found = rows(app, kind="appointment_reminder", state="sent")
    told = sorted((row.sent_at, row.subject_id) for row in found)
    due = sorted((at - timedelta(minutes=before), n + 1) for n, at in enumerate(chosen) for before in (DAY, HOUR))
    assert [(one, two) for one, two in told] == due
