"""R-19: two hours without a mail server by a moved clock, a tarpit, 4xx, 5xx, a line that drops after DATA."""

from __future__ import annotations

import socket
import threading
import time as stopwatch
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from flask import Flask

from booking import appointments
from foundation import health, letters, mailing, worker
from foundation.db import write_tx
from tests.booking.pages.conftest import Time, Town
from tests.booking.staff.desks import book_for, sit_down
from tests.postbox import Postbox
from tests.server import free_port

from .conftest import TEN, Act, rows

Work = Callable[[], None]
QUEUED = 400


def use(app: Flask, url: str) -> None:
    """Another mail server from now on."""
    settings = app.config["VO"]
    app.config["VO"] = type(settings)(**{**vars(settings), "smtp_url": url})


@contextmanager
def line(answers: list[bytes], drop_after_data: bool = False) -> Iterator[tuple[str, list[bytes]]]:
    """A mail server that says these words and then nothing (a tarpit), or drops the line when it has the letter."""
    listening = socket.create_server(("127.0.0.1", 0))
    heard: list[bytes] = []

    def serve() -> None:
        while True:
            try:
                one, _address = listening.accept()
            except OSError:
                return
            for answer in answers:
                one.sendall(answer)
                heard.append(one.recv(65536))
            if drop_after_data:
                one.close()

    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"smtp://127.0.0.1:{listening.getsockname()[1]}", heard
    finally:
        listening.close()


def test_two_hours_down_then_everything_that_is_still_true_leaves_once(
    app: Flask, town: Town, box: Postbox, time: Time, work: Work, act: Act
) -> None:
    use(app, f"smtp://127.0.0.1:{free_port()}")
    stands = book_for(app, town, TEN)
    gone = book_for(app, town, TEN + timedelta(hours=1), "Bo")
    over = book_for(app, town, TEN.replace(day=23, hour=9, minute=30), "Cleo")
    with app.app_context(), write_tx():
        for n in range(QUEUED):
            letters.post("trial_letter", language="en", dedupe=f"queued:{n}", details={"kind": "nothing"})
    time.pass_(hours=1, minutes=15)
    for _look in range(24):
        work()
        time.pass_(minutes=5)
    act(gone, lambda one: appointments.cancel(one, "person"))
    began = stopwatch.perf_counter()
    book_for(app, town, TEN + timedelta(hours=2), "Dora")
    assert stopwatch.perf_counter() - began < 2.0, "booking does not wait for the mail server"
    assert len([one for one in rows(app, state="waiting") if "unreachable" in (one.failure or "")]) >= 3
    use(app, box.url)
    time.pass_(minutes=6)
    began = stopwatch.perf_counter()
    work()
    assert stopwatch.perf_counter() - began < 600
    subjects = sorted((str(one["To"]), str(one["Subject"]).split()[0]) for one in box.got)
    assert subjects == [
        ("amal@example.org", "Appointment"),
        ("amal@example.org", "Reminder:"),
        ("bo@example.org", "Cancelled:"),
        ("dora@example.org", "Appointment"),
    ], "what was cancelled or is over says nothing"
    assert {one.state for one in rows(app, kind="trial_letter")} == {"withdrawn"}
    assert stands and over


def test_a_tarpit_holds_a_worker_only_briefly(app: Flask, town: Town, time: Time, work: Work, monkeypatch) -> None:
    monkeypatch.setattr(mailing, "TIMEOUT", 1)
    book_for(app, town, TEN)
    book_for(app, town, TEN + timedelta(hours=1), "Bo")
    with line([]) as (url, _heard):
        use(app, url)
        began = stopwatch.perf_counter()
        worker.look(app)
        assert stopwatch.perf_counter() - began < 5, "one letter's time, not every letter's"
    waiting = rows(app, kind="appointment_confirmation")
    assert {one.state for one in waiting} == {"waiting"}
    assert mailing.LONGEST <= 30


def test_a_line_that_drops_after_the_letter_makes_a_copy_with_the_same_id(
    app: Flask, town: Town, box: Postbox, time: Time, work: Work
) -> None:
    book_for(app, town, TEN)
    words = [b"220 hello\r\n", b"250 hello\r\n", b"250 ok\r\n", b"250 ok\r\n", b"354 go on\r\n"]
    with line(words, drop_after_data=True) as (url, heard):
        use(app, url)
        worker.look(app)
    first = b"".join(heard).partition(b"Message-ID: ")[2].partition(b"\r\n")[0].decode()
    assert first
    [letter] = rows(app, kind="appointment_confirmation")
    assert letter.state == "waiting"
    use(app, box.url)
    time.pass_(minutes=2)
    work()
    [again] = box.got
    assert again["Message-ID"] == first, "a mail program shows one letter"


def test_greylisting_waits_and_a_refusal_is_seen_by_staff_at_once(
    app: Flask, town: Town, box: Postbox, time: Time, work: Work
) -> None:
    book_for(app, town, TEN)
    box.rcpt = "450 greylisted"
    work()
    assert {one.state for one in rows(app, kind="appointment_confirmation")} == {"waiting"}
    box.rcpt = "250 OK"
    time.pass_(minutes=2)
    work()
    assert len(box.take()) == 1
    box.data = "554 no"
    book_for(app, town, TEN + timedelta(hours=1), "Bo")
    work()
    words = sit_down(app, "Tomas").open("/staff/letters?state=failed").words
    assert "bo@example.org Failed The mail server refused the letter (554)." in words
    assert health.LETTERS_LATE <= 300


def test_a_reminder_that_was_written_weeks_ago_is_tried_again(
    app: Flask, town: Town, box: Postbox, time: Time, work: Work
) -> None:
    """How long it waits in vain counts from when it was to leave."""
    book_for(app, town, TEN + timedelta(days=9))
    work()
    time.pass_(days=4)
    work()
    box.take()
    time.pass_(days=5, hours=2)
    box.rcpt = "451 later"
    work()
    assert len(rows(app, kind="appointment_reminder", state="waiting", tries=1)) == 1, "it waits, it has not failed"
    box.rcpt = "250 OK"
    time.pass_(minutes=2)
    work()
    assert [str(one["Subject"]).split()[0] for one in box.got] == ["Reminder:"]


def test_one_letter_that_the_server_hangs_up_on_lets_the_others_pass(
    app: Flask, town: Town, box: Postbox, time: Time, work: Work
) -> None:
    book_for(app, town, TEN)
    use(app, f"smtp://127.0.0.1:{free_port()}")
    worker.look(app)
    [first] = rows(app, kind="appointment_confirmation")
    time.pass_(seconds=61)
    worker.look(app)
    book_for(app, town, TEN + timedelta(hours=1), "Bo")
    time.pass_(seconds=61)
    worker.look(app)
    bad, good = rows(app, kind="appointment_confirmation")
    assert bad.id == first.id
    assert (bad.tries, good.tries) == (2, 1), "the one that was tried twice rests, and the other has its turn"


def test_a_door_that_is_shut_is_no_fault_of_the_letter(app: Flask, town: Town, time: Time) -> None:
    book_for(app, town, TEN)
    with line([b"554 no service\r\n"]) as (url, _heard):
        use(app, url)
        worker.look(app)
    [letter] = rows(app, kind="appointment_confirmation")
    assert letter.state == "waiting" and "unreachable" in (letter.failure or "")
