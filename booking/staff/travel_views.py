"""How long the way between two offices takes, for whoever works at both."""

from __future__ import annotations

from flask import Blueprint, Flask, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from accounts import navigation
from accounts.access import allow, visitor
from foundation.db import write
from foundation.errors import InputWrong, Refusal
from virtual_office.offices import offices
from virtual_office.offices.models import Office

from .. import resources, travel
from .forms import TravelForm

blueprint = Blueprint("travel", __name__, url_prefix="/staff/travel")


@blueprint.route("", methods=["GET", "POST"])
@allow(*resources.LEADS)
def show() -> ResponseReturnValue:
    """Every way between offices of the visitor, and a form for one."""
    mine = [office for office in offices.listed(visitor()) if office.active]
    form = TravelForm()
    form.one.choices = form.other.choices = [(office.public_id, office.name) for office in mine]
    if form.validate_on_submit():
        try:
            one, other = _office(mine, form.one.data), _office(mine, form.other.data)
            write(lambda: travel.set_minutes(one, other, form.minutes.data or 0))
            flash(_("Saved. Free times follow at once."))
            return redirect(url_for(".show"))
        except Refusal as refusal:
            form.refuse(refusal)
    names = {office.id: office.name for office in mine}
    ways = [(names[a], names[b], n) for (a, b), n in sorted(travel.table().items()) if a in names and b in names]
    page = render_template("staff/travel.html", form=form, ways=ways, default=travel.default(), several=len(mine) > 1)
    return page, 422 if form.is_submitted() else 200


def register(app: Flask) -> None:
    """The page, and its place in the navigation."""
    app.register_blueprint(blueprint)
    navigation.add(_l("Ways between offices"), "travel.show", resources.LEADS, order=63)


def _office(mine: list[Office], public_id: str) -> Office:
    found = next((office for office in mine if office.public_id == public_id), None)
    if found is None:
        raise InputWrong
    return found
