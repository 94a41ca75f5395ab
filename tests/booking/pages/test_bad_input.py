"""Whatever people type or send: an answer beside the field and at the top, what they typed kept, nothing that fails."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest

from tests.booking.pages.conftest import TUESDAY, Time, Town, answer, at, book, hold
from tests.booking.pages.reading import Page, Reader

Appointments = Callable[[], list[dict[str, Any]]]
LONG = "a" * 10_000


def refused(page: Page, status: int = 422) -> Page:
    """A page that says what is wrong: in its title, at the top."""
    assert page.status == status, (page.status, page.path)
    assert page.title.strip().startswith("Error: "), page.title
    assert "There is a problem" in page.words
    return page


@pytest.mark.parametrize(
    ("starts_at", "says"),
    [
        ("", "Choose a time"),
        (at(9, on=date(2026, 11, 20)), "This time has passed"),
        (at(9, on=date(2026, 11, 23)), "too soon"),
        (at(10, on=date(2027, 3, 23)), "too far ahead"),
        (at(10, on=date(2026, 12, 2)), "The office is closed on this day"),
        (at(10, on=date(2026, 12, 8)), "The office is closed on this day"),
        (at(10, on=date(2026, 11, 28)), "no appointment that begins at this time"),
        (at(10, 7), "no appointment that begins at this time"),
        (at(20), "no appointment that begins at this time"),
        ("2027-03-28T02:30", "the clocks go forward on that day"),
        ("2026-11-24T23:00", "no appointment that begins at this time"),
        ("tomorrow", "Choose one from the list"),
        ("9999-12-31T23:59:59+00:00", "Choose one from the list"),
        ("0001-01-01T00:00:00+14:00", "Choose one from the list"),
        ("😀" * 500, "Choose one from the list"),
    ],
)
def test_times_that_can_not_be_had(
    reader: Reader, town: Town, starts_at: str, says: str, appointments: Appointments
) -> None:
    form = reader.open(f"/book/{town.talk}/{TUESDAY}").form("/holds")
    page = refused(reader.send(form, starts_at=starts_at))
    assert says in page.words
    assert page.path == f"/book/{town.talk}/holds"


def test_a_day_that_is_none(reader: Reader, town: Town) -> None:
    for day in ("2026-02-30", "tomorrow", "99999-01-01", "%00", "..", "٢٠٢٦-١١-٢٤"):
        assert reader.open(f"/book/{town.talk}/{day}").status == 404
    assert reader.open(f"/book/{town.talk}/1999-01-01").status == 200
    assert reader.open(f"/book/{town.talk}/2026-11-22").words.count("This day is over") == 1
    assert "can be booked from" in reader.open(f"/book/{town.talk}/2027-06-01").words
    for first in ("2026-02-30", "1999-01-01", "9999-12-31", "x"):
        assert reader.open(f"/book/{town.talk}?from={first}").status == 200
    assert reader.open(f"/book/{town.talk}?modality=telepathy&language=tlh&needs=magic").status == 200


def test_a_service_that_is_none(reader: Reader, town: Town) -> None:
    unknown = "A" * 22
    for path in (
        f"/book/{unknown}",
        f"/book/{unknown}/{TUESDAY}",
        f"/book/{unknown}/waitlist",
        f"/book/{'x' * 3000}",
        "/holds/" + unknown,
    ):
        assert reader.open(path).status == 404


@pytest.mark.parametrize(
    "name", ["Bo", "أمل بن حدّو", "李雷", "X Æ A-12", "O'Brien-Ñúñez", "🦊", "प्रिया", "ß", "N'", "  Amal   B  "]
)
def test_names_of_one_word_and_any_script(
    reader: Reader, time: Time, town: Town, name: str, appointments: Appointments
) -> None:
    page = book(reader, time, town, name=name)
    assert page.path.endswith("/confirmation")
    assert appointments()[0]["name"] == " ".join(name.split())


@pytest.mark.parametrize(
    ("typed", "field", "says"),
    [
        ({"name": ""}, "name", "Enter your name"),
        ({"name": " \u200f \n "}, "name", "Enter"),
        ({"name": LONG}, "name", "at most 200 characters"),
        ({"email": "amal"}, "email", "Enter an e-mail address"),
        ({"email": LONG + "@example.org"}, "email", "Enter an e-mail address"),
        ({"email": "a@b@c"}, "email", "Enter an e-mail address"),
        ({"phone": "12"}, "phone", "Enter a phone number"),
        ({"phone": LONG}, "phone", "Enter a phone number"),
        ({"phone": "call me"}, "phone", "Enter a phone number"),
        ({"modality": "phone"}, "phone", "so that the counselor can call you"),
        ({"modality": ""}, "modality", "Choose how you want to meet"),
        ({"modality": "telepathy"}, "modality", "Choose one of the answers"),
        ({"language": "tlh"}, "language", "Choose one of the answers"),
        ({"needs": ["captions", "magic"]}, "needs", "Choose from the answers"),
    ],
)
def test_answers_that_can_not_be_read(
    reader: Reader, time: Time, town: Town, typed: dict[str, Any], field: str, says: str
) -> None:
    whole = {"name": "Amal B.", "email": "a@example.org", "needs": ["captions"], **typed}
    page = refused(answer(reader, time, hold(reader, town), **whole))
    assert page.words.count(says) >= 2, "beside the field and at the top"
    assert f'id="{field}-error"' in page.html
    form = page.form(page.path)
    for name in ("name", "email"):
        assert form.values[name] == [str(whole[name]).strip("\n \u200f")] or name == field
    if field == "name" and typed["name"] == LONG:
        assert form.values["name"] == [LONG]


def test_too_fast_is_said_once_and_keeps_what_was_typed(reader: Reader, time: Time, town: Town) -> None:
    page = hold(reader, town)
    page = refused(reader.send(page.form(page.path), name="Amal B.", modality="video"))
    form = page.form(page.path)
    assert form.values["name"] == ["Amal B."]
    time.pass_(seconds=3)
    assert reader.send(form).path.endswith("/check")


@pytest.mark.parametrize("token", ["", "1", "1.x", "99999999999999999999.x", "é.é", LONG])
def test_a_form_token_that_is_not_ours(reader: Reader, time: Time, town: Town, token: str) -> None:
    refused(answer(reader, time, hold(reader, town), token=token))


def test_without_the_sites_form_token(reader: Reader, town: Town, appointments: Appointments) -> None:
    form = reader.open(f"/book/{town.talk}/{TUESDAY}").form("/holds")
    page = reader.send(form, csrf_token="", starts_at=at(10))
    assert page.status == 400
    assert appointments() == []


def test_many_tries_keep_what_was_typed(reader: Reader, time: Time, town: Town) -> None:
    page = hold(reader, town)
    time.pass_(seconds=20)
    form = page.form(page.path)
    for _n in range(60):
        reader.send(form, name="", modality="video")
    for _n in range(61):
        page = reader.send(form, name="Amal B.", modality="video")
        if page.status != 200:
            break
    refused(page, 429)
    assert page.form(page.path).values["name"] == ["Amal B."]


@pytest.mark.parametrize("path", ["/find", "/join"])
def test_find_and_join_keep_what_was_typed(reader: Reader, town: Town, path: str) -> None:
    form = reader.open(path).form(path)
    refused(reader.send(form))
    second = "second" if path == "/find" else "code"
    for reference in ("4F7K2QXM", "x", LONG, "😀😀😀😀", "' or 1=1 --", "4f7k-2qxm"):
        page = reader.send(form, reference=reference, **{second: "123456"})
        assert page.status in {404, 422, 429}
        assert page.title.strip().startswith("Error: ")
        assert page.form(path).values["reference"] == [reference]
        assert page.form(path).values[second] == ["123456"]


def test_waitlist_and_callback_say_what_is_missing(reader: Reader, time: Time, town: Town) -> None:
    for path, good in (("waitlist", {"email": "b@example.org"}), ("callback", {"phone": "600 111 222"})):
        page = reader.open(f"/book/{town.talk}/{path}")
        time.pass_(seconds=10)
        page = refused(reader.send(page.form(f"/{path}")))
        page = refused(reader.send(page.form(f"/{path}"), name=LONG, **good))
        assert page.form(f"/{path}").values["name"] == [LONG]
        page = refused(reader.send(page.form(f"/{path}"), name="Bo", phone="x", email=""))
        assert page.form(f"/{path}").values["name"] == ["Bo"]
    page = reader.open(f"/book/{town.talk}/waitlist")
    form = page.form("/waitlist")
    page = refused(reader.send(form, name="Bo", email="b@example.org", first_day="2026-12-10", last_day="2026-12-01"))
    assert "not before the first day" in page.words
    refused(reader.send(form, name="Bo", email="b@example.org", first_day="2026-02-30"))
