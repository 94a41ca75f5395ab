"""The staff page of letters: waiting, sent, failed and why; send once more."""

from __future__ import annotations

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select

from accounts import navigation
from accounts.access import allow, visitor
from accounts.models import Contact, Role
from foundation import audit, letters
from foundation.db import db, write
from foundation.errors import NotFound
from foundation.models import Letter
from virtual_office.offices.models import Office

blueprint = Blueprint("letters", __name__, url_prefix="/staff/letters")
DESK = (Role.ADMIN, Role.TEAM_LEADER, Role.OPERATOR)
STATES = ("waiting", "sent", "failed", letters.UNDELIVERED, "withdrawn")
SHOWN = 50
LAST = 2**31 - 1
"""The highest row number that the databases keep."""
WITHDRAWN = {
    "cancelled": _l("The appointment was cancelled before"),
    "moved": _l("The appointment was moved before"),
    "over": _l("The appointment is over"),
    "told": _l("Somebody told the person"),
    "changed": _l("The appointment was changed before"),
    "settled": _l("It was settled before"),
    "not late any more": _l("The counselor was not late any more"),
    "booked again": _l("The appointment stands again"),
    "offer over": _l("The offered time was gone before"),
    "not wanted": _l("The person wants no text messages"),
    "no address": _l("There is no address or number for it"),
    "used or too old": _l("The link was used or is too old"),
    "address can not be written": _l("The mail server can not read this address"),
}
"""Reasons that letters give, as staff read them."""


@blueprint.get("")
@allow(*DESK)
def index() -> ResponseReturnValue:
    """The newest letters of the visitor's offices, all or of one state."""
    state = request.args.get("state", "")
    before = min(max(0, request.args.get("before", 0, type=int)), LAST)
    offices = visitor().offices(*DESK)
    within = None if offices is None else sorted(offices)
    found = letters.listed(state if state in STATES else None, within, SHOWN + 1, before or None)
    older = found[SHOWN - 1].id if len(found) > SHOWN else None
    return render_template(
        "staff/letters.html",
        letters=found[:SHOWN],
        addresses=_addresses(found),
        zones=_zones(found),
        why=why,
        state=state,
        states=STATES,
        older=older,
    )


@blueprint.post("/<public_id>/resending")
@allow(*DESK)
def resend(public_id: str) -> ResponseReturnValue:
    """Send a letter once more."""
    letter = db.session.scalar(select(Letter).where(Letter.public_id == public_id))
    offices = visitor().offices(*DESK)
    if (
        letter is None
        or (offices is not None and letter.office_id not in offices)
        or letter.state not in {"sent", "failed"}
        or letter.channel == letters.PRINT
    ):
        raise NotFound

    def again() -> None:
        letters.resend(letter)
        audit.note("letter.resent", letter)

    write(again)
    flash(_("The letter is sent again within a minute."))
    return redirect(url_for(".index"))


def register(app: Flask) -> None:
    """The page, and its place in the navigation."""
    app.register_blueprint(blueprint)
    app.jinja_env.globals["letter_name"] = letters.label
    navigation.add(_l("Letters"), "letters.index", DESK, order=50)


def why(failure: str) -> str:
    """Why a letter did not leave, in words that say what to do; what the mail server itself said stands behind it."""
    code = failure.partition(" ")[0]
    if failure.startswith("mail server unreachable"):
        return _("The mail server does not answer. We try again by ourselves.")
    if failure.startswith("text gateway unreachable"):
        return _("The service for text messages does not answer. We try again by ourselves.")
    if failure.endswith("text refused"):
        return _("The service for text messages refused it (%(code)s). Check the number with the person.", code=code)
    if failure.startswith("can not be put into words"):
        return _("This letter could not be written. Tell the people who run the service.")
    if failure.endswith("address refused"):
        return _("The mail server refuses this address (%(code)s). Check it with the person.", code=code)
    if failure.endswith("letter refused"):
        return _("The mail server refused the letter (%(code)s).", code=code)
    return str(WITHDRAWN.get(failure, failure))


def _zones(found: list[Letter]) -> dict[int, str]:
    ids = {letter.office_id for letter in found if letter.office_id}
    return {row.id: row.zone for row in db.session.execute(select(Office.id, Office.zone).where(Office.id.in_(ids)))}


def _addresses(found: list[Letter]) -> dict[int, str]:
    ids = {letter.contact_id for letter in found if letter.contact_id}
    query = select(Contact.id, Contact.value).where(Contact.id.in_(ids))
    return {row.id: row.value for row in db.session.execute(query)}
