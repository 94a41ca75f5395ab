"""Days on which an office is closed: what somebody typed, public holidays by region and year, in words that people read."""

from __future__ import annotations

import threading
from datetime import date

import pytest
from flask import Flask
from flask_babel import force_locale

from accounts.access import Visitor
from foundation.db import db, write, write_tx
from foundation.errors import NotFound, Refusal
from tests.security.world import World
from virtual_office.offices import offices
from virtual_office.offices.models import Office


def office(region: str = "ES-MD") -> Office:
    with write_tx():
        return offices.open_office({"name": "Centro", "zone": "Europe/Madrid", "region": region})


def test_a_closure_wins_over_a_holiday_and_both_ends_count(app: Flask) -> None:
    with app.test_request_context():
        centro = office()
        write(lambda: offices.add_closure(centro, date(2026, 12, 24), date(2026, 12, 25), "Moving"))
        found = offices.closed_days(centro, date(2026, 12, 23), date(2027, 1, 6))
        assert found[date(2026, 12, 24)] == found[date(2026, 12, 25)] == "Moving"
        assert date(2026, 12, 23) not in found and date(2026, 12, 26) not in found
        assert {date(2027, 1, 1), date(2027, 1, 6)} <= set(found), "into the next year"
        assert offices.closed_days(centro, date(2026, 12, 25), date(2026, 12, 25)) == {date(2026, 12, 25): "Moving"}


@pytest.mark.parametrize(
    ("region", "closed"), [("ES-MD", True), ("ES-CT", False), ("ES", False), ("", False), ("XX", False)]
)
def test_regions_have_their_own_days(app: Flask, region: str, closed: bool) -> None:
    with app.test_request_context():
        found = offices.public_holidays(region, 2026, "es")
        assert (date(2026, 5, 2) in found) is closed
        assert bool(found) is region.startswith("ES")


def test_holidays_are_named_in_the_reader_s_language_where_it_is_known(app: Flask) -> None:
    with app.test_request_context():
        centro, day = office(), date(2026, 12, 25)
        named = {}
        for language in ("en", "ar"):
            with force_locale(language):
                named[language] = offices.closed_days(centro, day, day)[day]
        assert named["en"] == "Christmas Day" and named["ar"] == "Natividad del Señor", "no Arabic name is known"


def test_a_closure_is_checked_noticed_and_taken_back(app: Flask) -> None:
    with app.app_context():
        centro, norte = office(), office()
        version = centro.version
        with pytest.raises(offices.LastDayFirst):
            write(lambda: offices.add_closure(centro, date(2026, 12, 2), date(2026, 12, 1), ""))
        closure = write(lambda: offices.add_closure(centro, date(2026, 12, 1), date(2026, 12, 2), "")).id
        assert centro.version == version + 1, "cached calendars notice"
        with pytest.raises(NotFound):
            write(lambda: offices.remove_closure(norte, closure))
        write(lambda: offices.remove_closure(centro, closure))
        with pytest.raises(NotFound):
            write(lambda: offices.remove_closure(centro, closure))
        assert centro.version == version + 2 and centro.closures == []


def test_of_two_who_save_at_once_one_is_told_and_nothing_is_lost(both: Flask) -> None:
    with both.app_context():
        centro = office()
        public_id, version = centro.public_id, centro.version
    gate, told = threading.Barrier(2), []

    def save(values: dict[str, str]) -> None:
        with both.app_context():
            row = db.session.query(Office).filter_by(public_id=public_id).one()
            db.session.rollback()
            gate.wait(10)
            try:
                write(lambda: offices.change(row, values, None, version))
                told.append("saved")
            except Refusal as refusal:
                told.append(f"{refusal.code} {refusal.extra['version'] - version}")

    editors = [
        threading.Thread(target=save, args=(values,)) for values in ({"phone": "060"}, {"address": "Calle Mayor 1"})
    ]
    for editor in editors:
        editor.start()
    for editor in editors:
        editor.join()
    assert sorted(told) == ["changed_meanwhile 1", "saved"]
    with both.app_context():
        row = db.session.query(Office).filter_by(public_id=public_id).one()
        assert bool(row.phone) != bool(row.address) and row.version == version + 1


def test_bad_zones_regions_and_hours_are_refused(app: Flask) -> None:
    with app.app_context():
        centro = office()
        for values, hours, code in (
            ({"zone": "Mars/Base"}, None, "unknown_zone"),
            ({"region": "ES-XX"}, None, "unknown_region"),
            ({}, [(0, 540, 600), (0, 590, 700)], "hours_overlap"),
            ({}, [(0, 600, 600)], "hours_overlap"),
        ):
            with pytest.raises(Refusal) as refusal:
                write(lambda values=values, hours=hours: offices.change(centro, values, hours, centro.version))
            assert refusal.value.code == code and refusal.value.field is not None
        db.session.refresh(centro)
        assert (centro.zone, centro.region, centro.hours) == ("Europe/Madrid", "ES-MD", [])


def test_nobody_closes_a_foreign_office(world: World) -> None:
    town, days = world.a, {"first_day": "2030-02-01", "last_day": "2030-02-02", "reason": "x"}
    before = world.digest()
    for who in ("leader_b", "counselor_a", "operator_a", "jobseeker_a", "anonymous"):
        browser = world.browsers[who]
        assert browser.post(f"/staff/offices/{town.things['office']}/closures", days).status_code == 404, who
        path = f"/staff/offices/{town.things['office']}/closures/{town.things['closure']}/removal"
        assert browser.post(path).status_code == 404, who
    mixed = f"/staff/offices/{world.b.things['office']}/closures/{town.things['closure']}/removal"
    assert world.browsers["leader_b"].post(mixed).status_code == 404
    huge = f"/staff/offices/{town.things['office']}/closures/{10**30}/removal"
    assert world.browsers["leader_a"].post(huge).status_code == 404
    assert world.digest() == before
    assert world.browsers["leader_a"].post(f"/staff/offices/{town.things['office']}/closures", days).status_code == 200
    with world.app.app_context():
        mine = db.session.query(Office).filter_by(public_id=town.things["office"]).one()
        assert {row.reason for row in mine.closures} == {"moving", "x"}
        with pytest.raises(NotFound):
            offices.get(town.things["office"], Visitor())
