"""One appointment: the confirmation, see, join, move, cancel and take the cancellation back."""

from __future__ import annotations

import io
from typing import Any

import segno
from flask import Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from markupsafe import Markup

from accounts.access import HOLDER, allow, remember_link, visitor
from accounts.models import ContactKind
from foundation import clock, sms
from foundation.db import write
from foundation.errors import Refusal
from foundation.pages import absolute

from . import appointments, arrivals, channels, coming_late, lateness, letters, pace, series, text_wishes
from .forms import CancelForm, ConfirmForm
from .method import method_of
from .models import CANCELLED, Appointment
from .parties import party_for
from .views import blueprint

THEN = {"absence": "booking.ask_absence", "late": "booking.ask_late"}
"""Where a link with `?then=` goes on to."""


@blueprint.get("/m/<public_id>/<token>")
@allow(HOLDER)
def open_link(public_id: str, token: str) -> ResponseReturnValue:
    """A link from a letter: remember it in this browser and show the clean address; it changes nothing else."""
    appointment = appointments.by_link(public_id, "manage", token)
    remember_link(appointment.public_id, "manage", appointment.link_version)
    page = THEN.get(request.args.get("then", ""), "booking.show")
    return redirect(url_for(page, public_id=appointment.public_id))


@blueprint.get("/appointments/<public_id>")
@allow(HOLDER)
def show(public_id: str) -> ResponseReturnValue:
    """The appointment with one button that changes with time."""
    return _page(_seen(public_id))


@blueprint.get("/appointments/<public_id>/confirmation")
@allow(HOLDER)
def confirmation(public_id: str) -> ResponseReturnValue:
    """The proof: time, reference, code, QR code, what to have ready, what happens next; fits one printed page."""
    appointment = _seen(public_id)
    if not appointment.live:
        return redirect(url_for("booking.show", public_id=public_id))
    return render_template("booking/confirmation.html", **_facts(appointment), qr=_qr(absolute(_link(appointment))))


@blueprint.get("/appointments/<public_id>/calendar.ics")
@allow(HOLDER)
def calendar_entry(public_id: str) -> ResponseReturnValue:
    """The appointment for a calendar program."""
    appointment = _seen(public_id)
    answer = Response(letters.ics_of(appointment), mimetype="text/calendar; charset=utf-8; method=PUBLISH")
    answer.headers["Content-Disposition"] = f'attachment; filename="appointment-{appointment.reference}.ics"'
    return answer


@blueprint.get("/appointments/<public_id>/cancellation")
@allow(HOLDER)
def ask_cancel(public_id: str) -> ResponseReturnValue:
    """Ask once more before it is cancelled."""
    appointment = _managed(public_id)
    if not appointment.live:
        return redirect(url_for("booking.show", public_id=public_id))
    return _cancel_page(appointment, CancelForm())


@blueprint.post("/appointments/<public_id>/cancellation")
@allow(HOLDER)
def cancel(public_id: str) -> ResponseReturnValue:
    """Cancel; a second time changes nothing."""
    appointment = _managed(public_id)
    form = CancelForm()
    if not form.validate_on_submit():
        return _cancel_page(appointment, form), 422
    by = party_for(visitor(), appointment.office_id).by
    try:
        pace.limit("60 per minute", "bookings")
        write(lambda: appointments.cancel(_managed(public_id), by, form.reason.data or ""))
    except Refusal as refusal:
        form.refuse(refusal)
        return _cancel_page(_managed(public_id), form), refusal.status
    return redirect(url_for("booking.show", public_id=public_id, done="cancelled"))


@blueprint.post("/appointments/<public_id>/restoration")
@allow(HOLDER)
def undo_cancel(public_id: str) -> ResponseReturnValue:
    """Take the cancellation back while the time is still kept."""
    form = ConfirmForm()
    try:
        write(lambda: appointments.undo_cancel(_managed(public_id)))
    except Refusal as refusal:
        form.refuse(refusal)
        return _page(_managed(public_id), form), refusal.status
    return redirect(url_for("booking.show", public_id=public_id, done="restored"))


@blueprint.get("/j/<public_id>/<token>")
@allow(HOLDER)
def open_join_link(public_id: str, token: str) -> ResponseReturnValue:
    """The join link of a letter: it opens this one meeting and nothing else."""
    return to_meeting(appointments.by_link(public_id, "join", token))


@blueprint.get("/appointments/<public_id>/meeting")
@allow(HOLDER)
def to_device_check(public_id: str) -> ResponseReturnValue:
    """From the appointment to its waiting room, or to the device check while that is closed."""
    return to_meeting(_seen(public_id))


def to_meeting(appointment: Appointment) -> ResponseReturnValue:
    """Remember that this browser may join, and go to the meeting or, before it opens, to the device check."""
    meeting = appointment.meeting
    if meeting is None:
        return redirect(url_for("booking.show", public_id=appointment.public_id))
    remember_link(meeting.public_id, "join", appointment.link_version)
    return redirect(_join_address(appointment))


def _seen(public_id: str) -> Appointment:
    return appointments.get_visible(public_id, visitor(), "see")


def _managed(public_id: str) -> Appointment:
    return appointments.get_visible(public_id, visitor(), "manage")


def _join_address(appointment: Appointment) -> str:
    assert appointment.meeting is not None
    opened = appointment.meeting.opens_at <= clock.now() <= appointment.meeting.closes_at
    return url_for("meetings.show" if opened else "meetings.device_check", public_id=appointment.meeting.public_id)


def _link(appointment: Appointment) -> str:
    return appointments.join_path(appointment) if appointment.meeting else appointments.manage_path(appointment)


def _qr(link: str) -> Markup:
    """The link as a picture for a phone's camera: inline SVG, dark on light whatever the theme."""
    picture = io.BytesIO()
    segno.make(link, error="m").save(
        picture, kind="svg", xmldecl=False, svgns=False, nl=False, border=4, light="#fff", omitsize=True
    )
    return Markup(picture.getvalue().decode())


def _facts(appointment: Appointment) -> dict[str, Any]:
    contact = appointment.contact
    opened = appointment.meeting is not None and appointment.meeting.opens_at <= clock.now()
    return {
        "appointment": appointment,
        "office": appointment.office,
        "code": appointments.code_of(appointment),
        "join": appointments.join_path(appointment) if appointment.meeting else "",
        "opened": opened,
        "over": appointment.ends_at <= clock.now(),
        "method": method_of(appointment),
        "letter_to": contact.value if contact is not None and contact.kind == ContactKind.EMAIL else "",
        "reminds": channels.reminds(appointment),
        "party": party_for(visitor(), appointment.office_id),
        "done": request.args.get("done", ""),
        "text_to": contact.value
        if contact is not None and contact.kind == ContactKind.PHONE and sms.available()
        else "",
        "may_be_late": coming_late.may_say(appointment),
        "texts_possible": text_wishes.possible(appointment),
        "late": lateness.of(appointment),
        "arrival": arrivals.of(appointment),
        "may_come": arrivals.may_come(appointment),
        "series": series.shown(appointment, visitor()),
    }


def _page(appointment: Appointment, form: ConfirmForm | None = None) -> str:
    undo = appointment.state in CANCELLED and appointments.may_undo(appointment)
    return render_template("booking/show.html", form=form or ConfirmForm(), undo=undo, **_facts(appointment))


def _cancel_page(appointment: Appointment, form: CancelForm) -> str:
    return render_template("booking/cancel.html", form=form, **_facts(appointment))
