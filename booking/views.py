"""The way into booking: which office and which service."""

from __future__ import annotations

from flask import Blueprint, Flask, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from accounts.access import EVERYONE, allow
from virtual_office import front

from . import agreed, catalogue, wording

blueprint = Blueprint("booking", __name__)
MANY_OFFICES = 8
"""From so many offices on, the page asks for a part of the name or address first."""


@blueprint.get("/book")
@allow(EVERYONE)
def choose() -> ResponseReturnValue:
    """Offices with what can be booked there; `?place=` keeps those whose name or address has it."""
    place = request.args.get("place", "").replace("\x00", "").strip()[:80]
    counters = catalogue.counters(place)
    return render_template("booking/choose.html", counters=counters, place=place, many=MANY_OFFICES)


def register(app: Flask) -> None:
    """Every public booking page, and the row on the front page."""
    from . import (  # noqa: F401  each adds its doors
        answer_views,
        calendar_views,
        check_in_views,
        find_views,
        hold_views,
        manage_views,
        time_offer_views,
        wait_views,
    )

    app.register_blueprint(blueprint)
    app.jinja_env.globals.update(modality_name=wording.modality, language_name=wording.language, agreed_to=agreed.words)
    app.jinja_env.filters.update(way_word=wording.way, need_word=wording.need, first_name=wording.first_name)
    front.offer(
        10,
        _l("Book a counselor"),
        _l("Talk to somebody about work: by video, phone, chat or at an office."),
        "booking.choose",
        "calendar-days",
    )
