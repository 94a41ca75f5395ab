"""What was written is read again by the two who wrote it, and by nobody else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask

from accounts import people
from accounts.access import Visitor
from accounts.models import Person
from foundation import clock
from foundation.db import db, write, write_tx
from foundation.errors import NotFound
from virtual_office.meetings import commands, meetings, transcript
from virtual_office.meetings.models import Participant

NOW = datetime(2026, 11, 24, 9, 0, tzinfo=UTC)


def test_the_two_read_it_and_nobody_else(both: Flask) -> None:
    with both.app_context(), clock.frozen(NOW):
        with write_tx():
            ids = {role: people.register_guest(role, "en").id for role in ("jobseeker", "counselor", "interpreter")}
            seated = [(number, role) for role, number in ids.items()]
            made = meetings.arrange("test", "none", NOW, NOW + timedelta(hours=1), None, seated)

        def seat(role: str) -> Participant:
            return next(one for one in made.participants if one.role == role)

        write(lambda: meetings.enter(made, seat("counselor")))
        write(lambda: meetings.enter(made, seat("jobseeker")))
        with pytest.raises(NotFound):
            transcript.of(made, seat("jobseeker"))
        counselor = Visitor(db.session.get_one(Person, ids["counselor"]))
        write(lambda: meetings.admit(seat("jobseeker"), counselor))
        write(lambda: commands.say(made, seat("jobseeker"), "Hello\n<b>you</b>"))
        write(lambda: commands.say(made, seat("counselor"), "Welcome"))
        write(lambda: meetings.close(made, "completed"))
        told = [(one.who, one.text, one.mine) for one in transcript.of(made, seat("jobseeker"))]
        assert told == [("jobseeker", "Hello\n<b>you</b>", True), ("counselor", "Welcome", False)]
        assert [one.mine for one in transcript.of(made, seat("counselor"))] == [False, True]
        with pytest.raises(NotFound):
            transcript.of(made, seat("interpreter"))
        made.media = "p2p"
        with pytest.raises(NotFound):
            transcript.of(made, seat("counselor"))
        db.session.rollback()
