"""Colleagues at their desks in the small town of the page tests: who they are, and what stands on a page beside a field."""

from __future__ import annotations

import html
import re
from typing import Any

from flask import Flask, session
from sqlalchemy import func, select
from werkzeug.test import TestResponse

from accounts import browsers, people
from accounts.models import Person, Role
from booking import appointments, finder
from booking.appointments import BookingWish
from booking.models import Appointment, Resource
from foundation.db import Base, db, write, write_tx
from tests.application import Browser
from tests.booking.pages.conftest import Town
from tests.booking.pages.reading import FormSeen, Page, Reader
from virtual_office.offices.models import Office

LONG = "Ñandú " * 850
"""5 100 letters."""
ABSENT = "A" * 22
"""A public id that nothing has."""


def staff(town: Town) -> None:
    """Who works in the town besides the counselors: leaders of both offices, an operator of each, an administrator of all."""
    norte = db.session.scalars(select(Office.id).where(Office.name == "Norte")).one()
    for name, role, office_id in (
        ("Lucia", Role.TEAM_LEADER, town.office_id),
        ("Nora", Role.TEAM_LEADER, norte),
        ("Tomas", Role.OPERATOR, town.office_id),
        ("Nils", Role.OPERATOR, norte),
        ("Ada", Role.ADMIN, None),
    ):
        people.create_staff(name, f"{name.lower()}@example.org", "en", [(role, office_id)])


def sit_down(app: Flask, name: str) -> Reader:
    """The browser of a colleague who has signed in."""
    browser = Browser(app)
    with app.test_request_context():
        with write_tx():
            browsers.enter(db.session.scalars(select(Person).where(Person.name.startswith(name))).one())
        kept = dict(session)
    with browser.client.session_transaction() as cookie:
        cookie.update(kept)
    return Reader(browser)


def beside(page: Page, field: str) -> str:
    """The message beside a field."""
    found = re.search(rf'<p id="{field}-error"[^>]*>(.*?)</p>', page.html, re.DOTALL)
    assert found is not None, f"no message beside {field!r} on {page.path}: {page.words[:600]}"
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", found[1])).split())


def send_raw(reader: Reader, form: FormSeen, **typed: Any) -> TestResponse:
    """The same as `Reader.send` without following, for answers that matter as such."""
    return reader.browser.client.post(form.action, data={**form.values, **typed})


def kept(page: Page, form: str, **typed: Any) -> None:
    """Everything that was typed still stands in the form."""
    values = page.form(form).values
    for name, value in typed.items():
        wanted = value if isinstance(value, list) else [value.strip()]
        assert values.get(name, []) == wanted, (name, values.get(name))


def count(app: Flask, model: type[Base]) -> int:
    """Rows of a table."""
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


def hours_page(app: Flask, name: str) -> str:
    """The address of somebody's hours."""
    with app.app_context():
        found = db.session.scalars(select(Resource.public_id).where(Resource.name.startswith(name))).one()
        return f"/staff/hours/{found}"


def office_page(app: Flask, name: str) -> str:
    """The address of an office's page."""
    with app.app_context():
        return f"/staff/offices/{db.session.scalars(select(Office.public_id).where(Office.name == name)).one()}"


def book_for(app: Flask, town: Town, starts_at: Any, name: str = "Amal", **more: Any) -> str:
    """Somebody books a talk at Centro and gives an e-mail address; gives the appointment's public id."""
    modality = more.pop("modality", "video")
    with app.test_request_context():
        email = more.pop("email", f"{name.lower()}@example.org")
        query = finder.Query(town.talk_id, modality)
        wish = BookingWish(name, "en", query=query, starts_at=starts_at, email=email, **more)
        return write(lambda: appointments.book(wish).public_id)


def state_of(app: Flask, public_id: str) -> str:
    """Of an appointment."""
    with app.app_context():
        return db.session.scalars(select(Appointment.state).where(Appointment.public_id == public_id)).one()


def assert_absent(reader: Reader, method: str, path: str, missing: str, **data: Any) -> None:
    """What is not theirs answers like what is not there, word for word."""
    data["csrf_token"] = reader.browser.token()
    answers = [reader.browser.client.open(one, method=method, data=data) for one in (path, missing)]
    assert [answer.status_code for answer in answers] == [404, 404], path
    first, second = (
        TOKEN.sub(b"", answer.data.replace(one.encode(), b""))
        for answer, one in zip(answers, (path, missing), strict=True)
    )
    assert first == second


TOKEN = re.compile(rb'(name="csrf_token" value=|next=)"?[^"]*"')


def make_admin_of(app: Flask, name: str, office_id: int) -> None:
    """Let somebody administrate one office."""
    with app.app_context(), write_tx():
        people.grant(db.session.scalars(select(Person).where(Person.name == name)).one(), Role.ADMIN, office_id)
