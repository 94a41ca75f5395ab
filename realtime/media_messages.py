"""Messages of /meeting about picture and sound through the forwarding unit: who may come in there is decided here, the unit asks nobody."""

from __future__ import annotations

import time
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from flask import current_app
from flask_babel import lazy_gettext as _l

from accounts.access import HOLDER, allow
from foundation import config
from foundation.db import db, write
from foundation.errors import InputWrong, NotFound, Refusal
from realtime.media import tokens
from realtime.media.refused import Refused
from realtime.media.tokens import Claims, Places
from virtual_office.meetings import ways
from virtual_office.meetings.models import Meeting, Participant, Phase, Standing

from . import connections
from .media_line import units
from .seated import seated, text
from .unit_line import UnitAway
from .wire import Door

LARGEST_SDP = 64 * 1024
LEVELS = frozenset({"nothing", "audio", "small", "full"})
MOST_WANTED = 32
FEW, MANY = Places(4, 6), Places(12, 13)
"""How many voices and pictures are offered: to an appointment of up to four and two screens, and to a
larger meeting. Each costs a browser some milliseconds when it joins."""
TOKEN_LIFE = 30
"""Seconds; it is used at once."""


class UnitIsAway(Refusal):
    """The unit does not answer now, or lets nobody in; ask again in a second."""

    code = "unit_away"
    status = 503
    message = _l("Picture and sound are being connected.")


class ConnectionGone(Refusal):
    """The unit does not know this connection (any more): join anew."""

    code = "gone"
    message = _l("Picture and sound are being connected.")


class MediaMessages(Door):
    """A connection to the unit is named by `peer` (connections.py), with 128 random bits that only the page that joined was told."""

    apart = MappingProxyType({"on_media_join": 12})

    @allow(HOLDER)
    def on_media_join(self, _told: Any = None) -> dict[str, Any]:
        """Picture and sound by the unit, while that is the meeting's way: the unit's offer, and the name of the connection."""
        meeting, me = _in_unit()
        claims = Claims(
            meeting.public_id,
            me.public_id,
            str(me.role),
            () if ways.writes_only(me) else tokens.KINDS,
            FEW if len(meeting.participants) <= FEW.audio else MANY,
            unit="",
            echo=False,
            exp=int(time.time()) + TOKEN_LIFE,
            jti=tokens.fresh_jti(),
        )
        # No row is held while the unit is asked.
        db.session.remove()
        try:
            unit = units().place(claims.meeting, watches=not claims.publish)
        except UnitAway:
            raise UnitIsAway from None
        key = tokens.key(config.secret_key(current_app.config["VO"]))
        token = tokens.mint(key, replace(claims, unit=unit))
        made = _ask(unit, "join", token=token)
        return {**made, "peer": connections.name(unit, made["peer"]), "unit": unit}

    @allow(HOLDER)
    def on_media_answer(self, told: Any) -> dict[str, Any]:
        """`{peer, sdp}`: the browser's answer to the unit's offer → who stands in which place: `audio`, `video`."""
        return self._of("answer", told, sdp=text(told, "sdp", LARGEST_SDP))

    @allow(HOLDER)
    def on_media_restart(self, told: Any) -> dict[str, Any]:
        """`{peer}`: look for another way to the unit → a new `offer`."""
        return self._of("restart", told)

    @allow(HOLDER)
    def on_media_want(self, told: Any) -> dict[str, Any]:
        """`{peer, wants, rest, pinned}`: how much of whom this page shows."""
        wants, rest, pinned = told.get("wants", {}), told.get("rest", "audio"), told.get("pinned", [])
        good = isinstance(wants, dict) and isinstance(pinned, list) and len(wants) + len(pinned) <= MOST_WANTED
        if not good or rest not in LEVELS or not LEVELS.issuperset(wants.values()):
            raise InputWrong
        if not all(isinstance(one, str) and len(one) <= 64 for one in (*wants, *pinned)):
            raise InputWrong
        return self._of("want", told, wants=wants, rest=rest, pinned=pinned)

    @allow(HOLDER)
    def on_media_leave(self, told: Any) -> dict[str, Any]:
        """`{peer}`: this connection is not needed any more."""
        seated()
        return self._of("leave", told, admitted=False)

    @allow(HOLDER)
    def on_direct_failed(self, _told: Any = None) -> dict[str, Any]:
        """My page finds no direct way to the other: through the unit from now on, where there is one."""
        meeting, me = seated(Standing.ADMITTED)
        if ways.writes_only(me):
            raise NotFound
        write(lambda: ways.direct_failed(meeting))
        return {}

    def _of(self, do: str, told: Any, *, admitted: bool = True, **data: Any) -> dict[str, Any]:
        found = connections.read(text(told, "peer"))
        if admitted:
            _in_unit(way=False)
        else:
            seated()
        if found is None:
            raise ConnectionGone
        unit, peer = found
        # No row is held while the unit is asked.
        db.session.remove()
        if unit not in units().lines:
            raise ConnectionGone
        return _ask(unit, do, peer=peer, **data)


def _in_unit(*, way: bool = True) -> tuple[Meeting, Participant]:
    """Who is let in and sees or hears the others through the unit. Raises NotFound, NotAdmitted."""
    meeting, me = seated(Standing.ADMITTED)
    if meeting.phase != Phase.LIVE or (ways.writes_only(me) and not ways.listens(me)):
        raise NotFound
    if not ways.has_unit() or (way and ways.of(meeting) != ways.UNIT):
        raise NotFound
    return meeting, me


def _ask(unit: str, do: str, **data: Any) -> dict[str, Any]:
    try:
        return units().ask(unit, do, **data)
    except UnitAway:
        raise UnitIsAway from None
    except Refused as no:
        if no.code == "gone":
            raise ConnectionGone from None
        if no.code == "busy":
            raise UnitIsAway from None
        raise InputWrong from None
