"""The front page: what people can do here, in big rows, and how to reach a human being."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import Blueprint, Flask, render_template
from flask.typing import ResponseReturnValue

from accounts import first_run
from accounts.access import EVERYONE, allow

from .receiving import receiving

blueprint = Blueprint("front", __name__)
OFFICES_SHOWN = 4
"""More offices than these are folded away."""


@dataclass(frozen=True)
class Way:
    """One row of the front page; lazy words."""

    title: Any
    hint: Any
    endpoint: str
    icon: str


_ways: dict[int, Way] = {}


def offer(order: int, title: Any, hint: Any, endpoint: str, icon: str = "") -> None:
    """A feature adds its row; smaller `order` comes first, the same order replaces."""
    _ways[order] = Way(title, hint, endpoint, icon)


@blueprint.get("/")
@allow(EVERYONE)
def show() -> ResponseReturnValue:
    """Rows of what can be done, "I have an appointment", phones and hours."""
    ways = [_ways[order] for order in sorted(_ways)]
    offices = receiving()
    new = not offices and first_run.is_open()
    return render_template("front.html", ways=ways, offices=offices, shown=OFFICES_SHOWN, new=new)


def register(app: Flask) -> None:
    """The page."""
    app.register_blueprint(blueprint)
