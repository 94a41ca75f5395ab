"""Calls to make: what may follow what, one colleague at a time, and the page on which they are made."""

from __future__ import annotations

import threading
from itertools import product

import pytest
from flask import Flask

from accounts import people
from accounts.access import Visitor
from accounts.models import Person, Role
from foundation.audit import AuditEvent
from foundation.db import db, lock, write, write_tx
from foundation.errors import NotFound, Refusal
from tests.security.world import World
from virtual_office.callbacks import callbacks
from virtual_office.callbacks.callbacks import MOVES, AlreadyEnded, TakenByColleague
from virtual_office.callbacks.models import Callback, CallbackState
from virtual_office.offices.models import Office

W, T, R, N, C = CallbackState


def build() -> tuple[str, list[int]]:
    """A wish and two operators."""
    with write_tx():
        office = Office(name="Centro", zone="Europe/Madrid", region="ES-MD")
        db.session.add(office)
        db.session.flush()
        staff = [
            people.create_staff(name, f"{name.lower()}@example.org", "en", [(Role.OPERATOR, office.id)]).id
            for name in ("Ana", "Ben")
        ]
        return callbacks.ask(office, name="Cal", phone="+34600222333", language="en").public_id, staff


def move(public_id: str, state: CallbackState, by: int) -> None:
    """One act of one colleague."""
    visitor = Visitor(db.session.get_one(Person, by))
    write(lambda: callbacks.move(callbacks.get(public_id, visitor), state, visitor))


def wish(public_id: str) -> Callback:
    return db.session.query(Callback).filter_by(public_id=public_id).one()


PATHS = {W: (), T: (T,), R: (T, R), N: (T, N), C: (C,)}


@pytest.mark.parametrize(("before", "after"), list(product(CallbackState, CallbackState)))
def test_what_may_follow_what(app: Flask, before: CallbackState, after: CallbackState) -> None:
    with app.app_context():
        public_id, (ana, _ben) = build()
        for state in PATHS[before]:
            move(public_id, state, ana)
        if after in MOVES[before]:
            move(public_id, after, ana)
            assert wish(public_id).state == after
            assert wish(public_id).taken_by == (None if after == W else ana)
            assert (wish(public_id).done_at is not None) == (after in {R, C})
        else:
            with pytest.raises((AlreadyEnded, TakenByColleague)):
                move(public_id, after, ana)
            assert wish(public_id).state == before


def test_tries_count_calls_and_every_move_is_noted(app: Flask) -> None:
    with app.app_context():
        public_id, (ana, _ben) = build()
        for state in (T, N, T, W, T, N, T, R):
            move(public_id, state, ana)
        assert wish(public_id).tries == 3
        noted = [(row.before, row.after) for row in db.session.query(AuditEvent).filter_by(act="callback.moved")]
        assert len(noted) == 8 and noted[0] == ({"state": "waiting"}, {"state": "taken"})
        assert "600222333" not in repr([(row.before, row.after) for row in db.session.query(AuditEvent)])


def test_what_a_colleague_has_others_leave_alone(app: Flask) -> None:
    with app.app_context():
        public_id, (ana, ben) = build()
        move(public_id, T, ana)
        for state in (T, R, N, W, C):
            with pytest.raises(TakenByColleague):
                move(public_id, state, ben)
        move(public_id, W, ana)
        move(public_id, T, ben)
        assert wish(public_id).taken_by == ben


def taken_at_once(app: Flask) -> tuple[list[int], list[str]]:
    """Two colleagues take one call in the same moment: who was told that it is theirs, and what the other was told."""
    with app.app_context():
        public_id, staff = build()
    gate, took, told = threading.Barrier(2), [], []

    def take(by: int) -> None:
        with app.app_context():
            callbacks.get(public_id, Visitor(db.session.get_one(Person, by)))
            db.session.rollback()
            gate.wait(10)
            try:
                move(public_id, T, by)
                took.append(by)
            except Refusal as refusal:
                told.append(refusal.code)

    colleagues = [threading.Thread(target=take, args=(by,)) for by in staff]
    for colleague in colleagues:
        colleague.start()
    for colleague in colleagues:
        colleague.join()
    with app.app_context():
        assert wish(public_id).taken_by in took
    return took, told


def test_of_two_who_take_one_call_one_has_it_and_the_other_is_told(both: Flask) -> None:
    took, told = taken_at_once(both)
    assert len(took) == 1 and told == ["taken_by_colleague"]


def test_without_the_lock_both_have_it(both: Flask, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = threading.Barrier(2)

    def look_but_do_not_lock(row: Callback) -> None:
        if both.config["SQLALCHEMY_DATABASE_URI"].startswith("postgres"):
            seen.wait(10)
        else:
            lock(row)

    monkeypatch.setattr(callbacks, "lock", look_but_do_not_lock)
    took, _told = taken_at_once(both)
    # SQLite has one writer at a time whatever the rule does.
    assert len(took) == (2 if both.config["SQLALCHEMY_DATABASE_URI"].startswith("postgres") else 1)


def test_a_second_wish_renews_the_first(app: Flask) -> None:
    with app.app_context():
        with write_tx():
            office = Office(name="Centro", zone="Europe/Madrid")
            other = Office(name="Norte", zone="Europe/Madrid")
            db.session.add_all([office, other])
            db.session.flush()
            person = people.register_guest("Dina", "en").id
            first = callbacks.ask(
                office, name="Dina", phone="+34600222333", language="en", topic="CV", person_id=person
            )
            again = callbacks.ask(
                office, name="Dina", phone="+34600222444", language="ar", topic="Benefits", person_id=person
            )
            elsewhere = callbacks.ask(other, name="Dina", phone="+34600222333", language="en", person_id=person)
            assert again.id == first.id != elsewhere.id
            assert (again.topic, again.language, again.contact.value) == ("Benefits", "ar", "+34600222444")
        for number in ("", "nonsense", "12"):
            with pytest.raises(Refusal):
                write(lambda number=number: callbacks.ask(office, name="X", phone=number, language="en"))
        assert db.session.query(Callback).count() == 2


def test_only_the_desk_of_the_office_sees_a_wish(world: World) -> None:
    call = world.a.things["callback"]
    desk, others = ("operator_a", "counselor_a", "leader_a", "admin"), ("operator_b", "interpreter_a", "jobseeker_a")
    before = world.digest()
    for who in (*desk, *others):
        words = world.browsers[who].get("/staff/waiting").get_data(as_text=True)
        assert (call in words) is (who in desk), who
    for who in others:
        answer = world.browsers[who].post(f"/staff/waiting/calls/{call}", {"state": "taken"})
        assert answer.status_code == 404 and world.digest() == before, who
    for who in desk:
        assert world.browsers[who].post(f"/staff/waiting/calls/{call}", {"state": "taken"}).status_code == 200, who
        assert world.browsers[who].post(f"/staff/waiting/calls/{call}", {"state": "waiting"}).status_code == 200, who
    with world.app.app_context(), pytest.raises(NotFound):
        callbacks.get(call, Visitor(people.get(world.b.people["operator"])))


def test_a_call_from_the_page(world: World) -> None:
    call = f"/staff/waiting/calls/{world.a.things['callback']}"
    operator, leader = world.browsers["operator_a"], world.browsers["leader_a"]
    assert "+34600222333" in operator.get("/staff/waiting").get_data(as_text=True).replace("\u2066", "").replace(
        " ", ""
    )
    assert operator.post(call, {"state": "taken"}).status_code == 200
    words = leader.get("/staff/waiting").get_data(as_text=True)
    assert "A colleague is calling" in words and 'value="reached"' not in words
    answer = leader.post(call, {"state": "taken"})
    assert answer.status_code == 409 and "A colleague has taken this call." in answer.get_data(as_text=True)
    assert 'value="reached"' in operator.get("/staff/waiting").get_data(as_text=True)
    assert operator.post(call, {"state": "reached"}).status_code == 200
    assert world.a.things["callback"] not in operator.get("/staff/waiting").get_data(as_text=True)
    assert operator.post(call, {"state": "taken"}, follow=False).status_code == 409
    for nonsense in ("", "done", "TAKEN"):
        assert operator.post(call, {"state": nonsense}, follow=False).status_code == 422
