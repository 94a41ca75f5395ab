"""The people whom a counselor serves: the list with its filters, and one person's page."""

from __future__ import annotations

from flask import Blueprint, Flask, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from accounts import navigation
from accounts.access import allow, visitor
from accounts.models import Role
from foundation import clock

from .. import clients

blueprint = Blueprint("clients", __name__, url_prefix="/clients")
WHO = (Role.COUNSELOR, Role.TEAM_LEADER, Role.ADMIN)
LONGEST = 100


@blueprint.get("")
@allow(*WHO)
def index() -> ResponseReturnValue:
    """Search, filter and sort are part of the address. Leaders see their office's people, without notes."""
    leads = clients.leads(visitor())
    mine = Role.COUNSELOR in visitor().roles
    whole = leads and (not mine or request.args.get("whose") == "office")
    asked = {
        "words": request.args.get("words", "").replace("\x00", "")[:LONGEST],
        "only": _one_of(request.args.get("only", ""), clients.FILTERS),
        "weeks": min(max(request.args.get("weeks", 8, type=int), 1), 520),
        "sort": _one_of(request.args.get("sort", ""), clients.SORTS),
    }
    page = min(max(request.args.get("page", 1, type=int), 1), 100_000)
    shown = clients.listed(visitor(), whole, page=page, **asked)  # type: ignore[arg-type]
    whose = "office" if whole and mine else ""
    return render_template(
        "clients/index.html", shown=shown, asked=asked, whole=whole, both=leads and mine, whose=whose
    )


@blueprint.get("/<public_id>")
@allow(*WHO)
def show(public_id: str) -> ResponseReturnValue:
    """What is ahead and what was, what they need, one's own notes, and the way to the next appointments."""
    return render_template("clients/show.html", history=clients.history(public_id, visitor()), now=clock.now())


def register(app: Flask) -> None:
    """The pages, and their place in the navigation."""
    app.register_blueprint(blueprint)
    navigation.add(_l("People"), "clients.index", WHO, order=15)


def _one_of(raw: str, known: tuple[str, ...]) -> str:
    return raw if raw in known else known[0]
