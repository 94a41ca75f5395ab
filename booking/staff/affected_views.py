"""What something lies over, and what to do with it: many at once, each row an act of its own."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Flask, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import allow, visitor
from accounts.models import Role
from foundation.errors import NotFound
from foundation.forms import FIRST_DAY, LAST_DAY
from virtual_office.offices import impact as closed_days
from virtual_office.offices import offices
from virtual_office.offices.models import Office

from .. import affected, resources
from ..models import Resource
from .forms import AffectedForm

blueprint = Blueprint("affected", __name__, url_prefix="/staff/affected")
KEEPERS = (Role.COUNSELOR, Role.INTERPRETER, *resources.LEADS)


@blueprint.get("/<public_id>")
@allow(*KEEPERS)
def in_diary(public_id: str) -> ResponseReturnValue:
    """What no longer fits a diary; `on` a date: all of that day; `all`: all that is to come."""
    resource = resources.get(public_id, visitor(), own=True)
    on = _day(request.args.get("on", ""))
    rows = affected.in_diary(resource, on, everything="all" in request.args)
    return acts_page(resource, rows, prepared(resource), on=on)


@blueprint.post("/<public_id>")
@allow(*KEEPERS)
def act_in_diary(public_id: str) -> ResponseReturnValue:
    """Move, hand over or offer other times for the ticked ones; the answer says row by row what happened."""
    resource, form = resources.get(public_id, visitor(), own=True), AffectedForm()
    rows = affected.in_diary(resource, everything=True)
    _offer(form, resource)
    if not _complete(form):
        return acts_page(resource, rows, form), 422
    to = affected.colleague(resource, form.to.data or "") if form.act.data == affected.Act.HAND_OVER else None
    ticked = affected.chosen(rows, form.one.data or (), visitor())
    return _results(ticked, form, to, url_for(".in_diary", public_id=public_id), resource.name)


@blueprint.get("/offices/<public_id>")
@allow(*resources.LEADS)
def at_office(public_id: str) -> ResponseReturnValue:
    """What no longer fits any diary of an office, after a closed day for example."""
    office = offices.get(public_id, visitor())
    return _office_page(office, AffectedForm(formdata=None))


@blueprint.post("/offices/<public_id>")
@allow(*resources.LEADS)
def act_at_office(public_id: str) -> ResponseReturnValue:
    """The same acts for an office."""
    office, form = offices.get(public_id, visitor()), AffectedForm()
    form.to.choices = [("", "")]
    if not _complete(form):
        return _office_page(office, form), 422
    ticked = affected.chosen(affected.at_office(office), form.one.data or (), visitor())
    return _results(ticked, form, None, url_for(".at_office", public_id=public_id), office.name)


def acts_page(
    resource: Resource, rows: list[affected.Row], form: AffectedForm, *, saved: bool = False, on: date | None = None
) -> str:
    """The list of a diary with tick boxes; also the answer to saving an absence or a rule."""
    return render_template(
        "staff/affected.html",
        rows=rows,
        form=_only_theirs(rows, form),
        saved=saved,
        on=on,
        ticked=_ticked(rows, form),
        name=resource.name,
        action=url_for("affected.act_in_diary", public_id=resource.public_id),
        back_to=url_for("hours.show", public_id=resource.public_id),
    )


def prepared(resource: Resource) -> AffectedForm:
    """An empty form with the colleagues to hand over to."""
    return _offer(AffectedForm(formdata=None), resource)


@closed_days.act_page
def page_of_office(office: Office) -> str:
    """Where the bookings of closed days are acted on."""
    return url_for("affected.at_office", public_id=office.public_id)


def register(app: Flask) -> None:
    """The pages."""
    app.register_blueprint(blueprint)


def _offer(form: AffectedForm, resource: Resource) -> AffectedForm:
    everybody = [(one.public_id, one.name) for one in affected.colleagues(resource)]
    form.to.choices = [("", _("Whoever is free and has least to do")), *everybody]
    return form


def _complete(form: AffectedForm) -> bool:
    fine = form.validate()
    if not form.one.data:
        form.one.errors = [*form.one.errors, _("Tick at least one appointment")]
    return fine and bool(form.one.data)


def _ticked(rows: list[affected.Row], form: AffectedForm) -> set[str]:
    """Marks of all, until somebody has sent their own choice or asked for none."""
    if form.is_submitted() and form.one.raw_data is not None and request.endpoint in ACTING:
        return set(form.one.data or ())
    return set() if request.args.get("tick") == "none" else {row.mark for row in rows}


ACTING = ("affected.act_in_diary", "affected.act_at_office")


def _office_page(office: Office, form: AffectedForm) -> str:
    rows = affected.at_office(office)
    form.to.choices = [("", _("Whoever is free and has least to do"))]
    return render_template(
        "staff/affected.html",
        rows=rows,
        form=_only_theirs(rows, form),
        saved=False,
        on=None,
        ticked=_ticked(rows, form),
        name=office.name,
        action=url_for("affected.act_at_office", public_id=office.public_id),
        back_to=url_for("offices.show", public_id=office.public_id),
    )


def _results(
    choice: affected.Choice, form: AffectedForm, to: Resource | None, again: str, name: str
) -> ResponseReturnValue:
    results = affected.act_on(choice.rows, affected.Act(form.act.data), visitor(), to)
    return render_template("staff/affected_done.html", results=results, choice=choice, again=again, name=name)


def _only_theirs(rows: list[affected.Row], form: AffectedForm) -> AffectedForm:
    """Without the acts that the visitor may do with none of these rows."""
    if not any(affected.manageable(row.appointment, visitor()) for row in rows):
        form.act.choices = [one for one in form.act.choices or () if one.value == affected.Act.HAND_OVER]
    return form


def _day(raw: str) -> date | None:
    if not raw:
        return None
    try:
        on = date.fromisoformat(raw)
    except ValueError:
        raise NotFound from None
    if not FIRST_DAY <= on <= LAST_DAY:
        raise NotFound
    return on
