"""The counselor's desk: today, who waits, let in, outcome and notes."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, Flask, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from accounts import navigation
from accounts.access import Visitor, allow, visitor
from accounts.models import Role
from foundation import clock, times
from foundation.db import write_tx
from foundation.errors import InputWrong, NotFound, Refusal
from foundation.forms import FIRST_DAY, LAST_DAY
from virtual_office.meetings import meetings, phone_wishes

from . import appointments, call_attempts, channels, lateness, notes, staff_wording, today
from .desk_models import CallResult
from .models import Appointment, AppointmentState
from .today_forms import RESULTS, AttemptForm, NoteForm, OutcomeForm

blueprint = Blueprint("today", __name__)
KEEPERS = (Role.COUNSELOR, Role.INTERPRETER)


@blueprint.get("/today")
@allow(*KEEPERS)
def show() -> ResponseReturnValue:
    """The timeline of a day at the left, the open person at the right."""
    return page(_day(), request.args.get("open", ""))


@blueprint.post("/appointments/<public_id>/admission")
@allow(Role.COUNSELOR)
def admit(public_id: str) -> ResponseReturnValue:
    """Let the waiting person in, and go to the meeting: the first of at most two clicks."""
    appointment = served(public_id)
    with write_tx():
        participant = today.jobseeker_in(appointment.meeting) if appointment.meeting else None
        if participant is None:
            raise NotFound
        meetings.admit(participant, visitor())
    return redirect(url_for("meetings.show", public_id=appointment.meeting.public_id if appointment.meeting else ""))


@blueprint.post("/appointments/<public_id>/outcome")
@allow(Role.COUNSELOR)
def record_outcome(public_id: str) -> ResponseReturnValue:
    """Say how it went; can be corrected."""
    appointment = served(public_id)
    form = OutcomeForm()
    if form.validate_on_submit():
        try:
            with write_tx():
                appointments.record_outcome(appointment, AppointmentState(form.outcome.data))
            flash(_("Saved."))
            return redirect(back(appointment))
        except Refusal as refusal:
            form.refuse(refusal)
    return page(day_of(appointment), public_id, outcome_form=form), 422


@blueprint.post("/appointments/<public_id>/note")
@allow(Role.COUNSELOR)
def save_note(public_id: str) -> ResponseReturnValue:
    """Save the note: as typed (JSON answer for the page's script) or by the button."""
    appointment = served(public_id)
    form = NoteForm()
    author = visitor().person
    assert author is not None
    quiet = request.accept_mimetypes.best == "application/json"
    try:
        if not form.validate_on_submit():
            raise InputWrong("; ".join(message for _anchor, message in form.error_list()))
        with write_tx():
            note = notes.save(appointment, author, form.body.data or "", form.revision.data or 0)
            revision, saved_at = note.revision, note.saved_at
    except Refusal as refusal:
        if quiet:
            return jsonify(code=refusal.code, message=str(refusal.message)), refusal.status
        if not form.error_list():
            form.refuse(refusal)
        return page(day_of(appointment), public_id, note_form=form), refusal.status
    if quiet:
        return jsonify(revision=revision, saved=_("Saved %(time)s", time=times.clock_time(saved_at, appointment.zone)))
    flash(_("Note saved."))
    return redirect(back(appointment))


def register(app: Flask) -> None:
    """The page, and its place in the navigation."""
    from . import today_acts_views  # noqa: F401  adds its doors

    staff_wording.register(app)
    app.jinja_env.globals["attempt_word"] = lambda result: str(RESULTS[CallResult(result)])
    app.register_blueprint(blueprint)
    navigation.add(_l("Today"), "today.show", KEEPERS, order=10)


def _day() -> today.Day:
    person = visitor().person
    assert person is not None
    raw = request.args.get("on", "")
    try:
        on = date.fromisoformat(raw) if raw else None
    except ValueError:
        raise NotFound from None
    if on is not None and not FIRST_DAY < on < LAST_DAY:
        raise NotFound
    return today.day_of(person, on)


def day_of(appointment: Appointment) -> today.Day:
    person = visitor().person
    assert person is not None
    return today.day_of(person, times.local(appointment.starts_at, appointment.zone).date())


def served(public_id: str) -> Appointment:
    """The appointment, if it is in this counselor's own diary."""
    at_the_door: Visitor = visitor()
    appointment = appointments.get_visible(public_id, at_the_door, "serve")
    if at_the_door.person is None or not today.serving(at_the_door.person, appointment):
        raise NotFound
    return appointment


def back(appointment: Appointment) -> str:
    on = times.local(appointment.starts_at, appointment.zone).date()
    return url_for("today.show", on=on.isoformat(), open=appointment.public_id)


def page(
    day: today.Day,
    open_id: str,
    note_form: NoteForm | None = None,
    outcome_form: OutcomeForm | None = None,
    attempt_form: AttemptForm | None = None,
) -> str:
    chosen = day.entry(open_id) or day.next_up()
    if chosen is not None and note_form is None:
        note_form = NoteForm(
            formdata=None,
            body=chosen.note.body if chosen.note else "",
            revision=chosen.note.revision if chosen.note else 0,
        )
    if chosen is not None and outcome_form is None:
        outcome_form = OutcomeForm(formdata=None, outcome=chosen.appointment.state)
    return render_template(
        "today/show.html",
        day=day,
        chosen=chosen,
        explicit=bool(open_id),
        note_form=note_form,
        outcome_form=outcome_form,
        now=clock.now(),
        today_on=times.local(clock.now(), day.zone).date(),
        serves=Role.COUNSELOR in visitor().roles,
        late_choices=lateness.CHOICES,
        attempt_form=attempt_form or AttemptForm(formdata=None),
        in_vain=sum(one.result in call_attempts.VAIN for one in chosen.attempts) >= call_attempts.ENOUGH
        if chosen
        else False,
        mail=chosen is not None and channels.reachable(chosen.appointment),
        phone_wishes=phone_wishes.waiting(visitor().person_id or 0),
    )
