"""The JSON API as programs and our own pages use it: contracts, problems, tokens, hostile input."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from itsdangerous import URLSafeTimedSerializer
from werkzeug.test import TestResponse

from accounts import tokens
from accounts.models import Person, Role
from booking import invariants
from booking.models import Appointment, Service
from foundation import clock
from foundation.db import db, write, write_tx
from tests.application import running
from tests.booking.world import NOW, World, add_person, build, later

API = "/api/v1"


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    with clock.frozen(NOW):
        yield


@pytest.fixture
def world(app: Flask) -> Iterator[World]:
    with app.app_context():
        made = build(2, interpreters=1)
    yield made
    with app.app_context():
        assert list(invariants.check()) == []


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def z(minutes: int = 0) -> str:
    return later(minutes).strftime("%Y-%m-%dT%H:%M:%SZ")


def wanted(world: World, minutes: int = 0, **more: Any) -> dict[str, Any]:
    what = {"service": world.service_public, "starts_at": z(minutes), "modality": "video"}
    return {**what, "name": "Bo", "email": "bo@example.org", **more}


def book(client: FlaskClient, body: Any, key: str = "", token: str = "") -> TestResponse:
    headers = {"Idempotency-Key": key} if key else {}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    return client.post(f"{API}/appointments", json=body, headers=headers)


def is_problem(answer: TestResponse, status: int, code: str) -> dict[str, Any]:
    assert answer.status_code == status, answer.text
    assert answer.content_type == "application/problem+json"
    body: dict[str, Any] = answer.get_json()
    assert body["code"] == code and body["status"] == status and body["title"]
    return body


def test_services_days_and_slots(client: FlaskClient, world: World) -> None:
    (service,) = client.get(f"{API}/services").get_json()
    assert service == {
        "id": world.service_public,
        "name": "Talk to a counselor",
        "office": "Madrid Centro",
        "modalities": ["video", "phone", "chat", "in_person"],
        "minutes": 30,
    }
    days = client.get(f"{API}/services/{world.service_public}/days?from=2026-11-24&to=2026-11-25&modality=video")
    assert days.get_json() == [{"on": "2026-11-24", "free": 16}, {"on": "2026-11-25", "free": 16}]
    assert len(client.get(f"{API}/services/{world.service_public}/days").get_json()) == 60
    slots = client.get(f"{API}/services/{world.service_public}/slots?on=2026-11-24").get_json()
    assert slots[2] == {"starts_at": z(), "ends_at": z(30), "free": 2}
    needs = client.get(f"{API}/services/{world.service_public}/slots?on=2026-11-24&needs=interpreter&language=ar")
    assert needs.get_json()[2]["free"] == 1


def test_days_are_small_and_answered_304_until_something_changes(client: FlaskClient, world: World) -> None:
    path = f"{API}/services/{world.service_public}/days"
    first = client.get(path)
    assert len(first.data) < 20_000
    again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    book(client, wanted(world))
    book(client, wanted(world))
    assert client.get(path, headers={"If-None-Match": first.headers["ETag"]}).status_code == 200


def test_coarse_services_give_no_counts(app: Flask, client: FlaskClient, world: World) -> None:
    with app.app_context(), write_tx():
        db.session.get_one(Service, world.service).detail = "coarse"
    assert client.get(f"{API}/services/{world.service_public}/days").get_json()[1]["free"] is True
    assert client.get(f"{API}/services/{world.service_public}/slots?on=2026-11-24").get_json()[0]["free"] is True


def test_hold_then_book_then_taken(client: FlaskClient, world: World) -> None:
    what = {"service": world.service_public, "starts_at": z(), "modality": "video", "language": "en", "needs": []}
    holds = [client.post(f"{API}/holds", json=what) for _ in range(3)]
    assert [answer.status_code for answer in holds] == [201, 201, 409]
    assert holds[0].get_json()["expires_at"] == "2026-11-23T08:08:00Z"
    problem = is_problem(holds[2], 409, "slot_taken")
    assert [slot["starts_at"] for slot in problem["alternatives"]] == [z(-60), z(-30), z(30)]
    booked = book(
        client, {"hold": holds[0].get_json()["hold"], "name": "Bo", "email": "bo@example.org", "language": "en"}
    )
    assert booked.status_code == 201
    body = booked.get_json()
    assert set(body) == {"id", "reference", "starts_at", "manage_url", "join_url"}
    assert body["starts_at"] == z() and "/m/" in body["manage_url"] and "/j/" in body["join_url"]
    is_problem(book(client, {"hold": holds[0].get_json()["hold"], "name": "Bo"}), 409, "hold_gone")


def test_book_at_once_and_the_same_key_again(client: FlaskClient, world: World) -> None:
    first = book(client, wanted(world), "k1")
    again = book(client, wanted(world), "k1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.get_json() == again.get_json()
    is_problem(book(client, wanted(world, 30), "k1"), 422, "idempotency_mismatch")
    assert book(client, wanted(world), "k2").get_json()["id"] != first.get_json()["id"]
    assert is_problem(book(client, wanted(world), "k3"), 409, "slot_taken")["alternatives"]
    is_problem(book(client, wanted(world), "x" * 256), 422, "input_wrong")


def test_neither_email_nor_phone(app: Flask, client: FlaskClient, world: World) -> None:
    body = wanted(world, modality="in_person")
    del body["email"]
    booked = book(client, body).get_json()
    assert booked["join_url"] is None
    with app.app_context():
        assert db.session.query(Appointment).one().told_how == "shown"


def test_cancel_and_move_with_the_manage_token(app: Flask, client: FlaskClient, world: World) -> None:
    booked = book(client, wanted(world)).get_json()
    other = book(client, wanted(world, 30)).get_json()
    token, foreign = booked["manage_url"].split("/")[-1], other["manage_url"].split("/")[-1]
    where = f"{API}/appointments/{booked['id']}"
    for wrong in (foreign, "", "nonsense", booked["join_url"].split("/")[-1]):
        is_problem(client.post(f"{where}/move", json={"starts_at": z(60), "token": wrong}), 404, "not_found")
        is_problem(client.post(f"{where}/cancellation", json={"token": wrong}), 404, "not_found")
    is_problem(client.post(f"{where}/move", json={"starts_at": z(-600), "token": token}), 422, "unknown_time")
    moved = client.post(f"{where}/move?token={token}", json={"starts_at": z(60)})
    assert (moved.status_code, moved.get_json()["starts_at"]) == (200, z(60))
    assert moved.get_json()["id"] == booked["id"]
    for _ in range(2):
        done = client.post(f"{where}/cancellation?token={token}")
        assert (done.status_code, done.get_json()) == (200, {"id": booked["id"], "state": "cancelled_by_person"})
    is_problem(client.post(f"{where}/move?token={token}", json={"starts_at": z(90)}), 409, "wrong_state")


def test_bearer_tokens_of_staff(app: Flask, client: FlaskClient, world: World, new_person: Callable[..., int]) -> None:
    operator = new_person(app, "Tomas", (Role.OPERATOR, world.office))
    stranger = new_person(app, "Else", (Role.OPERATOR, _another_office(app)))
    with app.app_context():
        secret, other = (
            write(lambda who=who: tokens.create(db.session.get_one(Person, who), "t", 1))
            for who in (operator, stranger)
        )
        amal = add_person("Amal", "amal@example.org")
        amal_id = db.session.get_one(Person, amal).public_id
    booked = book(client, wanted(world, name="", email="", on_behalf_of=amal_id), token=secret)
    assert booked.status_code == 201
    with app.app_context():
        row = db.session.query(Appointment).one()
        assert (row.person_id, row.booked_by) == (amal, operator)
    is_problem(book(client, wanted(world, 30, on_behalf_of=amal_id), token=other), 422, "input_wrong")
    is_problem(book(client, wanted(world, 30, on_behalf_of=amal_id)), 422, "input_wrong")
    is_problem(book(client, wanted(world, 30), token="vo_wrong"), 404, "not_found")
    where = f"{API}/appointments/{booked.get_json()['id']}/cancellation"
    is_problem(client.post(where, headers={"Authorization": f"Bearer {other}"}), 404, "not_found")
    done = client.post(where, headers={"Authorization": f"Bearer {secret}"})
    assert done.get_json()["state"] == "cancelled_by_office"


def test_a_signed_in_person_books_for_themselves_and_not_twice_at_once(
    app: Flask, client_for: Callable[..., FlaskClient], world: World
) -> None:
    with app.app_context():
        amal = add_person("Amal", "amal@example.org")
    client = client_for(app, amal)
    assert book(client, wanted(world, name="", email="")).status_code == 201
    is_problem(book(client, wanted(world, name="", email="")), 409, "person_busy")
    with app.app_context():
        assert db.session.query(Appointment).one().person_id == amal


def test_wrong_fields_are_named(client: FlaskClient, world: World) -> None:
    problem = is_problem(
        book(client, {"starts_at": 5, "needs": ["magic"], "language": "klingon", "service": "x", "color": 1}),
        422,
        "fields_wrong",
    )
    assert set(problem["fields"]) == {"starts_at", "needs", "language", "service", "color"}
    assert set(is_problem(book(client, {}), 422, "fields_wrong")["fields"]) == {"hold"}
    path = f"{API}/services/{world.service_public}"
    assert "on" in is_problem(client.get(f"{path}/slots?on=tomorrow"), 422, "fields_wrong")["fields"]
    is_problem(client.get(f"{path}/slots"), 422, "fields_wrong")
    is_problem(client.get(f"{path}/days?from=2026-01-01&to=2027-01-01"), 422, "input_wrong")
    is_problem(client.get(f"{path}/days?from=9999-12-31"), 422, "input_wrong")
    is_problem(client.get(f"{path}/days?from=2026-11-25&to=2026-11-24"), 422, "input_wrong")
    is_problem(client.get(f"{path}/days?modality=telepathy"), 422, "not_offered")
    is_problem(book(client, wanted(world, name=" ")), 422, "input_wrong")
    is_problem(book(client, wanted(world, email="nobody")), 422, "input_wrong")
    is_problem(book(client, wanted(world, modality="")), 422, "input_wrong")
    is_problem(book(client, wanted(world, modality="phone")), 422, "input_wrong")


@pytest.mark.parametrize(
    ("starts_at", "status", "code"),
    [
        ("2026-11-20T09:00:00Z", 422, "slot_past"),
        ("2027-11-24T09:00:00Z", 422, "too_far"),
        ("2026-11-24T09:10:00Z", 422, "unknown_time"),
        ("2026-11-24T03:00:00Z", 422, "unknown_time"),
        ("2027-03-28T02:30", 422, "skipped_time"),
        ("soon", 422, "input_wrong"),
        ("2026-11-24T09:00:00.000001Z", 422, "unknown_time"),
    ],
)
def test_wrong_times_have_their_own_reasons(
    client: FlaskClient, world: World, starts_at: str, status: int, code: str
) -> None:
    is_problem(book(client, {**wanted(world), "starts_at": starts_at}), status, code)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"x"',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"name":' * 5000,
        b'{"service": {"$ne": 1}}',
        b'{"needs": {}}',
    ],
)
def test_malformed_json_is_answered_not_crashed_on(client: FlaskClient, world: World, body: bytes) -> None:
    for door in (
        "holds",
        "appointments",
        "appointments/AAAAAAAAAAAAAAAAAAAAAA/move",
        "appointments/AAAAAAAAAAAAAAAAAAAAAA/cancellation",
    ):
        for kind in ("application/json", "text/plain", ""):
            answer = client.post(f"{API}/{door}", data=body, content_type=kind)
            assert 400 <= answer.status_code < 500, (door, kind, answer.status_code)


@pytest.mark.parametrize(
    "name", ["Bo", "محمد", "李", "👩🏽‍🌾 Rosa", "x" * 200, "O'Brien-Søndergård", "Robert'); DROP TABLE person;--"]
)
def test_names_of_any_script(client: FlaskClient, world: World, name: str) -> None:
    assert book(client, wanted(world, name=name)).status_code == 201


def test_too_long_and_nul(both: Flask) -> None:
    with both.app_context():
        world = build(1)
    client = both.test_client()
    is_problem(book(client, wanted(world, name="x" * 10_000)), 422, "input_wrong")
    is_problem(book(client, wanted(world, name="x" * 10_001)), 422, "fields_wrong")
    assert book(client, wanted(world, name="B\x00o")).status_code == 201
    nul = "\x00" * 22
    is_problem(book(client, wanted(world, service=nul)), 422, "fields_wrong")
    is_problem(client.get(f"{API}/services/%00/days"), 404, "not_found")
    is_problem(client.post(f"{API}/appointments/{'%00' * 22}/cancellation", json={"token": "a\x00"}), 404, "not_found")


def test_unknown_addresses_speak_json_too(client: FlaskClient, world: World) -> None:
    is_problem(client.get(f"{API}/nothing"), 404, "not_found")
    is_problem(client.delete(f"{API}/holds"), 404, "not_found")
    is_problem(client.get(f"{API}/services/AAAAAAAAAAAAAAAAAAAAAA/days"), 404, "not_found")


def test_openapi_names_every_door(client: FlaskClient) -> None:
    document = json.loads(client.get(f"{API}/openapi.json").data)
    assert set(document["paths"]) == {
        "/api/v1/services",
        "/api/v1/services/{service_id}/days",
        "/api/v1/services/{service_id}/slots",
        "/api/v1/holds",
        "/api/v1/appointments",
        "/api/v1/appointments/{appointment_id}/cancellation",
        "/api/v1/appointments/{appointment_id}/move",
    }


class TestWithoutBearer:
    """What keeps programs from emptying the calendar: form token, time to type, quotas."""

    @pytest.fixture
    def app(self, tmp_path: Path) -> Iterator[Flask]:
        # The library that checks form tokens reads the machine's clock: on any other day they would be too old.
        with time_machine.travel(NOW, tick=False), running(tmp_path / "strict") as made:
            yield made

    def send(
        self, app: Flask, client: FlaskClient, door: str, body: Any, age: int | None = 10, **headers: str
    ) -> TestResponse:
        if age is not None:
            with client.session_transaction() as cookie:
                secret = cookie.setdefault("csrf_token", "0" * 40)
            signer = URLSafeTimedSerializer(str(app.secret_key), salt="wtf-csrf-token")
            with clock.frozen(NOW):
                headers["X-CSRFToken"] = _signed_at(signer, secret, age)
        return client.post(f"{API}/{door}", json=body, headers=headers)

    def test_no_form_token_no_booking(self, app: Flask, world: World) -> None:
        client = app.test_client()
        is_problem(self.send(app, client, "appointments", wanted(world), age=None), 400, "form_too_old")
        is_problem(self.send(app, client, "holds", wanted(world), age=None), 400, "form_too_old")

    def test_nobody_types_in_a_second(self, app: Flask, world: World) -> None:
        client = app.test_client()
        is_problem(self.send(app, client, "appointments", wanted(world), age=1), 422, "too_fast")
        assert self.send(app, client, "appointments", wanted(world), age=20).status_code == 201

    def test_one_hold_each_and_few_for_one_address(self, app: Flask, world: World) -> None:
        client = app.test_client()
        what = {"service": world.service_public, "modality": "video"}
        answers = [self.send(app, client, "holds", {**what, "starts_at": z(30 * n)}) for n in range(4)]
        assert [answer.status_code for answer in answers] == [201, 201, 201, 429]
        assert answers[3].headers["Retry-After"]
        slots = client.get(f"{API}/services/{world.service_public}/slots?on=2026-11-24").get_json()
        assert [slot["free"] for slot in slots if slot["starts_at"] in (z(), z(30), z(60))] == [2, 2, 1]


def _signed_at(signer: URLSafeTimedSerializer, secret: str, age: int) -> str:
    """A form token made `age` seconds before now, as the clock of this test says."""
    made = int((NOW - timedelta(seconds=age)).timestamp())
    timed = signer.make_signer(signer.salt)
    timed.get_timestamp = lambda: made  # type: ignore[method-assign]
    return timed.sign(signer.dump_payload(secret)).decode()


def _another_office(app: Flask) -> int:
    with app.app_context():
        return build(1).office
