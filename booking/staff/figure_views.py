"""The team leader's page of figures, and the same as a file."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, render_template, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from werkzeug.datastructures import MultiDict

from accounts import navigation
from accounts.access import allow, visitor
from foundation import clock, times
from foundation.errors import NotFound, Refusal
from virtual_office.offices import offices
from virtual_office.offices.models import Office

from .. import figures, wording
from ..catalogue_changes import LEADS
from ..figures import Figures
from . import figure_sheets
from .figure_forms import FiguresForm, periods

blueprint = Blueprint("figures", __name__, url_prefix="/staff/figures")
SHORTEST_SCALE = 7
"""Days that the longest bar of a picture stands for at least, so that one day does not look like a year."""
SHEETS = {
    "csv": ("text/csv; charset=utf-8", figure_sheets.as_csv),
    "xlsx": ("application/vnd.openxmlformats-officedocument.spreadsheetml.sheet", figure_sheets.as_xlsx),
}


@blueprint.get("")
@allow(*LEADS)
def index() -> ResponseReturnValue:
    """Figures of one office; this month without being asked."""
    form, office = _asked()
    if office is None:
        return render_template("staff/figures.html", form=None, found=None)
    found = None
    if form.validate():
        try:
            found = _found(form, office)
        except Refusal as refusal:
            form.refuse(refusal)
    return _page(form, office, found), 200 if found else 422


@blueprint.get("/figures.<kind>")
@allow(*LEADS)
def sheet(kind: str) -> ResponseReturnValue:
    """The same figures as CSV or XLSX."""
    form, office = _asked()
    if office is None or kind not in SHEETS or not form.validate():
        raise NotFound
    found = _found(form, office)
    mimetype, write = SHEETS[kind]
    name = f"figures-{found.first.isoformat()}-{found.last.isoformat()}.{kind}"
    return Response(
        write(found), headers={"Content-Disposition": f'attachment; filename="{name}"'}, content_type=mimetype
    )


def register(app: Flask) -> None:
    """The page, and its place in the navigation."""
    app.register_blueprint(blueprint)
    navigation.add(_l("Figures"), "figures.index", LEADS, order=66)


def _asked() -> tuple[FiguresForm, Office | None]:
    """The form as the address fills it, and the office; a foreign office is absent."""
    own = offices.listed(visitor())
    wanted = request.args.get("office", "")
    office = next((one for one in own if one.public_id == wanted), None) if wanted else next(iter(own), None)
    if wanted and office is None:
        raise NotFound
    today = times.local(clock.now(), office.zone).date() if office else clock.now().date()
    _words, first, last = periods(today)[2]
    asked = MultiDict({"from": first.isoformat(), "to": last.isoformat(), **request.args.to_dict()})
    form = FiguresForm(formdata=asked)
    form.office.choices = [(one.public_id, one.name) for one in own]
    form.office.data = office.public_id if office else None
    return form, office


def _found(form: FiguresForm, office: Office) -> Figures:
    return figures.of(office, form.first.data, form.last.data)


def _page(form: FiguresForm, office: Office, found: Figures | None) -> str:
    ways = [(wording.way(line.code), line) for line in found.ways] if found else []
    lines = [*found.services, *ways] if found else []
    return render_template(
        "staff/figures.html",
        form=form,
        office=office,
        found=found,
        services=found.services if found else [],
        ways=ways,
        longest=max([SHORTEST_SCALE, *(line.usual_days or 0 for _name, line in lines)]),
        periods=periods(times.local(clock.now(), office.zone).date()),
        fewest=figures.FEWEST,
    )
