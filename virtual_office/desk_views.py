"""The jobseeker's desk: the next thing on top with one button, then a plain list."""

from __future__ import annotations

from flask import Blueprint, Flask, render_template
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from accounts import navigation
from accounts.access import SIGNED_IN, allow, visitor
from foundation import clock

from . import diary

blueprint = Blueprint("desk", __name__)


@blueprint.get("/desk")
@allow(SIGNED_IN)
def show() -> ResponseReturnValue:
    """What is coming, and one button that changes with time: test your camera → go to the waiting room → join."""
    person = visitor().person
    assert person is not None
    entries = diary.coming(person.id, clock.now())
    first = entries[0] if entries else None
    return render_template(
        "desk/show.html",
        person=person,
        first=first,
        rest=entries[1:],
        button=_button(first),
        now=clock.now(),
        office=first.office if first else None,
    )


def register(app: Flask) -> None:
    """The page, and its place in the navigation."""
    app.register_blueprint(blueprint)
    navigation.add(_l("My desk"), "desk.show", SIGNED_IN, order=5)


def _button(entry: diary.DiaryEntry | None) -> tuple[str, str, bool] | None:
    """(words, address, whether it is the moment) of the one big button, or None where there is nothing to join."""
    if entry is None or not entry.meeting_path:
        return None
    now = clock.now()
    if entry.starts_at <= now:
        return _("Join now"), entry.meeting_path, True
    if entry.opens_at is not None and entry.opens_at <= now:
        return _("Go to the waiting room"), entry.meeting_path, True
    return _("Test your camera"), entry.check_path, False
