"""From an empty database to a booked appointment, by HTTP, forms and letters alone: nothing is seeded."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from flask import Flask
from sqlalchemy import select

from accounts import passwords
from accounts.models import Person, Role
from booking import invariants
from booking.models import Appointment
from foundation import worker
from foundation.db import db
from tests.application import Browser, running
from tests.booking.mail_program import invitation, part
from tests.booking.pages.conftest import Time
from tests.booking.pages.reading import Page, Reader
from tests.booking.staff.desks import LONG, beside, kept
from tests.postbox import Postbox, postbox
from virtual_office.offices.models import Office

WORDS = "four quiet herons landing"
LINK = re.compile(r"https?://[^/\s]+(/new-password/\S+)")


@pytest.fixture(autouse=True)
def quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Hashes of a millisecond: the same code, less memory."""
    monkeypatch.setattr(passwords, "hasher", PasswordHasher(time_cost=1, memory_cost=64, parallelism=1))


@pytest.fixture
def box() -> Iterator[Postbox]:
    with postbox() as opened:
        yield opened


@pytest.fixture
def app(tmp_path: Path, time: Time, box: Postbox) -> Iterator[Flask]:
    with running(tmp_path / "instance", VO_SMTP_URL=box.url) as made:
        yield made


def new_reader(app: Flask) -> Reader:
    return Reader(Browser(app))


def first_run(app: Flask, admin: Reader) -> Page:
    """The first administrator makes an account with the code from the instance folder."""
    page = admin.open("/first-run")
    code = (app.config["VO"].folder / "setup-code").read_text().strip()
    form = page.form("/first-run")
    fine = {"code": code, "name": "Ada Admin", "email": "ada@example.org", "password": WORDS}
    for typed, field, said in (
        ({"code": "guess"}, "code", "not the code in the file"),
        ({"name": LONG}, "name", "at most 200 characters"),
        ({"email": "ada"}, "email", "like name@example.org"),
        ({"password": "short"}, "password", "12"),
    ):
        page = admin.send(form, **{**fine, **typed})
        assert page.status == 422, typed
        assert said in beside(page, field)
        kept(page, "/first-run", name={**fine, **typed}["name"], email={**fine, **typed}["email"])
    return admin.send(page.form("/first-run"), **fine)


def accept(app: Flask, box: Postbox) -> Reader:
    """The invited colleague opens the letter's link and chooses a password."""
    worker.look(app)
    [letter] = box.take()
    link = LINK.search(part(letter, "text/plain"))
    assert link is not None
    colleague = new_reader(app)
    page = colleague.open(link[1])
    page = colleague.send(page.form("/new-password"), password="seven brown owls asleep")
    assert colleague.browser.signed_in
    return colleague


def test_the_whole_way(app: Flask, time: Time, box: Postbox) -> None:
    admin = new_reader(app)
    front = admin.open("/")
    assert front.link("Set up the service") == "/first-run"
    assert admin.open("/book").status == 200, "nothing to book yet, and no crash"
    first_run(app, admin)
    assert admin.browser.signed_in
    assert new_reader(app).open("/first-run").status == 404, "gone once there is an administrator"
    assert "Set up the service" not in admin.open("/").words

    page = admin.follow(admin.follow(admin.open("/staff/offices"), "Offices"), "Open an office")
    page = admin.send(
        page.form("/offices/new"), name="Centro", address="Calle Mayor 1", zone="Europe/Madrid", phone="900 100 200",
        phone_cost="free", region="ES-MD", day0="09:00-14:00",
    )  # fmt: skip
    assert "The office is open. Add services and counselors next." in page.words

    page = admin.follow(admin.follow(page, "Services"), "Open a service")
    assert "This office has no counselor yet" in page.words
    page = admin.send(page.form(page.path), name="Guidance talk", minutes="30", step_minutes="30", modalities=["video"])
    assert "Guidance talk" in page.words
    service = page.link("Guidance talk")

    page = admin.follow(admin.follow(page, "Counselors and places"), "Add a counselor")
    page = admin.send(
        page.form("/new"), kind="counselor", name="Ines Ferrer", email="ines@example.org", speaks="es, en"
    )
    assert "Added. Set the hours next." in page.words

    guest = new_reader(app)
    public = service.replace("/staff/services/", "/book/")
    page = guest.open(f"{public}/2026-11-24")
    assert [form for form in page.forms if form.action.endswith("/holds")] == [], "nobody gives it, nobody has hours"

    page = admin.open(service)
    giver = page.form(service).offers["counselors"]
    admin.send(page.form(service), counselors=giver)

    ines = accept(app, box)
    page = ines.open("/staff/hours")
    assert "No weekly hours yet" in page.words
    page = ines.send(page.form("/weekly"), weekday=["0", "1", "2", "3", "4"], opens="09:00", closes="13:00")
    assert "Saved." in page.words

    page = guest.follow(guest.open("/"), "Book")
    assert "Guidance talk" in page.words
    assert guest.open(public).link("24").endswith("/2026-11-24")
    page = guest.open(f"{public}/2026-11-24")
    times = page.form("/holds").offers["starts_at"]
    assert len(times) == 8, "nine to one, every half hour"
    ten = datetime(2026, 11, 24, 9, tzinfo=UTC)
    assert ten in [datetime.fromisoformat(one) for one in times]
    page = guest.send(page.form("/holds"), starts_at=times[2])
    time.pass_(seconds=20)
    page = guest.send(page.form(page.path), name="أمل", email="amal@example.org", modality="video")
    page = guest.send(page.form("/appointment"))
    assert page.path.endswith("/confirmation")

    worker.look(app)
    [letter] = box.take()
    assert letter["To"] == "amal@example.org"
    assert invitation(letter).starts_at == ten
    assert "أمل" in ines.open("/today?on=2026-11-24").words
    page = guest.open(f"{public}/2026-11-24")
    assert len(page.form("/holds").offers["starts_at"]) < 8, "the time is taken"
    with app.app_context():
        assert db.session.scalars(select(Appointment.state)).all() == ["booked"]
        assert db.session.scalars(select(Office.name)).all() == ["Centro"]
        assert list(invariants.check()) == []


def test_the_command_makes_an_administrator_too(app: Flask, box: Postbox) -> None:
    run = app.test_cli_runner().invoke
    given = ["people", "create-admin", "--name", "Ada", "--email", "ada@example.org", "--password-stdin"]
    refused = run(args=given, input="short\n")
    assert refused.exit_code == 1
    assert "12" in refused.output
    made = run(args=given, input=WORDS + "\n")
    assert made.exit_code == 0, made.output
    assert "Ada is an administrator." in made.output
    with app.app_context():
        ada = db.session.scalars(select(Person)).one()
        assert [(grant.role, grant.office_id) for grant in ada.grants] == [(Role.ADMIN, None)]
    browser = Browser(app)
    browser.post("/sign-in/password", {"email": "ada@example.org", "password": WORDS})
    assert browser.signed_in
    assert browser.get("/staff/offices/new").status_code == 200
    assert browser.get("/first-run").status_code == 404
    invited = run(args=["people", "create-admin", "--name", "Bea", "--email", "bea@example.org", "--invite"])
    assert "A letter with a link is on its way." in invited.output
    bea = accept(app, box)
    assert bea.open("/staff/offices").status == 200
