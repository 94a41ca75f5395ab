"""The page of one's own calendar address, and the feed that calendar programs read."""

from __future__ import annotations

from flask import Blueprint, Flask, Response, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import EVERYONE, SIGNED_IN, allow, visitor
from accounts.models import Person
from foundation import calendar
from foundation.db import write
from foundation.languages import speaking
from foundation.pages import absolute

from . import feeds

blueprint = Blueprint("feeds", __name__)


@blueprint.get("/account/calendar")
@allow(SIGNED_IN)
def show() -> ResponseReturnValue:
    """Whether there is an address, since when, and how to replace it or switch it off."""
    return render_template("accounts/calendar.html", feed=feeds.of(_me()), address="")


@blueprint.post("/account/calendar")
@allow(SIGNED_IN)
def make() -> ResponseReturnValue:
    """A new address, shown this once; an old one stops working at once."""
    secret = write(lambda: feeds.make(_me()))
    address = absolute(url_for(".read", token=secret))
    return render_template("accounts/calendar.html", feed=feeds.of(_me()), address=address)


@blueprint.post("/account/calendar/removal")
@allow(SIGNED_IN)
def drop() -> ResponseReturnValue:
    """Switch the address off."""
    write(lambda: feeds.drop(_me()))
    flash(_("Your calendar address is switched off. Calendars that use it get nothing any more."))
    return redirect(url_for(".show"))


@blueprint.get("/calendar/<token>.ics")
@allow(EVERYONE)
def read(token: str) -> ResponseReturnValue:
    """The feed: neutral words without names, in the person's language; 304 when nothing changed."""
    person = feeds.open_feed(token)
    with speaking(person.language):
        found = feeds.entries(person)
        tag = feeds.tag(found, person.language)
        answer = Response(mimetype="text/calendar")
        if tag in request.if_none_match:
            answer.status_code = 304
        else:
            answer.set_data(calendar.feed(found, _("Appointments")))
    answer.set_etag(tag)
    answer.headers["Cache-Control"] = "private, no-cache"
    answer.headers["X-Robots-Tag"] = "noindex, nofollow"
    return answer


def register(app: Flask) -> None:
    """The doors."""
    app.register_blueprint(blueprint)


def _me() -> Person:
    person = visitor().person
    assert person is not None
    return person
