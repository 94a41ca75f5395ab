"""The counter's screen: reference and code, or a scanned link, say that somebody is here. It remembers nobody; no script needed."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from wtforms import HiddenField, StringField

from accounts.access import EVERYONE, HOLDER, allow, visitor
from foundation.db import write
from foundation.errors import InputWrong, Refusal
from foundation.forms import Form, at_most, required

from . import appointments, arrivals, lateness, pace
from .forms import REFERENCE_HINT
from .models import Appointment
from .views import blueprint


class CheckInForm(Form):
    """What stands on the printed confirmation. A scanner may type the whole link into the first field."""

    reference = StringField(
        _l("Reference"), [required(_l("Enter your reference")), at_most(300)], description=REFERENCE_HINT
    )
    code = StringField(_l("Code"), [at_most(40)], description=_l("6 digits"))
    office = HiddenField(validators=[at_most(40)])


@blueprint.get("/check-in")
@allow(EVERYONE)
def check_in() -> ResponseReturnValue:
    """Ask for reference and code; `?office=` says where the screen stands."""
    return render_template("booking/check_in.html", form=CheckInForm(formdata=None, office=_office()))


@blueprint.post("/check-in")
@allow(EVERYONE)
def check_in_now() -> ResponseReturnValue:
    """Say that they are here; the browser of the screen keeps no link to the appointment."""
    form = CheckInForm()
    try:
        if not form.validate_on_submit():
            return render_template("booking/check_in.html", form=form), 422
        pace.limit("30 per minute", "check-in")
        appointment = _named(form)
        write(lambda: arrivals.arrive(appointment, arrivals.read_office(form.office.data or "")))
    except Refusal as refusal:
        form.refuse(refusal)
        return render_template("booking/check_in.html", form=form), refusal.status
    return render_template("booking/here.html", **_facts(appointment), again=url_for(".check_in", office=_office()))


@blueprint.post("/appointments/<public_id>/arrival")
@allow(HOLDER)
def arrive(public_id: str) -> ResponseReturnValue:
    """ "I am here" on the person's own phone, or at the counter by a colleague."""
    appointment = appointments.get_visible(public_id, visitor(), "manage")
    try:
        write(lambda: arrivals.arrive(appointments.get_visible(public_id, visitor(), "manage")))
    except Refusal as refusal:
        form = CheckInForm(formdata=None)
        form.refuse(refusal)
        return render_template("booking/check_in.html", form=form), refusal.status
    return redirect(url_for(".show", public_id=appointment.public_id, done="here"))


def _named(form: CheckInForm) -> Appointment:
    typed = form.reference.data or ""
    if "/m/" in typed:
        return arrivals.from_link(typed)
    if not form.code.data:
        raise InputWrong(_l("Enter the 6-digit code"), field="code")
    return appointments.find(typed, form.code.data)


def _office() -> str:
    return request.values.get("office", "")[:40]


def _facts(appointment: Appointment) -> dict[str, object]:
    return {"appointment": appointment, "late": lateness.of(appointment)}
