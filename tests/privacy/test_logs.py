"""S-27: through the main flows of the running service no name, address, number, token, message or line description gets into a log."""

from __future__ import annotations

import io
import json
import re
import secrets
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import select

from accounts import people
from accounts.models import Person
from booking import appointments, finder, links
from booking.models import Appointment, AppointmentNote
from foundation import clock, logs
from foundation.db import db, write_tx
from tests.application import running
from tests.postbox import Postbox, postbox
from tests.realtime.page import Page, until
from tests.security.world import World, build
from tests.server import Server

NAME, MAIL, PHONE = "Zkcanaryname", "zkcanarymail@zkcanarydomain.example", "+34699873214"
CHAT, NOTE, SDP, REASON = "zkcanarychat", "zkcanarynote", "zkcanarysdp", "zkcanaryreason"
INJECTED = 'Zk\r\ncanaryline {"level": "critical"}'
SETTINGS = {"VO_DEMO": "", "VO_RATE_LIMITS": "off", "VO_BEAT": "0.5"}
TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


class Visit:
    """One browser in front of the real service."""

    def __init__(self, server: Server, cookies: Any = None) -> None:
        self.url, self.line = server.url, requests.Session()
        for one in cookies.values() if cookies else ():
            self.line.cookies.set(one.key, one.value, domain="127.0.0.1", path="/")

    def open(self, path: str) -> str:
        """A page's text."""
        answer = self.line.get(path if path.startswith("http") else self.url + path, timeout=30)
        assert answer.status_code < 500, (path, answer.status_code)
        return answer.text

    def send(self, page: str, path: str, files: dict[str, object] | None = None, **typed: object) -> requests.Response:
        """Post a form with the token that a page has."""
        found = TOKEN.search(page)
        assert found, "no form on this page"
        data = {"csrf_token": found[1], **typed}
        answer = self.line.post(self.url + path, data=data, files=files, timeout=30)
        assert answer.status_code < 500, (path, answer.status_code)
        return answer

    @property
    def cookie(self) -> str:
        """What the browser sends."""
        return "; ".join(f"{one.name}={one.value}" for one in self.line.cookies)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[tuple[Server, World, Postbox]]:
    """The service without the demo, a mail server, and the rows behind them."""
    with postbox() as box, running(tmp_path / "instance", VO_DEMO="1", VO_RATE_LIMITS="off") as app:
        world = build(app)
        env = {**SETTINGS, "VO_SMTP_URL": box.url}
        with Server(app.config["VO"].folder, env=env, patience=120) as server:
            yield server, world, box


def hits(text: str, words: list[str]) -> list[str]:
    """Which words stand in a text, whatever their case."""
    return [word for word in words if word.lower() in text.lower()]


def link_in(box: Postbox, wanted: str) -> str:
    """The newest address with this path in a letter."""

    def look() -> str:
        for message in reversed(box.got):
            body = message.get_body(("plain",))
            found = re.search(rf"https?://\S*{wanted}\S*", body.get_content()) if body else None
            if found:
                return found[0]
        return ""

    return str(until(f"a letter with {wanted}", look, 60))


@pytest.mark.serial
@pytest.mark.timeout(240)
def test_no_canary_sings_in_the_logs(house: tuple[Server, World, Postbox]) -> None:
    server, world, box = house
    with world.app.app_context():
        amal, service, at = _prepare()
    visit = Visit(server)
    counselor, admin = (Visit(server, world.browsers[who].client._cookies) for who in ("counselor_a", "admin"))
    page = visit.open(f"/book?text={NAME}&email={MAIL}")
    # Booked by a program, as a person would: with a wrong key, a foreign field, a name over several lines.
    for name, fine in ((NAME, 201), (INJECTED, 409)):
        body = {"service": service, "starts_at": at, "modality": "phone", "name": name, "email": MAIL, "phone": PHONE}
        headers = {"Idempotency-Key": secrets.token_hex(8), "X-Request-ID": NAME, "User-Agent": CHAT}
        answer = visit.line.post(server.url + "/api/v1/appointments", json=body, headers=headers, timeout=30)
        assert answer.status_code == fine, answer.text
    page = visit.open("/sign-in")
    visit.send(page, "/sign-in", email=MAIL)
    link = link_in(box, "/sign-in/link/")
    page = visit.open(link)
    found = re.search(r'<form[^>]*action="([^"]*)"', page)
    visit.send(page, found[1] if found and found[1] else "/sign-in/link")
    assert "Your data" in visit.open("/account/data"), "signed in by the letter"
    visit.open(f"/find?reference={NAME}&code={PHONE}")
    visit.send(visit.open("/find"), "/find", reference=NAME, code=CHAT)
    visit.open(f"/m/{NAME}/{MAIL}")
    visit.open(amal["manage"])
    visit.open(amal["join"])
    _talk(server, visit, counselor, amal)
    path = f"/appointments/{amal['appointment']}/cancellation"
    note = counselor.send(
        counselor.open("/staff/hours"), f"/appointments/{amal['appointment']}/note", body=NOTE, revision=0
    )
    assert note.status_code == 200, note.text[:300]
    assert "cancelled" in visit.send(visit.open(path), path, reason=REASON).text.lower()
    table = f"name,email\n{NAME},{MAIL}\n{'x' * 200}\n".encode()
    looked = admin.send(
        admin.open("/staff/imports/counselors"),
        "/staff/imports/counselors",
        files={"table": (f"{NAME}.csv", io.BytesIO(table))},
    )
    assert "What would be imported" in looked.text
    server.flask("people", "export", MAIL)
    server.flask("people", "forget", "--cancel", MAIL)
    until("a letter left", lambda: box.got, 60)
    told = server.log
    words = ["zkcanary", "canaryline", PHONE, PHONE.removeprefix("+34"), *amal["secrets"], link.rsplit("/", 1)[-1]]
    assert hits(told, words) == []
    lines = [json.loads(line) for line in told.splitlines() if line.startswith("{")]
    assert len(lines) > 10 and {one["process"] for one in lines} >= {"web", "worker"}
    assert not [one for one in lines if one.get("level") == "critical"], "a name can not write a line of its own"


def test_the_search_finds_what_is_logged(capsys: pytest.CaptureFixture[str]) -> None:
    """Negative control: the same words in a line would be found, and a line break stays inside of its line."""
    logs.set_up("web", readable=False)
    import logging  # noqa: PLC0415

    logging.getLogger("x").info("hello %s", f"{NAME} {INJECTED}")
    told = capsys.readouterr().err
    assert hits(told, ["zkcanary", "canaryline"]) == ["zkcanary", "canaryline"]
    assert len(told.splitlines()) == 1, "CR and LF are encoded"


def _prepare() -> tuple[dict[str, object], str, str]:
    """Somebody with a canary for a name and an open meeting; a service and a free time of it."""
    found = db.session.scalars(select(Appointment).order_by(Appointment.id)).first()
    assert found is not None
    query = finder.Query(found.service_id, "phone")
    day = clock.now().date() + timedelta(days=4)
    free = finder.slots(query, day)[3].starts_at
    video = finder.Query(found.service_id, "video")
    with write_tx():
        person = people.register_guest(NAME, "en", MAIL, PHONE)
        people.prove(person.contacts[0])
        wish = appointments.BookingWish(NAME, "en", query=video, starts_at=finder.slots(video, day)[0].starts_at, modality="video", person_id=person.id)  # fmt: skip
        made = appointments.book(wish)
        assert made.meeting is not None
        made.meeting.opens_at = clock.now() - timedelta(minutes=5)
        author = db.session.scalars(select(Person).where(Person.name == "counselor a")).one()
        db.session.add(AppointmentNote(appointment_id=made.id, author_id=author.id, body=NOTE))
    paths = {"manage": links.manage_path(made), "join": links.join_path(made)}
    told = {"appointment": made.public_id, "meeting": made.meeting.public_id, **paths}
    secrets_of = [path.rsplit("/", 1)[-1] for path in paths.values()] + [made.reference, links.code_of(made)]
    return {**told, "secrets": secrets_of}, str(found.service.public_id), free.isoformat()


def _talk(server: Server, visit: Visit, counselor: Visit, amal: dict[str, Any]) -> None:
    """In the meeting: messages, line descriptions, and what nobody can read."""
    meeting = f"/meetings/{amal['meeting']}"
    visit.send(visit.open(meeting), f"{meeting}/consent")
    host, guest = Page(server.url, counselor.cookie), Page(server.url, visit.cookie)
    there = {"meeting": amal["meeting"], "after": 0}
    host.fine("enter", there)
    me = guest.fine("enter", there)["me"]["id"]
    host.fine("admit", {"participant": me})
    guest.hears("happened", lambda one: one["kind"] == "admitted")
    guest.fine("say", {"text": CHAT, "key": secrets.token_hex(8)})
    host.fine("signal", {"to": me, "kind": "offer", "data": {"type": "offer", "sdp": SDP}})
    for name, told in (("say", {"text": CHAT * 5000, NAME: MAIL}), ("signal", {"to": NAME, "kind": CHAT, "data": SDP})):
        assert guest.refused(name, told)
    guest.line.emit(CHAT, {"text": NAME}, namespace=guest.namespace)
    for page in (host, guest):
        page.line.disconnect()
