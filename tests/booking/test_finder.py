"""The finder: equal to the oracle, never behind the database, fair, and true in what it explains."""

from __future__ import annotations

import os
import random
import threading
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from flask import Flask
from sqlalchemy import insert, select, update

from booking import availability, explain, finder, masks
from booking.models import Absence, Claim, DayOverride, Resource, Service, ServiceResource, WorkingHours
from foundation import clock
from foundation.db import db, write_tx
from foundation.errors import InputWrong, NotFound
from tests.booking.world import NOW, TEN, build, later
from tests.foundation.bare import bare_app
from tests.fuzz.finder import check
from virtual_office.offices.models import Closure, Office

PARTS = 10
WORLDS = int(os.environ.get("TEST_FUZZ", "500"))
TUESDAY = date(2026, 11, 24)
NEVER = 9_999_999_999


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    app = bare_app(tmp_path)
    with app.app_context(), clock.frozen(NOW):
        yield app
        db.session.remove()
        db.engine.dispose()


def claim(
    resource_id: int, at: datetime, minutes: int = 30, expires: int = NEVER, kind: str = "booking", bump: bool = True
) -> None:
    """Claim time as the kernel does; `bump=False` leaves the version alone."""
    first = int(at.timestamp()) // 300
    rows = [
        {"resource_id": resource_id, "tick": first + n, "kind": kind, "holder": 1, "expires": expires}
        for n in range(minutes // 5)
    ]
    db.session.execute(insert(Claim), rows)
    if bump:
        db.session.execute(update(Resource).where(Resource.id == resource_id).values(version=Resource.version + 1))


def free_on(query: finder.Query, on: date = TUESDAY) -> int:
    """How many times are free that day."""
    return finder.days(query, on, on)[0].free


# --- the oracle


@pytest.mark.fuzz
@pytest.mark.parametrize("part", range(PARTS))
def test_the_finder_equals_the_oracle_on_random_worlds(part: int, seed: int, tmp_path: Path) -> None:
    app = bare_app(tmp_path)
    with app.app_context():
        for number in range(part, WORLDS, PARTS):
            one = seed * 100_003 + number
            try:
                check(random.Random(one))
            except AssertionError as difference:
                raise AssertionError(f"python -m tests.fuzz.finder 1 {one}: {difference}") from difference


def test_postgresql_adds_claims_up_alike(seed: int, tmp_path: Path, postgres_url: str) -> None:
    app = bare_app(tmp_path, VO_DATABASE_URL=postgres_url)
    with app.app_context():
        for number in range(12):
            check(random.Random(seed * 11 + number))
        db.session.remove()
        db.engine.dispose()


def test_the_oracle_catches_a_finder_that_adds_24_hours_to_a_day(
    seed: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    right = availability.first_tick

    def wrong(zone: ZoneInfo, first: date, days: int) -> tuple[int, ...]:
        return tuple(right(zone, first) + number * 86_400 // 300 for number in range(days + 1))

    monkeypatch.setattr(availability, "day_starts", wrong)
    availability._windows.cache_clear()
    app = bare_app(tmp_path)
    with app.app_context(), pytest.raises(AssertionError, match="the oracle says"):
        for number in range(60):
            check(random.Random(seed * 7 + number))
    availability._windows.cache_clear()


# --- never behind the database


def test_a_claim_with_a_new_version_is_seen_at_once(app: Flask) -> None:
    world = build(2)
    assert free_on(world.query()) == 16
    with write_tx():
        claim(world.counselors[0], TEN)
    assert [slot.free for slot in finder.slots(world.query(), TUESDAY)][:4] == [2, 2, 1, 2]
    with write_tx():
        claim(world.counselors[1], TEN)
    assert free_on(world.query()) == 15


def test_only_changed_resources_are_read_again(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    world = build(5)
    finder.days(world.query(), TUESDAY, TUESDAY)
    read: list[int] = []
    real = masks._read_some
    monkeypatch.setattr(
        masks, "_read_some", lambda memory, stale, now: (read.extend(stale), real(memory, stale, now))[1]
    )
    finder.days(world.query(), TUESDAY, TUESDAY)
    assert read == []
    with write_tx():
        claim(world.counselors[3], TEN)
    finder.days(world.query(), TUESDAY, TUESDAY)
    assert read == [world.counselors[3]]


def test_a_hold_ends_by_time_alone(app: Flask) -> None:
    world = build(1)
    with write_tx():
        claim(world.counselors[0], TEN, expires=clock.seconds() + 480, kind="hold")
    assert free_on(world.query()) == 15
    with clock.frozen(NOW + timedelta(seconds=479)):
        assert free_on(world.query()) == 15
    with clock.frozen(NOW + timedelta(seconds=480)):
        assert free_on(world.query()) == 16


def test_what_is_rolled_back_was_never_remembered(app: Flask) -> None:
    world = build(1)
    with pytest.raises(ZeroDivisionError), write_tx():
        claim(world.counselors[0], TEN)
        assert free_on(world.query()) == 15, "a transaction sees its own claims"
        raise ZeroDivisionError
    with write_tx():
        claim(world.counselors[0], later(60))
        assert [slot.starts_at for slot in finder.slots(world.query(), TUESDAY)].count(later(60)) == 0
    assert [slot.starts_at for slot in finder.slots(world.query(), TUESDAY)].count(TEN) == 1


def test_claims_before_their_version_are_not_remembered_either(app: Flask) -> None:
    world = build(1)
    finder.days(world.query(), TUESDAY, TUESDAY)
    with pytest.raises(ZeroDivisionError), write_tx():
        claim(world.counselors[0], TEN, bump=False)
        masks.forget()
        assert free_on(world.query()) == 15
        raise ZeroDivisionError
    assert free_on(world.query()) == 16


def test_closing_the_office_closes_its_resources(app: Flask) -> None:
    world = build(2)
    assert free_on(world.query()) == 16
    with write_tx():
        db.session.add(Closure(office_id=world.office, first_day=TUESDAY, last_day=TUESDAY, reason="Stocktaking"))
        db.session.execute(update(Office).values(version=Office.version + 1))
    assert free_on(world.query()) == 0
    reason = explain.why_nothing(world.query(), TUESDAY)
    assert (reason.code, "Stocktaking" in reason.text) == ("closed", True)


def test_public_holidays_close_and_are_named(app: Flask) -> None:
    world = build(1)
    with write_tx():
        db.session.execute(update(Office).values(region="ES-MD", version=2))
    assert free_on(world.query(), date(2026, 12, 8)) == 0
    reason = explain.why_nothing(world.query(), date(2026, 12, 8))
    assert reason.code == "holiday"
    assert reason.text.startswith("This day is a public holiday: ")


def test_rules_of_a_service_count_at_once(app: Flask) -> None:
    world = build(1)
    assert free_on(world.query()) == 16
    with write_tx():
        db.session.execute(update(Service).values(minutes=60, step_minutes=60))
    assert free_on(world.query()) == 8
    with write_tx():
        db.session.execute(update(Service).values(horizon_days=200))
    assert free_on(world.query(), TUESDAY + timedelta(days=190)) == 8


def test_a_new_week_starts_a_new_frame(app: Flask) -> None:
    world = build(1)
    for days in (0, 6, 7, 8, 30, 364):
        with clock.frozen(NOW + timedelta(days=days)):
            counts = finder.days(
                world.query(), (NOW + timedelta(days=days)).date(), (NOW + timedelta(days=days + 60)).date()
            )
            assert len(counts) == 61
            assert all(day.free == 16 for day in counts[1:])


def test_many_threads_read_the_same(app: Flask) -> None:
    world = build(6, interpreters=2)
    query = world.query("video", "interpreter", language="ar")
    found: list[list[int]] = []

    def ask() -> None:
        with app.app_context():
            found.append([day.free for day in finder.days(query, TUESDAY, TUESDAY + timedelta(days=59))])

    masks.forget()
    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 8
    assert all(one == found[0] for one in found)
    assert sum(found[0]) > 0


def test_memory_is_bounded(app: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(masks, "KEPT", 3)
    world = build(8)
    assert free_on(world.query()) == 16
    assert len(masks.memory(clock.seconds(), 60).known) == 3
    assert len(finder.candidates(world.query(), TEN)) == 8


# --- who


def test_whoever_has_least_to_do_comes_first(app: Flask) -> None:
    world = build(3)
    first, second, third = world.counselors
    with write_tx():
        claim(first, later(120), 60)
        claim(second, later(120), 30)
        claim(third, later(24 * 60), 60)
    assert finder.candidates(world.query(), TEN) == [(third,), (second,), (first,)]
    assert finder.candidates(world.query(), TEN, first)[0] == (first,)


def test_a_counselor_who_speaks_the_language_is_preferred_not_required(app: Flask) -> None:
    world = build(3)
    with write_tx():
        db.session.execute(
            update(Resource).where(Resource.id == world.counselors[1]).values(features=["language:ar"], version=2)
        )
    assert finder.candidates(world.query(language="ar-MA"), TEN)[0] == (world.counselors[1],)
    assert free_on(world.query(language="ar")) == free_on(world.query()) == 16
    assert len(finder.candidates(world.query(language="ar"), TEN)) == 3


def test_an_interpreter_is_of_the_language_and_of_any_office(app: Flask) -> None:
    world = build(2, interpreters=1)
    with write_tx():
        other = Office(name="Other", zone="Europe/Madrid")
        db.session.add(other)
        db.session.flush()
        away = Resource(
            kind="interpreter", name="Away", office_id=other.id, features=["language:ar", "language:sign-es"]
        )
        db.session.add(away)
        db.session.flush()
        db.session.add(WorkingHours(resource_id=away.id, weekday=1, opens=600, closes=660, valid_from=date(2026, 1, 1)))
    arabic = world.query("video", "interpreter", language="ar")
    assert free_on(world.query("video", "interpreter", language="uk")) == 0
    assert free_on(arabic) == 16
    assert [slot.free for slot in finder.slots(arabic, TUESDAY)][:5] == [1, 1, 2, 2, 1]
    assert [one[1] for one in finder.candidates(arabic, TEN)] == [world.interpreters[0], away.id], (
        "losers find another one"
    )
    assert free_on(world.query("video", "sign_interpreter")) == 2
    both = world.query("video", "interpreter", "sign_interpreter", language="ar")
    assert {one[1:] for one in finder.candidates(both, TEN)} == {(world.interpreters[0], away.id)}


def test_places_are_asked_for_by_modality_and_by_what_they_have(app: Flask) -> None:
    world = build(2, places=1, needs=("place:in_person",))
    with write_tx():
        claim(world.places[0], TEN)
        plain = Resource(kind="place", name="Upstairs", office_id=world.office)
        db.session.add(plain)
    assert finder.candidates(world.query("video"), TEN) == [(one,) for one in world.counselors]
    assert [one[1] for one in finder.candidates(world.query("in_person"), TEN)] == [plain.id] * 2
    assert finder.candidates(world.query("in_person", "step_free"), TEN) == []
    assert finder.offered(world.query("in_person", "step_free"), TEN)


def test_what_a_holder_has_counts_as_free_for_it(app: Flask) -> None:
    world = build(1)
    with write_tx():
        claim(world.counselors[0], TEN)
    assert finder.candidates(world.query(), TEN) == []
    assert finder.candidates(world.query(), TEN, own=[("booking", 1)]) == [(world.counselors[0],)]
    assert finder.candidates(world.query(), TEN, own=[("booking", 2)]) == []


def test_buffers_are_kept_free_and_may_stick_out_of_hours(app: Flask) -> None:
    world = build(1, before=15, after=15)
    assert finder.slots(world.query(), TUESDAY)[0].starts_at == datetime(2026, 11, 24, 8, tzinfo=UTC)
    with write_tx():
        claim(world.counselors[0], TEN)
    free = {slot.starts_at for slot in finder.slots(world.query(), TUESDAY)}
    assert free.isdisjoint({later(-30), TEN, later(30)})
    assert {later(-60), later(60)} <= free


@pytest.mark.parametrize(
    "at",
    [TEN.replace(minute=1), TEN.replace(second=1), NOW, NOW - timedelta(days=400), datetime(9990, 1, 1, tzinfo=UTC)],
)
def test_times_that_do_not_exist_have_nobody(app: Flask, at: datetime) -> None:
    world = build(1)
    assert finder.candidates(world.query(), at) == []
    assert not finder.offered(world.query(), at)
    assert len(finder.alternatives(world.query(), at)) == 3


def test_the_nearest_others_come_in_the_order_of_time(app: Flask) -> None:
    world = build(1)
    with write_tx():
        claim(world.counselors[0], later(-30), 60)
    assert [slot.starts_at for slot in finder.alternatives(world.query(), TEN)] == [later(-60), later(30), later(60)]


def test_unknown_services_and_endless_ranges_are_refused(app: Flask) -> None:
    world = build(1)
    with pytest.raises(NotFound):
        finder.days(finder.Query(999), TUESDAY, TUESDAY)
    with pytest.raises(InputWrong):
        finder.days(world.query(), date.min, date.max)
    assert finder.days(world.query(), TUESDAY, TUESDAY - timedelta(days=1)) == []
    assert [day.free for day in finder.days(world.query(), date.max - timedelta(days=1), date.max)] == [0, 0]
    assert finder.slots(world.query(), date.max) == finder.slots(world.query(), date.min) == []


def test_notice_is_exact_and_the_present_is_past(app: Flask) -> None:
    world = build(1, notice=120)
    monday = NOW.date()
    assert finder.slots(world.query(), monday)[0].starts_at == NOW + timedelta(hours=2)
    with clock.frozen(NOW + timedelta(seconds=1)):
        assert finder.slots(world.query(), monday)[0].starts_at == NOW + timedelta(hours=2, minutes=30)
    with write_tx():
        db.session.execute(update(Service).values(notice_minutes=0))
    assert finder.slots(world.query(), monday)[0].starts_at == NOW + timedelta(minutes=30)


def test_an_inactive_counselor_service_or_office_offers_nothing(app: Flask) -> None:
    world = build(1)
    for row in (Resource, Service, Office):
        with write_tx():
            db.session.execute(update(row).values(active=False))
        assert finder.first_free(world.query()) is None
        assert explain.why_nothing(world.query(), TUESDAY).code == "not_offered"
        with write_tx():
            db.session.execute(update(row).values(active=True))
    assert finder.first_free(world.query()) is not None


# --- other ways, and why


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


def test_the_finder_writes_nothing(app: Flask) -> None:
    world = build(1)
    before = db.session.scalar(select(Resource.version))
    finder.candidates(world.query(), TEN)
    finder.other_ways(world.query())
    explain.why_nothing(world.query(), None)
    assert not db.session.new
    assert not db.session.dirty
    assert db.session.scalar(select(Resource.version)) == before
