"""A reference opens something only with a second fact; five tries an hour; the same words whatever is wrong."""

from __future__ import annotations

import re

import pytest

from tests.booking.pages.conftest import Time, Town, book
from tests.booking.pages.reading import Page, Reader


@pytest.fixture
def booked(reader: Reader, time: Time, town: Town) -> Page:
    return book(reader, time, town, name="Amal B.", email="Amal@example.org", phone="600 111 222")


def facts(page: Page) -> tuple[str, str]:
    """(reference, code) of a confirmation."""
    found = re.search(r"Reference ([0-9A-Z]{8}) Code (\d{6})", page.words)
    assert found is not None
    return found[1], found[2]


def ask(reader: Reader, reference: str, second: str) -> Page:
    return reader.send(reader.open("/find").form("/find"), reference=reference, second=second)


def test_by_code_email_or_phone(booked: Page, another: Reader) -> None:
    reference, code = facts(booked)
    spoken = f" {reference[:4].lower()}-{reference[4:].lower()} "
    for second in (code, f"{code[:3]} {code[3:]}", "AMAL@example.org", "600111222", "+34 600 11 12 22"):
        page = ask(another, spoken, second)
        assert page.path == booked.path.removesuffix("/confirmation"), second


def test_the_same_words_whatever_is_wrong(booked: Page, another: Reader) -> None:
    reference, code = facts(booked)
    tries = [(reference, "000000"), (reference, "bo@example.org"), ("00000000", code), ("00000001", "amal@example.org")]
    said = {(page.status, page.words) for page in (ask(another, *one) for one in tries)}
    assert len(said) == 1


def test_five_tries_an_hour(booked: Page, another: Reader, time: Time) -> None:
    reference, code = facts(booked)
    for _n in range(5):
        assert ask(another, reference, "000000").status == 404
    page = ask(another, reference, code)
    assert page.status == 429
    assert page.form("/find").values["second"] == [code]
    time.pass_(hours=1, minutes=1)
    assert ask(another, reference, code).status == 200


def test_join_with_reference_and_code(booked: Page, another: Reader, time: Time) -> None:
    reference, code = facts(booked)
    form = another.open("/join").form("/join")
    answer = another.browser.post("/join", {"reference": reference, "code": code}, follow=False)
    assert answer.headers["Location"].endswith("/device-check")
    assert another.send(form, reference=reference, code="000000").status == 404


def test_the_front_page_hands_the_reference_on(booked: Page, another: Reader) -> None:
    page = another.open("/")
    page = another.send(page.form("/find"), reference="4F7K2QXM")
    assert page.form("/find").values["reference"] == ["4F7K2QXM"]
