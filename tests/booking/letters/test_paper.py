"""People without e-mail and phone: a letter that somebody at their office prints, and nothing that is not true any more."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask
from sqlalchemy import select

from booking import appointments, invariants
from booking.models import Appointment
from foundation.db import db
from foundation.models import AuditEvent
from tests.booking.pages.conftest import Time, Town
from tests.booking.staff.desks import ABSENT, assert_absent, book_for, sit_down

from .conftest import TEN, Act, rows

Work = Callable[[], None]


def test_a_letter_is_printed_and_that_is_written_down(app: Flask, town: Town, work: Work, time: Time) -> None:
    booked = book_for(app, town, TEN, email="")
    work()
    tomas = sit_down(app, "Tomas")
    page = tomas.open("/staff/letters/to-print")
    assert "Amal Confirmation Open to print" in page.words
    [row] = rows(app, kind="appointment_confirmation")
    sheet = tomas.open(f"/staff/letters/{row.public_id}/paper")
    for said in ("Centro", "Calle Mayor 1", "Amal", "Tuesday 24 November, 10:00", "/find", "Reference: ", "Code: "):
        assert said in sheet.words, said
    assert "/m/" not in sheet.html.partition('<article class="paper"')[2].partition("</article>")[0], "nobody types it"
    page = tomas.send(page.form("/printing"))
    assert "Written down: the letter is printed." in page.words
    with app.app_context():
        told = db.session.scalars(select(Appointment).where(Appointment.public_id == booked)).one()
        assert (told.told_how, told.told_at is not None) == ("printed", True)
        acts = db.session.scalars(select(AuditEvent).where(AuditEvent.act == "letter.printed")).all()
        assert [one.office_id for one in acts] == [town.office_id]
        assert list(invariants.check()) == []
    path, missing = (f"/staff/letters/{one}/printing" for one in (row.public_id, ABSENT))
    assert "not needed any more" in tomas.send(sheet.form("/printing")).words, "a second time"
    nils = sit_down(app, "Nils")
    assert "Amal" not in nils.open("/staff/letters/to-print").words
    assert_absent(nils, "POST", path, missing)
    assert_absent(nils, "GET", path.replace("printing", "paper"), missing.replace("printing", "paper"))


def test_what_is_cancelled_or_told_is_not_printed(app: Flask, town: Town, work: Work, act: Act, time: Time) -> None:
    cancelled = book_for(app, town, TEN, email="")
    told = book_for(app, town, TEN.replace(hour=10), "Bo", email="")
    over = book_for(app, town, TEN.replace(hour=11), "Cleo", email="")
    tomas = sit_down(app, "Tomas")
    page = tomas.open("/staff/letters/to-print")
    assert all(name in page.words for name in ("Amal", "Bo", "Cleo"))
    act(cancelled, lambda one: appointments.cancel(one, "office"))
    act(told, lambda one: appointments.mark_told(one, "read_aloud"))
    words = tomas.open("/staff/letters/to-print").words
    assert "Amal Cancellation" in words
    assert "Bo" not in words
    time.pass_(days=3)
    work()
    assert "Nothing to print" in sit_down(app, "Tomas").open("/staff/letters/to-print").words
    assert {one.failure for one in rows(app, state="withdrawn")} >= {"over", "told"}
    assert over
