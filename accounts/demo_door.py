"""The demo's sign-in door: one click on a person, or the password `demo`. Registered in a demo only; elsewhere it does not exist."""

from __future__ import annotations

from flask import Blueprint, Flask, redirect, render_template, request
from flask.typing import ResponseReturnValue

from foundation.db import write
from foundation.errors import NotFound

from . import browsers, people
from .access import EVERYONE, allow

blueprint = Blueprint("demo_door", __name__, url_prefix="/demo")


@blueprint.get("")
@allow(EVERYONE)
def show() -> ResponseReturnValue:
    """Everybody who can be played."""
    return render_template("accounts/demo.html", people=people.with_proven_email(limit=40))


@blueprint.post("/sign-in")
@allow(EVERYONE)
def enter() -> ResponseReturnValue:
    """Be that person."""
    write(lambda: _enter(request.form.get("person", "")))
    return redirect(browsers.next_page())


def register(app: Flask) -> None:
    """Only in a demo."""
    if app.config["VO"].demo:
        app.register_blueprint(blueprint)


def _enter(public_id: str) -> None:
    person = next((one for one in people.with_proven_email() if one.public_id == public_id), None)
    if person is None:
        raise NotFound
    browsers.enter(person, "demo")
