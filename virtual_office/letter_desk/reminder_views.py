"""When an office reminds people, and when its text messages keep quiet."""

from __future__ import annotations

from flask import Blueprint, Flask, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from accounts import navigation
from accounts.access import allow, visitor
from foundation import reminders, sms
from foundation.db import write
from foundation.errors import Refusal
from virtual_office.offices import offices
from virtual_office.offices.models import Office

from .forms import ReminderForm

blueprint = Blueprint("reminders", __name__, url_prefix="/staff/reminders")


@blueprint.get("")
@allow(*offices.LEADS)
def index() -> ResponseReturnValue:
    """The visitor's offices; the only one opens at once."""
    mine = [office for office in offices.listed(visitor()) if office.active]
    if len(mine) == 1:
        return redirect(url_for(".change", office_id=mine[0].public_id))
    return render_template("staff/choose_office.html", offices=mine, title=_("Reminders"), endpoint="reminders.change")


@blueprint.route("/<office_id>", methods=["GET", "POST"])
@allow(*offices.LEADS)
def change(office_id: str) -> ResponseReturnValue:
    """An office's rule; letters that are written already keep their moment."""
    office = offices.get(office_id, visitor())
    form = ReminderForm(data=ReminderForm.saved(reminders.rule_of(office.id)))
    if form.validate_on_submit():
        try:
            write(lambda: reminders.set_rule(office.id, form.rule()))
            flash(_("Saved. It holds for what is booked or moved from now on."))
            return redirect(url_for(".change", office_id=office_id))
        except Refusal as refusal:
            form.refuse(refusal)
            form.version.data, form.version.raw_data = reminders.rule_of(office.id).version, None
    return _page(office, form), 422 if form.is_submitted() else 200


def register(app: Flask) -> None:
    """The page, and its place in the navigation."""
    app.register_blueprint(blueprint)
    navigation.add(_l("Reminders"), "reminders.index", offices.LEADS, order=51)


def _page(office: Office, form: ReminderForm) -> str:
    return render_template("staff/letter_desk/reminders.html", office=office, form=form, texts=sms.available())
