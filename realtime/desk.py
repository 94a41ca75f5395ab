"""Namespace /desk: every page that looks again. What it says is never more than that."""

from __future__ import annotations

from typing import Any

from flask import request

from accounts.access import EVERYONE, SIGNED_IN, allow

from .lines import join_own
from .wire import Door


class Desk(Door):
    """One message down: `look_again`. None up."""

    allowed = 20

    @allow(SIGNED_IN)
    def on_connect(self, _auth: Any = None) -> bool:
        """Listen to what changes for this person."""
        join_own()
        return True

    @allow(EVERYONE)
    def on_disconnect(self, *_reason: Any) -> None:
        """The page is gone."""
        self.quota.forget(_sid())


def _sid() -> str:
    return request.sid  # type: ignore[attr-defined]
