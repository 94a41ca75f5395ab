"""People who wait for a time or for a call: listed for the desk of their office, and acted on."""

from __future__ import annotations

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from accounts import navigation
from accounts.access import allow, visitor
from foundation.db import lock, write
from foundation.errors import InputWrong
from virtual_office.callbacks import callbacks
from virtual_office.callbacks.models import CallbackState

from .. import agreed, appointments, to_tell, waiting_people
from .. import waitlist as rules
from ..models import WaitlistEntry, WaitState

blueprint = Blueprint("waiting", __name__, url_prefix="/staff/waiting")


@blueprint.get("")
@allow(*callbacks.DESK)
def index() -> ResponseReturnValue:
    """Calls to make, longest wait first, and wishes on the waitlist in their order."""
    entries = waiting_people.listed(visitor())
    return render_template(
        "staff/waiting.html",
        calls=callbacks.listed(visitor()),
        entries=entries,
        offered=waiting_people.offered_times(entries),
        me=visitor().person_id,
        to_tell=to_tell.listed(visitor()),
    )


@blueprint.post("/calls/<public_id>")
@allow(*callbacks.DESK)
def act_on_call(public_id: str) -> ResponseReturnValue:
    """Take a call, give it back, or say how it ended (`state`)."""
    wish = callbacks.get(public_id, visitor())
    try:
        state = CallbackState(request.form.get("state", ""))
    except ValueError:
        raise InputWrong from None
    write(lambda: callbacks.move(wish, state, visitor()))
    return redirect(url_for(".index"))


@blueprint.post("/wishes/<public_id>/booking")
@allow(*callbacks.DESK)
def book(public_id: str) -> ResponseReturnValue:
    """The person says yes to the offered time on the phone: book it for them."""
    entry = waiting_people.get(public_id, visitor())
    return redirect(url_for("booking.confirmation", public_id=write(lambda: _book(entry))))


@blueprint.post("/wishes/<public_id>/closing")
@allow(*callbacks.DESK)
def close(public_id: str) -> ResponseReturnValue:
    """The person has a time or wants none any more."""
    entry = waiting_people.get(public_id, visitor())
    write(lambda: rules.leave(entry, visitor().person_id))
    flash(_("The wish is closed."))
    return redirect(url_for(".index"))


@blueprint.post("/told/<public_id>")
@allow(*callbacks.DESK)
def tell(public_id: str) -> ResponseReturnValue:
    """Somebody has told the person when their appointment is."""
    write(lambda: to_tell.done(public_id, visitor()))
    flash(_("Written down: they know."))
    return redirect(url_for(".index"))


def _book(entry: WaitlistEntry) -> str:
    lock(entry)
    offered = entry.state == WaitState.OFFERED
    appointment = rules.accept(entry, visitor().person_id)
    appointments.ensure_told(appointment, "read_aloud")
    if offered:
        # The same button again does not undo that somebody took their yes back.
        agreed.give(appointment, by_voice=True)
    return appointment.public_id


def register(app: Flask) -> None:
    """The page, and its place in the navigation."""
    app.register_blueprint(blueprint)
    navigation.add(_l("Waiting"), "waiting.index", callbacks.DESK, order=30)
