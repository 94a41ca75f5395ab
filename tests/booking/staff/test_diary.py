"""Counselors, interpreters and places: added by an invite letter or a name, changed, let go; what is booked stays."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from flask import Flask
from sqlalchemy import select

from accounts.models import Person, RoleGrant
from booking.models import Resource, ServiceResource
from foundation.db import db
from foundation.models import Letter
from tests.booking.pages.conftest import Town
from tests.booking.pages.reading import Reader
from tests.booking.staff.desks import (
    ABSENT,
    LONG,
    assert_absent,
    beside,
    book_for,
    count,
    hours_page,
    kept,
    office_page,
    send_raw,
    state_of,
)

Desk = Callable[[str], Reader]
NEW = "/staff/counselors/new"
SARA = {"kind": "counselor", "name": "Sara Ölçer", "email": "Sara@Example.org", "speaks": "en, tr sign-es"}
SLIPS: list[tuple[dict[str, Any], str, str]] = [
    ({"kind": []}, "kind", "Choose what you add"),
    ({"kind": ["robot"]}, "kind", "Choose one of the answers"),
    ({"name": " "}, "name", "Enter a name"),
    ({"name": LONG}, "name", "Shorten this to 120 characters"),
    ({"email": ""}, "email", "Enter an e-mail address"),
    ({"email": "sara at example"}, "email", "like name@example.org"),
    ({"email": "x" * 250 + "@example.org"}, "email", "Shorten this to 254 characters"),
    ({"speaks": "English!"}, "speaks", "language codes with commas"),
    ({"speaks": "en, " * 40}, "speaks", "Shorten this to 100 characters"),
]


def details_page(app: Flask, name: str) -> str:
    return hours_page(app, name).replace("/hours/", "/counselors/") + "/details"


def test_a_counselor_comes_by_invite_letter_and_gets_hours_next(app: Flask, town: Town, desk: Desk) -> None:
    lucia = desk("Lucia")
    form = lucia.open(NEW).form(NEW)
    assert len(form.offers["office"]) == 1, "only offices that the leader leads"
    page = lucia.send(form, **SARA)
    assert "Added. Set the hours next." in page.words
    assert page.path == hours_page(app, "Sara")
    with app.app_context():
        sara = db.session.scalars(select(Resource).where(Resource.name == "Sara Ölçer")).one()
        assert sara.features == ["language:en", "language:tr", "language:sign-es"]
        letter = db.session.scalars(select(Letter).where(Letter.kind == "invite")).one()
        assert letter.person_id == sara.person_id
        assert letter.state == "waiting"
        roles = select(RoleGrant.role, RoleGrant.office_id).where(RoleGrant.person_id == sara.person_id)
        assert [tuple(row) for row in db.session.execute(roles)] == [("counselor", town.office_id)]


def test_an_interpreter_and_a_place(app: Flask, town: Town, desk: Desk) -> None:
    lucia = desk("Lucia")
    form = lucia.open(NEW).form(NEW)
    lucia.send(form, kind="interpreter", name="Noor Two", email="noor@example.org", speaks="ar")
    lucia.send(form, kind="place", name="Desk 3", step_free="y")
    with app.app_context():
        made = {row.name: (row.kind, row.features) for row in db.session.scalars(select(Resource))}
        assert made["Noor Two"] == ("interpreter", ["language:ar"])
        assert made["Desk 3"] == ("place", ["step_free"])


def test_slips_are_told_beside_their_fields(app: Flask, town: Town, desk: Desk) -> None:
    lucia = desk("Lucia")
    form = lucia.open(NEW).form(NEW)
    before = count(app, Resource), count(app, Person), count(app, Letter)
    for typed, field, said in SLIPS:
        page = lucia.send(form, **{**SARA, **typed})
        assert page.status == 422, typed
        assert said in beside(page, field)
        kept(page, NEW, **{name: value for name, value in {**SARA, **typed}.items() if name != "kind"})
    norte = office_page(app, "Norte").rpartition("/")[2]
    page = lucia.send(form, **SARA, office=norte)
    assert "Choose one of the answers" in beside(page, "office"), "an office of other people is no answer"
    assert send_raw(lucia, form, **SARA, csrf_token="").status_code == 400
    assert (count(app, Resource), count(app, Person), count(app, Letter)) == before


def test_who_works_here_already_is_said_beside_the_address(app: Flask, town: Town, desk: Desk) -> None:
    lucia = desk("Lucia")
    page = lucia.send(lucia.open(NEW).form(NEW), kind="counselor", name="Ines", email="INES@example.org")
    assert "already works at this office" in beside(page, "email")
    kept(page, NEW, name="Ines", email="INES@example.org")


def test_details_are_changed_and_the_second_of_two_editors_is_told(app: Flask, town: Town, desk: Desk) -> None:
    lucia, ada = desk("Lucia"), desk("Ada")
    path = details_page(app, "Ines")
    hers, theirs = lucia.open(path), ada.open(path)
    assert hers.form(path).values["speaks"] == ["es, en"]
    book_for(app, town, datetime(2026, 11, 24, 9, tzinfo=UTC))
    page = ada.send(theirs.form(path), speaks="es, en, ar", modalities=["video"])
    assert page.status == 200, "a booking in between is no edit"
    page = lucia.send(hers.form(path), name="Inés Ferrer")
    assert page.status == 422
    assert "A colleague saved changes" in page.words
    assert "es, en, ar" in beside(page, "speaks")
    assert "Video" in beside(page, "modalities")
    kept(page, path, name="Inés Ferrer", speaks="es, en")
    lucia.send(page.form(path), speaks="es, en, ar", modalities=["video"])
    with app.app_context():
        ines = db.session.get_one(Resource, town.counselors[0])
        assert (ines.name, ines.modalities) == ("Inés Ferrer", ["video"])
        assert ines.features == ["language:es", "language:en", "language:ar"]


def test_saving_details_unchanged_in_arabic_changes_nothing(app: Flask, town: Town, desk: Desk) -> None:
    lucia, path = desk("Lucia"), details_page(app, "Ines")
    lucia.open("/language/ar")
    form = lucia.open(path).form(path)
    assert form.values["speaks"] == ["es, en"], "what is typed has no commas of a language"
    lucia.send(form)
    lucia.send(lucia.open(path).form(path), speaks="es، en، ar")
    assert lucia.open(path).form(path).values["speaks"] == ["es, en, ar"]


def test_slips_in_the_details(app: Flask, town: Town, desk: Desk) -> None:
    lucia = desk("Lucia")
    path = details_page(app, "Ines")
    form = lucia.open(path).form(path)
    for typed, field, said in (
        ({"name": LONG, "speaks": "en"}, "name", "Shorten this to 120 characters"),
        ({"name": "Ines", "speaks": "???"}, "speaks", "language codes with commas"),
    ):
        page = lucia.send(form, **typed)
        assert page.status == 422
        assert said in beside(page, field)
        kept(page, path, **typed)


def test_who_leaves_is_booked_no_more_and_what_is_booked_is_listed_and_kept(app: Flask, town: Town, desk: Desk) -> None:
    booked = book_for(app, town, datetime(2026, 11, 24, 9, tzinfo=UTC))
    book_for(app, town, datetime(2026, 11, 24, 11, tzinfo=UTC), "Bo")
    lucia = desk("Lucia")
    page = lucia.open(details_page(app, "Ines"))
    page = lucia.send(page.form("/leaving"))
    assert "2 appointments lie in this time. Nothing was cancelled" in page.words
    assert "Amal" in page.words
    assert "Bo" in page.words
    assert lucia.open(page.link("Move or cancel")).status == 200
    assert state_of(app, booked) == "booked"
    assert "No longer here" in lucia.open("/staff/counselors").words
    with app.app_context():
        assert db.session.scalars(select(ServiceResource).where(ServiceResource.service_id == town.talk_id)).all() == []
    page = lucia.open(f"/book/{town.talk}/2026-11-25")
    assert [form for form in page.forms if form.action.endswith("/holds")] == []
    lucia.send(lucia.open(NEW).form(NEW), kind="counselor", name="Ines", email="ines@example.org", speaks="es")
    with app.app_context():
        assert db.session.get_one(Resource, town.counselors[0]).active, "the same diary comes back"


def test_another_office_s_people_look_absent(app: Flask, town: Town, desk: Desk) -> None:
    nora, omar = desk("Nora"), desk("Omar")
    path = details_page(app, "Ines")
    missing = path.replace(path.split("/")[3], ABSENT)
    for reader in (nora, omar):
        assert_absent(reader, "GET", path, missing)
        assert_absent(reader, "POST", path, missing, name="Mine")
        leaving = path.replace("/details", "/leaving")
        assert_absent(reader, "POST", leaving, missing.replace("/details", "/leaving"))
    assert "Ines" not in nora.open("/staff/counselors").words
    with app.app_context():
        ines = db.session.get_one(Resource, town.counselors[0])
        assert (ines.name, ines.active) == ("Ines Ferrer", True)
