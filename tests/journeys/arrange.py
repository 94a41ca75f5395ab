"""`python -m tests.journeys.arrange [p2p|none]`: a meeting of Amal and Inés, open now, in the installation of the environment; prints its public id."""

from __future__ import annotations

import sys
from datetime import timedelta

from accounts import people
from app import create_app
from foundation import audit, clock
from foundation.db import write
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
        sys.stdout.write(write(lambda: arrange(*sys.argv[1:] or ["p2p"])).public_id)
