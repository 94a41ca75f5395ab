"""Namespace /desk: every page that looks again. What it says is never more than that."""

from __future__ import annotations

from typing import Any

from flask import request
from flask_socketio import join_room

from accounts.access import EVERYONE, SIGNED_IN, allow, visitor

from .wire import Door


def person_channel(person_id: int) -> str:
    """The channel of one person's pages."""
    return f"person:{person_id}"


class Desk(Door):
    """One message down: `look_again`. None up."""

    allowed = 20

    @allow(SIGNED_IN)
    def on_connect(self, _auth: Any = None) -> bool:
        """Listen to what changes for this person."""
        person_id = visitor().person_id
        if person_id is None:
            return False
        join_room(person_channel(person_id))
        return True

    @allow(EVERYONE)
    def on_disconnect(self, *_reason: Any) -> None:
        """The page is gone."""
        self.quota.forget(_sid())


def _sid() -> str:
    return request.sid  # type: ignore[attr-defined]
