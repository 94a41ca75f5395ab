"""A weekly rule changed in place, and absences that come again."""

from __future__ import annotations

from flask import Blueprint, Flask, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import allow, visitor
from foundation.db import write
from foundation.errors import InputWrong, Refusal
from virtual_office.offices.offices import ChangedMeanwhile

from .. import hours, places, recurring, resources
from ..models import Appointment, Resource, WorkingHours
from . import rhythms
from .forms import AwayAgainForm, HoursForm
from .hour_views import KEEPERS, page, prepare, told

blueprint = Blueprint("rules", __name__, url_prefix="/staff/hours")


@blueprint.route("/<public_id>/weekly/<rule_id>", methods=["GET", "POST"])
@allow(*KEEPERS)
def change(public_id: str, rule_id: str) -> ResponseReturnValue:
    """Change a rule in place; what was booked in it and no longer fits is listed and kept."""
    resource = resources.get(public_id, visitor(), own=True)
    rule = hours.get(resource, rule_id)
    form = prepare(
        HoursForm(data={**_saved(resource, rule), "seen": hours.rule_print(rule)}), resource, rule.every_n_weeks
    )
    if form.validate_on_submit():
        try:
            return told(resource, write(lambda: _change(resource, rule_id, form)))
        except Refusal as refusal:
            form.refuse(refusal)
            if isinstance(refusal, ChangedMeanwhile):
                form.seen.data = hours.rule_print(rule)
    return render_template(
        "staff/rule.html", resource=resource, rule=rule, form=form
    ), 422 if form.is_submitted() else 200


@blueprint.post("/<public_id>/recurring")
@allow(*KEEPERS)
def be_absent(public_id: str) -> ResponseReturnValue:
    """Away again and again; the appointments it lies over are listed and kept."""
    resource = resources.get(public_id, visitor(), own=True)
    form = AwayAgainForm(prefix="again-")
    rhythms.offer(form, resource)
    if form.validate():
        try:
            return told(resource, write(lambda: _be_absent(resource, form)))
        except Refusal as refusal:
            form.refuse(refusal)
    return page(resource, again_form=form), 422


@blueprint.post("/<public_id>/recurring/<absence_id>/removal")
@allow(*KEEPERS)
def be_back(public_id: str, absence_id: str) -> ResponseReturnValue:
    """Take it back."""
    resource = resources.get(public_id, visitor(), own=True)
    write(lambda: recurring.remove(resource, absence_id))
    flash(_("The absence is gone."))
    return redirect(url_for("hours.show", public_id=public_id))


def register(app: Flask) -> None:
    """The pages."""
    app.register_blueprint(blueprint)


def _saved(resource: Resource, rule: WorkingHours) -> dict[str, object]:
    return {
        "weekday": [str(rule.weekday)],
        "opens": rhythms.wall(rule.opens),
        "closes": rhythms.wall(rule.closes),
        "valid_from": rule.valid_from,
        "valid_to": rule.valid_to,
        "every_n_weeks": rhythms.choice_of(rule.every_n_weeks, rule.valid_from, resource),
        "nth": "" if rule.nth is None else str(rule.nth),
        "modalities": list(rule.modalities),
        "place": rule.place.public_id if rule.place else "",
    }


def _change(resource: Resource, rule_id: str, form: HoursForm) -> list[Appointment]:
    found = rhythms.rules_of(form, resource)
    if len(found) > 1:
        raise InputWrong(_("Choose one weekday. Add another rule for another day."), field="weekday")
    place = places.chosen(resource, visitor(), form.place.data or "")
    window = hours.Window(*found[0], tuple(form.modalities.data or ()), place)
    return hours.change(resource, rule_id, window, form.seen.data or "")


def _be_absent(resource: Resource, form: AwayAgainForm) -> list[Appointment]:
    found: dict[int, Appointment] = {}
    for rule in rhythms.rules_of(form, resource):
        window = hours.Window(*rule)
        for one in recurring.add(resource, window, form.reason.data, visitor().person_id):
            found[one.id] = one
    return sorted(found.values(), key=lambda one: one.starts_at)
