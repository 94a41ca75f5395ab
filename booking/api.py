"""The JSON API under /api/v1: services, free times, holds, appointments; for our own pages, staff and integrators."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from datetime import date, timedelta
from functools import partial
from typing import Any

from flask import Flask, Response, current_app, jsonify, request
from flask.typing import ResponseReturnValue
from flask_babel import lazy_gettext as _l
from flask_smorest import Api, Blueprint
from itsdangerous import BadSignature, URLSafeTimedSerializer

from accounts import people
from accounts.access import API, EVERYONE, allow, visitor
from foundation import answers, audit, clock, languages, times
from foundation.db import db, write
from foundation.errors import InputWrong
from foundation.failpoints import failpoint
from foundation.pages import absolute
from foundation.times import moment

from . import api_shapes as shapes
from . import appointments, catalogue, claims, finder, holds, links, openings, pace, replays, terms
from .api_shapes import FieldsWrong, rfc3339
from .appointments import BookingWish
from .models import Appointment
from .openings import SlotTaken
from .parties import Party, party_for
from .terms import Terms

Blueprint.ARGUMENTS_PARSER = shapes.Parser()
blueprint = Blueprint("api", __name__, url_prefix="/api/v1", description="Book a counselor")
DAYS = 60
MOST_DAYS = 100
QUICKEST = 3
"""Seconds that a person needs at least between opening a page and booking."""
ANONYMOUS_HOLDS = "3 per 15 minutes"
ACTS = "30 per minute"
TRIES = 3
"""Looks at a crowded time: whoever lost it to another person may still get it with another counselor."""


class WithoutAnswers(Api):
    """The house's own handlers answer every error."""

    def _register_error_handlers(self) -> None:
        return


@blueprint.errorhandler(SlotTaken)
def on_taken(refusal: SlotTaken) -> ResponseReturnValue:
    """409 with three alternatives."""
    others = [_slot(slot, coarse=False) for slot in refusal.alternatives]
    return answers.problem(refusal.code, refusal.status, str(refusal.message), {"alternatives": others})


@blueprint.get("/services")
@blueprint.response(200, shapes.ServiceShown(many=True))
@allow(API)
def services() -> ResponseReturnValue:
    """What can be booked."""
    return _cached(
        [
            {
                "id": service.public_id,
                "name": service.name,
                "office": service.office.name,
                "modalities": service.modalities,
                "minutes": service.minutes,
            }
            for service in catalogue.offered()
        ]
    )


@blueprint.get("/services/<service_id>/days")
@blueprint.arguments(shapes.DaysAsked(), location="query")
@blueprint.response(200, shapes.DayShown(many=True))
@allow(API)
def days(asked: dict[str, Any], service_id: str) -> ResponseReturnValue:
    """How many times are free on each day; 60 days from today by default, 100 at most."""
    service = catalogue.get(service_id)
    today = times.local(clock.now(), service.office.zone).date()
    first: date = asked["first"] or today
    last: date = asked["last"] or min(first, date.max - timedelta(DAYS)) + timedelta(days=DAYS - 1)
    if not 0 <= (last - first).days < MOST_DAYS:
        raise InputWrong(_l("Ask for 1 to 100 days."), field="to")
    coarse = service.detail == "coarse"
    counted = finder.days(_query(service.id, service.modalities, asked), first, last)
    return _cached([{"on": day.on.isoformat(), "free": day.free > 0 if coarse else day.free} for day in counted])


@blueprint.get("/services/<service_id>/slots")
@blueprint.arguments(shapes.SlotsAsked(), location="query")
@blueprint.response(200, shapes.SlotShown(many=True))
@allow(API)
def slots(asked: dict[str, Any], service_id: str) -> ResponseReturnValue:
    """The free times of one day of the office."""
    service = catalogue.get(service_id)
    coarse = service.detail == "coarse"
    return _cached(
        [_slot(slot, coarse) for slot in finder.slots(_query(service.id, service.modalities, asked), asked["on"])]
    )


@blueprint.post("/holds")
@blueprint.arguments(shapes.HoldAsked())
@blueprint.response(201, shapes.HoldShown)
@blueprint.alt_response(409, schema=shapes.ProblemShown)
@allow(API)
def hold(asked: dict[str, Any]) -> ResponseReturnValue:
    """Keep a time for some minutes. Whoever has no Bearer token gives back what they held before."""
    offered = terms.bookable(asked["service"])
    starts_at = openings.read_moment(asked["starts_at"], offered.zone)
    party = party_for(visitor(), offered.office_id)
    if visitor().token is None:
        pace.limit(ACTS if party.person_id else ANONYMOUS_HOLDS, "api-holds")
    query, owner, person_id = _query(offered.service_id, offered.modalities, asked), _owner(), party.person_id

    def act(opening: openings.Opening | None) -> tuple[str, int]:
        taken = holds.take(query, starts_at, owner, person_id, opening=opening)
        return taken.public_id, taken.expires

    # With an earlier hold of the same owner in the way, only the rule itself can say what is free.
    public_id, expires = _among_many(offered, query, starts_at, act) if not owner else write(lambda: act(None))
    return jsonify(hold=public_id, expires_at=rfc3339(moment(expires))), 201


@blueprint.post("/appointments")
@blueprint.arguments(shapes.AppointmentAsked())
@blueprint.response(201, shapes.AppointmentShown)
@blueprint.alt_response(409, schema=shapes.ProblemShown)
@blueprint.alt_response(422, schema=shapes.ProblemShown)
@allow(API)
def book(asked: dict[str, Any]) -> ResponseReturnValue:
    """Book a held time, or a service's time at once. With the same Idempotency-Key and content the answer is the same."""
    _refuse_hurry()
    replay, content = _replay(asked)
    earlier = replays.seen(*replay, content) if replay else None
    if earlier is not None:
        return _answer(_facts(db.session.get_one(Appointment, earlier)))
    if asked["hold"]:
        kept = holds.get(asked["hold"])
        party, name = _party(asked, terms.of(kept.service_id).office_id)
        wish = _wish(asked, party, name, hold=kept)
        return _answer(write(lambda: _book(wish, replay, content, None)))
    if not (asked["service"] and asked["starts_at"]):
        raise FieldsWrong(fields={"hold": [str(_l("Give a hold, or service and starts_at."))]})
    offered = terms.bookable(asked["service"])
    query = _query(offered.service_id, offered.modalities, asked)
    starts_at = openings.read_moment(asked["starts_at"], offered.zone)
    party, name = _party(asked, offered.office_id)
    wish = _wish(asked, party, name, query=query, starts_at=starts_at)
    return _answer(_among_many(offered, query, starts_at, lambda opening: _book(wish, replay, content, opening)))


@blueprint.post("/appointments/<appointment_id>/cancellation")
@blueprint.arguments(shapes.TokenAsked())
@blueprint.response(200, shapes.StateShown)
@allow(API)
def cancel(asked: dict[str, Any], appointment_id: str) -> ResponseReturnValue:
    """Cancel, with the token of the manage link, as its person, or for the office; a second time changes nothing."""
    _limit_acts()
    act = _act_on(appointment_id, asked["token"])
    state = write(lambda: appointments.cancel(*act()).state)
    return jsonify(id=appointment_id, state=state)


@blueprint.post("/appointments/<appointment_id>/move")
@blueprint.arguments(shapes.MoveAsked())
@blueprint.response(200, shapes.AppointmentShown)
@blueprint.alt_response(409, schema=shapes.ProblemShown)
@allow(API)
def move(asked: dict[str, Any], appointment_id: str) -> ResponseReturnValue:
    """Move to a held time or to `starts_at`; the old time stands until the new one is taken."""
    _limit_acts()
    act = _act_on(appointment_id, asked["token"])
    appointment, _by = act()
    if asked["hold"]:
        return _answer(write(lambda: _move(act, holds.get(asked["hold"]))), 200)
    starts_at = openings.read_moment(asked["starts_at"], appointment.zone)
    return _answer(write(lambda: _move(act, starts_at)), 200)


def register(app: Flask) -> None:
    """The doors and their OpenAPI document."""
    app.config.update(
        API_TITLE="Virtual Office",
        API_VERSION="v1",
        OPENAPI_VERSION="3.0.3",
        OPENAPI_URL_PREFIX="/api/v1",
        OPENAPI_JSON_PATH="openapi.json",
    )
    api = WithoutAnswers(app)
    api.register_blueprint(blueprint)
    name = "api-docs.openapi_json"
    app.view_functions[name] = allow(EVERYONE)(partial(app.view_functions[name]))
    api.spec.components.security_scheme("bearer", {"type": "http", "scheme": "bearer"})


def _book(
    wish: BookingWish, replay: tuple[str, str] | None, content: str, opening: openings.Opening | None
) -> dict[str, Any]:
    appointment = appointments.book(wish, replay, content, opening)
    # The answer itself carries reference and links to somebody who gets no letter.
    appointments.ensure_told(appointment)
    return _facts(appointment)


def _move(act: Callable[[], tuple[Appointment, str]], to: Any) -> dict[str, Any]:
    appointment, by = act()
    return _facts(appointments.move(appointment, to, by))


def _among_many(
    offered: Terms, query: finder.Query, starts_at: Any, act: Callable[[openings.Opening | None], Any]
) -> Any:
    """Look before the write, so that whoever is too late never waits for the writer; look again after losing a race."""
    for attempt in range(TRIES):
        opening = openings.look(query, starts_at, offered=offered)
        claims.dawdle()
        try:
            return write(partial(act, opening))
        except SlotTaken:
            if attempt == TRIES - 1:
                raise
    raise AssertionError("unreachable")


def _act_on(appointment_id: str, token: str) -> Callable[[], tuple[Appointment, str]]:
    """How to find the appointment and who acts, again inside the transaction: by token, or by who is at the door."""
    token = token or request.args.get("token", "")
    if token:
        audit.act_as("link", links.open_manage(appointment_id, token).id)
        return lambda: (links.open_manage(appointment_id, token), "person")
    at_the_door = visitor()

    def find() -> tuple[Appointment, str]:
        appointment = appointments.get_visible(appointment_id, at_the_door, "manage")
        return appointment, party_for(at_the_door, appointment.office_id).by

    return find


def _party(asked: dict[str, Any], office_id: int) -> tuple[Party, str]:
    """Who has the appointment and who books it; colleagues may name a known person."""
    party = party_for(visitor(), office_id)
    if not asked["on_behalf_of"]:
        return party, asked["name"]
    person = people.find(asked["on_behalf_of"])
    if not party.on_behalf or person is None:
        raise InputWrong(_l("There is no such person, or you may not book for them."), field="on_behalf_of")
    return Party(person=person, booked_by=party.booked_by), person.name


def _wish(asked: dict[str, Any], party: Party, name: str, **what: Any) -> BookingWish:
    return BookingWish(
        name=name,
        language=asked["language"] or languages.current(),
        modality=asked["modality"],
        needs=tuple(asked["needs"]),
        email=asked["email"] or "",
        phone=asked["phone"] or "",
        person_id=party.person_id,
        booked_by=party.booked_by,
        **what,
    )


def _replay(asked: dict[str, Any]) -> tuple[tuple[str, str] | None, str]:
    """(scope, key) of the Idempotency-Key, or None, and the fingerprint of what was asked."""
    content = hashlib.sha256(json.dumps(asked, sort_keys=True, default=str).encode()).hexdigest()
    raw = request.headers.get("Idempotency-Key")
    if raw is None:
        return None, content
    token, person_id = visitor().token, visitor().person_id
    whose = f"token:{token.id}" if token else f"person:{person_id}" if person_id else f"browser:{_owner()}"
    return (whose, replays.read_key(raw)), content


def _query(service_id: int, modalities: list[str], asked: dict[str, Any]) -> finder.Query:
    openings.check_modality(modalities, asked["modality"])
    return finder.Query(service_id, asked["modality"], asked["language"], tuple(asked["needs"]))


def _owner() -> str:
    """Whose holds replace each other: a browser's. Programs hold as many as they need; load tests keep no cookies."""
    if visitor().token is not None or not current_app.config["VO"].rate_limits:
        return ""
    return pace.browser()


def _limit_acts() -> None:
    if visitor().token is None:
        pace.limit(ACTS, "api-acts")


def _refuse_hurry() -> None:
    """Without a Bearer token: not too often from one address, and not sooner after the page was opened than people can type."""
    if visitor().token is not None or not current_app.config["VO"].rate_limits:
        return
    pace.limit(ACTS, "api-acts")
    reader = URLSafeTimedSerializer(current_app.secret_key or "", salt="wtf-csrf-token")
    try:
        _value, opened = reader.loads(request.headers.get("X-CSRFToken", ""), return_timestamp=True)
    except BadSignature:
        raise pace.TooFast from None
    if clock.now() - opened < timedelta(seconds=QUICKEST):
        raise pace.TooFast


def _facts(appointment: Appointment) -> dict[str, Any]:
    """The answer, read while the row is at hand: after the commit it would have to be read again."""
    return {
        "id": appointment.public_id,
        "reference": appointment.reference,
        "starts_at": rfc3339(appointment.starts_at),
        "manage_url": absolute(links.manage_path(appointment)),
        "join_url": absolute(links.join_path(appointment)) if appointment.meeting_id else None,
    }


def _answer(facts: dict[str, Any], status: int = 201) -> ResponseReturnValue:
    failpoint("after_commit_before_response")
    return jsonify(facts), status


def _slot(slot: finder.Slot, coarse: bool) -> dict[str, Any]:
    return {
        "starts_at": rfc3339(slot.starts_at),
        "ends_at": rfc3339(slot.ends_at),
        "free": True if coarse else slot.free,
    }


def _cached(rows: list[dict[str, Any]]) -> Response:
    """JSON that a program may keep and ask about again: 304 when it still holds."""
    body = current_app.json.dumps(rows, separators=(",", ":"))
    answer = Response(body, mimetype="application/json")
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.set_etag(hashlib.sha256(body.encode()).hexdigest()[:24])
    answer.make_conditional(request)
    return answer
