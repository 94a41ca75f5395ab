"""`python -m tests.journeys.arrange`: for each line on its input ("p2p" or "none") a meeting of Amal and Inés, open now, in the installation of
the environment; prints its public id. One process for many: to start takes longer than most of what is tested."""

from __future__ import annotations

import sys
from datetime import timedelta
from functools import partial

from accounts import people
from app import create_app
from foundation import audit, clock
from foundation.db import db, write
from virtual_office.meetings import meetings
from virtual_office.meetings.models import Meeting


def arrange(media: str) -> Meeting:
    """Open since five minutes, for an hour."""
    amal, ines = people.find_by_email("amal@example.org"), people.find_by_email("ines@example.org")
    assert amal and ines
    now = clock.now()
    seats = [(amal.id, "jobseeker"), (ines.id, "counselor")]
    return meetings.arrange("appointment", media, now - timedelta(minutes=5), now + timedelta(hours=1), None, seats)


if __name__ == "__main__":
    with create_app().app_context(), audit.acting_as("command"):
        for line in sys.stdin:
            print(write(partial(arrange, line.strip())).public_id, flush=True)
            db.session.remove()
