"""The finder: never behind the database, fair, and it writes nothing."""

from __future__ import annotations

import threading
from datetime import UTC, date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from booking import explain, finder, masks
from booking.models import Resource, Service, WorkingHours
from foundation import clock
from foundation.db import db, write_tx
from foundation.errors import InputWrong, NotFound
from tests.booking.finder.conftest import TUESDAY, claim, free_on
from tests.booking.world import NOW, TEN, build, later
from virtual_office.offices.models import Closure, Office

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


def test_the_finder_writes_nothing(app: Flask) -> None:
    world = build(1)
    before = db.session.scalar(select(Resource.version))
    finder.candidates(world.query(), TEN)
    finder.other_ways(world.query())
    explain.why_nothing(world.query(), None)
    assert not db.session.new
    assert not db.session.dirty
    assert db.session.scalar(select(Resource.version)) == before
