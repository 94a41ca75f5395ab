"""Text messages: signed to the gateway, one segment each in every language, and what became of them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from flask import Flask

from booking import appointments, texts
from foundation import clock, letter_words, segments
from foundation.languages import speaking
from foundation.segments import size
from tests.application import Browser
from tests.booking.pages.conftest import Time, Town
from tests.booking.pages.reading import Reader
from tests.booking.staff.desks import book_for, sit_down
from tests.gateway import Gateway, report

from .conftest import TEN, Act, rows

Work = Callable[[], None]
KINDS = (
    *(f"appointment_{one}" for one in ("confirmation", "moved", "cancelled", "restored", "reminder")),
    "waitlist_offer",
)
LONGEST = {
    "reference": "4F7K2QXM",
    "link": "https://virtual-office.empleo.example.org/m/zzzzz" + "x" * 21,
}


@pytest.mark.parametrize("language", ["en", "es", "fr", "ar"])
@pytest.mark.parametrize("kind", KINDS)
def test_every_text_message_fits_into_one(app: Flask, kind: str, language: str) -> None:
    with app.test_request_context(), speaking(language):
        for month in range(1, 13):
            at = datetime(2027, month, 28, 22, 30, tzinfo=UTC)
            facts = texts.facts_of(at, "America/Argentina/Buenos_Aires", "", "") | LONGEST
            said = texts.of(kind, facts)
            assert size(said).segments == 1, (said, size(said))
            assert LONGEST["link"] in said or LONGEST["reference"] in said or kind == "waitlist_offer"
            assert "19:30" in said


def test_how_long_a_message_is() -> None:
    assert size("a" * 160).segments == 1
    assert size("a" * 161).segments == 2
    assert size("€" * 80).segments == 1
    assert size("€" * 81).segments == 2
    assert size("م" * 70).segments == 1
    assert size("م" * 71).segments == 2
    assert size("😀" * 36).segments == 2
    assert segments.plain("Cita, a las 10 – mañana, José’s") == "Cita, a las 10 - mañana, José's"
    assert segments.plain("tuición") == "tuicion"
    assert segments.plain("موعد") == "موعد"


def test_a_message_reaches_the_gateway_signed_and_its_report_reaches_staff(
    app: Flask, town: Town, phones: Gateway, work: Work, time: Time
) -> None:
    book_for(app, town, TEN, email="", phone="+34600111222")
    work()
    [message] = phones.got
    assert phones.forged == 0
    assert (message["to"], message["report"]) == ("+34600111222", app.config["VO"].public_url + "/sms/reports")
    assert "Amal" not in message["text"]
    assert app.test_client().get("/" + message["text"].rpartition("://")[2].partition("/")[2]).status_code == 302
    tomas, program = sit_down(app, "Tomas"), app.test_client()
    assert "Confirmation Text message" in tomas.open("/staff/letters").words
    now = clock.seconds()
    assert program.post("/sms/reports", **report(message, "failed", now)).status_code == 204
    assert "Sent Not delivered" in tomas.open("/staff/letters?state=undelivered").words
    assert program.post("/sms/reports", **report(message, "failed", now)).status_code == 409, "a replay"
    assert program.post("/sms/reports", **report(message, "delivered", now + 1)).status_code == 204
    assert "Sent Delivered" in tomas.open("/staff/letters").words
    assert program.post("/sms/reports", **report(message, "failed", now + 2)).status_code == 204
    [row] = rows(app, kind="appointment_confirmation")
    assert row.delivery == "delivered", "what arrived has arrived"
    time.pass_(minutes=6)
    assert program.post("/sms/reports", **report(message, "failed", now + 3)).status_code == 404, "too old"


def test_forged_and_foreign_reports_look_absent(app: Flask, town: Town, phones: Gateway, work: Work) -> None:
    book_for(app, town, TEN, email="", phone="+34600111222")
    work()
    [message], program, now = phones.got, app.test_client(), clock.seconds()
    forged = [
        report(message, "delivered", now, secret="another secret 123"),  # noqa: S106  of tests
        report(message, "delivered", now + 301),
        report(message, "delivered", now - 301),
        report({"id": "A" * 22 + ".0"}, "delivered", now),
        report({"id": message["id"].replace(".0", ".1")}, "delivered", now),
        report({"id": "x" * 5000}, "delivered", now),
        {"data": b"{}"},
        {"data": b"{}", "headers": {"VO-Timestamp": "٣", "VO-Signature": "é"}},
    ]
    moved = report(message, "delivered", now)
    moved["headers"] = moved["headers"] | {"VO-Timestamp": str(now + 1)}
    for one in (*forged, moved):
        assert program.post("/sms/reports", **one).status_code == 404, one
    unreadable = [{"id": 5}, {"id": []}, {"id": {}}]
    for strange in unreadable:
        assert program.post("/sms/reports", **report(strange, "delivered", now)).status_code == 422
    assert program.post("/sms/reports", **report(message, "eaten", now)).status_code == 422
    assert [one.delivery for one in rows(app, kind="appointment_confirmation")] == [None]
    assert program.post("/sms/reports", **report(message, "delivered", now)).status_code == 204, "the true one"


def test_a_gateway_that_says_no_or_is_away(app: Flask, town: Town, phones: Gateway, work: Work, time: Time) -> None:
    book_for(app, town, TEN, email="", phone="+34600111222")
    for status, state, why in (
        (503, "waiting", "503 text refused"),
        (307, "waiting", "text gateway unreachable: answers with another address"),
        (400, "failed", "400 text refused"),
    ):
        phones.status = status
        work()
        [row] = rows(app, kind="appointment_confirmation")
        assert (row.state, row.failure) == (state, why)
        time.pass_(minutes=5)
    tomas = sit_down(app, "Tomas")
    page = tomas.open("/staff/letters?state=failed")
    assert "The service for text messages refused it (400)." in page.words
    phones.status = 202
    tomas.send(page.form("/resending"))
    work()
    [message] = phones.got
    assert message["id"].endswith(".1"), "the gateway takes it for another message"


def test_texts_beside_mail_are_asked_for_and_stopped(
    app: Flask, town: Town, phones: Gateway, work: Work, act: Act
) -> None:
    booked = book_for(app, town, TEN, phone="+34600111222")
    work()
    assert phones.take() == [], "the e-mail is enough"
    with app.test_request_context():
        path = str(act(booked, appointments.manage_path))

    amal = Reader(Browser(app))
    page = amal.send(amal.open(path).form("/texts"), on="yes")
    assert "We send you text messages too." in page.words
    act(booked, lambda one: appointments.cancel(one, "office"))
    work()
    assert ["cancelled" in one["text"] for one in phones.take()] == [True]


def test_an_office_s_own_message_is_checked_and_sent(app: Flask, town: Town, phones: Gateway, work: Work) -> None:
    with app.test_request_context():
        kind = letter_words.kind_of("appointment_confirmation")
        assert kind is not None
    lucia = sit_down(app, "Lucia")
    page = lucia.open("/staff/letters/words")
    address = f"{page.path}/appointment_confirmation/en"
    for short, said in (
        ("Come on {day} {link}", "{day} is not known here."),
        ("Come soon {link}", "The text message must say when: add {when}."),
        ("Come {when}", "add {link} or {reference}"),
        ("Come {when} {link} " + "and bring what you have " * 5, "One text message holds 160."),
        ("Come {when} {link} {", "A curly bracket stands alone."),
    ):
        page = lucia.send(lucia.open(address).form(address), short=short, act="save")
        assert said in page.words, short
        assert page.form(address).values["short"] == [short.strip()], "kept"
    page = lucia.send(lucia.open(address).form(address), short="Cita {when}: {link}", intro="Hi {name}.", act="look")
    assert "Hi Somebody." in page.words
    assert rows(app) == []
    lucia.send(page.form(address), act="save")
    book_for(app, town, TEN, email="", phone="+34600111222")
    work()
    assert phones.take()[0]["text"].startswith("Cita Tue, Nov 24, 10:00: http")
    page = lucia.send(lucia.open(address).form("/trial"))
    assert "A test letter is on its way to lucia@example.org." in page.words
    work()
    assert [(one.state, one.kind) for one in rows(app, kind="trial_letter")] == [("sent", "trial_letter")]
    page = lucia.send(lucia.open(address).form("/removal"))
    assert "The standard words are back." in page.words
