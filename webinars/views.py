"""The public programme, and one webinar; without JavaScript."""

from __future__ import annotations

from flask import Blueprint, Flask, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.access import EVERYONE, HOLDER, allow, remember_link, visitor

from . import catalogue, links, registrations, visibility, wording
from .catalogue import NEEDS, Filters

blueprint = Blueprint("webinars", __name__)


@blueprint.get("/webinars")
@allow(EVERYONE)
def index() -> ResponseReturnValue:
    """What comes; `?language=`, `?office=` and `?needs=` narrow it."""
    asked = request.args
    needs = tuple(one for one in NEEDS if one in asked.getlist("needs"))
    filters = Filters(asked.get("language", "")[:10], asked.get("office", "")[:22], needs)
    return render_template(
        "webinars/index.html", programme=catalogue.programme(visitor(), filters), filters=filters, needs=NEEDS
    )


@blueprint.get("/webinars/<public_id>")
@allow(HOLDER)
def show(public_id: str) -> ResponseReturnValue:
    """One webinar: when, in which language, what helps to follow, how many seats, and the way to register."""
    webinar = visibility.shown(public_id, visitor())
    data = catalogue.as_data(webinar) if catalogue.is_public(webinar) else None
    return render_template(
        "webinars/show.html",
        webinar=webinar,
        left=catalogue.seats_left(webinar),
        open=registrations.is_open(webinar),
        data=data,
    )


@blueprint.get("/webinars/<public_id>/invitation/<token>")
@allow(HOLDER)
def open_invitation(public_id: str, token: str) -> ResponseReturnValue:
    """An invitation: remember it in this browser and show the webinar; it changes nothing else."""
    webinar = visibility.by_invitation(public_id, token)
    remember_link(webinar.public_id, links.INVITATION, 1)
    return redirect(url_for("webinars.show", public_id=webinar.public_id))


def register(app: Flask) -> None:
    """Every public page of webinars."""
    from . import registration_views  # noqa: F401  adds its doors

    app.register_blueprint(blueprint)
    wording.register(app)
