"""Doors for programs: WHIP (RFC 9725) sends into a meeting, WHEP (draft-ietf-wish-whep) shows it. docs/whip.md has them one by one.

Nothing is kept here: a session's address names the unit and the connection in it, and the unit knows whose it is. So a session ends
with the unit, and a program that finds it absent begins anew.
"""

from __future__ import annotations

import time
from typing import Any

from flask import Blueprint, Flask, Response, current_app, request, url_for
from flask.typing import ResponseReturnValue
from flask_limiter.util import get_remote_address
from limits import parse

from accounts.access import BEARER, allow
from foundation import config
from foundation.db import db
from foundation.errors import Busy, NotFound, Refusal, TooMany
from foundation.events import after_commit
from foundation.security import csrf, limiter
from virtual_office.meetings import stream_keys, turn
from virtual_office.meetings.events import StreamKeyRevoked
from virtual_office.meetings.models import Purpose, StreamKey

from . import connections, whip_bodies
from .media import tokens
from .media.refused import Refused
from .media.tokens import Claims
from .media_line import units
from .media_messages import FEW, MANY
from .unit_line import UnitAway

blueprint = Blueprint("whip", __name__)
PURPOSES = {"whip": Purpose.SEND, "whep": Purpose.WATCH}
TOKEN_LIFE = 30
"""Seconds; it is used at once."""
BY_ADDRESS, BY_KEY = parse("120 per minute"), parse("30 per minute")
"""A program that lost its line tries every second or two."""
EXPOSED = "Location, ETag, Link, Accept-Patch, WWW-Authenticate"
STATUS = {"description_wrong": 400, "gone": 404, "too_many_tracks": 406, "description_unfit": 422}
"""What the unit says no to, as HTTP; all the rest is 503: it is full, or being started again."""


class KeyMissing(Refusal):
    """No key, a wrong one, or one that is ended; which of them is not said."""

    code, status, message = "key_wrong", 401, NotFound.message


class KeyElsewhere(Refusal):
    """The key is of another meeting, or for the other direction."""

    code, status, message = "key_elsewhere", 403, NotFound.message


@blueprint.route("/<any(whip, whep):door>/<public_id>", methods=["POST"], provide_automatic_options=False)
@allow(BEARER)
def begin(door: str, public_id: str) -> ResponseReturnValue:
    """An offer → 201 with our answer, the session's address and the name of its ICE session."""
    key = _key(door, public_id)
    offer = whip_bodies.text(whip_bodies.SDP)
    claims = Claims(
        public_id,
        key.public_id,
        "program",
        ("audio", "video") if key.purpose == Purpose.SEND else (),
        FEW if len(key.meeting.participants) <= FEW.audio else MANY,
        unit="",
        echo=False,
        exp=int(time.time()) + TOKEN_LIFE,
        jti=tokens.fresh_jti(),
    )
    relays = turn.ice_servers(current_app.config["VO"], key.meeting, key.participant)
    unit = _place(public_id, watches=key.purpose == Purpose.WATCH)
    told = _ask(unit, "publish" if key.purpose == Purpose.SEND else "play", token=mint(claims, unit), sdp=offer)
    answer = Response(told["answer"], 201, content_type=whip_bodies.SDP)
    resource = connections.name(unit, told["peer"])
    answer.headers["Location"] = url_for(".change", door=door, public_id=public_id, resource=resource)
    answer.headers["Accept-Patch"] = whip_bodies.FRAGMENT
    answer.set_etag(told["ufrag"])
    for link in whip_bodies.links(relays):
        answer.headers.add("Link", link)
    return answer


@blueprint.route("/<any(whip, whep):door>/<public_id>/<resource>", methods=["PATCH"], provide_automatic_options=False)
@allow(BEARER)
def change(door: str, public_id: str, resource: str) -> ResponseReturnValue:
    """More candidates → 204 (a lite agent needs none); with `If-Match: *` new names for ICE → 200."""
    unit, peer, ufrag = _session(_key(door, public_id), resource)
    fragment = whip_bodies.fragment()
    if not request.headers.get("If-Match", ""):
        raise whip_bodies.wrong("precondition_missing", 428)
    if not whip_bodies.any_session(request.headers["If-Match"]):
        if not request.if_match.contains(ufrag):
            raise whip_bodies.wrong("another_session", 412)
        return "", 204
    if not fragment.restarts:
        raise whip_bodies.wrong("no_new_names", 400)
    told = _ask(unit, "restart", peer=peer)
    answer = Response(told["fragment"], 200, content_type=whip_bodies.FRAGMENT)
    answer.set_etag(told["ufrag"])
    return answer


@blueprint.route("/<any(whip, whep):door>/<public_id>/<resource>", methods=["DELETE"], provide_automatic_options=False)
@allow(BEARER)
def end(door: str, public_id: str, resource: str) -> ResponseReturnValue:
    """The program goes."""
    unit, peer, _ufrag = _session(_key(door, public_id), resource)
    _ask(unit, "leave", peer=peer)
    return "", 200


@blueprint.route("/<any(whip, whep):door>/<public_id>", methods=["OPTIONS"], provide_automatic_options=False)
@blueprint.route("/<any(whip, whep):door>/<public_id>/<resource>", methods=["OPTIONS"], provide_automatic_options=False)
@allow(BEARER)
def options(door: str, public_id: str, resource: str = "") -> ResponseReturnValue:
    """What these doors take; says the same whatever meeting is named."""
    answer = Response("", 200)
    answer.headers["Allow"] = "PATCH, DELETE, OPTIONS" if resource else "POST, OPTIONS"
    if resource:
        answer.headers["Accept-Patch"] = whip_bodies.FRAGMENT
    else:
        answer.headers["Accept-Post"] = whip_bodies.SDP
    return answer


@blueprint.after_request
def more_headers(answer: Response) -> Response:
    """What every answer needs besides, refusals too."""
    if answer.status_code == 401:
        answer.headers["WWW-Authenticate"] = "Bearer"
    if answer.status_code == 415 and request.method == "POST":
        answer.headers["Accept-Post"] = whip_bodies.SDP
    if answer.status_code == 415 and request.method == "PATCH":
        answer.headers["Accept-Patch"] = whip_bodies.FRAGMENT
    origin = request.headers.get("Origin", "")
    if origin and origin in current_app.config["VO"].whip_origins.replace(",", " ").split():
        answer.headers["Access-Control-Allow-Origin"] = origin
        answer.headers["Access-Control-Expose-Headers"] = EXPOSED
        answer.headers.add("Vary", "Origin")
        if request.method == "OPTIONS":
            answer.headers["Access-Control-Allow-Methods"] = answer.headers["Allow"]
            answer.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, If-Match"
    return answer


@after_commit(StreamKeyRevoked)
def revoked(fact: StreamKeyRevoked) -> None:
    """What a program has open by a key that is ended is ended as well."""
    for unit in units().alive():
        try:
            units().ask(unit, "remove", meeting=fact.meeting, participant=fact.key)
        except (Refused, UnitAway):
            # Where the meeting is not, there is nothing to end.
            continue


def mint(claims: Claims, unit: str) -> str:
    """The token of these claims for one unit."""
    key = tokens.key(config.secret_key(current_app.config["VO"]))
    return tokens.mint(key, Claims(**{**vars(claims), "unit": unit}))


def register(app: Flask) -> None:
    """The doors. Whoever opens them shows a secret, so that no other site can use somebody's cookies for it."""
    app.register_blueprint(blueprint)
    csrf.exempt(blueprint)


def _key(door: str, public_id: str) -> StreamKey:
    _count(BY_ADDRESS, get_remote_address())
    scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
    key = stream_keys.opened_by(secret.strip()) if scheme.lower() == "bearer" and secret.isascii() else None
    if key is None:
        raise KeyMissing
    _count(BY_KEY, key.public_id)
    if key.meeting.public_id != public_id or key.purpose != PURPOSES[door]:
        raise KeyElsewhere
    return key


def _count(rate: Any, who: str) -> None:
    if current_app.config["VO"].rate_limits and not limiter.limiter.hit(rate, "whip", who):
        raise TooMany


def _session(key: StreamKey, resource: str) -> tuple[str, str, str]:
    """Unit, connection and ICE session of a session's address; NotFound when it is not this key's."""
    found = connections.read(resource)
    if found is None:
        raise NotFound
    (unit, peer), meeting, who = found, key.meeting.public_id, key.public_id
    told = _ask(unit, "ice", peer=peer)
    if (told["meeting"], told["participant"]) != (meeting, who):
        raise NotFound
    return unit, peer, str(told["ufrag"])


def _place(meeting: str, *, watches: bool) -> str:
    # No row is held while a unit is asked.
    db.session.remove()
    try:
        return units().place(meeting, watches=watches)
    except UnitAway:
        raise Busy from None


def _ask(unit: str, do: str, **data: Any) -> dict[str, Any]:
    db.session.remove()
    try:
        return units().ask(unit, do, **data)
    except UnitAway:
        raise (Busy if unit in units().lines else NotFound) from None
    except Refused as no:
        if no.code == "gone":
            raise NotFound from None
        if no.code in STATUS:
            raise whip_bodies.wrong(no.code, STATUS[no.code], detail=no.message) from None
        raise Busy from None
