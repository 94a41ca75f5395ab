"""One tap each on the counselor's day: call in, talk, note an attempt to call, run late, offer another time."""

from __future__ import annotations

from datetime import datetime

from flask import flash, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import allow, visitor
from accounts.models import Role
from foundation import times
from foundation.db import write
from foundation.errors import InputWrong, NotFound, Refusal

from . import arrivals, call_attempts, lateness, openings, other_offers
from .desk_models import CallResult
from .models import Appointment
from .today_forms import AttemptForm
from .today_views import back, blueprint, day_of, page, served

STEPS = {"called": arrivals.call, "talk": arrivals.begin}


@blueprint.post("/appointments/<public_id>/call-in")
@allow(Role.COUNSELOR)
def call_in(public_id: str) -> ResponseReturnValue:
    """Call somebody in who is here (`step` is `called`), or say that the talk has begun (`talk`)."""
    appointment = served(public_id)
    step = STEPS.get(request.form.get("step", "called"))
    if step is None:
        raise NotFound
    write(lambda: step(served(public_id)))
    return redirect(back(appointment))


@blueprint.post("/appointments/<public_id>/call-attempts")
@allow(Role.COUNSELOR)
def attempt(public_id: str) -> ResponseReturnValue:
    """What came of a call; sent twice, it is one attempt."""
    appointment, form = served(public_id), AttemptForm()
    try:
        if not form.validate_on_submit():
            raise InputWrong
        result, seen = _result(), request.form.get("seen", -1, type=int)
        by = visitor().person_id or 0
        again_at = _again_at(appointment, form) if result == CallResult.CALL_AGAIN else None
        write(lambda: call_attempts.note(served(public_id), result, seen, by, again_at))
        flash(_("Saved."))
    except Refusal as refusal:
        if not form.error_list():
            form.refuse(refusal)
        return page(day_of(served(public_id)), public_id, attempt_form=form), 422
    return redirect(back(appointment))


@blueprint.post("/today/lateness")
@allow(Role.COUNSELOR)
def run_late() -> ResponseReturnValue:
    """Tell the next person that they wait some minutes longer."""
    person = visitor().person
    assert person is not None
    minutes = request.form.get("minutes", 0, type=int)
    try:
        told = write(lambda: lateness.tell_next(person, minutes))
        time = times.clock_time(told.starts_at, told.zone)
        flash(_("%(name)s (%(time)s) is told: about %(n)s minutes later.", name=told.person.name, time=time, n=minutes))
    except Refusal as refusal:
        flash(str(refusal.message))
    return redirect(url_for("today.show"))


@blueprint.post("/appointments/<public_id>/other-time")
@allow(Role.COUNSELOR)
def offer_other_time(public_id: str) -> ResponseReturnValue:
    """A letter with the way to another time, for somebody who was not reached or did not come."""
    appointment = served(public_id)
    try:
        write(lambda: other_offers.offer(served(public_id)))
        flash(_("A letter with the way to another time is on its way."))
    except Refusal as refusal:
        flash(str(refusal.message))
    return redirect(back(appointment))


def _result() -> CallResult:
    try:
        return CallResult(request.form.get("result", ""))
    except ValueError:
        raise InputWrong from None


def _again_at(appointment: Appointment, form: AttemptForm) -> datetime | None:
    """A wall-clock time of the appointment's own day."""
    if form.again_at.data is None:
        return None
    on = times.local(appointment.starts_at, appointment.zone).date()
    return openings.read_moment(f"{on.isoformat()}T{form.again_at.data.isoformat()}", appointment.zone)
