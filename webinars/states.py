"""The one table of what may happen to a webinar, and when."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from foundation import audit
from foundation.errors import Refusal

from .models import Webinar, WebinarState

S = WebinarState
MOVES: dict[str, dict[WebinarState, WebinarState]] = {
    "publish": {S.DRAFT: S.SCHEDULED},
    "open_lobby": {S.SCHEDULED: S.LOBBY},
    "go_live": {S.LOBBY: S.LIVE},
    "hold": {S.LIVE: S.ON_HOLD},
    "resume": {S.ON_HOLD: S.LIVE},
    "end": {S.LIVE: S.ENDED, S.ON_HOLD: S.ENDED},
    "publish_replay": {S.ENDED: S.REPLAY},
    "archive": {S.ENDED: S.ARCHIVED, S.REPLAY: S.ARCHIVED},
    "reschedule": {S.SCHEDULED: S.SCHEDULED, S.LOBBY: S.SCHEDULED},
    "cancel": {S.SCHEDULED: S.CANCELLED, S.LOBBY: S.CANCELLED},
}
"""What happens → state before → state after."""
COMING = (S.SCHEDULED, S.LOBBY, S.LIVE, S.ON_HOLD)
"""States in which it is still to come or under way."""
OPEN = (S.SCHEDULED, S.LOBBY, S.LIVE)
"""States in which people may register."""
SHOWN = (*COMING, S.ENDED, S.REPLAY, S.CANCELLED)
"""States whose page the public may see."""


class NotNow(Refusal):
    """This can not happen to a webinar in its state."""

    code = "not_now"
    message = _l("This can not be done now: somebody changed the webinar meanwhile. Look at it again.")


def may(webinar: Webinar, what: str) -> bool:
    """Whether it can happen to a webinar as it is."""
    return WebinarState(webinar.state) in MOVES[what] and not webinar.template


def move(webinar: Webinar, what: str) -> None:
    """Let it happen. Raises NotNow. The webinar is locked already."""
    if not may(webinar, what):
        raise NotNow
    before = WebinarState(webinar.state)
    webinar.state = MOVES[what][before]
    audit.note(
        f"webinar.{what}",
        webinar,
        before={"state": before.value},
        after={"state": webinar.state},
        office_id=webinar.office_id,
    )
