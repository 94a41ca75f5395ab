"""Consent, one's own data, the staff's pages, the trail and the truth of the public pages, through real doors."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from accounts import erasures
from accounts.access import Visitor
from accounts.models import Consent, Person
from foundation import audit, clock
from foundation.db import db, write, write_tx
from foundation.models import AuditEvent
from tests.application import Browser, running
from tests.security.world import World, build
from virtual_office.audit_views import neutral
from virtual_office.meetings import agreement, meetings
from virtual_office.meetings.models import Meeting, Standing


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with running(tmp_path / "doors", VO_DEMO="1", VO_RATE_LIMITS="off") as app:
        yield build(app)


def open_meeting(world: World, media: str = "p2p") -> str:
    """A meeting of an appointment's kind that is open now, of town A's jobseeker and counselor."""
    with world.app.app_context(), write_tx():
        now = clock.now()
        seats = [(world.a.people[role], role) for role in ("jobseeker", "counselor")]
        made = meetings.arrange("appointment", media, now - timedelta(minutes=5), now + timedelta(hours=1), None, seats)
        return made.public_id


def enter(world: World, public_id: str, who: str = "jobseeker") -> str:
    """Go in by the rule, as a socket does; the standing then, or the code of the refusal."""
    with world.app.app_context():
        person = db.session.get_one(Person, world.a.people[who])
        meeting, seat = meetings.get(public_id, Visitor(person))
        try:
            write(lambda: meetings.enter(meeting, seat))
        except agreement.Refusal as no:
            return no.code
        return str(seat.standing)


def test_nobody_goes_in_without_a_yes(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    public_id, browser = open_meeting(world), world.browsers["jobseeker_a"]
    page = browser.get(f"/meetings/{public_id}").text
    assert "you agree to meet by video" in page and "Nobody records" in page
    assert enter(world, public_id) == "consent_needed"
    assert enter(world, public_id, "counselor") == Standing.ADMITTED, "staff are not asked"
    assert world.browsers["jobseeker_b"].post(f"/meetings/{public_id}/consent").status_code == 404
    assert enter(world, public_id) == "consent_needed"
    assert browser.post(f"/meetings/{public_id}/consent", follow=False).status_code == 302
    assert enter(world, public_id) == Standing.WAITING
    assert "You agreed to meet this way" in browser.get(f"/meetings/{public_id}").text
    with world.app.app_context():
        row = db.session.query(Consent).one()
        assert (row.purpose, row.text_version, row.scope_kind) == ("meet_by_video", agreement.TEXT_VERSION, "meeting")
        meeting = db.session.get_one(Meeting, row.scope_id)
        assert agreement.told(meeting) is not None
        db.session.rollback()
    browser.post(f"/meetings/{public_id}/consent-withdrawal", follow=False)
    assert enter(world, public_id) == "consent_needed"
    with world.app.app_context():
        meeting, seat = meetings.get(public_id, Visitor(db.session.get_one(Person, world.a.people["jobseeker"])))
        assert seat.standing == Standing.LEFT, "taking the yes back leaves the meeting"
    browser.post(f"/meetings/{public_id}/consent")
    monkeypatch.setattr(agreement, "TEXT_VERSION", "2099-01")
    assert enter(world, public_id) == "consent_needed", "other words are asked for again"


def test_without_the_rule_everybody_goes_in(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(agreement, "check", lambda _meeting, _seat: None)
    assert enter(world, open_meeting(world)) == Standing.WAITING


def test_one_sees_takes_back_and_asks_to_be_erased(world: World) -> None:
    browser, public_id = world.browsers["jobseeker_a"], open_meeting(world, "none")
    browser.post(f"/meetings/{public_id}/consent")
    assert "Meet by writing" in browser.get("/account/data").text
    with world.app.app_context():
        consent = db.session.query(Consent).one().id
    assert (
        world.browsers["jobseeker_b"].post("/account/data/consent-withdrawal", {"consent": consent}).status_code == 404
    )
    browser.post("/account/data/consent-withdrawal", {"consent": consent})
    assert enter(world, public_id) == "consent_needed"
    packed = browser.post("/account/data/copy")
    assert packed.mimetype == "application/zip"
    read = zipfile.ZipFile(io.BytesIO(packed.data))
    assert b"jobseeker.a@example.org" in read.read("data.json") and b"jobseeker.b@" not in read.read("data.json")
    browser.post("/account/data/erasure")
    assert "A colleague does it" in browser.get("/account/data").text
    assert "jobseeker a" in world.browsers["admin"].get("/staff/data").text
    browser.post("/account/data/erasure-withdrawal")
    assert "jobseeker a" not in world.browsers["admin"].get("/staff/data").text


def test_staff_find_print_and_erase(world: World) -> None:
    head, other = world.browsers["head_a"], world.browsers["head_b"]
    sought = {"words": "jobseeker.a@example.org"}
    page = head.post("/staff/data", sought)
    assert "jobseeker a" in page.text and page.status_code == 200
    assert other.post("/staff/data", sought).status_code == 422
    for bad in ("", "x" * 20_000, "' OR 1=1 --", "\x00"):
        assert head.post("/staff/data", {"words": bad}).status_code == 422
    path = f"/staff/data/{world.a.things['seeker']}"
    assert "jobseeker.a@example.org" in head.post(f"{path}/copy", {"as": "print"}).text
    assert world.browsers["operator_a"].post(f"{path}/erasure", {"sure": "y"}).status_code == 404
    assert head.post(f"{path}/erasure", {}).status_code == 422
    assert "Cancel it first" in head.post(f"{path}/erasure", {"sure": "y"}).text
    assert "is erased" in head.post(f"{path}/erasure", {"sure": "y", "cancel": "y"}).text
    assert not world.browsers["jobseeker_a"].signed_in
    with world.app.app_context():
        assert db.session.query(AuditEvent).filter_by(act="person.erased").count() == 1
        assert len(erasures.listed()) == 1


def test_the_trail_is_filtered_scoped_and_copied(world: World) -> None:
    with world.app.app_context(), write_tx():
        for town in (world.a, world.b):
            audit.note("test.shown", after={"n": town.name}, office_id=town.office_id)
    leader, admin = world.browsers["leader_a"], world.browsers["admin"]
    page = leader.get("/staff/audit?act=test.shown").text
    assert "test: shown" in page and "&#34;a&#34;" in page and "&#34;b&#34;" not in page
    assert "&#34;b&#34;" in admin.get("/staff/audit?act=test.shown").text
    assert "jobseeker a" not in admin.get("/staff/audit").text
    for wrong in (
        "act=nothing",
        "begins=tomorrow",
        "office=x",
        "begins=2026-02-02&ends=2026-01-01",
        "who=" + "9" * 300,
    ):
        assert admin.get(f"/staff/audit?{wrong}").status_code == 422, wrong
    rows = list(
        csv.reader(io.StringIO(leader.post("/staff/audit/copy", {"act": "test.shown"}).data.decode("utf-8-sig")))
    )
    assert len(rows) == 2 and rows[1][4] == "test: shown"
    with world.app.app_context():
        acts = {row.act for row in db.session.query(AuditEvent).filter(AuditEvent.act.like("audit.%"))}
    assert acts == {"audit.viewed", "audit.exported"}
    assert [neutral(cell) for cell in ("=1+1", "@x", "fine")] == ["'=1+1", "'@x", "fine"]


def test_the_pages_tell_the_truth(tmp_path: Path) -> None:
    def pages(name: str, **settings: str) -> tuple[str, str, str]:
        with running(tmp_path / name, VO_RATE_LIMITS="off", **settings) as app:
            browser = Browser(app)
            return tuple(browser.get(path).text for path in ("/privacy", "/accessibility", "/cookies"))  # type: ignore[return-value]

    privacy, access, cookies = pages("bare")
    assert "Nobody. Everything stays" in privacy and "go through our server" in privacy and "90 days" in privacy
    assert "has no relay" in pages("direct", VO_MEDIA_PROCESSES="0")[0]
    assert "no relay" in access and "vo_known" in cookies and "vo_language" in cookies
    privacy, access, _cookies = pages(
        "full", VO_SMTP_URL="smtp://mail.example.net:25", VO_TURN_URLS="turn:turn.example.net:3478", VO_TURN_SECRET="x",
        VO_KEEP_LETTERS_DAYS="77", VO_CONTACT="dpo@example.net", VO_COMPLAINTS="The Ombudsman", VO_LANGUAGES="en",
    )  # fmt: skip
    assert all(
        one in privacy
        for one in ("mail.example.net", "turn.example.net", "77 days", "dpo@example.net", "The Ombudsman")
    )
    assert "has no relay" not in privacy and "no relay" not in access and "A machine made" not in access


def test_the_cookie_page_names_every_cookie(world: World) -> None:
    seen = {cookie.key for browser in world.browsers.values() for cookie in browser.client._cookies.values()}
    page = world.browsers["anonymous"].get("/cookies").text
    assert seen and all(name in page for name in seen)


def test_settings_of_retention_are_checked(app: Flask) -> None:
    from foundation import config

    with pytest.raises(config.UnsafeSettings, match="VO_KEEP_CHAT_DAYS"):
        config.load({"VO_KEEP_CHAT_DAYS": "0"})
