"""Weekly hours, single days and absences of one diary, and what they come to in the next weeks."""

from __future__ import annotations

from datetime import date, datetime, timedelta

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
from foundation.forms import FIRST_DAY, LAST_DAY

from .. import affected as rows_of
from .. import hours, impact, places, recurring, resources, today, week, weekly_sums
from ..calendars import busy_times
from ..models import Appointment, Resource
from . import rhythms
from .affected_views import acts_page, prepared
from .busy_forms import CalendarForm
from .forms import AbsenceForm, AwayAgainForm, DayForm, HoursForm

blueprint = Blueprint("hours", __name__, url_prefix="/staff/hours")
KEEPERS = (Role.ADMIN, Role.TEAM_LEADER, Role.COUNSELOR, Role.INTERPRETER)
DAYS_SHOWN = 14


@blueprint.get("")
@allow(Role.COUNSELOR, Role.INTERPRETER)
def mine() -> ResponseReturnValue:
    """One's own diaries; straight on when there is only one."""
    person = visitor().person
    found = today.resources_of(person) if person else []
    if len(found) == 1:
        return redirect(url_for(".show", public_id=found[0].public_id))
    return render_template("staff/my_diaries.html", resources=found)


@blueprint.get("/<public_id>")
@allow(*KEEPERS)
def show(public_id: str) -> ResponseReturnValue:
    """The rules of one diary and the days they make."""
    return page(_resource(public_id))


@blueprint.post("/<public_id>/weekly")
@allow(*KEEPERS)
def add(public_id: str) -> ResponseReturnValue:
    """One more weekly rule, perhaps on several weekdays."""
    resource, form = _resource(public_id), HoursForm()
    prepare(form, resource)
    if form.validate():
        try:
            write(lambda: _add(resource, form))
            flash(_("Saved. Appointments stay as they are."))
            return redirect(url_for(".show", public_id=public_id))
        except Refusal as refusal:
            form.refuse(refusal)
    return page(resource, hours_form=form), 422


@blueprint.post("/<public_id>/weekly/<rule_id>/removal")
@allow(*KEEPERS)
def remove(public_id: str, rule_id: str) -> ResponseReturnValue:
    """Take a weekly rule away; what is booked in it is listed and kept."""
    resource = _resource(public_id)
    return told(resource, write(lambda: hours.remove(resource, rule_id)))


@blueprint.post("/<public_id>/days")
@allow(*KEEPERS)
def override(public_id: str) -> ResponseReturnValue:
    """Other hours on one day, or none; what no longer fits is listed and kept."""
    resource, form = _resource(public_id), DayForm()
    if form.validate():
        try:
            on, windows = form.on_day.data, form.windows()
            return told(resource, write(lambda: hours.override_day(resource, on, windows, form.reason.data or "")))
        except Refusal as refusal:
            form.refuse(refusal)
    return page(resource, day_form=form), 422


@blueprint.post("/<public_id>/days/<on_day>/removal")
@allow(*KEEPERS)
def drop_override(public_id: str, on_day: str) -> ResponseReturnValue:
    """Back to the weekly hours on a day; what does not lie in them is listed and kept."""
    resource = _resource(public_id)
    try:
        on = date.fromisoformat(on_day)
    except ValueError:
        raise NotFound from None
    if not FIRST_DAY <= on <= LAST_DAY:
        raise NotFound
    return told(resource, write(lambda: hours.drop_override(resource, on)))


@blueprint.post("/<public_id>/absences")
@allow(*KEEPERS)
def be_absent(public_id: str) -> ResponseReturnValue:
    """An absence; the appointments it lies over are listed and kept."""
    resource, form = _resource(public_id), AbsenceForm()
    if form.validate():
        try:
            starts_at, ends_at = _away(form, resource.office.zone)
            return told(
                resource,
                write(lambda: hours.add_absence(resource, starts_at, ends_at, form.reason.data, visitor().person_id)),
            )
        except Refusal as refusal:
            form.refuse(refusal)
    return page(resource, absence_form=form), 422


@blueprint.post("/<public_id>/absences/<absence_id>/removal")
@allow(*KEEPERS)
def be_back(public_id: str, absence_id: str) -> ResponseReturnValue:
    """Take an absence back."""
    resource = _resource(public_id)
    write(lambda: hours.remove_absence(resource, absence_id))
    flash(_("The absence is gone."))
    return redirect(url_for(".show", public_id=public_id))


def register(app: Flask) -> None:
    """The pages, and their place in the navigation."""
    app.register_blueprint(blueprint)
    navigation.add(_l("My hours"), "hours.mine", (Role.COUNSELOR, Role.INTERPRETER), order=20)


def _resource(public_id: str) -> Resource:
    return resources.get(public_id, visitor(), own=True)


def _add(resource: Resource, form: HoursForm) -> None:
    place = places.chosen(resource, visitor(), form.place.data or "")
    for rule in rhythms.rules_of(form, resource):
        hours.add(resource, hours.Window(*rule, tuple(form.modalities.data or ()), place))


def _away(form: AbsenceForm, zone: str) -> tuple[datetime, datetime]:
    """From and to; without times the whole days, the last one included."""
    first, last = form.starts_on.data, form.ends_on.data
    begins, ends = (rhythms.minutes(at.data, -1) for at in (form.starts_at, form.ends_at))
    return (
        hours.midnight(first, zone) if begins < 0 else hours.moment(first, begins, zone, "starts_at"),
        hours.midnight(last + timedelta(days=1), zone) if ends < 0 else hours.moment(last, ends, zone, "ends_at"),
    )


def _again_form(resource: Resource, on: date) -> AwayAgainForm:
    form = AwayAgainForm(formdata=None, prefix="again-", valid_from=on)
    rhythms.offer(form, resource)
    return form


def told(resource: Resource, affected: list[Appointment]) -> ResponseReturnValue:
    """The list of what is booked there with what can be done, or a word that nothing is."""
    address = url_for("hours.show", public_id=resource.public_id)
    rows = [rows_of.Row(one, resource) for one in affected if rows_of.stands(one)]
    if rows:
        return acts_page(resource, rows, prepared(resource), saved=True)
    flash(_("Saved. No appointment is affected."))
    return redirect(address)


def prepare(form: HoursForm, resource: Resource, kept: int = 0) -> HoursForm:
    """The choices of a form of hours: rhythms with dates, and places."""
    rhythms.offer(form, resource, kept)
    form.place.choices = places.choices(resource, visitor())
    return form


def page(
    resource: Resource,
    hours_form: HoursForm | None = None,
    day_form: DayForm | None = None,
    absence_form: AbsenceForm | None = None,
    again_form: AwayAgainForm | None = None,
    calendar_form: CalendarForm | None = None,
) -> str:
    on = times.local(clock.now(), resource.office.zone).date()
    absences = hours.absences_of(resource)
    sent = next((form for form in (hours_form, day_form, absence_form, again_form, calendar_form) if form), None)
    return render_template(
        "staff/hours.html",
        resource=resource,
        rules=hours.of(resource),
        overrides=hours.overrides_of(resource, on),
        absences=absences,
        booked_in={one: impact.lines_of(found) for one, found in hours.booked_in(resource, absences).items()},
        days=week.preview(resource, on, DAYS_SHOWN),
        hours_form=hours_form or prepare(HoursForm(formdata=None, valid_from=on), resource),
        again=[(one, recurring.next_dates(recurring.window_of(one), on)) for one in recurring.of(resource)],
        again_form=again_form or _again_form(resource, on),
        next_dates={rule.id: recurring.next_dates(hours.window_of(rule).weekly, on) for rule in hours.of(resource)},
        sums=weekly_sums.of(hours.of(resource), on),
        outside=len(rows_of.in_diary(resource)),
        day_form=day_form or DayForm(formdata=None),
        absence_form=absence_form or AbsenceForm(formdata=None),
        calendar_form=calendar_form or CalendarForm(formdata=None),
        busy=busy_times.count(resource),
        may_clear=busy_times.may_remove(resource, visitor()),
        own=resource.person_id is not None and resource.person_id == visitor().person_id,
        form=sent,
        leads=visitor().may(*resources.LEADS, office_id=resource.office_id),
        last=on + timedelta(days=DAYS_SHOWN - 1),
    )
