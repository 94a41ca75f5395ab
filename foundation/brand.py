"""The name, colours, logo and help phone of the agency that runs the service."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from flask import Blueprint, Flask, Response, current_app, send_from_directory
from flask.typing import ResponseReturnValue

from . import clock
from .errors import NotFound

log = logging.getLogger(__name__)
blueprint = Blueprint("brand", __name__)
WHITE = "#ffffff"
ENOUGH = 4.5
"""Contrast ratio of text (WCAG 2.2, 1.4.3)."""
PHONE_FRESH = 30
"""Seconds for which a process remembers the offices' number."""


@dataclass(frozen=True)
class HelpPhone:
    """The number in the footer of every page, and words about it: whose it is, its cost or its hours."""

    number: str = ""
    words: tuple[str, ...] = ()


_offices: list[Callable[[], HelpPhone]] = []


def phone_from(source: Callable[[], HelpPhone]) -> None:
    """Where the number comes from when no setting gives it; a later source replaces an earlier one."""
    _offices[:] = [source]


@blueprint.get("/brand.css")
def sheet() -> ResponseReturnValue:
    """The agency's colours over ours."""
    settings = current_app.config["VO"]
    rules = f"--brand:{settings.brand};--brand-dark:{settings.brand_dark or settings.brand};"
    answer = Response(f":root{{{rules}}}", mimetype="text/css")
    answer.headers["Cache-Control"] = "public, max-age=3600"
    return answer


@blueprint.get("/brand/logo")
def logo() -> ResponseReturnValue:
    """The agency's logo from the instance folder."""
    settings = current_app.config["VO"]
    if not settings.logo or not (settings.folder / settings.logo).is_file():
        raise NotFound
    return send_from_directory(settings.folder, settings.logo, max_age=3600)


def contrast(one: str, other: str) -> float:
    """WCAG contrast ratio of two #rrggbb colours, 1 to 21."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def register(app: Flask) -> None:
    """The routes, and a warning for colours that people can not read."""
    settings = app.config["VO"]
    app.register_blueprint(blueprint)
    app.jinja_env.globals["help_phone"] = _phone_of(
        HelpPhone(settings.help_phone, tuple(filter(None, (settings.help_hours,))))
    )
    for name in ("brand", "brand_dark"):
        colour = getattr(settings, name)
        if colour and contrast(colour, WHITE) < ENOUGH:
            log.warning("white text on this colour is hard to read", extra={"setting": f"VO_{name.upper()}"})


def _phone_of(set_once: HelpPhone) -> Callable[[], HelpPhone]:
    known: list[tuple[int, HelpPhone]] = []

    def phone() -> HelpPhone:
        if set_once.number or not _offices:
            return set_once
        now = clock.seconds()
        if not known or not 0 <= now - known[0][0] < PHONE_FRESH:
            known[:] = [(now, _offices[0]())]
        return known[0][1]

    return phone


def _luminance(colour: str) -> float:
    parts = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
