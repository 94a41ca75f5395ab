"""The network probe of the device check: a connection to a forwarding unit that gets itself back, for at most thirty seconds.

The page sends a made picture and a made sound, and measures how they come back (static/js/line-test.js). It is in a meeting of its
own that nobody else can name; nothing is kept.
"""

from __future__ import annotations

import secrets
import time

from flask import Blueprint, Flask, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from limits import parse

from accounts.access import HOLDER, allow, visitor
from foundation.db import db
from foundation.errors import Busy, InputWrong, NotFound, TooMany
from foundation.security import limiter, sign
from virtual_office.meetings import meetings
from virtual_office.meetings.models import Meeting, Participant, Phase

from . import connections
from .media import tokens
from .media.refused import Refused
from .media.tokens import Claims, Places
from .media_line import units
from .unit_line import UnitAway
from .whip import mint

blueprint = Blueprint("probes", __name__)
ONE = Places(1, 1)
TOKEN_LIFE = 30
"""Seconds; it is used at once."""
QUOTA = parse("12 per 10 minutes")
"""Tests of one person; each moves about half a megabyte."""
LARGEST = 64 * 1024
"""Characters of a browser's answer."""


@blueprint.post("/meetings/<public_id>/probe")
@allow(HOLDER)
def begin(public_id: str) -> ResponseReturnValue:
    """A connection to measure: its name, the unit's offer, and the sentences in which the page says what it found."""
    meeting, me = _who(public_id)
    if current_app.config["VO"].rate_limits and not limiter.limiter.hit(QUOTA, "probe", me.public_id):
        raise TooMany
    name, who, words = f"probe-{secrets.token_urlsafe(16)}", _name(meeting, me), _words()
    claims = Claims(
        name,
        who,
        "probe",
        ("audio", "video"),
        ONE,
        unit="",
        echo=True,
        exp=int(time.time()) + TOKEN_LIFE,
        jti=tokens.fresh_jti(),
    )
    # No row is held while a unit is asked.
    db.session.remove()
    try:
        unit = units().place(name)
        told = units().ask(unit, "join", token=mint(claims, unit))
    except (UnitAway, Refused):
        raise Busy from None
    return jsonify(peer=connections.name(unit, told["peer"]), offer=told["offer"], words=words)


@blueprint.post("/meetings/<public_id>/probe/<peer>")
@allow(HOLDER)
def answer(public_id: str, peer: str) -> ResponseReturnValue:
    """`sdp`: the browser's answer; from then on it measures."""
    meeting, me = _who(public_id)
    who, found, sdp = _name(meeting, me), connections.read(peer), request.form.get("sdp", "")
    if found is None:
        raise NotFound
    if not 0 < len(sdp) <= LARGEST:
        raise InputWrong
    unit, named = found
    db.session.remove()
    try:
        if units().ask(unit, "ice", peer=named)["participant"] != who:
            raise NotFound
        units().ask(unit, "answer", peer=named, sdp=sdp)
    except UnitAway:
        raise NotFound from None
    except Refused as no:
        raise (InputWrong if no.code == "description_wrong" else NotFound) from None
    return jsonify(ok=True)


def register(app: Flask) -> None:
    """The doors, and whether pages show the button."""
    app.register_blueprint(blueprint)
    app.jinja_env.globals["line_can_be_tested"] = lambda: bool(units().alive())


def _who(public_id: str) -> tuple[Meeting, Participant]:
    """The meeting and the visitor's seat in it; absent as well where no call could come of it."""
    meeting, me = meetings.get(public_id, visitor())
    if meeting.phase == Phase.ENDED or meeting.media == "none" or not units().alive():
        raise NotFound
    return meeting, me


def _name(meeting: Meeting, me: Participant) -> str:
    """What a person's probes are called in the unit: nobody else can know it, and it says nothing of them."""
    return sign("probe", meeting.public_id, me.public_id)


def _words() -> dict[str, str]:
    """With the answer, not with the page: who does not test the line does not pay for them."""
    return {
        "video": _("Your line is good for picture and sound."),
        "small": _("Your line is good for sound. The picture may be small."),
        "text": _("Your line is too weak for a call. You can write, or let us call your phone."),
        "blocked": _(
            "Picture and sound do not get through: this network blocks them (UDP). Try another network, for example mobile data; "
            "or write, or let us call your phone."
        ),
        "figures": _("There and back it takes %(ms)s ms; %(loss)s %% gets lost.", ms="{ms}", loss="{loss}"),
        "costs": _(
            "Half an hour takes about %(picture)s MB with picture, %(sound)s MB with sound only.",
            picture="{picture}",
            sound="{sound}",
        ),
        "use_video": _("Your call begins with picture and sound."),
        "use_small": _("Your call begins with a small picture that saves data."),
        "use_text": _("Your call begins without picture."),
    }
