"""T1 of research 8.2: fifty people want ten seats of a webinar at once, in two processes. The key decides, and the waitlist keeps their order."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from foundation.db import db, write
from foundation.models import Letter
from tests.booking.world import build
from tests.server import ROOT, Server
from tests.storms.conftest import rows_of
from tests.storms.one_engine import POSTGRESQL_FIRST
from tests.webinars.planning import add_host, plan
from webinars.models import Registration

Open = Callable[..., Server]
SEATS, PEOPLE = 10, 50


def planned(server: Server) -> int:
    """A webinar in a week, with ten seats."""
    starts_at = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(days=7)
    with rows_of(server):
        office = build(1).office
        add_host()
        return plan(office, starts_at=starts_at, capacity=SEATS)


def race(server: Server, webinar: int) -> Counter[str]:
    """Two processes with half of the people each; what they have afterwards."""
    half = PEOPLE // 2
    spans = [(0, half), (half, PEOPLE)]
    line = [sys.executable, "-m", "tests.webinars.racing", str(webinar)]
    running = [
        subprocess.Popen([*line, *map(str, span)], env=server.env, cwd=ROOT, stdout=subprocess.PIPE) for span in spans
    ]
    said = [one.communicate(timeout=120)[0] for one in running]
    assert [one.returncode for one in running] == [0, 0]
    return Counter(state for words in said for state in json.loads(words))


@POSTGRESQL_FIRST
def test_t1_ten_seats_for_fifty(open_server: Open) -> None:
    server = open_server()
    webinar = planned(server)
    assert race(server, webinar) == {"confirmed": SEATS, "waitlisted": PEOPLE - SEATS}
    server.flask("check-invariants")
    with rows_of(server):
        waiting = db.session.query(Registration).filter_by(state="waitlisted").order_by(Registration.turn)
        turns = [(one.turn, one.id) for one in waiting]
        assert [turn for turn, _id in turns] == list(range(1, PEOPLE - SEATS + 1))
        told = Counter(
            write(lambda: [one.kind for one in db.session.query(Letter) if not one.kind.endswith("reminder")])
        )
    assert told == {"registration_confirmed": SEATS, "registration_waitlisted": PEOPLE - SEATS}


@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
def test_without_the_guard_the_same_people_get_more_seats_than_there_are(open_server: Open) -> None:
    """Else the race above would prove nothing. SQLite has one writer anyhow."""
    server = open_server(VO_TEST_CLAIMS_KEY="off")
    webinar = planned(server)
    race(server, webinar)
    found = server.flask("check-invariants", check=False)
    assert found.returncode == 1 and "seats_oversold" in found.stdout, found.stdout
