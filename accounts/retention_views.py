"""The page of what is kept how long: the rules, the last run, and what a run would take now."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from foundation import retention

from . import navigation
from .access import allow
from .models import Role

blueprint = Blueprint("retention", __name__, url_prefix="/staff/retention")
navigation.add(_l("How long we keep"), "retention.show", Role.ADMIN, order=84)


@blueprint.get("")
@allow(Role.ADMIN)
def show() -> ResponseReturnValue:
    """The rules; with `?dry=1` how many rows each would take now. Counts only, of every office."""
    dry = {key: len(rows) for key, rows in retention.plan().items()} if request.args.get("dry") else None
    return render_template("accounts/retention.html", rules=retention.rules(), last=retention.last(), dry=dry)
