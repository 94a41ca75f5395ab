"""Staff pages about offices: list, open, change, close on some days."""

from __future__ import annotations

from datetime import timedelta
from zoneinfo import available_timezones

from flask import Blueprint, Flask, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from accounts import navigation
from accounts.access import allow, visitor
from accounts.models import Role
from foundation import clock, times
from foundation.db import write
from foundation.errors import NotFound, Refusal

from . import impact, offices
from .forms import ClosureForm, OfficeForm
from .models import Office

blueprint = Blueprint("offices", __name__, url_prefix="/staff/offices")


@blueprint.get("")
@allow(*offices.LEADS)
def index() -> ResponseReturnValue:
    """The visitor's offices."""
    return render_template("offices/index.html", offices=offices.listed(visitor()), may_open=_everywhere())


@blueprint.route("/new", methods=["GET", "POST"])
@allow(Role.ADMIN)
def add() -> ResponseReturnValue:
    """Open an office; administrators of all offices only."""
    if not _everywhere():
        raise NotFound
    form = OfficeForm()
    if form.validate_on_submit():
        try:
            office = write(lambda: offices.open_office(form.values(), form.hours()))
            flash(_("The office is open. Add services and counselors next."))
            return redirect(url_for(".show", public_id=office.public_id))
        except Refusal as refusal:
            form.refuse(refusal)
    return _edit_page(None, form), 422 if form.is_submitted() else 200


@blueprint.get("/<public_id>")
@allow(*offices.LEADS)
def show(public_id: str) -> ResponseReturnValue:
    """One office, its closures and the coming public holidays."""
    return _page(offices.get(public_id, visitor()), ClosureForm())


@blueprint.route("/<public_id>/details", methods=["GET", "POST"])
@allow(*offices.LEADS)
def change(public_id: str) -> ResponseReturnValue:
    """Change an office's fields and week."""
    office = offices.get(public_id, visitor())
    form = OfficeForm.of(office)
    if form.validate_on_submit():
        try:
            version = form.version.data or 0
            write(lambda: offices.change(office, form.values(), form.hours(), version))
            flash(_("Saved."))
            return redirect(url_for(".show", public_id=public_id))
        except Refusal as refusal:
            form.refuse(refusal)
            if isinstance(refusal, offices.ChangedMeanwhile):
                form.version.data, form.version.raw_data = refusal.extra["version"], None
                form.set_beside(OfficeForm.saved(office))
    return _edit_page(office, form), 422 if form.is_submitted() else 200


@blueprint.post("/<public_id>/closures")
@allow(*offices.LEADS)
def close_days(public_id: str) -> ResponseReturnValue:
    """Close some days; what is booked on them is listed and kept."""
    office = offices.get(public_id, visitor())
    form = ClosureForm()
    if form.validate():
        try:
            first, last = form.first_day.data, form.last_day.data
            write(lambda: offices.add_closure(office, first, last, form.reason.data or ""))
            lines = impact.on_days(office, first, last)
            if lines:
                back, acts = url_for(".show", public_id=public_id), impact.pages_of(office)
                return render_template("staff/impact.html", lines=lines, back=back, what=office.name, acts=acts)
            flash(_("Saved. Nothing is booked on these days."))
            return redirect(url_for(".show", public_id=public_id))
        except Refusal as refusal:
            form.refuse(refusal)
    return _page(office, form), 422


@blueprint.post("/<public_id>/closures/<int(max=2147483647):closure_id>/removal")
@allow(*offices.LEADS)
def open_days(public_id: str, closure_id: int) -> ResponseReturnValue:
    """Take a closure back."""
    office = offices.get(public_id, visitor())
    write(lambda: offices.remove_closure(office, closure_id))
    flash(_("The office is open on these days again."))
    return redirect(url_for(".show", public_id=public_id))


def register(app: Flask) -> None:
    """The pages, and their place in the navigation."""
    app.register_blueprint(blueprint)
    navigation.add(_l("Offices"), "offices.index", offices.LEADS, order=60)


def _everywhere() -> bool:
    return visitor().offices(Role.ADMIN) is None


def _edit_page(office: Office | None, form: OfficeForm) -> str:
    return render_template("offices/edit.html", office=office, form=form, zones=sorted(available_timezones()))


def _page(office: Office, form: ClosureForm) -> str:
    today = times.local(clock.now(), office.zone).date()
    closed = offices.closed_days(office, today, today + timedelta(days=180))
    return render_template(
        "offices/show.html", office=office, form=form, closed=sorted(closed.items())[:20], today=today
    )
