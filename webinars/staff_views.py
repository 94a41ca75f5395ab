"""Staff pages of the programme: draft, change, publish, move, cancel, copy, hosts, questions, and who registered."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from flask import Blueprint, Flask, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from wtforms.fields.choices import SelectChoice

from accounts.access import allow, visitor
from foundation import times
from foundation.db import write
from foundation.errors import NotFound, Refusal
from foundation.pages import absolute
from virtual_office.offices import offices
from virtual_office.offices.offices import ChangedMeanwhile

from . import hosts, links, questions, registrations, states, visibility, webinars
from .forms import CopyForm, HostForm, QuestionForm, SeriesForm, TimeForm, WebinarForm, span
from .models import HostRole, QuestionKind, Registration, Webinar, WebinarState
from .seats import taken
from .visibility import PLANNERS

blueprint = Blueprint("programme", __name__, url_prefix="/staff/webinars")
WORDS = {
    "captions": _l("Say whether there are captions."),
    "interpreted": _l("Say whether there is an interpreter."),
    "interpreted_into": _l("Say into which languages it is interpreted."),
    "signed": _l("Say whether there is a sign language interpreter."),
    "hosts": _l("Give a colleague the part of the host."),
}
"""What is missing before it can be published, in words."""


@blueprint.get("")
@allow(*PLANNERS)
def index() -> ResponseReturnValue:
    """The programme of the visitor's offices: what comes, drafts, templates, what is over."""
    return render_template("webinars/staff/index.html", webinars=visibility.programme(visitor()), states=states)


@blueprint.route("/new", methods=["GET", "POST"])
@allow(*PLANNERS)
def add() -> ResponseReturnValue:
    """A new draft."""
    mine = [one for one in offices.listed(visitor(), *PLANNERS) if one.active]
    if not mine:
        raise NotFound
    form = WebinarForm.of(None, mine[0].zone)
    form.office.choices = [SelectChoice(one.public_id, one.name) for one in mine]
    if form.validate_on_submit():
        office = next((one for one in mine if one.public_id == form.office.data), mine[0])
        try:
            by = visitor().person_id
            made = write(lambda: webinars.draft(office, form.values(office.zone), by).public_id)
            flash(_("The draft is saved. Add a host, then publish it."))
            return redirect(url_for(".show", public_id=made))
        except Refusal as refusal:
            form.refuse(refusal)
    return render_template("webinars/staff/edit.html", webinar=None, form=form), 422 if form.is_submitted() else 200


@blueprint.get("/<public_id>")
@allow(*PLANNERS)
def show(public_id: str) -> ResponseReturnValue:
    """One webinar with everything that can be done with it."""
    return _page(_planned(public_id))


@blueprint.route("/<public_id>/details", methods=["GET", "POST"])
@allow(*PLANNERS)
def change(public_id: str) -> ResponseReturnValue:
    """Change a webinar's fields."""
    webinar = _planned(public_id)
    form = WebinarForm.of(webinar, webinar.zone)
    if form.validate_on_submit():
        try:
            version = form.version.data or 0
            write(lambda: webinars.change(_planned(public_id), form.values(webinar.zone), version))
            flash(_("Saved."))
            return redirect(url_for(".show", public_id=public_id))
        except webinars.NotReady as refusal:
            form.form_errors.extend(WORDS[one] for one in refusal.extra["missing"])
        except Refusal as refusal:
            form.refuse(refusal)
            if isinstance(refusal, ChangedMeanwhile):
                form.version.data, form.version.raw_data = refusal.extra["version"], None
                form.set_beside(WebinarForm.saved(_planned(public_id), webinar.zone))
    return (
        render_template("webinars/staff/edit.html", webinar=webinar, form=form),
        422 if form.is_submitted() else 200,
    )


@blueprint.post("/<public_id>/publication")
@allow(*PLANNERS)
def publish(public_id: str) -> ResponseReturnValue:
    """Publish a draft."""
    return _act(public_id, webinars.publish, _("It is published. People can register."))


@blueprint.route("/<public_id>/time", methods=["GET", "POST"])
@allow(*PLANNERS)
def move(public_id: str) -> ResponseReturnValue:
    """Another time for a published webinar."""
    webinar = _planned(public_id)
    if not states.may(webinar, "reschedule"):
        return redirect(url_for(".show", public_id=public_id))
    form = TimeForm.of(webinar)
    if form.validate_on_submit():
        try:
            starts_at, ends_at = _span(form, webinar)
            write(lambda: webinars.reschedule(_planned(public_id), starts_at, ends_at))
            flash(_("It has its new time. Everybody who registered gets a letter."))
            return redirect(url_for(".show", public_id=public_id))
        except Refusal as refusal:
            form.refuse(refusal)
    page = render_template("webinars/staff/move.html", webinar=webinar, form=form, registered=taken(webinar))
    return page, 422 if form.is_submitted() else 200


@blueprint.post("/<public_id>/cancellation")
@allow(*PLANNERS)
def cancel(public_id: str) -> ResponseReturnValue:
    """Cancel a published webinar."""
    return _act(public_id, webinars.cancel, _("It is cancelled. Everybody who registered gets a letter."))


@blueprint.post("/<public_id>/removal")
@allow(*PLANNERS)
def discard(public_id: str) -> ResponseReturnValue:
    """Delete a draft."""
    try:
        write(lambda: webinars.discard(_planned(public_id)))
    except Refusal as refusal:
        return _page(_planned(public_id), refusal), refusal.status
    flash(_("The draft is deleted."))
    return redirect(url_for(".index"))


@blueprint.post("/<public_id>/copy")
@allow(*PLANNERS)
def copy(public_id: str) -> ResponseReturnValue:
    """A draft like it on another day."""
    webinar, form = _planned(public_id), CopyForm()
    if form.validate():
        try:
            wall = times.local(webinar.starts_at, webinar.zone).time()
            starts_at = datetime.combine(form.on_day.data, wall, ZoneInfo(webinar.zone)).astimezone(ZoneInfo("UTC"))
            by = visitor().person_id
            made = write(lambda: webinars.copy(_planned(public_id), starts_at, by).public_id)
            flash(_("This is the copy. Publish it when it is ready."))
            return redirect(url_for(".show", public_id=made))
        except Refusal as refusal:
            form.refuse(refusal)
    return _page(webinar, copying=form), 422


@blueprint.post("/<public_id>/series")
@allow(*PLANNERS)
def plan_series(public_id: str) -> ResponseReturnValue:
    """Drafts like it, some weeks apart."""
    form = SeriesForm()
    if form.validate():
        try:
            by = visitor().person_id
            every, many = form.every_weeks.data or 0, form.times.data or 0
            made = write(lambda: len(webinars.plan_series(_planned(public_id), every, many, by)))
            flash(_("%(n)s drafts are made. Publish each when it is ready.", n=made))
            return redirect(url_for(".index"))
        except Refusal as refusal:
            form.refuse(refusal)
    return _page(_planned(public_id), series=form), 422


@blueprint.post("/<public_id>/hosts")
@allow(*PLANNERS)
def add_host(public_id: str) -> ResponseReturnValue:
    """Give a colleague a part."""
    form = HostForm()
    if form.validate():
        try:
            email, role = form.email.data or "", HostRole(form.role.data)
            write(lambda: hosts.add(_planned(public_id), email, role).id)
            flash(_("Saved."))
            return redirect(url_for(".show", public_id=public_id))
        except Refusal as refusal:
            form.refuse(refusal)
    return _page(_planned(public_id), hosting=form), 422


@blueprint.post("/<public_id>/hosts/<host_id>/removal")
@allow(*PLANNERS)
def remove_host(public_id: str, host_id: str) -> ResponseReturnValue:
    """Take a part back."""
    return _act(public_id, lambda webinar: hosts.remove(webinar, host_id), _("Saved."))


@blueprint.post("/<public_id>/questions")
@allow(*PLANNERS)
def add_question(public_id: str) -> ResponseReturnValue:
    """Ask something of those who register."""
    form = QuestionForm()
    if form.validate():
        try:
            words, kind = form.words.data or "", QuestionKind(form.kind.data)
            offered, must = (form.choices.data or "").splitlines(), bool(form.required.data)
            write(lambda: questions.add(_planned(public_id), words, kind, offered, required=must).id)
            flash(_("Saved."))
            return redirect(url_for(".show", public_id=public_id))
        except Refusal as refusal:
            form.refuse(refusal)
    return _page(_planned(public_id), asking=form), 422


@blueprint.post("/<public_id>/questions/<question_id>/removal")
@allow(*PLANNERS)
def remove_question(public_id: str, question_id: str) -> ResponseReturnValue:
    """Ask it no more."""
    return _act(public_id, lambda webinar: questions.remove(webinar, question_id), _("Saved."))


@blueprint.post("/<public_id>/registrations/<registration_id>/approval")
@allow(*PLANNERS)
def approve(public_id: str, registration_id: str) -> ResponseReturnValue:
    """Say yes to a registration."""
    return _act(
        public_id, lambda webinar: registrations.approve(_registered(webinar, registration_id)), _("They are told.")
    )


@blueprint.post("/<public_id>/registrations/<registration_id>/refusal")
@allow(*PLANNERS)
def reject(public_id: str, registration_id: str) -> ResponseReturnValue:
    """Say no to a registration."""
    return _act(
        public_id, lambda webinar: registrations.reject(_registered(webinar, registration_id)), _("They are told.")
    )


def register(app: Flask) -> None:
    """The pages. Their link in the navigation comes with the stage: until then nothing planned here could take place."""
    app.register_blueprint(blueprint)


def _planned(public_id: str) -> Webinar:
    return visibility.planned(public_id, visitor())


def _registered(webinar: Webinar, public_id: str) -> Registration:
    found = visibility.registration(public_id, visitor())
    if found.webinar_id != webinar.id:
        raise NotFound
    return found


def _span(form: TimeForm, webinar: Webinar) -> tuple[datetime, datetime]:
    return span(form.on_day.data, form.starts.data, form.ends.data, webinar.zone)


def _act(public_id: str, rule: Callable[[Webinar], None], said: str) -> ResponseReturnValue:
    _planned(public_id)
    try:
        write(lambda: rule(_planned(public_id)))
    except Refusal as refusal:
        return _page(_planned(public_id), refusal), refusal.status
    flash(said)
    return redirect(url_for(".show", public_id=public_id))


def _page(
    webinar: Webinar,
    refusal: Refusal | None = None,
    *,
    hosting: HostForm | None = None,
    asking: QuestionForm | None = None,
    copying: CopyForm | None = None,
    series: SeriesForm | None = None,
) -> str:
    draft = webinar.state == WebinarState.DRAFT
    return render_template(
        "webinars/staff/show.html",
        webinar=webinar,
        refusal=refusal,
        missing=[WORDS[one] for one in webinars.missing(webinar)] if draft and not webinar.template else [],
        may={what: states.may(webinar, what) for what in ("publish", "reschedule", "cancel")},
        registered=visibility.registered(webinar),
        taken=taken(webinar),
        invitation=absolute(links.invitation_path(webinar)) if webinar.state != WebinarState.DRAFT else "",
        hosting=hosting or HostForm(),
        asking=asking or QuestionForm(),
        copying=copying or CopyForm(),
        series=series or SeriesForm(),
    )
