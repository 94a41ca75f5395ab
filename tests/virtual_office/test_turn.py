"""Relay credentials: a real coturn takes them while they are good, and nobody gets any who has not been let in."""

from __future__ import annotations

import asyncio
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from aioice import stun, turn
from sqlalchemy import select

from accounts.access import Visitor
from accounts.models import Person
from foundation import clock
from foundation.db import db, write_tx
from tests.application import running
from tests.security.world import World, build
from tests.server import free_port
from virtual_office.meetings import meetings
from virtual_office.meetings import turn as credentials
from virtual_office.meetings.models import Meeting, Participant

SECRET = "a secret that coturn and the office share"


@pytest.fixture(scope="module")
def relay() -> Iterator[int]:
    """The UDP port of a coturn that knows the secret."""
    program = shutil.which("turnserver")
    if program is None:
        pytest.skip("needs the Debian package coturn")
    port = free_port()
    with tempfile.TemporaryDirectory() as folder:
        words = ["-n", "--listening-ip=127.0.0.1", f"--listening-port={port}", "--relay-ip=127.0.0.1"]
        words += ["--use-auth-secret", f"--static-auth-secret={SECRET}", "--realm=example.org", "--no-tls", "--no-dtls"]
        words += [
            "--no-cli",
            "--allow-loopback-peers",
            f"--pidfile={folder}/pid",
            "--log-file=stdout",
            "--no-stdout-log",
        ]
        server = subprocess.Popen([program, *words], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        yield port
        server.terminate()
        server.wait(10)


def relayed(port: int, name: str, password: str) -> bool:
    """Whether the relay gives a place for these credentials; asks again while it is still starting."""

    async def ask() -> bool:
        for _ in range(20):
            try:
                transport, _protocol = await turn.create_turn_endpoint(
                    asyncio.DatagramProtocol, ("127.0.0.1", port), name, password, transport="udp"
                )
            except stun.TransactionTimeout:
                continue
            except stun.TransactionFailed:
                return False
            found: bool = transport.get_extra_info("sockname") is not None
            transport.close()
            await asyncio.sleep(0)
            return found
        raise AssertionError("the relay does not answer")

    return asyncio.run(ask())


@pytest.fixture
def town(tmp_path: Path, relay: int) -> Iterator[World]:
    urls = f"turn:127.0.0.1:{relay}?transport=udp"
    with running(tmp_path, VO_DEMO="1", VO_RATE_LIMITS="off", VO_TURN_URLS=urls, VO_TURN_SECRET=SECRET) as app:
        yield build(app)


def live(world: World) -> tuple[str, dict[str, int]]:
    """A meeting in which jobseeker and counselor have been let in: its public id and its seats' ids."""
    with world.app.app_context(), write_tx():
        now = clock.now()
        seated = [(world.a.people[role], role) for role in ("jobseeker", "counselor", "interpreter")]
        meeting = meetings.arrange("test", "p2p", now, now + timedelta(hours=1), None, seated)
        for seat in meeting.participants:
            meetings.enter(meeting, seat)
        return meeting.public_id, {seat.role: seat.id for seat in meeting.participants}


def test_who_is_let_in_gets_a_relay_that_works(town: World, relay: int) -> None:
    public_id, seats = live(town)
    path = f"/meetings/{public_id}/ice"
    host, guest = town.browsers["counselor_a"], town.browsers["jobseeker_a"]
    assert guest.client.get(path).status_code == 404, "still waits"
    with town.app.app_context(), write_tx():
        visitor = Visitor(db.session.get_one(Person, town.a.people["counselor"]))
        meetings.admit(db.session.get_one(Participant, seats["jobseeker"]), visitor)
    [server] = guest.client.get(path).get_json()["iceServers"]
    assert server["urls"] == [f"turn:127.0.0.1:{relay}?transport=udp"]
    assert relayed(relay, server["username"], server["credential"])
    assert not relayed(relay, server["username"], "forged")
    [other] = host.client.get(path).get_json()["iceServers"]
    assert other["username"] != server["username"]
    assert town.browsers["interpreter_a"].client.get(path).status_code == 404, "reads and writes only"
    assert town.browsers["jobseeker_b"].client.get(path).status_code == 404


def test_credentials_end_soon_after_the_meeting(town: World, relay: int) -> None:
    public_id, seats = live(town)
    with town.app.app_context():
        meeting = db.session.scalars(select(Meeting).where(Meeting.public_id == public_id)).one()
        settings, seat = town.app.config["VO"], db.session.get_one(Participant, seats["jobseeker"])
        [server] = credentials.ice_servers(settings, meeting, seat)
        ends = int(server["username"].split(":")[0])
        assert ends == int((meeting.closes_at + timedelta(minutes=15)).timestamp())
        with clock.frozen(datetime.fromtimestamp(ends, UTC)):
            assert credentials.ice_servers(settings, meeting, seat) == []
