"""Find my appointment and join by code: a reference opens something only with a second fact, and a wrong one says nothing."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.access import EVERYONE, allow, remember_link
from foundation.errors import Refusal

from . import appointments, found, pace, references
from .forms import FindForm, JoinForm
from .manage_views import to_meeting
from .views import blueprint
from .visibility import NoSuchAppointment


@blueprint.get("/find")
@allow(EVERYONE)
def find() -> ResponseReturnValue:
    """Ask for the reference and a second fact."""
    return render_template("booking/find.html", form=FindForm(reference=request.args.get("reference", "")[:40]))


@blueprint.post("/find")
@allow(EVERYONE)
def find_it() -> ResponseReturnValue:
    """Open the appointment, or whatever else has this reference; say the same whatever is wrong."""
    form = FindForm()
    if not form.validate_on_submit():
        return render_template("booking/find.html", form=form), 422
    reference, second = form.reference.data or "", form.second.data or ""
    try:
        pace.limit("20 per minute", "find")
        appointment = appointments.find(reference, second)
    except NoSuchAppointment as refusal:
        if path := found.elsewhere(references.clean(reference), second):
            return redirect(path)
        form.refuse(refusal)
        return render_template("booking/find.html", form=form), refusal.status
    except Refusal as refusal:
        form.refuse(refusal)
        return render_template("booking/find.html", form=form), refusal.status
    remember_link(appointment.public_id, "manage", appointment.link_version)
    return redirect(url_for("booking.show", public_id=appointment.public_id))


@blueprint.get("/join")
@allow(EVERYONE)
def join() -> ResponseReturnValue:
    """Ask for reference and code."""
    return render_template("booking/join.html", form=JoinForm(reference=request.args.get("reference", "")[:40]))


@blueprint.post("/join")
@allow(EVERYONE)
def join_it() -> ResponseReturnValue:
    """Go to the meeting of this reference and code."""
    form = JoinForm()
    if not form.validate_on_submit():
        return render_template("booking/join.html", form=form), 422
    reference, code = form.reference.data or "", form.code.data or ""
    try:
        pace.limit("20 per minute", "find")
        appointment = appointments.find(reference, code)
    except NoSuchAppointment as refusal:
        if path := found.elsewhere(references.clean(reference), code):
            return redirect(path)
        form.refuse(refusal)
        return render_template("booking/join.html", form=form), refusal.status
    except Refusal as refusal:
        form.refuse(refusal)
        return render_template("booking/join.html", form=form), refusal.status
    if appointment.meeting is None:
        remember_link(appointment.public_id, "manage", appointment.link_version)
    return to_meeting(appointment)
