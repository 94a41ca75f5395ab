"""A week of one diary: a table on a desk, and an equal list that a phone shows alone."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Blueprint, Flask, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.access import allow, visitor
from foundation.errors import NotFound
from foundation.forms import FIRST_DAY, LAST_DAY

from .. import fortnights, resources, week_table
from . import rhythms
from .hour_views import KEEPERS

blueprint = Blueprint("weeks", __name__, url_prefix="/staff/hours")
WEEK = timedelta(days=7)


@blueprint.get("/<public_id>/week")
@allow(*KEEPERS)
def show(public_id: str) -> ResponseReturnValue:
    """The week of `on`, default this one."""
    resource = resources.get(public_id, visitor(), own=True)
    today = rhythms.today(resource)
    monday = fortnights.monday(_day(request.args.get("on", ""), today))
    days = week_table.days_of(resource, monday)
    before, after = monday - WEEK, monday + WEEK
    return render_template(
        "staff/week.html",
        resource=resource,
        days=days,
        lines=week_table.lines_of(days),
        monday=monday,
        today=today,
        earlier=url_for(".show", public_id=public_id, on=before.isoformat()) if before >= FIRST_DAY else "",
        later=url_for(".show", public_id=public_id, on=after.isoformat()) if after + WEEK <= LAST_DAY else "",
    )


def register(app: Flask) -> None:
    """The page."""
    app.register_blueprint(blueprint)


def _day(raw: str, today: date) -> date:
    if not raw:
        return today
    try:
        on = date.fromisoformat(raw)
    except ValueError:
        raise NotFound from None
    if not FIRST_DAY + WEEK <= on <= LAST_DAY - WEEK:
        raise NotFound
    return on
