"""The doors of the yes to one meeting: give it, take it back."""

from __future__ import annotations

from flask import Blueprint, Flask, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import HOLDER, allow, visitor
from foundation import times
from foundation.db import write

from . import about, agreement, meetings, withdrawn  # noqa: F401  withdrawn listens
from .models import Meeting

blueprint = Blueprint("consent", __name__, url_prefix="/meetings/<public_id>")


@blueprint.post("/consent")
@allow(HOLDER)
def give(public_id: str) -> ResponseReturnValue:
    """The person agrees to meet this way this time; the page goes on by itself."""
    meeting, me = meetings.get(public_id, visitor())
    write(lambda: agreement.give(meeting, me))
    return redirect(url_for("meetings.show", public_id=public_id))


@blueprint.post("/consent-withdrawal")
@allow(HOLDER)
def withdraw(public_id: str) -> ResponseReturnValue:
    """The person takes the yes back; whoever is inside leaves at once."""
    meeting, me = meetings.get(public_id, visitor())
    write(lambda: agreement.withdraw(meeting, me))
    if agreement.needed(meeting, me):
        flash(_("You took your yes back. You can move the appointment to phone or the office, or cancel it."))
    return redirect(about.of(meeting, me).back or url_for("meetings.show", public_id=public_id))


def agreed_words(meeting: Meeting | None, zone: str) -> str:
    """When the jobseeker agreed to what, for their own page and the counselor's; empty without a yes."""
    yes = agreement.told(meeting)
    if yes is None:
        return ""
    at = times.when(yes.given_at, zone)
    return (
        _("Meet by writing, said on %(when)s", when=at)
        if yes.purpose == "meet_in_writing"
        else _("Meet by video, said on %(when)s", when=at)
    )


def register(app: Flask) -> None:
    """The doors, and what templates ask."""
    app.register_blueprint(blueprint)
    app.jinja_env.globals.update(agreement=agreement, agreed_words=agreed_words)
