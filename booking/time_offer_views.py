"""Other times from a letter: shown, and one picked by one button; the old time is kept until then."""

from __future__ import annotations

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l

from accounts.access import HOLDER, allow, remember_link
from foundation.db import write
from foundation.errors import InputWrong, Refusal

from . import links, time_offers
from .forms import ConfirmForm
from .views import blueprint


@blueprint.get("/t/<public_id>/<token>")
@allow(HOLDER)
def other_times(public_id: str, token: str) -> ResponseReturnValue:
    """The times that are still free; the one of the link first. It changes nothing."""
    return _page(public_id, token, ConfirmForm())


@blueprint.get("/t/<short>")
@allow(HOLDER)
def open_short_times(short: str) -> ResponseReturnValue:
    """The same from a text message."""
    return redirect(links.times_path(links.open_short_times(short)))


@blueprint.post("/t/<public_id>/<token>")
@allow(HOLDER)
def pick_time(public_id: str, token: str) -> ResponseReturnValue:
    """Move to the picked time."""
    form = ConfirmForm()
    try:
        appointment_id, version = write(lambda: _pick(public_id, token, request.form.get("starts_at", "")))
    except Refusal as refusal:
        if refusal.status == 404:
            raise
        form.refuse(refusal)
        return _page(public_id, token, form), refusal.status
    remember_link(appointment_id, "manage", version)
    return redirect(url_for("booking.confirmation", public_id=appointment_id))


def _pick(public_id: str, token: str, raw: str) -> tuple[str, int]:
    if not (raw.isascii() and raw.isdigit() and len(raw) <= 12):
        raise InputWrong(_l("Choose one of these times."))
    moved = time_offers.pick(links.open_times(public_id, token), int(raw))
    return moved.public_id, moved.link_version


def _page(public_id: str, token: str, form: ConfirmForm) -> str:
    made = links.open_times(public_id, token)
    stands = time_offers.stands(made)
    wanted = request.args.get("at", "")
    free = time_offers.free_times(made) if stands else []
    free.sort(key=lambda at: (str(int(at.timestamp())) != wanted, at))
    return render_template(
        "booking/other_times.html",
        appointment=made.appointment,
        office=made.appointment.office,
        stands=stands,
        free=free,
        wanted=wanted,
        form=form,
        link=request.path,
    )
