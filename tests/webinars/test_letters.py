"""Letters about registrations: T7 and T8 of research 8.2. A real mail server takes them, other programs read their calendar entries."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage

import pytest
from flask import Flask

from foundation.db import db, write, write_tx
from tests.booking.letters.calendars import outlook_findings, with_ical_js, with_icalendar
from tests.booking.letters.conftest import app, box, phones, rows, time, town, work
from tests.booking.letters.test_reminders import live_through
from tests.booking.mail_program import has_calendar, invitation, part
from tests.booking.pages.conftest import Time, Town
from tests.gateway import Gateway
from tests.postbox import Postbox
from virtual_office.offices.models import Office
from webinars import registrations, webinars
from webinars.registrations import Wish

from .planning import add_host, plan, the

__all__ = ["app", "box", "phones", "time", "town", "work"]
Work = Callable[[], None]
STARTS = datetime(2026, 12, 1, 9, tzinfo=UTC)
"""Eight days later, ten o'clock in Madrid."""


@pytest.fixture
def webinar(app: Flask, town: Town) -> int:
    with app.test_request_context():
        add_host()
        return plan(town.office_id, starts_at=STARTS, capacity=2)


def register(app: Flask, webinar: int, name: str, **more: str) -> int:
    with app.test_request_context():
        wish = Wish(name=name, language="en", **({"email": f"{name.lower()}@example.org"} | more))  # type: ignore[arg-type]
        return write(lambda: registrations.register(the(webinar), wish).id)


def subjects(letters: list[EmailMessage]) -> list[str]:
    return [str(one["Subject"]).partition(":")[0] for one in letters]


def test_t7_who_registers_half_an_hour_before_gets_one_reminder(
    app: Flask, webinar: int, box: Postbox, time: Time, work: Work
) -> None:
    early = register(app, webinar, "Ana")
    time.set(STARTS - timedelta(minutes=30))
    late = register(app, webinar, "Bo")
    live_through(app, work, time, STARTS + timedelta(minutes=1))
    ahead = {
        one: [row.details["before"] for row in rows(app, kind="webinar_reminder", subject_id=one)]
        for one in (early, late)
    }
    assert ahead == {early: [7 * 1440, 1440, 60, 10], late: [10]}
    reminded = [str(one["To"]) for one in box.got if str(one["Subject"]).startswith("Reminder")]
    assert reminded.count("bo@example.org") == 1


def test_the_personal_link_opens_ones_own_registration_and_no_others(
    app: Flask, webinar: int, box: Postbox, work: Work
) -> None:
    register(app, webinar, "Ana")
    register(app, webinar, "Zoltan")
    work()
    [ana, other] = box.take()
    addresses = [next(word for word in part(one, "text/plain").split() if "/w/" in word) for one in (ana, other)]
    path = addresses[0].split("localhost:8000")[-1].split("127.0.0.1:8000")[-1]
    answer = app.test_client().get(path, follow_redirects=True)
    assert answer.status_code == 200 and b"Ana" in answer.data and b"Zoltan" not in answer.data
    assert app.test_client().get(path[:-1] + ("A" if path[-1] != "A" else "B")).status_code == 404
    assert "webinar" in part(ana, "text/html").casefold() and "Ana" not in str(ana["Subject"])


def test_t8_another_time_across_a_clock_change_is_the_same_entry_with_the_next_sequence(
    app: Flask, webinar: int, box: Postbox, time: Time, work: Work
) -> None:
    register(app, webinar, "Ana")
    work()
    moved = datetime(2027, 3, 29, 8, tzinfo=UTC)
    with app.test_request_context():
        write(lambda: webinars.reschedule(the(webinar), moved, moved + timedelta(hours=1)))
    work()
    first, second = box.take()
    before, after = invitation(first), invitation(second)
    assert (before.uid, before.sequence + 1) == (after.uid, after.sequence)
    assert (before.starts_at, after.starts_at) == (STARTS, moved)
    assert (before.wall, after.wall) == ("10:00", "10:00"), "ten o'clock in Madrid, in winter and in summer"
    assert before.method == after.method == "REQUEST" and before.rsvp == after.rsvp == "FALSE"
    assert (
        [with_ical_js([first, second])[0]["sequence"]]
        == [with_icalendar([first, second])[0]["sequence"]]
        == [after.sequence]
    )
    assert [*outlook_findings(first), *outlook_findings(second)] == []
    live_through(app, work, time, STARTS + timedelta(hours=1))
    assert box.take() == [], "reminders of the old time do not come"
    live_through(app, work, time, moved)
    assert subjects(box.take()) == ["Reminder"] * 4


def test_withdrawn_and_cancelled_take_the_entry_back(app: Flask, webinar: int, box: Postbox, work: Work) -> None:
    ana, bo, cy = (register(app, webinar, name) for name in ("Ana", "Bo", "Cy"))
    work()
    box.take()
    with app.test_request_context():
        write(lambda: registrations.withdraw(db.session.get_one(registrations.Registration, ana), "person"))
        work()
        [gone, offered] = sorted(box.take(), key=lambda one: str(one["To"]))
        assert invitation(gone).method == "CANCEL" and not has_calendar(offered)
        assert str(offered["To"]) == "cy@example.org" and "Take it or leave it" in part(offered, "text/html")
        write(lambda: webinars.cancel(the(webinar)))
    work()
    told = sorted(box.take(), key=lambda one: str(one["To"]))
    assert [(str(one["To"]), invitation(one).method) for one in told] == [
        ("bo@example.org", "CANCEL"),
        ("cy@example.org", "CANCEL"),
    ]
    assert not rows(app, subject_kind="registration", state="waiting"), (bo, cy)


def test_by_phone_they_get_one_short_message_each(
    app: Flask, webinar: int, phones: Gateway, time: Time, work: Work
) -> None:
    register(app, webinar, "Ana", email="", phone="+34600111222")
    live_through(app, work, time, STARTS)
    texts = [one["text"] for one in phones.take()]
    assert len(texts) == 3 and all("/w/" in text and len(text) <= 160 for text in texts), texts
    assert [text.partition(":")[0] for text in texts[1:]] == ["Reminder", "Reminder"]


def test_a_late_worker_tells_nothing_that_is_over(
    app: Flask, webinar: int, box: Postbox, time: Time, work: Work
) -> None:
    register(app, webinar, "Ana")
    time.set(STARTS + timedelta(hours=2))
    work()
    assert box.take() == []
    assert {row.state for row in rows(app, subject_kind="registration")} == {"withdrawn"}


def test_an_office_elsewhere_says_its_own_time(app: Flask, town: Town, box: Postbox, work: Work) -> None:
    with app.test_request_context():
        add_host()
        with write_tx():
            db.session.get_one(Office, town.office_id).zone = "America/Santiago"
        number = plan(town.office_id, starts_at=STARTS)
    register(app, number, "Ana")
    work()
    [letter] = box.take()
    assert "06:00" in part(letter, "text/plain") and "Santiago" in part(letter, "text/plain")
    assert invitation(letter).wall == "06:00"
