"""Letters that somebody at the office prints: the list, one on a sheet, and done."""

from __future__ import annotations

from flask import Blueprint, Flask, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts import people
from accounts.access import allow, visitor
from accounts.models import Role
from foundation import printing
from foundation.db import write
from foundation.errors import Refusal
from foundation.models import Letter
from virtual_office.offices import offices

blueprint = Blueprint("printing", __name__, url_prefix="/staff/letters")
DESK = (Role.ADMIN, Role.TEAM_LEADER, Role.OPERATOR)


@blueprint.get("/to-print")
@allow(*DESK)
def index() -> ResponseReturnValue:
    """What waits for a printer at the visitor's offices."""
    found = printing.due(_offices())
    names = {letter.id: _name(letter) for letter in found}
    return render_template("staff/letter_desk/to_print.html", letters=found, names=names)


@blueprint.get("/<public_id>/paper")
@allow(*DESK)
def paper(public_id: str) -> ResponseReturnValue:
    """One letter on one sheet, in the person's language."""
    letter = printing.get(public_id, _offices())
    try:
        words = printing.sheet(letter).words
    except printing.NotNeeded as why:
        return _not_needed(why)
    sender = next((one for one in offices.listed(visitor(), *DESK) if one.id == letter.office_id), None)
    told = {"letter": letter, "words": words, "name": _name(letter), "sender": sender}
    return render_template("staff/letter_desk/paper.html", **told)


@blueprint.post("/<public_id>/printing")
@allow(*DESK)
def done(public_id: str) -> ResponseReturnValue:
    """It is printed: the person is told."""
    letter = printing.get(public_id, _offices())
    try:
        write(lambda: printing.mark(letter))
    except printing.NotNeeded as why:
        return _not_needed(why)
    flash(_("Written down: the letter is printed."))
    return redirect(url_for(".index"))


def register(app: Flask) -> None:
    """The pages."""
    app.register_blueprint(blueprint)


def _offices() -> list[int] | None:
    mine = visitor().offices(*DESK)
    return None if mine is None else sorted(mine)


def _name(letter: Letter) -> str:
    return people.get(letter.person_id).name if letter.person_id else ""


def _not_needed(why: Refusal) -> ResponseReturnValue:
    flash(why.message)
    return redirect(url_for(".index"))
