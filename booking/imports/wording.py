"""What a row comes to, in words."""

from __future__ import annotations

from flask_babel import lazy_gettext as _l

from .imports import State

STATES = {
    State.GOOD: _l("Can be imported"),
    State.DONE: _l("Imported"),
    State.THERE: _l("Already there"),
    State.WRONG: _l("Needs a change"),
    State.LEFT: _l("Not looked at yet"),
}
TAGS = {State.GOOD: "good", State.DONE: "good", State.THERE: "", State.WRONG: "bad", State.LEFT: "warn"}


def state(code: str) -> str:
    """The words of a state."""
    return str(STATES[State(code)])
