"""A counselor's other calendar: an export is read, its busy times become absences, and it goes again in one act."""

from __future__ import annotations

from flask import Blueprint, Flask, flash, redirect, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from accounts.access import allow, visitor
from foundation import clock
from foundation.db import write
from foundation.errors import NotFound, Refusal
from foundation.uploads import takes

from .. import resources
from ..calendars import busy_times, reading
from ..models import Resource
from .busy_forms import CalendarForm
from .hour_views import KEEPERS, page, told

blueprint = Blueprint("busy", __name__, url_prefix="/staff/hours")
ROOM = 3_000_000
"""Bytes of a request: a file that is too large must still be read to say so."""


@blueprint.post("/<public_id>/calendar")
@allow(*KEEPERS)
@takes(ROOM)
def read(public_id: str) -> ResponseReturnValue:
    """Read an export; what is booked in its busy times is listed and kept. Only for one's own diary."""
    resource, form = _resource(public_id), CalendarForm()
    if resource.person_id is None or resource.person_id != visitor().person_id:
        raise NotFound
    try:
        spans = reading.busy_times(form.read(), resource.office.zone, clock.now())
    except Refusal as refusal:
        form.refuse(refusal)
        return page(resource, calendar_form=form), refusal.status
    affected = write(lambda: busy_times.replace(resource, spans, visitor().person_id))
    flash(ngettext("%(num)s busy time is kept free.", "%(num)s busy times are kept free.", len(spans)))
    return told(resource, affected)


@blueprint.post("/<public_id>/calendar/removal")
@allow(*KEEPERS)
def remove(public_id: str) -> ResponseReturnValue:
    """All busy times of the other calendar go, from every diary of the person."""
    resource = _resource(public_id)
    if not busy_times.may_remove(resource, visitor()):
        raise NotFound
    write(lambda: busy_times.remove(resource))
    flash(_("The times of the other calendar are gone."))
    return redirect(url_for("hours.show", public_id=public_id))


def register(app: Flask) -> None:
    """The acts; their page is the one of hours."""
    app.register_blueprint(blueprint)


def _resource(public_id: str) -> Resource:
    return resources.get(public_id, visitor(), own=True)
