"""Anti-abuse without walls on the booking pages: whose browser it is, how long a form was open, how often an address acts."""

from __future__ import annotations

import secrets

from flask import current_app, session
from flask_babel import lazy_gettext as _l
from flask_limiter.util import get_remote_address
from limits import parse

from foundation import clock
from foundation.errors import Refusal, TooMany
from foundation.security import fingerprint, limiter, matches, sign

PURPOSE = "form"
OLDEST = 24 * 3600
"""Seconds that a form may stay open."""


class TooFast(Refusal):
    """A form came back faster than a person can fill it."""

    code = "too_fast"
    status = 422
    message = _l("That was very fast. Check what you entered and send it once more.")


class TooOften(TooMany):
    """One address acts more often than people do."""

    code = "too_often"
    message = _l(
        "There were many tries from your connection. Wait one minute and send it again. What you typed is still here."
    )


def browser() -> str:
    """The fingerprint of this browser's random id: the owner of the times it holds."""
    if "browser" not in session:
        session["browser"] = secrets.token_urlsafe(16)
        session.permanent = True
    return fingerprint(session["browser"])


def stamp(about: str) -> str:
    """A signed form token that says when this form was first shown to this browser."""
    shown = clock.seconds()
    return f"{shown}.{sign(PURPOSE, about, browser(), shown)}"


def check(token: str, about: str, at_least: int) -> None:
    """Whether the token is ours and the form was open for `at_least` seconds; raises TooFast."""
    if not current_app.config["VO"].rate_limits:
        return
    shown, _dot, signature = token.partition(".")
    if not (
        shown.isdecimal()
        and len(shown) < 12
        and signature.isascii()
        and matches(signature, PURPOSE, about, browser(), shown)
    ):
        raise TooFast
    if not at_least <= clock.seconds() - int(shown) <= OLDEST:
        raise TooFast


def limit(rate: str, about: str) -> None:
    """Count one act of this address; raises TooOften. `rate` is like `30 per minute`."""
    if current_app.config["VO"].rate_limits and not limiter.limiter.hit(parse(rate), about, get_remote_address()):
        raise TooOften
