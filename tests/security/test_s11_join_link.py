"""S-11: a join link lives for days, so it opens one meeting, in its time, and nothing else; whoever holds it."""

from __future__ import annotations

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from accounts.access import HOLDER
from booking import appointments, links
from booking.models import Appointment
from foundation import clock
from foundation.db import db, write_tx
from tests.application import Browser

from .doors import http_doors
from .test_matrix import SAFE, ask, look_of
from .world import World

THE_MEETING = frozenset(
    {"meetings", "consent", "phone_wishes", "booking.open_join_link", "booking.to_device_check", "booking.to_meeting"}
)
"""What the link is for: endpoints, or blueprints."""


def appointment_of(app: Flask, world: World) -> Appointment:
    """Town A's; inside an application context."""
    return db.session.scalars(select(Appointment).where(Appointment.public_id == world.a.things["appointment"])).one()


@pytest.fixture
def holder(world: World) -> Browser:
    """A third person to whom the link was forwarded; nobody's account is open here."""
    with world.app.app_context():
        path = links.join_path(appointment_of(world.app, world))
    browser = Browser(world.app)
    assert browser.get(path, follow=False).status_code == 302
    return browser


def opened_by(world: World, browser: Browser) -> set[str]:
    """Endpoints where somebody sees or does more than a stranger."""
    stranger, found = Browser(world.app), set()
    for door in http_doors(world.app):
        if door.policy is not HOLDER and door.method not in SAFE:
            continue
        path = door.path(world.a)
        mine, theirs = (look_of(ask(one, door.method, path), path) for one in (browser, stranger))
        if mine[0] != theirs[0] or (mine[0] < 400 and mine[2] != theirs[2]):
            found.add(door.endpoint)
        world.restore()
    return found


def test_it_opens_the_meeting_and_nothing_else(world: World, holder: Browser) -> None:
    with clock.frozen(_moment(world, -10)):
        found = opened_by(world, holder)
    more = {one for one in found if one not in THE_MEETING and one.partition(".")[0] not in THE_MEETING}
    assert "meetings.show" in found
    assert not more, more


def test_a_manage_link_would_show(world: World) -> None:
    """The control."""
    with world.app.app_context():
        path = links.manage_path(appointment_of(world.app, world))
    browser = Browser(world.app)
    browser.get(path)
    assert "booking.show" in opened_by(world, browser)


@pytest.mark.parametrize(("minutes", "inside"), [(-16, False), (-14, True), (29, True), (24 * 60 + 31, None)])
def test_it_opens_in_its_time(world: World, minutes: int, inside: bool | None) -> None:
    with world.app.app_context():
        path = links.join_path(appointment_of(world.app, world))
    meeting = world.a.things["meeting"]
    with clock.frozen(_moment(world, minutes)):
        browser = Browser(world.app)
        answer = browser.get(path, follow=False)
        if inside is None:
            assert answer.status_code == 404
            return
        assert answer.headers["Location"].endswith(f"/meetings/{meeting}" if inside else "/device-check")
        page = browser.get(f"/meetings/{meeting}")
        assert ("data-go" in page.text) == inside


def test_it_ends_with_the_appointment(world: World) -> None:
    with world.app.app_context():
        path = links.join_path(appointment_of(world.app, world))
    early = Browser(world.app)
    early.get(path)
    with world.app.app_context(), write_tx():
        appointments.cancel(appointment_of(world.app, world), "person")
    with clock.frozen(_moment(world, -5)):
        for browser in (early, Browser(world.app)):
            browser.get(path)
            assert "data-go" not in browser.get(f"/meetings/{world.a.things['meeting']}").text


def _moment(world: World, minutes: int):
    with world.app.app_context():
        return appointment_of(world.app, world).starts_at + timedelta(minutes=minutes)
