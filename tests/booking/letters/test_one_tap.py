"""One tap from a letter: a look changes nothing, a button tells the counselor."""

from __future__ import annotations

from collections.abc import Callable

from flask import Flask

from tests.application import Browser
from tests.booking.mail_program import part
from tests.booking.pages.conftest import Time, Town
from tests.booking.pages.reading import Reader
from tests.booking.staff.desks import ABSENT, assert_absent, book_for, sit_down, state_of
from tests.postbox import Postbox

from .conftest import TEN

Work = Callable[[], None]


def link_of(letter_text: str, end: str) -> str:
    """The address in a letter that ends so, without the host."""
    [found] = [word for word in letter_text.split() if word.endswith(end)]
    return "/" + found.partition("://")[2].partition("/")[2]


def test_i_can_not_come_and_i_am_late_from_the_reminder(
    app: Flask, town: Town, box: Postbox, time: Time, work: Work
) -> None:
    booked = book_for(app, town, TEN.replace(day=26))
    other = book_for(app, town, TEN.replace(day=26, hour=10), "Bo")
    time.set(TEN.replace(day=25))
    work()
    reminder = next(one for one in box.to("amal@example.org") if str(one["Subject"]).startswith("Reminder"))
    text = part(reminder, "text/plain")
    absence, late = link_of(text, "?then=absence"), link_of(text, "?then=late")
    scanner = Browser(app)
    for _n in range(20):
        for path in (absence, late):
            scanner.client.get(path, follow_redirects=True)
            scanner.client.head(path, follow_redirects=True)
    assert state_of(app, booked) == "booked", "a mail scanner changes nothing"
    amal = Reader(Browser(app))
    page = amal.open(absence)
    assert "You can not come?" in page.words
    time.set(TEN.replace(day=26, hour=8, minute=30))
    page = amal.open(late)
    assert "How late will you be?" in page.words
    form = page.form("/lateness")
    for wrong in ("", "7", "-5", "٥", "999999999999"):
        assert "Choose 5, 10 or 15 minutes" in amal.send(form, minutes=wrong).words, wrong
    assert "The counselor knows that you come later." in amal.send(form, minutes="10").words
    ines = sit_down(app, "Ines")
    assert "Comes about 10:10" in ines.open("/today?on=2026-11-26").words
    assert_absent(amal, "POST", f"/appointments/{other}/lateness", f"/appointments/{ABSENT}/lateness")
    assert_absent(amal, "GET", f"/appointments/{other}/absence", f"/appointments/{ABSENT}/absence")
    page = amal.open(absence)
    assert "The appointment is cancelled." in amal.send(page.form("/cancellation")).words
    assert state_of(app, booked) == "cancelled_by_person"


def test_hours_before_nobody_is_late_yet(app: Flask, town: Town, box: Postbox, work: Work) -> None:
    book_for(app, town, TEN.replace(day=26))
    work()
    [letter] = box.got
    manage = next(word for word in part(letter, "text/plain").split() if "/m/" in word)
    amal = Reader(Browser(app))
    page = amal.open("/" + manage.partition("://")[2].partition("/")[2] + "?then=late")
    assert "How late will you be?" not in page.words
    assert "I am running late" not in page.words
