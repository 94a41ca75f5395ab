"""Which language a page or letter speaks, and the way to choose another on every page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager

from babel import Locale
from flask import Blueprint, Flask, current_app, g, has_request_context, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import Babel, force_locale

from . import wordings
from .errors import NotFound
from .pages import safe_next
from .wordings import OwnWords

COOKIE = "vo_language"
COMMA = {"ltr": ", ", "rtl": "، "}
blueprint = Blueprint("languages", __name__)
babel = Babel()
babel.domain_instance = OwnWords()


def offered() -> list[tuple[str, str]]:
    """The languages of this installation as (code, its own name), default first."""
    return [(code, (Locale.parse(code, sep="-").display_name or code).capitalize()) for code in _codes()]


def current() -> str:
    """The code of the language in force."""
    forced = g.get("language")
    if forced:
        return str(forced)
    if not has_request_context():
        return _codes()[0]
    chosen = request.cookies.get(COOKIE, "")
    if chosen in _codes():
        return chosen
    return request.accept_languages.best_match(_codes()) or _codes()[0]


def direction(code: str | None = None) -> str:
    """`rtl` or `ltr`."""
    return Locale.parse(code or current(), sep="-").text_direction


def isolated(text: str) -> str:
    """A phone number inside plain right-to-left text keeps its order (Unicode LRI … PDI); other text stays as it is."""
    return f"\u2066{text}\u2069" if text and direction() == "rtl" else text


def known(code: str | None) -> str:
    """The code if it is offered, else the default."""
    return code if code in _codes() else _codes()[0]


@contextmanager
def speaking(code: str) -> Iterator[None]:
    """Render in a language (letters); falls back to the default when it is not offered."""
    code = known(code)
    wordings.refresh()
    before = g.get("language")
    g.language = code
    try:
        with force_locale(code.replace("-", "_")):
            yield
    finally:
        g.language = before


@blueprint.get("/language/<code>")
def choose(code: str) -> ResponseReturnValue:
    """Remember a language in a cookie and go back to the page."""
    if code not in _codes():
        raise NotFound
    answer = redirect(safe_next(request.args.get("next")) or url_for("front.show"))
    answer.set_cookie(COOKIE, code, max_age=365 * 86400, samesite="Lax", httponly=True, secure=request.is_secure)
    return answer


def listed(words: Iterable[object]) -> str:
    """Words one after the other, with the comma of the reader's language.

    Not by CLDR's list patterns: as Babel 2.18 has them, two words fail in Spanish and the second comes twice in Arabic.
    """
    return comma().join(map(str, words))


def comma() -> str:
    """What stands between two words of a list, with its space."""
    return COMMA[direction()]


def register(app: Flask) -> None:
    """Babel, the language switch and the template globals."""
    babel.init_app(app, locale_selector=lambda: current().replace("-", "_"), default_timezone="UTC")
    wordings.register(app)
    app.register_blueprint(blueprint)
    app.jinja_env.globals.update(offered_languages=offered, language=current, direction=direction, comma=comma)
    app.jinja_env.filters.update(isolated=isolated, listed=listed)


def _codes() -> list[str]:
    codes: list[str] = current_app.config["VO"].language_codes
    return codes
