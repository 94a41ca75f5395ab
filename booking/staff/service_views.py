"""Services: listed, opened, changed, retired."""

from __future__ import annotations

from flask import Blueprint, Flask, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from accounts import navigation
from accounts.access import allow, visitor
from foundation.db import write
from foundation.errors import Refusal
from virtual_office.offices import offices
from virtual_office.offices.models import Office
from virtual_office.offices.offices import ChangedMeanwhile

from .. import catalogue_changes as catalogue
from .. import resources
from ..models import Service
from .forms import ServiceForm

blueprint = Blueprint("services", __name__, url_prefix="/staff/services")
NEW = {
    "minutes": 30,
    "before_minutes": 0,
    "after_minutes": 5,
    "step_minutes": 30,
    "notice_minutes": 120,
    "horizon_days": 60,
    "modalities": ["video", "phone", "in_person"],
}


@blueprint.get("")
@allow(*catalogue.LEADS)
def index() -> ResponseReturnValue:
    """Services of the visitor's offices."""
    return render_template("staff/services.html", services=catalogue.listed(visitor()))


@blueprint.route("/new/<office_id>", methods=["GET", "POST"])
@allow(*catalogue.LEADS)
def add(office_id: str) -> ResponseReturnValue:
    """Open a service at an office."""
    office = offices.get(office_id, visitor())
    form = _offer(ServiceForm(data=NEW), office)
    if form.validate_on_submit():
        try:
            write(lambda: catalogue.open_service(office, form.values(), form.counselors.data or []))
            flash(_("The service can be booked once its counselors have hours."))
            return redirect(url_for(".index"))
        except Refusal as refusal:
            form.refuse(refusal)
    return _page(form, office, None), 422 if form.is_submitted() else 200


@blueprint.get("/new")
@allow(*catalogue.LEADS)
def choose_office() -> ResponseReturnValue:
    """Where the new service is given; straight on when there is one office only."""
    found = [office for office in offices.listed(visitor()) if office.active]
    if len(found) == 1:
        return redirect(url_for(".add", office_id=found[0].public_id))
    return render_template(
        "staff/choose_office.html", offices=found, title=_("Open a service"), endpoint="services.add"
    )


@blueprint.route("/<public_id>", methods=["GET", "POST"])
@allow(*catalogue.LEADS)
def change(public_id: str) -> ResponseReturnValue:
    """Change a service; what is booked keeps what was agreed."""
    service = catalogue.get(public_id, visitor())
    form = _offer(ServiceForm.of(service, catalogue.givers(service)), service.office)
    if form.validate_on_submit():
        try:
            version = form.version.data or 0
            write(lambda: catalogue.change(service, form.values(), form.counselors.data or [], version))
            flash(_("Saved."))
            return redirect(url_for(".index"))
        except Refusal as refusal:
            form.refuse(refusal)
            if isinstance(refusal, ChangedMeanwhile):
                form.version.data, form.version.raw_data = refusal.extra["version"], None
                form.set_beside(ServiceForm.saved(service, catalogue.givers(service)))
    return _page(form, service.office, service), 422 if form.is_submitted() else 200


def register(app: Flask) -> None:
    """The pages, and their place in the navigation."""
    app.register_blueprint(blueprint)
    navigation.add(_l("Services"), "services.index", catalogue.LEADS, order=62)


def _offer(form: ServiceForm, office: Office) -> ServiceForm:
    own = [r for r in resources.listed(visitor(), resources.COUNSELOR) if r.office_id == office.id]
    form.counselors.choices = [(r.id, r.name) for r in own]
    return form


def _page(form: ServiceForm, office: Office, service: Service | None) -> str:
    return render_template("staff/service.html", form=form, office=office, service=service)
