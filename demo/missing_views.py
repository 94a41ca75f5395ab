"""The door at which the practice partner asks where it is wanted. Registered in a demo only; elsewhere it does not exist."""

from __future__ import annotations

from dataclasses import asdict

from flask import Blueprint, Flask, jsonify, request
from flask.typing import ResponseReturnValue

from accounts.access import EVERYONE, allow

from . import missing

blueprint = Blueprint("practice", __name__, url_prefix="/demo/practice")


@blueprint.get("/missing")
@allow(EVERYONE)
def show() -> ResponseReturnValue:
    """`{meeting, seat, person}` where somebody is alone in a practice call, else `{}`. All are invented, and the demo door is open."""
    found = missing.look(request.args.get("kept", ""))
    return jsonify(asdict(found) if found else {})


def register(app: Flask) -> None:
    """Only in a demo."""
    if app.config["VO"].demo:
        app.register_blueprint(blueprint)
