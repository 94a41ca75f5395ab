"""Tables from another system: choose a file, read what each row would do, import the good rows."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, render_template
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from accounts import navigation
from accounts.access import allow, visitor
from accounts.models import Role
from foundation.errors import NotFound, Refusal
from foundation.uploads import takes

from ..imports import imports, wording
from ..imports.imports import KINDS, Kind, Report, State
from . import import_sheets
from .import_forms import ROOM, RowsForm, UploadForm, packed

blueprint = Blueprint("imports", __name__, url_prefix="/staff/imports")
SHOWN = 200
"""Rows of a report on the page; the file has all."""


@blueprint.get("")
@allow(Role.ADMIN)
def index() -> ResponseReturnValue:
    """What can be imported, in the order in which it is done."""
    return render_template("staff/imports.html", kinds=KINDS)


@blueprint.get("/<what>")
@allow(Role.ADMIN)
def show(what: str) -> ResponseReturnValue:
    """The columns of one kind, an example, and the form."""
    return _form_page(what, UploadForm())


@blueprint.post("/<what>")
@allow(Role.ADMIN)
@takes(ROOM)
def look(what: str) -> ResponseReturnValue:
    """The report of a file; nothing is saved."""
    _kind(what)
    form = UploadForm()
    try:
        raw = form.read()
        report = imports.look(what, imports.table_of(what, raw), visitor())
    except Refusal as no:
        form.refuse(no)
        return _form_page(what, form), 422
    return _report_page(what, report, packed(raw), RowsForm(formdata=None), saved=False)


@blueprint.post("/<what>/rows")
@allow(Role.ADMIN, fresh=True)
@takes(ROOM)
def bring_in(what: str) -> ResponseReturnValue:
    """Import the good rows, and say what became of each."""
    _kind(what)
    form = RowsForm()
    try:
        raw = form.read()
        table = imports.table_of(what, raw)
    except Refusal as no:
        sent_again = UploadForm(formdata=None)
        sent_again.refuse(no)
        return _form_page(what, sent_again), 422
    letters_too = bool(form.letters_too.data)
    report = imports.bring_in(what, table, visitor(), letters_too=letters_too, start=form.start.data or 0)
    return _report_page(what, report, packed(raw), form, saved=True)


@blueprint.post("/<what>/report.csv")
@allow(Role.ADMIN)
@takes(ROOM)
def sheet(what: str) -> ResponseReturnValue:
    """The report as a file; nothing is saved."""
    _kind(what)
    table = imports.table_of(what, RowsForm().read())
    return _file(import_sheets.report(imports.look(what, table, visitor())), f"report-{what}.csv")


@blueprint.get("/<what>/example.csv")
@allow(Role.ADMIN)
def example(what: str) -> ResponseReturnValue:
    """A file to fill in."""
    return _file(import_sheets.example(_kind(what)), f"example-{what}.csv")


def register(app: Flask) -> None:
    """The pages, and their place in the navigation."""
    app.register_blueprint(blueprint)
    navigation.add(_l("Import"), "imports.index", Role.ADMIN, order=64)


def _kind(what: str) -> Kind:
    if what not in KINDS:
        raise NotFound
    return KINDS[what]


def _form_page(what: str, form: UploadForm) -> str:
    return render_template("staff/import.html", what=what, kind=_kind(what), form=form)


def _report_page(what: str, report: Report, carried: str, form: RowsForm, *, saved: bool) -> str:
    first = sorted(report.lines, key=lambda one: (one.state != State.WRONG, one.number))[:SHOWN]
    return render_template(
        "staff/import_report.html",
        what=what,
        kind=_kind(what),
        report=report,
        lines=first,
        rest=len(report.lines) - len(first),
        carried=carried,
        form=form,
        wording=wording,
        saved=saved,
    )


def _file(body: bytes, name: str) -> Response:
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(body, headers=headers, content_type="text/csv; charset=utf-8")
