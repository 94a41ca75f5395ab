"""Pages that tell the truth about this installation: privacy, accessibility, cookies, help."""

from __future__ import annotations

from flask import Blueprint, Flask, render_template
from flask.typing import ResponseReturnValue

from accounts.access import EVERYONE, allow

from .receiving import receiving

blueprint = Blueprint("pages", __name__)


@blueprint.get("/privacy")
@allow(EVERYONE)
def privacy() -> ResponseReturnValue:
    """What is stored, who sees it, and what this version does not do yet."""
    return render_template("pages/privacy.html", offices=receiving())


@blueprint.get("/accessibility")
@allow(EVERYONE)
def accessibility() -> ResponseReturnValue:
    """What was checked and how, what is known to be missing, whom to tell."""
    return render_template("pages/accessibility.html", offices=receiving())


@blueprint.get("/cookies")
@allow(EVERYONE)
def cookies() -> ResponseReturnValue:
    """Every cookie by name and life."""
    return render_template("pages/cookies.html")


@blueprint.get("/help")
@allow(EVERYONE)
def help() -> ResponseReturnValue:
    """How to book, join and reach a human being."""
    return render_template("pages/help.html", offices=receiving())


def register(app: Flask) -> None:
    """The pages."""
    app.register_blueprint(blueprint)
