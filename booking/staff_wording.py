"""The short words that staff read many times a day; the long ones for jobseekers are in `wording`."""

from __future__ import annotations

from babel import Locale
from flask import Flask
from flask_babel import get_locale
from flask_babel import lazy_gettext as _l
from markupsafe import Markup

from foundation.pages import ltr

from .models import Modality, Need

MODALITIES = {
    Modality.VIDEO: _l("Video"),
    Modality.PHONE: _l("Phone"),
    Modality.CHAT: _l("Chat"),
    Modality.IN_PERSON: _l("In person"),
}
NEEDS = {
    Need.INTERPRETER: _l("Interpreter"),
    Need.SIGN_INTERPRETER: _l("Sign language interpreter"),
    Need.CAPTIONS: _l("Captions"),
    Need.STEP_FREE: _l("Step-free"),
    Need.COMPANION: _l("Brings somebody"),
    Need.MORE_TIME: _l("More time"),
}


def short_modality(code: str) -> str:
    """`Video`, `Phone`, `Chat`, `In person`."""
    return str(MODALITIES[Modality(code)])


def need_name(code: str) -> str:
    """A need in one or two words."""
    return str(NEEDS[Need(code)])


def spoken(code: str) -> str:
    """A language in the reader's words."""
    name = Locale.parse(code, sep="-").get_display_name(get_locale()) or code
    return name[:1].upper() + name[1:]


def phone_link(number: str) -> Markup:
    """A number that a phone dials."""
    return Markup('<a class="govuk-link phone" href="tel:{}">{}</a>').format(number.replace(" ", ""), ltr(number))


def register(app: Flask) -> None:
    """Filters and globals of staff pages."""
    app.jinja_env.filters["need_name"] = need_name
    app.jinja_env.globals.update(short_modality=short_modality, spoken=spoken, phone_link=phone_link)
