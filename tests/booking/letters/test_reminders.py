"""Reminders come at the moments that the office chose, by the way that the person has, and never after the act."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from flask import Flask

from booking import appointments
from foundation import clock, reminders
from foundation.db import write
from foundation.reminders import DAY, HOUR, WEEK, Rule
from tests.booking.pages.conftest import Time, Town
from tests.booking.staff.desks import ABSENT, assert_absent, beside, book_for, sit_down
from tests.gateway import Gateway
from tests.postbox import Postbox

from .conftest import TEN, Act, rows

LATER = TEN + timedelta(days=15)
Work = Callable[[], None]


def everything(app: Flask, town: Town) -> None:
    """The office reminds at all moments by all ways, at night too."""
    with app.test_request_context():
        write(lambda: reminders.set_rule(town.office_id, Rule((WEEK, DAY, HOUR), (WEEK, DAY, HOUR), (WEEK,), 0, 0)))


def sent_minutes_before(app: Flask, starts_at: datetime, channel: str) -> list[float]:
    """How many minutes before the start each reminder left."""
    found = rows(app, kind="appointment_reminder", channel=channel, state="sent")
    return [(starts_at - row.sent_at).total_seconds() / 60 for row in found if row.sent_at]


def live_through(app: Flask, work: Work, time: Time, until: datetime) -> None:
    """Let the worker look at each moment at which something is due."""
    while (due := min((one.due_at for one in rows(app, state="waiting")), default=None)) is not None:
        at = datetime.fromtimestamp(due, UTC)
        if at > until:
            break
        time.set(max(at, clock.now()))
        work()
    time.set(until)
    work()


def test_three_moments_by_mail_and_by_text(
    app: Flask, town: Town, box: Postbox, phones: Gateway, time: Time, work: Work
) -> None:
    everything(app, town)
    book_for(app, town, LATER)
    book_for(app, town, LATER + timedelta(hours=1), "Bo", email="", phone="+34600111222")
    work()
    assert [str(one["To"]) for one in box.take()] == ["amal@example.org"]
    assert [one["to"] for one in phones.take()] == ["+34600111222"]
    live_through(app, work, time, LATER + timedelta(hours=3))
    assert sent_minutes_before(app, LATER, "email") == [WEEK, DAY, HOUR]
    assert sent_minutes_before(app, LATER + timedelta(hours=1), "sms") == [WEEK, DAY, HOUR]
    assert len(box.got) == len(phones.got) == 3
    assert all("Reminder" in one["text"] for one in phones.got)
    assert {one["Subject"].split(":")[0] for one in box.got} == {"Reminder"}


def test_after_a_cancellation_nobody_is_reminded_and_after_a_move_at_new_moments(
    app: Flask, town: Town, box: Postbox, phones: Gateway, time: Time, work: Work, act: Act
) -> None:
    everything(app, town)
    gone, moved = book_for(app, town, LATER), book_for(app, town, LATER + timedelta(hours=1), "Bo")
    act(gone, lambda one: appointments.cancel(one, "person"))
    act(moved, lambda one: appointments.move(one, LATER + timedelta(days=1), "office"))
    live_through(app, work, time, LATER + timedelta(days=2))
    reminded = [one for one in box.got if str(one["Subject"]).startswith("Reminder")]
    assert [str(one["To"]) for one in reminded] == ["bo@example.org"] * 3
    assert sent_minutes_before(app, LATER + timedelta(days=1), "email") == [WEEK, DAY, HOUR]


def test_a_late_worker_reminds_nobody_of_what_has_begun(
    app: Flask, town: Town, box: Postbox, time: Time, work: Work
) -> None:
    book_for(app, town, LATER)
    work()
    box.take()
    time.set(LATER)
    work()
    assert box.take() == [], "not even at the very second"
    assert {(one.state, one.failure) for one in rows(app, kind="appointment_reminder")} == {("withdrawn", "over")}


def test_text_messages_keep_quiet_at_night_but_answers_ring(
    app: Flask, town: Town, phones: Gateway, time: Time, work: Work, act: Act
) -> None:
    early = datetime(2026, 12, 1, 8, tzinfo=UTC)  # 9:00 in Madrid
    time.set(datetime(2026, 11, 29, 22, tzinfo=UTC))  # 23:00 in Madrid
    book_for(app, town, early, email="", phone="+34600111222")
    other = book_for(app, town, early + timedelta(hours=1), "Bo", email="", phone="+34600111333")
    work()
    assert len(phones.take()) == 2, "who books at night waits for the answer"
    act(other, lambda it: appointments.cancel(it, "office"))
    work()
    assert phones.take() == [], "nobody asked for this one"
    time.set(datetime(2026, 11, 30, 6, 59, tzinfo=UTC))
    work()
    assert phones.take() == []
    time.set(datetime(2026, 11, 30, 7, 0, tzinfo=UTC))
    work()
    assert [one["to"] for one in phones.take()] == ["+34600111333"]
    time.set(early - timedelta(hours=24))
    work()
    assert [one["to"] for one in phones.take()] == ["+34600111222"], "9:00 is no night"
    time.set(early - timedelta(minutes=60))
    work()
    assert len(phones.take()) == 1, "an hour before is 8:00: the quiet is over"


def test_what_falls_into_the_quiet_comes_after_it_or_before_it() -> None:
    rule, madrid = Rule(quiet_from=21 * 60, quiet_until=8 * 60), "Europe/Madrid"
    at = datetime(2026, 12, 1, 7, 10, tzinfo=UTC)  # 8:10: an hour before is quiet, and its end leaves ten minutes
    assert reminders.moment(at, HOUR, "sms", rule, madrid) == datetime(2026, 11, 30, 19, 55, tzinfo=UTC)
    assert reminders.moment(at, HOUR, "email", rule, madrid) == at - timedelta(hours=1)
    at = datetime(2026, 12, 1, 7, 30, tzinfo=UTC)
    assert reminders.moment(at, HOUR, "sms", rule, madrid) == datetime(2026, 12, 1, 7, 0, tzinfo=UTC)
    never = Rule(quiet_from=0, quiet_until=0)
    assert reminders.moment(at, HOUR, "sms", never, madrid) == at - timedelta(hours=1)


def test_the_page_of_reminders(app: Flask, town: Town, work: Work) -> None:
    lucia = sit_down(app, "Lucia")
    page = lucia.open("/staff/reminders")
    mine = page.path
    form = page.form(mine)
    assert form.values["email"] == [str(WEEK), str(DAY)]
    page = lucia.send(form, email=[str(HOUR)], sms=[], printed=[str(WEEK)], quiet_from="22:30", quiet_until="07:00")
    assert "Saved." in page.words
    with app.app_context():
        rule = reminders.rule_of(town.office_id)
    assert rule == Rule((HOUR,), (), (WEEK,), 22 * 60 + 30, 7 * 60, 1)
    for typed, field, said in (
        ({"email": ["5"]}, "email", "Choose from the answers"),
        ({"quiet_from": "late"}, "quiet_from", "Enter a time"),
        ({"quiet_until": ""}, "quiet_until", "Enter a time"),
        ({"printed": [str(HOUR)]}, "printed", "Choose from the answers"),
    ):
        page = lucia.send(lucia.open(mine).form(mine), **typed)
        assert said in beside(page, field), field
    page = lucia.send(form, email=[str(DAY)])
    assert "A colleague changed this while you were writing." in page.words, "an old page does not win"
    nora, missing = sit_down(app, "Nora"), f"/staff/reminders/{ABSENT}"
    assert_absent(nora, "GET", mine, missing)
    assert_absent(nora, "POST", mine, missing)
    assert_absent(sit_down(app, "Tomas"), "GET", mine, missing)
