"""The page "Send with other software": a host makes an address and a key for a program, sees which there are, and ends them."""

from __future__ import annotations

from flask import Blueprint, Flask, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import HOLDER, allow, visitor
from foundation.db import write
from foundation.errors import NotFound, Refusal
from foundation.pages import absolute

from . import about, meetings, stream_keys
from .forms import StreamKeyForm
from .models import Meeting, Participant, Purpose

blueprint = Blueprint("stream_keys", __name__)
PATHS = {Purpose.SEND: "whip", Purpose.WATCH: "whep"}
"""Where the doors for programs are (realtime/whip.py)."""


@blueprint.get("/meetings/<public_id>/stream-keys")
@allow(HOLDER)
def index(public_id: str) -> ResponseReturnValue:
    """Which keys there are, and the form for a new one."""
    return _page(*_hosted(public_id), StreamKeyForm(formdata=None))


@blueprint.post("/meetings/<public_id>/stream-keys")
@allow(HOLDER)
def make(public_id: str) -> ResponseReturnValue:
    """A new key, shown this once."""
    meeting, me = _hosted(public_id)
    form = StreamKeyForm()
    if form.validate_on_submit():
        purpose = Purpose(form.purpose.data)
        try:
            secret = write(lambda: stream_keys.make(meeting, me, purpose))
        except Refusal as refusal:
            form.refuse(refusal)
        else:
            address = absolute(f"/{PATHS[purpose]}/{meeting.public_id}")
            return _page(meeting, me, StreamKeyForm(formdata=None), address=address, secret=secret)
    return _page(meeting, me, form), 422


@blueprint.post("/stream-keys/<key_id>/revocation")
@allow(HOLDER)
def revoke(key_id: str) -> ResponseReturnValue:
    """End a key, and what is open by it."""
    key = stream_keys.get(key_id, visitor())
    write(lambda: stream_keys.revoke(key))
    flash(_("The key is ended. What was sent or shown by it has stopped."))
    return redirect(url_for(".index", public_id=key.meeting.public_id))


def register(app: Flask) -> None:
    """The doors."""
    app.register_blueprint(blueprint)


def _hosted(public_id: str) -> tuple[Meeting, Participant]:
    meeting, me = meetings.get(public_id, visitor())
    if not me.hosts or meeting.media == "none":
        raise NotFound
    return meeting, me


def _page(meeting: Meeting, me: Participant, form: StreamKeyForm, *, address: str = "", secret: str = "") -> str:
    return render_template(
        "meetings/stream_keys.html",
        meeting=meeting,
        about=about.of(meeting, me),
        form=form,
        keys=stream_keys.live(meeting),
        over=stream_keys.is_over(meeting),
        address=address,
        secret=secret,
    )
