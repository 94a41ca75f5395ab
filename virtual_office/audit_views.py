"""The page of who did what: filters, newest first, a file for spreadsheets. Looking is written down too."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from typing import Any

from flask import Blueprint, Flask, Response, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from accounts import navigation, people, places
from accounts.access import allow, visitor
from accounts.models import Role
from foundation import audit
from foundation.db import write

from . import audit_wording
from .audit_forms import AuditForm

blueprint = Blueprint("audit", __name__, url_prefix="/staff/audit")
LEADERS = (Role.ADMIN, Role.TEAM_LEADER)
SHOWN, IN_A_FILE = 50, 5000
LAST = 2**31 - 1
"""The highest row number that the databases keep."""
NEUTRAL = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins with one of these is reckoned by spreadsheets: it gets a quote before it."""


@blueprint.get("")
@allow(*LEADERS)
def index() -> ResponseReturnValue:
    """The newest rows that fit the filters; a look at a filtered list is a row of its own."""
    form = _form()
    wanted = _wanted(form) if form.validate() else None
    before = min(max(0, request.args.get("before", 0, type=int)), LAST)
    found = audit.listed(wanted, SHOWN + 1, before) if wanted else []
    if wanted and form.asks:
        write(lambda: audit.note("audit.viewed", after={"filters": form.asks}, office_id=wanted.office_id))
    older = found[SHOWN - 1].id if len(found) > SHOWN else 0
    kept: dict[str, Any] = {name: value for name, value in request.args.items() if name != "before" and value}
    return render_template(
        "staff/audit.html",
        form=form,
        rows=[audit_wording.told(row, _office_names()) for row in found[:SHOWN]],
        older=url_for(".index", **kept, before=older) if older else "",
        kept=kept,
    ), 200 if wanted else 422


@blueprint.post("/copy")
@allow(*LEADERS)
def copy() -> ResponseReturnValue:
    """The filtered rows as CSV, at most 5,000 newest; written down."""
    form = _form(request.form)
    if not form.validate():
        return render_template("staff/audit.html", form=form, rows=[], older="", kept={}), 422
    wanted = _wanted(form)
    names = _office_names()
    write(lambda: audit.note("audit.exported", after={"filters": form.asks}, office_id=wanted.office_id))
    text = io.StringIO()
    sheet = csv.writer(text)
    sheet.writerow([str(word) for word in audit_wording.HEADS])
    for row in audit.listed(wanted, IN_A_FILE):
        sheet.writerow([neutral(cell) for cell in audit_wording.cells(row, names)])
    answer = Response("\ufeff" + text.getvalue(), mimetype="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="audit.csv"'
    return answer


def neutral(cell: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell.startswith(NEUTRAL) else cell


def register(app: Flask) -> None:
    """The page, and its place in the navigation."""
    app.register_blueprint(blueprint)
    navigation.add(_l("Who did what"), "audit.index", LEADERS, order=83)


def _form(values: Any = None) -> AuditForm:
    scope = visitor().offices(*LEADERS)
    return AuditForm(formdata=values or request.args, meta={"csrf": False}).offer(audit.acts(), _places(scope))


def _wanted(form: AuditForm) -> audit.Wanted:
    scope = visitor().offices(*LEADERS)
    who = (form.who.data or "").strip()
    person = people.find_by_email(who) if "@" in who else None
    number = int(who) if who.isdecimal() and len(who) < 10 else (person.id if person else -1)
    return audit.Wanted(
        person_id=number if who else None,
        act=form.act.data or "",
        thing=form.thing.data or "",
        office_id=int(form.office.data) if form.office.data else None,
        begins=_midnight(form.begins.data),
        ends=_midnight(form.ends.data, 1),
        offices=None if scope is None else frozenset(scope),
    )


def _midnight(day: Any, later: int = 0) -> datetime | None:
    if day is None:
        return None
    return datetime.combine(day, datetime.min.time(), UTC) + timedelta(days=later)


def _office_names() -> dict[int, str]:
    return {place.id: place.name for place in places.all_places()}


def _places(scope: set[int] | None) -> dict[int, str]:
    return {one: name for one, name in _office_names().items() if scope is None or one in scope}
