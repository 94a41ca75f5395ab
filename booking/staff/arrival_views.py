"""Who is at the office now: the list for the people at the counter."""

from __future__ import annotations

from flask import Blueprint, Flask, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from accounts import navigation
from accounts.access import allow, visitor

from .. import arrivals
from ..visibility import DESK

blueprint = Blueprint("arrivals", __name__)


@blueprint.get("/staff/arrivals")
@allow(*DESK)
def index() -> ResponseReturnValue:
    """Everybody who has checked in and is not done, longest wait first."""
    return render_template("staff/arrivals.html", found=arrivals.here(visitor()))


def register(app: Flask) -> None:
    """The page, and its place in the navigation."""
    app.register_blueprint(blueprint)
    navigation.add(_l("Who is here"), "arrivals.index", DESK, order=35)
