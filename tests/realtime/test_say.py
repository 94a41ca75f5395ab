"""What is written in a meeting: one row, however often and from however many lines it is sent."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
from flask import Flask

from accounts import people
from foundation.db import db, write, write_tx
from virtual_office.meetings import commands, meetings
from virtual_office.meetings.models import Meeting, MeetingEvent, Participant

from .conftest import House


def test_a_message_is_said_once_however_often_it_is_sent(house: House) -> None:
    room = house.room()
    host, guest = house.both_inside(room)
    first = guest.fine("say", {"text": "once", "key": "same"})
    assert [guest.fine("say", {"text": "once", "key": "same"}) for _ in range(20)] == [first] * 20
    assert guest.fine("say", {"text": "other words", "key": "same"}) == first
    assert host.fine("say", {"text": "my own key", "key": "same"})["seq"] == first["seq"] + 1
    for key in ("", "x" * 65, 7, None, ["x"]):
        assert guest.refused("say", {"text": "x", "key": key}) in {"input_wrong"}
    for text in ("", "   ", "x" * 2001, 7, None, "\x00\x07", " \u200f\n"):
        assert guest.refused("say", {"text": text, "key": "bad"}) == "input_wrong"
    assert [data["text"] for _seq, kind, data in house.happened(room) if kind == "said"] == ["once", "my own key"]


# — the race of one message, on both databases —


@pytest.fixture
def rows(both: Flask) -> Iterator[tuple[Flask, int, int]]:
    with both.app_context(), write_tx():
        person = people.register_guest("Amal", "en")
        now = meetings.clock.now()
        meeting = meetings.arrange(
            "test", "none", now - meetings.EARLY, now + meetings.LATE, None, [(person.id, "jobseeker")]
        )
        meeting.participants[0].standing = "admitted"
        ids = meeting.id, meeting.participants[0].id
    yield both, *ids


def say_in_parallel(app: Flask, meeting_id: int, participant_id: int, times: int) -> tuple[set[int], list[str]]:
    """Fifty tabs send one message at the same moment; the numbers they were answered, and the failures."""
    answers: set[int] = set()
    failures: list[str] = []
    gate = threading.Barrier(times)

    def send() -> None:
        with app.app_context():
            me = db.session.get_one(Participant, participant_id)
            meeting = db.session.get_one(Meeting, meeting_id)
            db.session.rollback()  # the connection goes back: there are fewer of them than tabs
            gate.wait(30)
            try:
                answers.add(say_once(meeting, me))
            except Exception as failure:
                failures.append(type(failure).__name__)
            finally:
                db.session.remove()

    threads = [threading.Thread(target=send) for _ in range(times)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers, failures


def say_once(meeting: Meeting, me: Participant) -> int:
    """As the door does it."""
    return int(write(lambda: commands.once(me, "one key", lambda: commands.say(meeting, me, "hello")))["seq"])


def said(app: Flask, meeting_id: int) -> tuple[int, list[int]]:
    """How many messages there are, and the numbers of all events."""
    with app.app_context():
        rows = db.session.query(MeetingEvent).filter_by(meeting_id=meeting_id).order_by(MeetingEvent.seq)
        return sum(row.kind == "said" for row in rows), [row.seq for row in rows]


def test_fifty_repeats_at_once_are_one_row(rows: tuple[Flask, int, int]) -> None:
    app, meeting_id, participant_id = rows
    answers, failures = say_in_parallel(app, meeting_id, participant_id, 50)
    assert failures == [] and answers == {1}
    assert said(app, meeting_id) == (1, [1])


def test_without_the_memory_of_keys_repeats_are_rows(
    rows: tuple[Flask, int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    app, meeting_id, participant_id = rows
    monkeypatch.setattr(commands, "once", lambda _me, _key, act: act())
    answers, failures = say_in_parallel(app, meeting_id, participant_id, 8)
    assert failures == [] and len(answers) == 8 and said(app, meeting_id) == (8, list(range(1, 9)))


def test_without_the_lock_the_race_shows(rows: tuple[Flask, int, int], monkeypatch: pytest.MonkeyPatch) -> None:
    app, meeting_id, participant_id = rows
    on_sqlite = str(app.config["SQLALCHEMY_DATABASE_URI"]).startswith("sqlite")
    gate, say = threading.Barrier(8, timeout=20), commands.say

    def say_when_all_have_looked(meeting: Meeting, participant: Participant, text: object) -> dict[str, object]:
        if not on_sqlite:
            gate.wait()
        return say(meeting, participant, text)

    monkeypatch.setattr(commands, "lock", lambda _row: None)
    monkeypatch.setattr(commands, "say", say_when_all_have_looked)
    _answers, failures = say_in_parallel(app, meeting_id, participant_id, 8)
    # On SQLite the transaction itself excludes the others; on PostgreSQL only the table's key keeps the message single.
    assert len(failures) == (0 if on_sqlite else 7)


# — permission: the control —
