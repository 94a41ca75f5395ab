"""Find my appointment and join by code: a reference opens something only with a second fact, and a wrong one says nothing."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.access import EVERYONE, allow, remember_link
from foundation.errors import Refusal

from . import appointments, pace
from .forms import FindForm, JoinForm
from .manage_views import to_meeting
from .views import blueprint


@blueprint.get("/find")
@allow(EVERYONE)
def find() -> ResponseReturnValue:
    """Ask for the reference and a second fact."""
    return render_template("booking/find.html", form=FindForm(reference=request.args.get("reference", "")[:40]))


@blueprint.post("/find")
@allow(EVERYONE)
def find_it() -> ResponseReturnValue:
    """Open the appointment, or say the same whatever is wrong."""
    form = FindForm()
    if not form.validate_on_submit():
        return render_template("booking/find.html", form=form), 422
    try:
        pace.limit("20 per minute", "find")
        appointment = appointments.find(form.reference.data or "", form.second.data or "")
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
    try:
        pace.limit("20 per minute", "find")
        appointment = appointments.find(form.reference.data or "", form.code.data or "")
    except Refusal as refusal:
        form.refuse(refusal)
        return render_template("booking/join.html", form=form), refusal.status
    if appointment.meeting is None:
        remember_link(appointment.public_id, "manage", appointment.link_version)
    return to_meeting(appointment)
