"""To the agency's own sign-in and back."""

from __future__ import annotations

from flask import Blueprint, current_app, redirect, request, session, url_for
from flask.typing import ResponseReturnValue

from foundation.db import write
from foundation.pages import safe_next

from . import browsers, passing, provider, provider_people, sign_ins
from .access import EVERYONE, allow, visitor
from .provider import Known, ProviderRefused

blueprint = Blueprint("provider", __name__, url_prefix="/sign-in/provider")
FLIGHT = "provider_flight"


@blueprint.get("")
@allow(EVERYONE)
def leave() -> ResponseReturnValue:
    """Go there; who is signed in already is asked again."""
    wanted = safe_next(request.args.get("next")) or ""
    person = visitor().person if browsers.came_by() == "provider" else None
    flight, address = provider.leave(person, wanted)
    session[FLIGHT] = flight
    return redirect(address)


@blueprint.get("/answer")
@allow(EVERYONE)
def answer() -> ResponseReturnValue:
    """Come back."""
    told = request.args
    known, wanted = provider.come_back(
        session.pop(FLIGHT, ""), told.get("state", ""), told.get("code", ""), told.get("error", "")
    )
    if known.again:
        write(lambda: _prove(known))
        return redirect(wanted or url_for("account.show"))
    write(lambda: _enter(known))
    browsers.keep_next(wanted)
    return redirect(passing.next_page())


def _enter(known: Known) -> None:
    person = provider_people.colleague(known)
    if current_app.config["VO"].oidc_own_factor:
        passing.arrive(person, "provider", ask=True)
    else:
        browsers.enter(person, "provider", proven=True, amr=known.amr)


def _prove(known: Known) -> None:
    sign_in_id = browsers.sign_in_id()
    person = provider_people.colleague(known)
    if sign_in_id is None or not person.id == known.person_id == visitor().person_id:
        raise ProviderRefused
    sign_ins.prove(sign_in_id)
