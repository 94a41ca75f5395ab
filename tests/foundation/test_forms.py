"""What every form promises: our words at the field and at the top, nothing typed is lost, limits, several spellings of a day."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import wtforms
from flask import Flask
from werkzeug.datastructures import MultiDict
from wtforms import (
    DateField,
    IntegerField,
    PasswordField,
    RadioField,
    SelectMultipleField,
    StringField,
    TextAreaField,
    TimeField,
)
from wtforms.fields.choices import SelectChoice
from wtforms.validators import Email, Length, NumberRange

from foundation.errors import Refusal
from foundation.forms import LONGEST, Form, OurWords, at_most, required

JARGON = re.compile(r"please|sorry|invalid|error|oops|forbidden|field|valid|!", re.IGNORECASE)
BEGINS = re.compile(r"^(Enter|Choose|Shorten|Check)\b")


class Taken(Refusal):
    """A refusal of a field."""

    field = "name"
    message = "That name is taken. Choose another."


class Wish(Form):
    """One of each kind."""

    name = StringField("Name", validators=[required("Enter your name"), at_most(10)])
    note = TextAreaField("Note")
    secret = PasswordField("Password")
    day = DateField("Day")
    at = TimeField("Time")
    minutes = IntegerField("Minutes", validators=[NumberRange(5, 60)])
    short = StringField("Short", validators=[Length(max=3)])
    email = StringField("E-mail", validators=[Email()])
    how = RadioField("How", choices=[SelectChoice("video", "Video"), SelectChoice("phone", "Phone")])
    needs = SelectMultipleField("Needs", choices=[SelectChoice("captions", "Captions")])


GOOD = {"name": "Bo", "day": "2026-11-24", "at": "09:30", "minutes": "30", "email": "bo@example.org", "how": "video"}


def filled(app: Flask, **typed: str) -> Wish:
    """The form as sent."""
    with app.test_request_context("/", method="POST"):
        form = Wish(formdata=MultiDict({**GOOD, **typed}))
        form.validate()
        for _anchor, message in form.error_list():
            assert BEGINS.match(message) and not JARGON.search(message), message
        return form


@pytest.mark.parametrize("day", ["2026-11-24", "24.11.2026", "24/11/2026"])
def test_spellings_of_a_day(app: Flask, day: str) -> None:
    form = filled(app, day=day, at="9.30")
    assert (str(form.day.data), str(form.at.data)) == ("2026-11-24", "09:30:00")
    assert form.error_list() == []


@pytest.mark.parametrize(
    ("field", "typed", "message"),
    [
        ("name", "   ", "Enter your name"),
        ("name", "x" * 10_000, "Shorten this to 10 characters"),
        ("note", "ü" * (LONGEST + 1), "Shorten this to 10,000 characters"),
        ("short", "four", "Shorten this to 3 characters"),
        ("day", "31.02.2026", "Enter a date, for example 24.11.2026"),
        ("at", "25:00", "Enter a time, for example 09:30"),
        ("minutes", "three", "Enter a whole number"),
        ("minutes", "61", "Enter a number from 5 to 60"),
        ("minutes", "9" * 5000, "Enter a whole number"),
        ("how", "dance", "Choose one of the answers"),
        ("needs", "dance", "Choose from the answers"),
        ("email", "bo at example", "Enter an e-mail address like name@example.org"),
    ],
)
def test_our_words_and_nothing_lost(app: Flask, field: str, typed: str, message: str) -> None:
    form = filled(app, **{field: typed})
    anchor = f"{field}-0" if field in {"how", "needs"} else field
    assert (anchor, message) in form.error_list()
    kept = form[field].raw_data[0]
    assert kept == typed


def test_text_is_trimmed_composed_and_without_controls(app: Flask) -> None:
    form = filled(app, name=" e\u0301a\x00\x07 ", note="one\r\ntwo", secret="  kept  ")
    assert (form.name.data, form.note.data, form.secret.data) == ("éa", "one\ntwo", "  kept  ")


def test_numbers_that_fit_no_column(app: Flask) -> None:
    class Plain(Form):
        n = IntegerField("n")

    with app.test_request_context("/", method="POST"):
        form = Plain(formdata=MultiDict({"n": "99999999999999999999"}))
        assert not form.validate()
        assert form.error_list() == [("n", "Enter a smaller number")]


def test_refusals_stand_at_their_field_or_on_top(app: Flask) -> None:
    form = filled(app)
    form.refuse(Taken())
    form.refuse(Refusal("Nothing was changed. Try again."))
    assert form.error_list() == [
        ("", "Nothing was changed. Try again."),
        ("name", "That name is taken. Choose another."),
    ]


def test_messages_of_wtforms_are_still_those_we_translate() -> None:
    folder = Path(wtforms.__file__).parent
    source = "".join(path.read_text() for path in [folder / "validators.py", *folder.glob("fields/*.py")])
    missing = [text for text in [*OurWords.SAID, *OurWords.COUNTED] if text not in source]
    assert not missing
