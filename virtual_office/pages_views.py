"""Pages that tell the truth about this installation: privacy, accessibility, cookies, help; made from its settings and rules."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, current_app, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from accounts import browsers
from accounts.access import EVERYONE, allow
from foundation import languages, retention

from . import receivers
from .receiving import receiving

blueprint = Blueprint("pages", __name__)
BY_HAND = frozenset({"en"})
"""Languages whose words people wrote; the others were made by a machine and wait for a native reader."""


@dataclass(frozen=True)
class Cookie:
    """One cookie that this service sets."""

    name: str
    what: Any
    how_long: Any


@blueprint.get("/privacy")
@allow(EVERYONE)
def privacy() -> ResponseReturnValue:
    """What is stored how long, who gets what, and how to see or delete it."""
    settings = current_app.config["VO"]
    return render_template(
        "pages/privacy.html", offices=receiving(), rules=retention.rules(), receivers=receivers.of(settings)
    )


@blueprint.get("/accessibility")
@allow(EVERYONE)
def accessibility() -> ResponseReturnValue:
    """What was checked and how, what is known to be missing, whom to tell."""
    machine = [name for code, name in languages.offered() if code not in BY_HAND]
    return render_template("pages/accessibility.html", offices=receiving(), machine_made=machine)


@blueprint.get("/cookies")
@allow(EVERYONE)
def cookies() -> ResponseReturnValue:
    """Every cookie by name and life."""
    return render_template("pages/cookies.html", cookies=known_cookies())


@blueprint.get("/help")
@allow(EVERYONE)
def help() -> ResponseReturnValue:
    """How to book, join and reach a human being."""
    return render_template("pages/help.html", offices=receiving())


def known_cookies() -> list[Cookie]:
    """The cookies of this installation, by the names that it really uses."""
    return [
        Cookie(
            current_app.config["SESSION_COOKIE_NAME"],
            _l(
                "Remembers the time we keep for you while you book, the appointments whose links you opened, and that you are "
                "signed in. It also protects forms, so that nobody else can send them for you."
            ),
            _l("12 hours after you last used the service"),
        ),
        Cookie(languages.COOKIE, _l("Remembers the language that you chose."), _l("1 year")),
        Cookie(
            browsers.KNOWN,
            _l("Only for people who work here: remembers that they signed in with this browser before."),
            _l("1 year"),
        ),
    ]


def register(app: Flask) -> None:
    """The pages."""
    app.register_blueprint(blueprint)
