"""Other ways, and why nothing is free: true and plain."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

from flask import Flask
from sqlalchemy import update

from booking import explain, finder
from booking.models import Absence, DayOverride, Resource, Service, ServiceResource, WorkingHours
from foundation.db import db, write_tx
from tests.booking.finder.conftest import TUESDAY, claim
from tests.booking.world import NOW, build, later
from virtual_office.offices.models import Closure, Office


def test_other_ways_are_true(app: Flask) -> None:
    world = build(1, places=1, needs=("place:in_person",))
    with write_tx():
        other = Office(name="Getafe", zone="Europe/Madrid")
        db.session.add(other)
        db.session.flush()
        for office, name in (
            (other.id, "Talk to a counselor"),
            (world.office, "Check my papers"),
            (world.office, "Nobody gives it"),
        ):
            service = Service(office_id=office, name=name, minutes=30, notice_minutes=0, modalities=["in_person"])
            db.session.add(service)
            db.session.flush()
            if name != "Nobody gives it":
                db.session.add(ServiceResource(service_id=service.id, resource_id=world.counselors[0]))
        db.session.add(DayOverride(resource_id=world.places[0], on_day=TUESDAY))
        db.session.execute(update(Resource).values(version=Resource.version + 1))
    ways = finder.other_ways(world.query("in_person"))
    said = [(way.kind, way.label) for way in ways]
    assert said[:3] == [
        ("modality", "Video, in your browser"),
        ("modality", "Phone: we call you"),
        ("modality", "Chat: you write, in your browser"),
    ]
    assert said[3:] == [("office", "Getafe"), ("service", "Check my papers")]
    for way in ways:
        assert way.first == finder.first_free(way.query)
        assert finder.candidates(way.query, way.first.starts_at)
    with write_tx():
        starts = NOW - timedelta(days=1)
        db.session.add(Absence(resource_id=world.counselors[0], starts_at=starts, ends_at=starts + timedelta(days=99)))
        db.session.execute(update(Resource).values(version=Resource.version + 1))
    assert finder.other_ways(world.query("in_person")) == []


def test_reasons_are_true_and_plain(app: Flask) -> None:
    world = build(1, interpreters=1, places=1, needs=("place:in_person",), days=5, notice=600)
    counselor = world.counselors[0]

    def why(on: date | None, modality: str = "video", *needs: str, language: str = "ar") -> tuple[str, str]:
        reason = explain.why_nothing(world.query(modality, *needs, language=language), on)
        return reason.code, reason.text

    wednesday, saturday = date(2026, 11, 25), date(2026, 11, 28)
    assert why(TUESDAY)[0] == "free_again"
    assert why(NOW.date()) == (
        "notice",
        "It is too late to book a time on this day. The counselor must know at least 10 h 0 min before.",
    )
    assert why(date(2026, 11, 22)) == ("past", "This day is over.")
    assert why(date(2027, 1, 29)) == ("horizon", "Times on this day can be booked from Monday 30 November.")
    assert why(saturday) == ("no_hours", "No counselor has hours for this service on this day.")
    assert why(TUESDAY, "fax")[0] == "not_offered"
    assert (
        why(TUESDAY, "video", "interpreter", language="")[1]
        == "Choose your language, so that we can look for an interpreter."
    )
    assert why(TUESDAY, "video", "interpreter", language="uk")[1].startswith(
        "We have no interpreter for this language."
    )
    with write_tx():
        claim(world.interpreters[0], datetime(2026, 11, 24, 8, tzinfo=UTC), 480)
        claim(world.places[0], datetime(2026, 11, 24, 8, tzinfo=UTC), 480)
        claim(counselor, datetime(2026, 11, 25, 8, tzinfo=UTC), 480)
        db.session.add(Absence(resource_id=counselor, starts_at=later(48 * 60 - 120), ends_at=later(48 * 60 + 600)))
    assert why(TUESDAY, "video", "interpreter") == (
        "no_interpreter",
        "Counselors are free, but no interpreter is. Call us: we look for one with you.",
    )
    assert (
        why(TUESDAY, "in_person")[1]
        == "Counselors are free, but no place at the office is. Another way to meet may be free."
    )
    assert why(TUESDAY, "video")[0] == "free_again"
    assert why(wednesday) == ("all_taken", "All times on this day are taken.")
    assert why(date(2026, 11, 26)) == ("no_hours", "All counselors of this service are away on this day.")


def test_reasons_for_the_whole_time(app: Flask) -> None:
    world = build(1, days=0)
    assert (
        explain.why_nothing(world.query(), None).text
        == "No counselor has hours for this service up to Friday 22 January."
    )
    with write_tx():
        hours = WorkingHours(
            resource_id=world.counselors[0], weekday=1, opens=540, closes=600, valid_from=date(2026, 1, 1)
        )
        db.session.add(hours)
        db.session.execute(update(Service).values(horizon_days=6))
        claim(world.counselors[0], datetime(2026, 11, 24, 8, tzinfo=UTC), 60)
    assert explain.why_nothing(world.query(), None).text == "All times up to Sunday 29 November are taken."
    with write_tx():
        db.session.add(Closure(office_id=world.office, first_day=TUESDAY, last_day=date(2027, 2, 1)))
        db.session.execute(update(Office).values(version=Office.version + 1))
    assert explain.why_nothing(world.query(), None).text == "The office is closed up to Sunday 29 November."
    assert explain.why_nothing(world.query(), TUESDAY).text == "The office is closed on this day."
