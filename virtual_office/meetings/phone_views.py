"""Doors of "call my phone": the jobseeker asks, from the call or from a page of its own; the host reads and says who calls."""

from __future__ import annotations

from flask import Blueprint, Flask, flash, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import HOLDER, allow, visitor
from foundation.db import write
from foundation.errors import NotFound, Refusal

from . import about, meetings, phone_wishes
from .forms import PhoneForm
from .models import Meeting, Participant, PhoneWish

blueprint = Blueprint("phone_wishes", __name__)


@blueprint.get("/meetings/<public_id>/phone-wish")
@allow(HOLDER)
def form(public_id: str) -> ResponseReturnValue:
    """Ask to be called, without a script too."""
    meeting, me = _asker(public_id)
    return _page(meeting, me, PhoneForm(formdata=None, phone=phone_wishes.known_number(me)))


@blueprint.post("/meetings/<public_id>/phone-wish")
@allow(HOLDER)
def ask(public_id: str) -> ResponseReturnValue:
    """Ask; a page's script gets a sentence, everybody else the page of the meeting."""
    meeting, me = _asker(public_id)
    wished = PhoneForm()
    fine = wished.validate_on_submit()
    if fine:
        try:
            write(lambda: phone_wishes.ask(meeting, me, wished.phone.data or ""))
        except Refusal as refusal:
            wished.refuse(refusal)
            fine = False
    quiet = request.accept_mimetypes.best == "application/json"
    if not fine:
        message = " ".join(text for _anchor, text in wished.error_list())
        return (jsonify(message=message) if quiet else _page(meeting, me, wished)), 422
    said = _("Your counselor sees your number and calls you.")
    if quiet:
        return jsonify(said=said), 201
    flash(said)
    return redirect(about.of(meeting, me).back or url_for("meetings.show", public_id=meeting.public_id))


@blueprint.get("/meetings/<public_id>/phone-wishes")
@allow(HOLDER)
def listed(public_id: str) -> ResponseReturnValue:
    """For the host's page in the call: who asks, and the number."""
    meeting, me = meetings.get(public_id, visitor())
    if not me.hosts:
        raise NotFound
    return jsonify(wishes=[_told(wish) for wish in phone_wishes.of_meeting(meeting)])


@blueprint.post("/phone-wishes/<wish_id>/acknowledgement")
@allow(HOLDER)
def acknowledge(wish_id: str) -> ResponseReturnValue:
    """The host calls now."""
    wish, host = phone_wishes.get(wish_id, visitor())
    write(lambda: phone_wishes.acknowledge(wish, host))
    if request.accept_mimetypes.best == "application/json":
        return jsonify(ok=True)
    return redirect(about.of(wish.meeting, host).back or url_for("meetings.show", public_id=wish.meeting.public_id))


def register(app: Flask) -> None:
    """The doors."""
    app.register_blueprint(blueprint)


def _asker(public_id: str) -> tuple[Meeting, Participant]:
    meeting, me = meetings.get(public_id, visitor())
    if not phone_wishes.may_ask(me):
        raise NotFound
    return meeting, me


def _told(wish: PhoneWish) -> dict[str, object]:
    person, number = wish.participant.person, wish.contact.value
    return {"id": wish.public_id, "name": person.name, "number": number, "taken": wish.taken_at is not None}


def _page(meeting: Meeting, me: Participant, wished: PhoneForm) -> str:
    return render_template(
        "meetings/phone_wish.html",
        meeting=meeting,
        me=me,
        about=about.of(meeting, me),
        form=wished,
    )
