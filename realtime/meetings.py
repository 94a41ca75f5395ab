"""Namespace /meeting: come in, be heard, signal to one peer, write, let in, leave, end. `docs/signalling.md` has every message."""

from __future__ import annotations

import json
from types import MappingProxyType
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from flask_socketio import join_room, leave_room

from accounts.access import EVERYONE, HOLDER, allow, visitor
from foundation.db import db, write
from foundation.errors import InputWrong, NotFound, Refusal
from virtual_office.meetings import commands, happenings, presence, ways
from virtual_office.meetings import meetings as rules
from virtual_office.meetings.models import Meeting, Participant, ParticipantRole, Phase, Standing

from . import addresses, typed
from .lines import MEETING, join_own, lobby_channel, meeting_channel, participant_channel
from .media_messages import LARGEST_SDP, MediaMessages
from .seated import line_id, seated, text
from .seats import Seat, seats
from .wire import PATIENCE, hang_up, node_name, wire

SIGNALS = frozenset({"offer", "answer", "candidate", "restart", "bye"})
SHOWN = ("microphone", "camera", "flows", "shares", "signs")
RUNGS = frozenset({"video", "silent", "small", "audio", "text"})
HEARS = frozenset({"well", "badly"})
WAYS = frozenset({"direct", "unit"})
LARGEST_CANDIDATE = 1024


class SignalTooLarge(Refusal):
    """A session description over 64 KB or a candidate over 1 KB."""

    code = "too_large"
    status = 413


class AlreadySeated(Refusal):
    """One connection sits in one meeting."""

    code = "already_seated"


class Meetings(MediaMessages):
    """Messages up are imperatives, messages down are past participles; `from` is always stamped here."""

    free = frozenset({"on_disconnect", "on_beat"})
    apart = MappingProxyType({**MediaMessages.apart, "on_type": typed.MANY_EDITS, "on_ask_lines": typed.MANY_ASKED})

    @allow(HOLDER)
    def on_connect(self, _auth: Any = None) -> bool:
        """Open the line; a seat is asked for with `enter`, within ten seconds."""
        join_own()
        wire.start_background_task(_close_without_seat, line_id())
        return True

    @allow(EVERYONE)
    def on_disconnect(self, *_reason: Any) -> None:
        """The line is gone: the seat is kept for the grace."""
        sid = line_id()
        self.quota.forget(sid)
        _depart(sid)

    @allow(HOLDER)
    def on_enter(self, told: Any) -> dict[str, Any]:
        """`{meeting, after, page}` → who I am, who is there, and what I missed since event number `after`; whether another
        page of mine was in the call and is told to stop."""
        public_id, after, sid = text(told, "meeting"), _number(told, "after"), line_id()
        page = text(told, "page") if "page" in told else ""
        node = node_name(current_app.config["VO"])

        def come_in() -> tuple[Seat, dict[str, str]]:
            meeting, me = rules.get(public_id, visitor())
            held = seats.of(sid)
            if held is not None and held.participant_id != me.id:
                raise AlreadySeated
            rules.enter(meeting, me)
            seat = Seat(sid, meeting.public_id, meeting.id, me.public_id, me.id)
            return seat, presence.arrive(me, sid, node, page)

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
                "text_only": ways.writes_only(me),
            },
            "media": meeting.media,
            # The same page that comes back before its old line is seen to be gone is no other device.
            "took_over": any(other != page for other in older.values()),
            "events": happenings.since(meeting, after, me),
            **rules.lobby_state(meeting),
        }

    @allow(HOLDER)
    def on_beat(self, _told: Any = None) -> dict[str, Any]:
        """Every two seconds: I am here."""
        again = seats.hear(line_id())
        if again is not None:
            wire.emit("heard_again", {"from": again.participant}, to=_everybody(again.meeting), namespace=MEETING)
        return {}

    @allow(HOLDER)
    def on_signal(self, told: Any) -> dict[str, Any]:
        """`{to, kind, data}`: an offer, answer, candidate, restart or bye for one admitted peer of my meeting."""
        kind, to, data = text(told, "kind"), text(told, "to"), told.get("data")
        if kind not in SIGNALS:
            raise InputWrong
        _measure(kind, data)
        meeting, me = seated(Standing.ADMITTED)
        peer = next((p for p in meeting.participants if p.public_id == to and p.id != me.id), None)
        if (
            peer is None
            or peer.standing != Standing.ADMITTED
            or meeting.phase != Phase.LIVE
            or ways.of(meeting) != ways.DIRECT
            or ways.writes_only(me)
            or ways.writes_only(peer)
        ):
            raise NotFound
        if me.hides_address:
            data = addresses.hidden(kind, data)
            if data is None:
                return {"kept": True}
        wire.emit(
            "signalled",
            {"from": me.public_id, "kind": kind, "data": data},
            to=participant_channel(peer.public_id),
            namespace=MEETING,
        )
        return {}

    @allow(HOLDER)
    def on_say(self, told: Any) -> dict[str, Any]:
        """`{text, key, line}`: write to everybody here; answered with its number. With `line`, `key` names a line that was
        typed live and is closed by this."""
        meeting, me = seated()
        key, text = told.get("key"), told.get("text")
        line = key if told.get("line") is True else None
        return write(lambda: commands.once(me, key, lambda: commands.say(meeting, me, text, line)))

    @allow(HOLDER)
    def on_type(self, told: Any) -> dict[str, Any]:
        """`{kind, line, n, erase, text, whole}`: one edit of my current line, for everybody who has been let in. Not kept."""
        edit = typed.edit(told)
        meeting, me = seated(Standing.ADMITTED)
        if edit["kind"] == typed.CAPTIONS and me.role != ParticipantRole.CAPTIONER:
            raise NotFound
        _to_the_others("typed", meeting, {"from": me.public_id, **edit})
        return {}

    @allow(HOLDER)
    def on_ask_lines(self, _told: Any = None) -> dict[str, Any]:
        """I missed something of a line: everybody who types sends the whole of it once more."""
        meeting, me = seated(Standing.ADMITTED)
        _to_the_others("lines_asked", meeting, {"from": me.public_id})
        return {}

    @allow(HOLDER)
    def on_show(self, told: Any) -> dict[str, Any]:
        """`{microphone, camera, flows, rung, hears, shares, signs, way}`: what I send and how I hear, so that the others can
        see it in words. Not kept."""
        meeting, me = seated()
        if not isinstance(told, dict):
            raise InputWrong
        state: dict[str, Any] = {name: bool(told.get(name)) for name in SHOWN}
        for name, known in (("rung", RUNGS), ("hears", HEARS), ("way", WAYS)):
            state[name] = told[name] if isinstance(told.get(name), str) and told[name] in known else ""
        wire.emit(
            "shown",
            {"from": me.public_id, **state},
            to=_everybody(meeting.public_id),
            namespace=MEETING,
            skip_sid=line_id(),
        )
        return {}

    @allow(HOLDER)
    def on_admit(self, told: Any) -> dict[str, Any]:
        """`{participant}`: let a waiting person in; hosts only."""
        meeting, _me = seated()
        wanted = _peer(meeting, told)
        write(lambda: rules.admit(wanted, visitor()))
        return {}

    @allow(HOLDER)
    def on_remove(self, told: Any) -> dict[str, Any]:
        """`{participant}`: shut somebody out; hosts only."""
        meeting, _me = seated()
        wanted = _peer(meeting, told)
        write(lambda: rules.remove(wanted, visitor()))
        return {}

    @allow(HOLDER)
    def on_leave(self, _told: Any = None) -> dict[str, Any]:
        """I go, by choice."""
        meeting, me = seated()
        write(lambda: rules.leave(meeting, me))
        _stand_up()
        return {}

    @allow(HOLDER)
    def on_end(self, told: Any) -> dict[str, Any]:
        """`{reason}`: end it for everybody; hosts only."""
        meeting, me = seated()
        if not me.hosts:
            raise NotFound
        write(lambda: rules.end(meeting, me, text(told, "reason")))
        return {}


def _close_without_seat(sid: str) -> None:
    wire.sleep(PATIENCE)
    if seats.of(sid) is None:
        hang_up(sid, MEETING)


def _depart(sid: str) -> None:
    if seats.give_up(sid) is not None:
        write(lambda: presence.depart(sid))


def _stand_up() -> None:
    sid = line_id()
    seat = seats.of(sid)
    if seat is not None:
        _unhear(sid, seat)
        _depart(sid)


def _to_the_others(name: str, meeting: Meeting, told: dict[str, Any]) -> None:
    """To everybody else who has been let in; who still waits hears nothing of it."""
    wire.emit(name, told, to=meeting_channel(meeting.public_id), namespace=MEETING, skip_sid=line_id())


def _everybody(meeting: str) -> list[str]:
    return [meeting_channel(meeting), lobby_channel(meeting)]


def _unhear(connection: str, seat: Seat) -> None:
    """A connection without a seat hears nothing more; its page says so and offers to come back."""
    for one in (*_everybody(seat.meeting), participant_channel(seat.participant)):
        wire.server.leave_room(connection, one, namespace=MEETING)


def _peer(meeting: Meeting, told: Any) -> Participant:
    wanted = text(told, "participant")
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


def _number(told: Any, name: str) -> int:
    value = told.get(name, 0)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= happenings.LAST:
        raise InputWrong
    return value
