"""Namespace /meeting: come in, be heard, signal to one peer, write, let in, leave, end. `docs/signalling.md` has every message."""

from __future__ import annotations

import json
from typing import Any

from flask import current_app, request
from flask_babel import gettext as _
from flask_socketio import join_room, leave_room

from accounts.access import EVERYONE, HOLDER, allow, visitor
from foundation.db import db, write
from foundation.errors import InputWrong, NotFound, Refusal
from virtual_office.meetings import commands, happenings, presence
from virtual_office.meetings import meetings as rules
from virtual_office.meetings.models import Meeting, Participant, Phase, Standing

from .lines import MEETING, join_own, lobby_channel, meeting_channel, participant_channel
from .seats import Seat, seats
from .wire import PATIENCE, Door, hang_up, node_name, wire

SIGNALS = frozenset({"offer", "answer", "candidate", "restart", "bye"})
LARGEST_SDP = 64 * 1024
LARGEST_CANDIDATE = 1024


class SignalTooLarge(Refusal):
    """A session description over 64 KB or a candidate over 1 KB."""

    code = "too_large"
    status = 413


class AlreadySeated(Refusal):
    """One connection sits in one meeting."""

    code = "already_seated"


class Meetings(Door):
    """Messages up are imperatives, messages down are past participles; `from` is always stamped here."""

    free = frozenset({"on_disconnect", "on_beat"})

    @allow(HOLDER)
    def on_connect(self, _auth: Any = None) -> bool:
        """Open the line; a seat is asked for with `enter`, within ten seconds."""
        join_own()
        wire.start_background_task(_close_without_seat, _sid())
        return True

    @allow(EVERYONE)
    def on_disconnect(self, *_reason: Any) -> None:
        """The line is gone: the seat is kept for the grace."""
        sid = _sid()
        self.quota.forget(sid)
        _depart(sid)

    @allow(HOLDER)
    def on_enter(self, told: Any) -> dict[str, Any]:
        """`{meeting, after}` → who I am, who is there, and what I missed since event number `after`."""
        public_id, after, sid = _text(told, "meeting"), _number(told, "after"), _sid()
        node = node_name(current_app.config["VO"])

        def come_in() -> tuple[Seat, list[str]]:
            meeting, me = rules.get(public_id, visitor())
            held = seats.of(sid)
            if held is not None and held.participant_id != me.id:
                raise AlreadySeated
            rules.enter(meeting, me)
            return Seat(sid, meeting.public_id, meeting.id, me.public_id, me.id), presence.arrive(me, sid, node)

        seat, older = write(come_in)
        seats.take(seat)
        if not wire.server.manager.is_connected(sid, MEETING):
            # The line broke while the rows were written: whoever gives the seat up first says so.
            _depart(sid)
            raise NotFound
        for connection in older:
            wire.emit("taken_over", {}, to=connection, namespace=MEETING)
            seats.give_up(connection)
            _unhear(connection, seat)
        # First the rooms, then the rows: somebody who is let in between the two is found by one or the other.
        join_room(participant_channel(seat.participant))
        join_room(lobby_channel(seat.meeting))
        meeting = db.session.get_one(Meeting, seat.meeting_id)
        me = db.session.get_one(Participant, seat.participant_id)
        if me.knows_all:
            join_room(meeting_channel(seat.meeting))
            leave_room(lobby_channel(seat.meeting))
        return {
            "me": {
                "id": me.public_id,
                "hosts": me.hosts,
                "role": me.role,
                "standing": me.standing,
                "text_only": me.text_only,
            },
            "media": meeting.media,
            "events": happenings.since(meeting, after, me),
            **rules.lobby_state(meeting),
        }

    @allow(HOLDER)
    def on_beat(self, _told: Any = None) -> dict[str, Any]:
        """Every two seconds: I am here."""
        again = seats.hear(_sid())
        if again is not None:
            wire.emit("heard_again", {"from": again.participant}, to=_everybody(again.meeting), namespace=MEETING)
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
            to=participant_channel(peer.public_id),
            namespace=MEETING,
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
        meeting, me = _seated()
        state = {
            "microphone": bool(told.get("microphone")),
            "camera": bool(told.get("camera")),
            "flows": bool(told.get("flows")),
        }
        wire.emit(
            "shown",
            {"from": me.public_id, **state},
            to=_everybody(meeting.public_id),
            namespace=MEETING,
            skip_sid=_sid(),
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
        _stand_up()
        return {}

    @allow(HOLDER)
    def on_end(self, told: Any) -> dict[str, Any]:
        """`{reason}`: end it for everybody; hosts only."""
        meeting, me = _seated()
        if not me.hosts:
            raise NotFound
        write(lambda: rules.end(meeting, me, _text(told, "reason")))
        return {}


def _close_without_seat(sid: str) -> None:
    wire.sleep(PATIENCE)
    if seats.of(sid) is None:
        hang_up(sid, MEETING)


def _depart(sid: str) -> None:
    if seats.give_up(sid) is not None:
        write(lambda: presence.depart(sid))


def _stand_up() -> None:
    sid = _sid()
    seat = seats.of(sid)
    if seat is not None:
        _unhear(sid, seat)
        _depart(sid)


def _everybody(meeting: str) -> list[str]:
    return [meeting_channel(meeting), lobby_channel(meeting)]


def _unhear(connection: str, seat: Seat) -> None:
    """A connection without a seat hears nothing more; its page says so and offers to come back."""
    for one in (*_everybody(seat.meeting), participant_channel(seat.participant)):
        wire.server.leave_room(connection, one, namespace=MEETING)


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


def _measure(kind: str, data: Any) -> None:
    """Raise unless the payload is plain JSON of the right shape and size for its kind."""
    if kind in {"offer", "answer"}:
        if not isinstance(data, dict) or not isinstance(data.get("sdp"), str) or data.get("type") != kind:
            raise InputWrong
        if len(data["sdp"].encode()) > LARGEST_SDP:
            raise SignalTooLarge(_("This is too large."))
        data = {name: value for name, value in data.items() if name != "sdp"}
    if data is not None and not isinstance(data, dict):
        raise InputWrong
    # Bytes, which arrive in frames of their own, are no JSON: TypeError.
    if len(json.dumps(data, ensure_ascii=False).encode()) > LARGEST_CANDIDATE:
        raise SignalTooLarge(_("This is too large."))


def _text(told: Any, name: str) -> str:
    value = told.get(name) if isinstance(told, dict) else None
    if not isinstance(value, str) or len(value) > 64:
        raise InputWrong
    return value


def _number(told: Any, name: str) -> int:
    value = told.get(name, 0)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= happenings.LAST:
        raise InputWrong
    return value


def _sid() -> str:
    return request.sid  # type: ignore[attr-defined]
