"""The pages of a meeting: device check, waiting room and call, the door by which a page resumes, seats for third persons."""

from __future__ import annotations

from flask import Blueprint, Flask, current_app, jsonify, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_wtf.csrf import generate_csrf

from accounts import people
from accounts.access import HOLDER, allow, remember_link, visitor
from foundation import clock
from foundation.db import write
from foundation.errors import InputWrong, NotFound, Refusal
from foundation.packed import packed
from foundation.pages import absolute
from foundation.security import matches, sign

from . import about, happenings, meetings, phone_wishes, transcript, turn, ways
from .forms import InviteForm
from .models import Meeting, Participant, ParticipantRole, Phase, Standing

blueprint = Blueprint("meetings", __name__)


@blueprint.get("/meetings/<public_id>")
@allow(HOLDER)
def show(public_id: str) -> ResponseReturnValue:
    """Device check, waiting room, call and end, one after the other on one page; before it opens, when it will."""
    meeting, me = meetings.get(public_id, visitor())
    if meeting.phase == Phase.ENDED or clock.now() > meeting.closes_at:
        return _page("meetings/over.html", meeting, me)
    if clock.now() < meeting.opens_at and not me.hosts:
        return _page("meetings/early.html", meeting, me)
    return packed(_page("meetings/show.html", meeting, me))


@blueprint.get("/meetings/<public_id>/device-check")
@allow(HOLDER)
def device_check(public_id: str) -> ResponseReturnValue:
    """Try camera, microphone and speaker, at any time."""
    return _page("meetings/device_check.html", *meetings.get(public_id, visitor()))


@blueprint.get("/meetings/<public_id>/events")
@allow(HOLDER)
def events(public_id: str) -> ResponseReturnValue:
    """What happened after event number `after`, and how things stand now."""
    meeting, me = meetings.get(public_id, visitor())
    after = min(max(0, request.args.get("after", 0, type=int)), happenings.LAST)
    return jsonify(
        events=happenings.since(meeting, after, me), me=_me(me), media=meeting.media, **meetings.lobby_state(meeting)
    )


@blueprint.get("/meetings/<public_id>/transcript")
@allow(HOLDER)
def read_again(public_id: str) -> ResponseReturnValue:
    """What was written, for the two who wrote it."""
    meeting, me = meetings.get(public_id, visitor())
    return _page("meetings/transcript.html", meeting, me, messages=transcript.of(meeting, me))


@blueprint.get("/meetings/<public_id>/ice")
@allow(HOLDER)
def ice(public_id: str) -> ResponseReturnValue:
    """Relay servers for somebody who has been let in."""
    meeting, me = meetings.get(public_id, visitor())
    if me.standing != Standing.ADMITTED or meeting.phase != Phase.LIVE or ways.writes_only(me):
        raise NotFound
    servers = turn.ice_servers(current_app.config["VO"], meeting, me)
    return jsonify(iceServers=servers, iceTransportPolicy="relay" if me.hides_address else "all")


@blueprint.post("/meetings/<public_id>/address")
@allow(HOLDER)
def address(public_id: str) -> ResponseReturnValue:
    """Hide my internet address from the others, or show it: `hide` is `yes` or `no`."""
    _meeting, me = meetings.get(public_id, visitor())
    hide = request.form.get("hide")
    if hide not in {"yes", "no"}:
        raise InputWrong
    write(lambda: meetings.hide_address(me, hide == "yes"))
    return jsonify(hidden=me.hides_address)


@blueprint.route("/meetings/<public_id>/seats", methods=["GET", "POST"])
@allow(HOLDER)
def invite(public_id: str) -> ResponseReturnValue:
    """The host asks a third person in; shows the link to pass on."""
    meeting, me = meetings.get(public_id, visitor())
    if not me.hosts:
        raise NotFound
    form = InviteForm()
    link = ""
    if form.validate_on_submit():
        try:
            link = absolute(seat_path(write(lambda: _invite(meeting, form))))
        except Refusal as refusal:
            form.refuse(refusal)
    return _page(
        "meetings/invite.html", meeting, me, form=form, link=link
    ), 422 if form.is_submitted() and not link else 200


@blueprint.get("/seat/<public_id>/<token>")
@allow(HOLDER)
def sit_down(public_id: str, token: str) -> ResponseReturnValue:
    """The link of a third person: it opens this one meeting and nothing else."""
    seat = meetings.get_seat(public_id)
    if not matches(token, "seat", public_id):
        raise NotFound
    remember_link(public_id, "seat", 1)
    return redirect(url_for(".show", public_id=seat.meeting.public_id))


def seat_path(seat: Participant) -> str:
    """The link of a third person's seat."""
    return f"/seat/{seat.public_id}/{sign('seat', seat.public_id)}"


def register(app: Flask) -> None:
    """The pages."""
    app.register_blueprint(blueprint)


def _invite(meeting: Meeting, form: InviteForm) -> Participant:
    person = people.register_guest(form.name.data or "", meeting.participants[0].person.language)
    return meetings.invite(meeting, person.id, ParticipantRole(form.role.data), visitor())


def _me(me: Participant) -> dict[str, object]:
    writes_only = ways.writes_only(me)
    return {"id": me.public_id, "hosts": me.hosts, "role": me.role, "standing": me.standing, "text_only": writes_only}


def _page(template: str, meeting: Meeting, me: Participant, **more: object) -> str:
    settings = current_app.config["VO"]
    told = about.of(meeting, me)
    wire = {
        "meeting": meeting.public_id,
        "events": url_for(".events", public_id=meeting.public_id),
        "ice": url_for(".ice", public_id=meeting.public_id),
        "me": me.public_id,
        "hosts": me.hosts,
        "role": me.role,
        "media": "none" if ways.writes_only(me) else meeting.media,
        "listens": ways.listens(me),
        "unit": ways.has_unit(),
        "beat": settings.beat,
        "grace": settings.grace,
        "ends": told.ends_at.isoformat(),
        "signs": told.signs,
        "relay": bool(settings.turn_urls),
        "hidden": me.hides_address,
        "address": url_for(".address", public_id=meeting.public_id),
        "wishes": url_for("phone_wishes.listed", public_id=meeting.public_id) if me.hosts else "",
        "csrf": generate_csrf(),
    }
    return render_template(
        template,
        meeting=meeting,
        me=me,
        about=told,
        wire=wire,
        writes_only=ways.writes_only(me),
        now=clock.now(),
        phone=phone_wishes.known_number(me) if phone_wishes.may_ask(me) else None,
        read_again=transcript.may_read(meeting, me),
        **more,
    )
