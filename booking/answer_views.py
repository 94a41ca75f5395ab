"""One tap from a letter: I can not come, I am running late, text me too. A link only shows; a button does."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from accounts.access import HOLDER, allow, remember_link, visitor
from foundation.db import write
from foundation.errors import InputWrong, Refusal

from . import appointments, coming_late, links, text_wishes
from .forms import CancelForm, ConfirmForm
from .models import Appointment
from .views import blueprint


@blueprint.get("/m/<short>")
@allow(HOLDER)
def open_short(short: str) -> ResponseReturnValue:
    """The link of a text message: the same as the one in a letter."""
    appointment = links.open_short_manage(short)
    remember_link(appointment.public_id, "manage", appointment.link_version)
    return redirect(url_for("booking.show", public_id=appointment.public_id))


@blueprint.get("/o/<short>")
@allow(HOLDER)
def open_short_offer(short: str) -> ResponseReturnValue:
    """The link of a text message about a freed time."""
    return redirect(links.offer_path(links.open_short_offer(short)))


@blueprint.get("/appointments/<public_id>/absence")
@allow(HOLDER)
def ask_absence(public_id: str) -> ResponseReturnValue:
    """I can not come: another time or none, one tap each."""
    appointment = _managed(public_id)
    if not appointment.live:
        return redirect(url_for("booking.show", public_id=public_id))
    return render_template(
        "booking/absence.html", appointment=appointment, office=appointment.office, form=CancelForm()
    )


@blueprint.get("/appointments/<public_id>/lateness")
@allow(HOLDER)
def ask_late(public_id: str) -> ResponseReturnValue:
    """I am running late: by how much."""
    appointment = _managed(public_id)
    if not coming_late.may_say(appointment):
        return redirect(url_for("booking.show", public_id=public_id))
    return _late_page(appointment, ConfirmForm())


@blueprint.post("/appointments/<public_id>/lateness")
@allow(HOLDER)
def say_late(public_id: str) -> ResponseReturnValue:
    """Tell the counselor; a second time changes the minutes."""
    form = ConfirmForm()
    typed = request.form.get("minutes", "")
    minutes = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 4 else 0
    try:
        write(lambda: coming_late.say(_managed(public_id), minutes))
    except InputWrong as wrong:
        wrong.field = None
        form.refuse(wrong)
        return _late_page(_managed(public_id), form), wrong.status
    except Refusal as refusal:
        form.refuse(refusal)
        return _late_page(_managed(public_id), form), refusal.status
    return redirect(url_for("booking.show", public_id=public_id, done="late"))


@blueprint.post("/appointments/<public_id>/texts")
@allow(HOLDER)
def wish_texts(public_id: str) -> ResponseReturnValue:
    """Text messages beside e-mail: on, or off again."""
    on = request.form.get("on") == "yes"
    write(lambda: text_wishes.wish(_managed(public_id), on))
    return redirect(url_for("booking.show", public_id=public_id, done="texts" if on else "no-texts"))


def _managed(public_id: str) -> Appointment:
    return appointments.get_visible(public_id, visitor(), "manage")


def _late_page(appointment: Appointment, form: ConfirmForm) -> str:
    return render_template(
        "booking/late.html",
        appointment=appointment,
        office=appointment.office,
        form=form,
        choices=coming_late.CHOICES,
    )
