"""The front page and the pages about the service, in every language; the months of the calendar; the hours in words."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from flask import Flask

from booking import month_tables
from tests.application import Browser
from tests.booking.pages.conftest import Town
from tests.booking.pages.reading import Reader
from virtual_office.offices.models import Office, OfficeHours
from virtual_office.receiving import hours_said

PAGES = ("/", "/book", "/find", "/join", "/privacy", "/accessibility", "/cookies", "/help")


@pytest.mark.parametrize("path", PAGES)
@pytest.mark.parametrize("language", ["en", "ar"])
def test_every_page_in_every_language(app: Flask, town: Town, path: str, language: str) -> None:
    reader = Reader(Browser(app))
    reader.open(f"/language/{language}")
    page = reader.open(path)
    assert page.status == 200
    assert f'<html lang="{language}" dir="{"rtl" if language == "ar" else "ltr"}"' in page.html
    assert len([heading for heading in page.headings if heading]) >= 1
    assert "  " not in page.title


def test_the_front_page_has_the_phone_and_hours_of_the_offices(reader: Reader) -> None:
    words = reader.open("/").words
    assert "Book a counselor" in words
    assert "900 100 200" in words
    assert "Monday to Friday: 09:00–14:00" in words


def test_the_pages_weigh_little(reader: Reader, town: Town) -> None:
    for path in ("/", "/book"):
        assert len(reader.open(path).html.encode()) <= 14 * 1024
    assert len(reader.open(f"/book/{town.talk}").html.encode()) <= 20 * 1024


def test_offices_can_be_looked_for(reader: Reader) -> None:
    assert "Centro" not in reader.open("/book?place=norte").headings
    page = reader.open("/book?place=" + "%E2%80%AEx" * 500)
    assert "Show all offices" in page.words
    assert reader.open("/book?place=%00").status == 404


def test_hours_in_words(app: Flask) -> None:
    office = Office(name="x")
    office.hours = [OfficeHours(weekday=day, opens=540, closes=840) for day in (0, 1, 2, 4)]
    office.hours.append(OfficeHours(weekday=4, opens=960, closes=1140))
    with app.test_request_context():
        assert hours_said(office) == ["Monday to Wednesday: 09:00–14:00", "Friday: 09:00–14:00, 16:00–19:00"]


def test_months_hold_every_day_once() -> None:
    first = date(2026, 11, 25)
    days = {first + timedelta(days=n): n for n in range(61)}
    laid = month_tables.months(days, {first: "full"})
    assert [month.first.month for month in laid] == [11, 12, 1]
    cells = [cell for month in laid for week in month.weeks for cell in week.cells if cell]
    assert [cell.on for cell in cells] == sorted(days)
    assert cells[0].why == "full"
    for month in laid:
        for week in month.weeks:
            assert week.monday.weekday() == 0
            assert all(cell is None or cell.on.weekday() == place for place, cell in enumerate(week.cells))
