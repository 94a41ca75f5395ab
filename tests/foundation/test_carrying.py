"""Letters leave over real SMTP: each once, at most one more copy after a crash, and what fails is said."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from foundation import carrying, clock, letters
from foundation.db import db, write_tx
from foundation.letters import Rendered, Stale
from foundation.models import Letter
from tests.foundation.bare import bare_app
from tests.postbox import Postbox, postbox
from tests.server import free_port


@pytest.fixture
def mailbox() -> Iterator[Postbox]:
    with postbox() as box:
        yield box


@pytest.fixture
def app(tmp_path: Path, mailbox: Postbox) -> Flask:
    return bare_app(tmp_path, VO_SMTP_URL=mailbox.url)


@letters.renderer("test")
def words(letter: Letter) -> Rendered:
    if letter.details.get("stale"):
        raise Stale("over")
    return Rendered(
        letter.details.get("to", "amal@example.org"),
        letter.details.get("subject", "Appointment, ref 4F7K2QXM"),
        "مرحبا أمل\nHello",
        "<p>مرحبا</p>",
        "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n",
        "REQUEST",
    )


def post(dedupe: str, **details: object) -> None:
    with write_tx():
        letters.post("test", language="en", dedupe=dedupe, details=details)


def states() -> list[tuple[str, str | None]]:
    db.session.expire_all()
    return [(row.state, row.failure) for row in db.session.scalars(select(Letter).order_by(Letter.id))]


def test_a_letter_leaves_once_with_its_calendar_part_inline(app: Flask, mailbox: Postbox) -> None:
    with app.app_context():
        post("a:1")
        post("a:1")
        assert carrying.carry_due() == 1
        assert carrying.carry_due() == 0
        assert states() == [("sent", None)]
    [message] = mailbox.got
    assert message.get_content_type() == "multipart/alternative"
    kinds = [part.get_content_type() for part in message.walk()][1:]
    assert kinds == ["text/plain", "text/html", "text/calendar"]
    last = list(message.walk())[-1]
    assert last.get_param("method") == "REQUEST"
    assert last.get_param("charset") == "utf-8"
    assert last.get_content_disposition() in {None, "inline"}
    assert "مرحبا أمل" in next(p for p in message.walk() if p.get_content_type() == "text/plain").get_content()
    assert message["Auto-Submitted"] == "auto-generated"


def test_no_body_stays_on_disk_outside_the_demo(app: Flask) -> None:
    with app.app_context():
        post("a:1")
        carrying.carry_due()
        assert db.session.scalars(select(Letter.body)).all() == [None]


def test_a_crash_between_the_server_s_yes_and_the_mark_makes_one_copy_with_the_same_message_id(
    app: Flask, mailbox: Postbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Killed(BaseException):
        """The worker dies here."""

    def die(_name: str) -> None:
        raise Killed

    with app.app_context():
        post("a:1")
        monkeypatch.setattr(carrying, "failpoint", die)
        with pytest.raises(Killed):
            carrying.carry_due()
        monkeypatch.undo()
        db.session.rollback()
        assert carrying.carry_due() == 0
        with clock.frozen(clock.now().replace(year=clock.now().year + 1)):
            assert carrying.carry_due() == 1
    first, second = mailbox.got
    assert first["Message-ID"] == second["Message-ID"]


def test_a_refused_address_is_a_failure_that_names_no_address(app: Flask, mailbox: Postbox) -> None:
    mailbox.rcpt = "550 5.1.1 amal@example.org unknown"
    with app.app_context():
        post("a:1")
        carrying.carry_due()
        assert states() == [("failed", "550 address refused")]


def test_a_busy_server_is_tried_again_later(app: Flask, mailbox: Postbox) -> None:
    mailbox.data = "451 later"
    with app.app_context():
        post("a:1")
        carrying.carry_due()
        assert states() == [("waiting", "451 letter refused")]
        mailbox.data = "250 OK"
        with clock.frozen(clock.now().replace(year=clock.now().year + 1)):
            carrying.carry_due()
        assert states() == [("sent", None)]


def test_an_absent_server_keeps_every_letter_waiting(app: Flask, tmp_path: Path) -> None:
    with app.app_context():
        post("a:1")
        post("a:2")
        app.config["VO"] = type(app.config["VO"])(
            **{**vars(app.config["VO"]), "smtp_url": f"smtp://127.0.0.1:{free_port()}"}
        )
        assert carrying.carry_due() == 0
        assert [state for state, _ in states()] == ["waiting", "waiting"]
        assert all("unreachable" in (why or "") for _, why in states())


def test_a_letter_with_nothing_left_to_say_is_withdrawn(app: Flask, mailbox: Postbox) -> None:
    with app.app_context():
        post("a:1", stale=True)
        carrying.carry_due()
        assert states() == [("withdrawn", "over")]
    assert mailbox.got == []


def test_line_breaks_in_a_name_or_subject_never_become_headers(app: Flask, mailbox: Postbox) -> None:
    with app.app_context():
        post("a:1", subject="Hello\r\nBcc: eve@example.org\r\n\r\nbody")
        carrying.carry_due()
    [message] = mailbox.got
    assert message["Bcc"] is None
    assert message["Subject"] == "Hello Bcc: eve@example.org body"


def test_two_workers_carry_each_letter_once(app: Flask, mailbox: Postbox) -> None:
    with app.app_context():
        for n in range(30):
            post(f"a:{n}")
        with write_tx():
            _, first = carrying._lease(letters.EMAIL, 20, 30)
        with write_tx():
            _, second = carrying._lease(letters.EMAIL, 20, 30)
        assert set(first).isdisjoint(second)
        assert len(first) + len(second) == 30
