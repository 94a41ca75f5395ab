"""Counselors, interpreters and places: listed, added, changed, let go."""

from __future__ import annotations

import re
from typing import Any

from flask import Blueprint, Flask, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from accounts import navigation
from accounts.access import allow, visitor
from foundation import languages
from foundation.db import write
from foundation.errors import InputWrong, Refusal
from virtual_office.offices import offices
from virtual_office.offices.models import Office
from virtual_office.offices.offices import ChangedMeanwhile

from .. import resources
from ..models import Resource
from .forms import DetailsForm, DiaryForm

blueprint = Blueprint("counselors", __name__, url_prefix="/staff/counselors")
CODE = re.compile(r"(sign-)?[a-z]{2,3}")


@blueprint.get("")
@allow(*resources.LEADS)
def index() -> ResponseReturnValue:
    """Everybody and everything that can be booked at the visitor's offices."""
    return render_template(
        "staff/diaries.html", resources=resources.listed(visitor()), former=resources.listed(visitor(), active=False)
    )


@blueprint.route("/new", methods=["GET", "POST"])
@allow(*resources.LEADS)
def add() -> ResponseReturnValue:
    """Add a counselor or interpreter by e-mail, or a place."""
    form = DiaryForm()
    form.office.choices = [(o.public_id, o.name) for o in offices.listed(visitor()) if o.active]
    if form.validate_on_submit():
        try:
            office = offices.get(form.office.data, visitor())
            resource = write(lambda: _add(form, office))
            flash(_("Added. Set the hours next."))
            return redirect(url_for("hours.show", public_id=resource.public_id))
        except Refusal as refusal:
            form.refuse(refusal)
    return render_template("staff/diary_new.html", form=form), 422 if form.is_submitted() else 200


@blueprint.route("/<public_id>/details", methods=["GET", "POST"])
@allow(*resources.LEADS)
def change(public_id: str) -> ResponseReturnValue:
    """Change a diary's name, languages and modalities."""
    resource = resources.get(public_id, visitor())
    form = DetailsForm(data={**_saved(resource), "seen": resources.details_print(resource)})
    if form.validate_on_submit():
        try:
            write(
                lambda: resources.change(
                    resource,
                    form.name.data or "",
                    _features(form, resource.kind),
                    form.modalities.data or [],
                    seen=form.seen.data or "",
                )
            )
            flash(_("Saved."))
            return redirect(url_for("hours.show", public_id=public_id))
        except Refusal as refusal:
            form.refuse(refusal)
            if isinstance(refusal, ChangedMeanwhile):
                form.seen.data = resources.details_print(resource)
                form.set_beside(_saved(resource))
    return render_template("staff/diary.html", form=form, resource=resource), 422 if form.is_submitted() else 200


@blueprint.post("/<public_id>/leaving")
@allow(*resources.LEADS)
def let_go(public_id: str) -> ResponseReturnValue:
    """No new bookings; what is booked is listed and kept."""
    resource = resources.get(public_id, visitor())
    if write(lambda: resources.let_go(resource)):
        return redirect(url_for("affected.in_diary", public_id=public_id, all=1))
    flash(_("Nothing new can be booked with %(name)s. Nothing is booked any more.", name=resource.name))
    return redirect(url_for(".index"))


def register(app: Flask) -> None:
    """The pages, and their place in the navigation."""
    app.register_blueprint(blueprint)
    navigation.add(_l("Counselors and places"), "counselors.index", resources.LEADS, order=61)


def _add(form: DiaryForm, office: Office) -> Resource:
    kind = form.kind.data
    if kind == resources.PLACE:
        return resources.add_place(office, form.name.data or "", bool(form.step_free.data))
    if not form.email.data:
        raise InputWrong(_l("Enter an e-mail address"), field="email")
    speaks = _codes(form.speaks.data or "")
    return resources.add_person(
        visitor(), office, kind, form.name.data or "", form.email.data, languages.current(), speaks, ()
    )


def _saved(resource: Resource) -> dict[str, Any]:
    """What a diary has, field by field."""
    spoken = [f.removeprefix(resources.LANGUAGE) for f in resource.features if f.startswith(resources.LANGUAGE)]
    return {
        "name": resource.name,
        "speaks": ", ".join(spoken),
        "modalities": resource.modalities,
        "step_free": "step_free" in resource.features,
    }


def _features(form: DetailsForm, kind: str) -> list[str]:
    if kind == resources.PLACE:
        return ["step_free"] if form.step_free.data else []
    return [resources.LANGUAGE + code for code in _codes(form.speaks.data or "")]


def _codes(text: str) -> list[str]:
    codes = [part.strip().lower() for part in re.split(r"[,،;\s]+", text) if part.strip()]
    if not all(CODE.fullmatch(code) for code in codes):
        raise InputWrong(_l("Enter language codes with commas, for example: en, ar, sign-es"), field="speaks")
    return codes
