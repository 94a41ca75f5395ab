"""S-25: a canary in every text field of a person; after the erasure none sings in a table, a file or a log line."""

from __future__ import annotations

import io
import json
import logging
import zipfile

import pytest
from flask import Flask

from accounts import copies, erasures, privacy
from accounts.models import Person
from booking.models import Appointment
from foundation.audit import AuditEvent
from foundation.db import db, write
from tests.privacy import canaries
from tests.privacy.conftest import Somebody


def person(somebody: Somebody) -> Person:
    return db.session.get_one(Person, somebody.id)


def test_erasing_leaves_no_canary(both: Flask, somebody: Somebody, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    folder = both.config["VO"].folder
    with both.app_context():
        sung = canaries.pour([somebody.id])
        assert len(sung) >= 12, sung
        assert {"contact.value", "person.name", "appointment_note.body", "meeting_event.data", "callback.note"} <= set(
            sung.values()
        )
        words = list(sung)
        before = canaries.in_tables(words)
        assert {word for hits in before.values() for word in hits} == set(words), "the search can find them"
        sqlite = db.engine.dialect.name == "sqlite"
        assert bool(canaries.in_files(folder, words)) == sqlite
        with pytest.raises(erasures.StillStanding) as no:
            write(lambda: erasures.erase(person(somebody)))
        assert no.value.extra["standing"]
        write(lambda: erasures.erase(person(somebody), cancel=True))
        erasures.finish()
        assert canaries.in_tables(words) == {}
        assert canaries.in_files(folder, words) == {}
        row = person(somebody)
        assert (row.name, row.active, row.contacts) == (privacy.NAMELESS, False, [])
        left = db.session.query(Appointment).filter_by(public_id=somebody.appointment).one()
        assert left.state == "cancelled_by_office"
        done = db.session.query(AuditEvent).filter_by(act="person.erased", thing_id=somebody.id).one()
        assert not [word for word in words if word in str(done.after)]
    assert not [word for word in words if word in caplog.text]


def test_without_the_wipe_a_freed_page_still_sings(app: Flask) -> None:
    """The negative control of the files: rows are gone, their bytes are not."""
    from tests.privacy.conftest import _live
    from tests.security.world import _town

    with app.app_context():
        town = _town("a")
        somebody = write(lambda: _live(town))
        words = list(canaries.pour([somebody.id]))
        write(lambda: erasures.erase(person(somebody), cancel=True))
        assert canaries.in_tables(words) == {}
        assert canaries.in_files(app.config["VO"].folder, words)


def test_a_restored_backup_hears_the_list(both: Flask, somebody: Somebody) -> None:
    with both.app_context():
        write(lambda: erasures.erase(person(somebody), cancel=True))
        erasures.finish()
        listed = erasures.listed()
        assert [one["public_id"] for one in listed] == [somebody.public_id]

        def restore() -> None:
            row = person(somebody)
            row.name, row.active = "Back Again", True
            db.session.query(erasures.Erasure).delete()

        write(restore)
        assert erasures.replay() == 1
        assert person(somebody).name == privacy.NAMELESS
        assert erasures.replay() == 0
        db.session.rollback()
        erasures.list_path().write_text(json.dumps({**listed[0], "public_id": "somebody-else"}) + "\n")
        write(restore)
        assert erasures.replay() == 0, "another person with this number is left alone"


def test_the_copy_is_complete(both: Flask, somebody: Somebody) -> None:
    with both.app_context():
        sung = canaries.pour([somebody.id])
        copy = write(lambda: privacy.copy_of(person(somebody)))
        text = json.dumps(copy, ensure_ascii=False)
        hidden = {"person.password_hash", "hold.owner", "presence.connection", "presence.node"}
        others = {"meeting_event.data", "meeting_command.result"}
        missing = [where for word, where in sung.items() if word not in text and where not in hidden]
        assert missing == [], missing
        assert others <= set(sung.values())
        with both.test_request_context():
            packed = zipfile.ZipFile(io.BytesIO(copies.zipped(copy)))
        assert sorted(packed.namelist()) == ["data.html", "data.json"]
        assert db.session.query(AuditEvent).filter_by(act="person.exported", thing_id=somebody.id).count() == 1


def test_colleagues_leave_first(both: Flask, somebody: Somebody) -> None:
    with both.app_context():
        colleague = db.session.get_one(Person, somebody.town.people["counselor"])
        with pytest.raises(erasures.WorksHere):
            write(lambda: erasures.erase(colleague))
