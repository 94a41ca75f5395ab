"""Namespace /meeting: come in, be heard, signal to one peer, write, let in, leave, end. `docs/signalling.md` has every message."""

from __future__ import annotations

from typing import Any

from flask import current_app, request
from flask_babel import gettext as _
from flask_socketio import join_room

from accounts.access import EVERYONE, HOLDER, allow, visitor
from foundation.db import db, write
from foundation.errors import InputWrong, NotFound, Refusal
from virtual_office.meetings import commands, happenings, presence
from virtual_office.meetings import meetings as rules
from virtual_office.meetings.models import Meeting, Participant, Phase, Standing

from .seats import Seat, seats
from .wire import Door, node_name, wire

NAMESPACE = "/meeting"
SIGNALS = frozenset({"offer", "answer", "candidate", "restart", "bye"})
LARGEST_SDP = 64 * 1024
LARGEST_CANDIDATE = 1024


class SignalTooLarge(Refusal):
    """A session description over 64 KB or a candidate over 1 KB."""

    code = "too_large"
    status = 413


def channel(meeting: str) -> str:
    """The channel of a meeting's pages."""
    return f"meeting:{meeting}"


class Meetings(Door):
    """Messages up are imperatives, messages down are past participles; `from` is always stamped here."""

    free = frozenset({"on_disconnect", "on_beat"})

    @allow(HOLDER)
    def on_connect(self, _auth: Any = None) -> bool:
        """Open the line; a seat is asked for with `enter`, within ten seconds."""
        sid, app = _sid(), current_app._get_current_object()  # type: ignore[attr-defined]
        wire.start_background_task(_close_without_seat, app, sid)
        return True

    @allow(EVERYONE)
    def on_disconnect(self, *_reason: Any) -> None:
        """The line is gone: the seat is kept for the grace."""
        sid = _sid()
        self.quota.forget(sid)
        if seats.give_up(sid) is not None:
            write(lambda: presence.depart(sid))

    @allow(HOLDER)
    def on_enter(self, told: Any) -> dict[str, Any]:
        """`{meeting, after}` → who I am, who is there, and what I missed since event number `after`."""
        public_id, after, sid = _text(told, "meeting"), _number(told, "after"), _sid()

        def come_in() -> tuple[Seat, list[str]]:
            meeting, me = rules.get(public_id, visitor())
            rules.enter(meeting, me)
            older = presence.arrive(meeting, me, sid, node_name(current_app.config["VO"]))
            return Seat(sid, meeting.public_id, meeting.id, me.public_id, me.id), older

        seat, older = write(come_in)
        seats.take(seat)
        join_room(channel(seat.meeting))
        join_room(_peer_channel(seat.participant))
        for connection in older:
            wire.emit("taken_over", {}, to=connection, namespace=NAMESPACE)
            seats.give_up(connection)
            _unhear(connection, seat)
        meeting = db.session.get_one(Meeting, seat.meeting_id)
        me = db.session.get_one(Participant, seat.participant_id)
        return {
            "me": {
                "id": me.public_id,
                "hosts": me.hosts,
                "role": me.role,
                "standing": me.standing,
                "text_only": me.text_only,
            },
            "media": meeting.media,
            "events": happenings.since(meeting, after),
            **rules.lobby_state(meeting),
        }

    @allow(HOLDER)
    def on_beat(self, _told: Any = None) -> dict[str, Any]:
        """Every two seconds: I am here."""
        again = seats.hear(_sid())
        if again is not None:
            wire.emit("heard_again", {"from": again.participant}, to=channel(again.meeting), namespace=NAMESPACE)
        return {}

    @allow(HOLDER)
    def on_signal(self, told: Any) -> dict[str, Any]:
        """`{to, kind, data}`: an offer, answer, candidate, restart or bye for one admitted peer of my meeting."""
        kind, to, data = _text(told, "kind"), _text(told, "to"), told.get("data")
        if kind not in SIGNALS:
            raise InputWrong
        _measure(kind, data)
        meeting, me = _seated(Standing.ADMITTED)
        peer = next((p for p in meeting.participants if p.public_id == to and p.id != me.id), None)
        if (
            peer is None
            or peer.standing != Standing.ADMITTED
            or meeting.phase != Phase.LIVE
            or me.text_only
            or peer.text_only
        ):
            raise NotFound
        wire.emit(
            "signalled",
            {"from": me.public_id, "kind": kind, "data": data},
            to=_peer_channel(peer.public_id),
            namespace=NAMESPACE,
        )
        return {}

    @allow(HOLDER)
    def on_say(self, told: Any) -> dict[str, Any]:
        """`{text, key}`: write to everybody here; answered with its number."""
        meeting, me = _seated()
        return write(lambda: commands.once(me, told.get("key"), lambda: commands.say(meeting, me, told.get("text"))))

    @allow(HOLDER)
    def on_show(self, told: Any) -> dict[str, Any]:
        """`{microphone, camera}`: what I send now, so that the others can see it in words. Not kept."""
        seat = _seat()
        state = {
            "microphone": bool(told.get("microphone")),
            "camera": bool(told.get("camera")),
            "flows": bool(told.get("flows")),
        }
        wire.emit(
            "shown",
            {"from": seat.participant, **state},
            to=channel(seat.meeting),
            namespace=NAMESPACE,
            skip_sid=seat.sid,
        )
        return {}

    @allow(HOLDER)
    def on_admit(self, told: Any) -> dict[str, Any]:
        """`{participant}`: let a waiting person in; hosts only."""
        meeting, _me = _seated()
        wanted = _peer(meeting, told)
        write(lambda: rules.admit(wanted, visitor()))
        return {}

    @allow(HOLDER)
    def on_remove(self, told: Any) -> dict[str, Any]:
        """`{participant}`: shut somebody out; hosts only."""
        meeting, _me = _seated()
        wanted = _peer(meeting, told)
        write(lambda: rules.remove(wanted, visitor()))
        return {}

    @allow(HOLDER)
    def on_leave(self, _told: Any = None) -> dict[str, Any]:
        """I go, by choice."""
        meeting, me = _seated()
        write(lambda: rules.leave(meeting, me))
        return {}

    @allow(HOLDER)
    def on_end(self, told: Any) -> dict[str, Any]:
        """`{reason}`: end it for everybody; hosts only."""
        meeting, me = _seated()
        if not me.hosts:
            raise NotFound
        write(lambda: rules.end(meeting, me, _text(told, "reason")))
        return {}


def _close_without_seat(app: Any, sid: str) -> None:
    wire.sleep(10)
    if seats.of(sid) is None:
        with app.app_context():
            try:
                wire.server.disconnect(sid, namespace=NAMESPACE)
            except KeyError:
                return


def _unhear(connection: str, seat: Seat) -> None:
    """The older connection of the same person hears nothing more; its page says so and offers to come back."""
    for one in (channel(seat.meeting), _peer_channel(seat.participant)):
        wire.server.leave_room(connection, one, namespace=NAMESPACE)


def _seat() -> Seat:
    seat = seats.of(_sid())
    if seat is None:
        raise NotFound
    return seat


def _seated(standing: Standing | None = None) -> tuple[Meeting, Participant]:
    """The seat's meeting and participant, asked anew on each command: what was revoked meanwhile is absent."""
    seat = _seat()
    meeting, me = rules.get(seat.meeting, visitor())
    if me.id != seat.participant_id:
        raise NotFound
    if standing is not None and me.standing != standing:
        raise rules.NotAdmitted
    return meeting, me


def _peer(meeting: Meeting, told: Any) -> Participant:
    wanted = _text(told, "participant")
    peer = next((p for p in meeting.participants if p.public_id == wanted), None)
    if peer is None:
        raise NotFound
    return peer


def _peer_channel(participant: str) -> str:
    return f"participant:{participant}"


def _measure(kind: str, data: Any) -> None:
    if kind in {"offer", "answer"}:
        if not isinstance(data, dict) or not isinstance(data.get("sdp"), str) or data.get("type") != kind:
            raise InputWrong
        if len(data["sdp"]) > LARGEST_SDP:
            raise SignalTooLarge(_("This is too large."))
    elif kind == "candidate":
        if data is not None and (not isinstance(data, dict) or len(str(data)) > LARGEST_CANDIDATE):
            raise SignalTooLarge(_("This is too large."))
    elif data is not None and len(str(data)) > LARGEST_CANDIDATE:
        raise SignalTooLarge(_("This is too large."))


def _text(told: Any, name: str) -> str:
    value = told.get(name) if isinstance(told, dict) else None
    if not isinstance(value, str) or len(value) > 64:
        raise InputWrong
    return value


def _number(told: Any, name: str) -> int:
    value = told.get(name, 0)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0 or value > 2**31:
        raise InputWrong
    return value


def _sid() -> str:
    return request.sid  # type: ignore[attr-defined]
