"""Who comes beside the counselor hears what holds, once: asked, replaced, asked again, and nothing after that."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

from flask import Flask
from sqlalchemy import select

from accounts import people
from accounts.models import Role
from booking import appointments, finder, handing_over
from booking.appointments import BookingWish
from booking.models import Resource, WorkingHours
from foundation.db import db, write, write_tx
from tests.booking.pages.conftest import Town
from tests.postbox import Postbox

from .conftest import TEN, Act

Work = Callable[[], None]


def interpreters(app: Flask, town: Town) -> dict[str, int]:
    """Noor and Ravi with open diaries; ids by name."""
    with app.app_context(), write_tx():
        return {name: _interpreter(name, town) for name in ("Noor", "Ravi")}


def _interpreter(name: str, town: Town) -> int:
    person = people.create_staff(name, f"{name.lower()}@example.org", "en", [(Role.INTERPRETER, town.office_id)])
    facts = {"kind": "interpreter", "name": name, "office_id": town.office_id, "person_id": person.id}
    diary = Resource(**facts, features=["language:en"])
    db.session.add(diary)
    db.session.flush()
    since = TEN.date() - timedelta(days=9)
    for day in range(5):
        db.session.add(WorkingHours(resource_id=diary.id, weekday=day, opens=540, closes=840, valid_from=since))
    return diary.id


def booked(app: Flask, town: Town) -> str:
    with app.test_request_context():
        query = finder.Query(town.talk_id, "video", "en", ("interpreter",))
        wish = BookingWish("Amal", "en", query=query, starts_at=TEN, email="amal@example.org", needs=("interpreter",))
        return write(lambda: appointments.book(wish).public_id)


def give(act: Act, public_id: str, leaving: int, to: int) -> None:
    """Hand the interpreter's place over."""

    def rule(appointment: object) -> object:
        one, other = (db.session.get_one(Resource, number) for number in (leaving, to))
        return handing_over.hand_over(appointment, one, other)  # type: ignore[arg-type]

    act(public_id, rule)


def who(app: Flask, public_id: str, diaries: dict[str, int]) -> tuple[str, str]:
    """Who interprets, and the other one."""
    with app.app_context():
        query = select(Resource.name).where(Resource.kind == "interpreter")
        mine = [
            one.name
            for one in db.session.scalars(select(appointments.Appointment).filter_by(public_id=public_id))
            .one()
            .resources
            if one.kind == "interpreter"
        ]
        assert set(db.session.scalars(query)) == set(diaries)
    return mine[0], next(one for one in diaries if one != mine[0])


def told(box: Postbox) -> Counter[tuple[str, str]]:
    """(first name, asked or released) of every letter to a colleague."""
    found: Counter[tuple[str, str]] = Counter()
    for one in box.got:
        name = str(one["To"]).partition("@")[0]
        if name != "amal":
            found[name, "asked" if "You are needed" in str(one["Subject"]) else "released"] += 1
    return found


def test_who_takes_over_before_a_letter_left_is_asked(
    app: Flask, town: Town, box: Postbox, act: Act, work: Work
) -> None:
    diaries = interpreters(app, town)
    public_id = booked(app, town)
    first, second = who(app, public_id, diaries)
    give(act, public_id, diaries[first], diaries[second])
    work()
    assert told(box)[second.lower(), "asked"] == 1
    assert told(box)[first.lower(), "asked"] == 0


def test_there_and_back_again(app: Flask, town: Town, box: Postbox, act: Act, work: Work) -> None:
    diaries = interpreters(app, town)
    public_id = booked(app, town)
    first, second = who(app, public_id, diaries)
    work()
    for leaving, to in ((first, second), (second, first)):
        give(act, public_id, diaries[leaving], diaries[to])
        work()
    assert told(box) == {
        (first.lower(), "asked"): 2,
        (first.lower(), "released"): 1,
        (second.lower(), "asked"): 1,
        (second.lower(), "released"): 1,
    }
    act(public_id, lambda one: appointments.cancel(one, "person"))
    work()
    assert told(box)[first.lower(), "released"] == 2
    assert told(box)[second.lower(), "released"] == 1, "who was told that they are free hears no more of it"
