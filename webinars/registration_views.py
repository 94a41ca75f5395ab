"""Registering for a webinar, and one's own registration: seat, waitlist, offer, withdrawal; without JavaScript."""

from __future__ import annotations

from typing import Any

from flask import Response, flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import HOLDER, allow, remember_link, visitor
from booking import pace
from booking.parties import Party, party_for
from foundation import languages
from foundation.db import write
from foundation.errors import Refusal

from . import catalogue, letter_rendering, links, registrations, visibility
from .forms import RegistrationForm, answers_of, form_for
from .models import Registration, Webinar
from .registrations import Wish
from .views import blueprint

QUICKEST = 2
"""Seconds that people need for the form at least."""


@blueprint.get("/webinars/<public_id>/registration")
@allow(HOLDER)
def ask(public_id: str) -> ResponseReturnValue:
    """Who comes, and what the webinar asks."""
    webinar = visibility.shown(public_id, visitor())
    if not registrations.is_open(webinar):
        return redirect(url_for("webinars.show", public_id=public_id))
    return _form_page(webinar, _form(webinar))


@blueprint.post("/webinars/<public_id>/registration")
@allow(HOLDER)
def register(public_id: str) -> ResponseReturnValue:
    """Register; the same form sent twice is one registration."""
    webinar = visibility.shown(public_id, visitor())
    form = _form(webinar)
    if not form.validate_on_submit():
        return _form_page(webinar, form), 422
    party = _party(webinar)
    try:
        pace.check(form.token.data or "", public_id, at_least=QUICKEST)
        pace.limit("20 per minute", "registrations")
        made, version, known = write(lambda: _register(public_id, form, party))
    except Refusal as refusal:
        form.refuse(refusal)
        return _form_page(webinar, form), refusal.status
    if not known:
        remember_link(made, links.REGISTRATION, version)
    return redirect(url_for("webinars.registration", public_id=made))


@blueprint.get("/w/<public_id>/<token>")
@allow(HOLDER)
def open_link(public_id: str, token: str) -> ResponseReturnValue:
    """A link from a letter: remember it in this browser and show the clean address; it changes nothing else."""
    registration = links.opened(public_id, token)
    remember_link(registration.public_id, links.REGISTRATION, registration.link_version)
    return redirect(url_for("webinars.registration", public_id=registration.public_id))


@blueprint.get("/registrations/<public_id>")
@allow(HOLDER)
def registration(public_id: str) -> ResponseReturnValue:
    """What somebody has: a seat, a place on the waitlist, an offer; and what they can do."""
    return _page(visibility.registration(public_id, visitor()))


@blueprint.get("/registrations/<public_id>/calendar.ics")
@allow(HOLDER)
def calendar_entry(public_id: str) -> ResponseReturnValue:
    """The webinar for a calendar program."""
    found = visibility.registration(public_id, visitor())
    answer = Response(letter_rendering.ics_of(found), mimetype="text/calendar; charset=utf-8; method=PUBLISH")
    answer.headers["Content-Disposition"] = f'attachment; filename="webinar-{found.reference}.ics"'
    return answer


@blueprint.get("/registrations/<public_id>/withdrawal")
@allow(HOLDER)
def ask_withdrawal(public_id: str) -> ResponseReturnValue:
    """Ask once more before the seat goes to somebody else."""
    found = visibility.registration(public_id, visitor())
    if not found.stands:
        return redirect(url_for("webinars.registration", public_id=public_id))
    return render_template(
        "webinars/withdraw.html", registration=found, webinar=found.webinar, office=found.webinar.office
    )


@blueprint.post("/registrations/<public_id>/withdrawal")
@allow(HOLDER)
def withdraw(public_id: str) -> ResponseReturnValue:
    """Withdraw; a second time changes nothing."""
    return _act(public_id, lambda found, by: registrations.withdraw(found, by), _("You are not registered any more."))


@blueprint.post("/registrations/<public_id>/acceptance")
@allow(HOLDER)
def accept(public_id: str) -> ResponseReturnValue:
    """Take the offered seat."""
    return _act(public_id, lambda found, by: registrations.accept(found, by), _("The seat is yours."))


@blueprint.post("/registrations/<public_id>/refusal")
@allow(HOLDER)
def decline(public_id: str) -> ResponseReturnValue:
    """Leave the offered seat to the next one."""
    return _act(public_id, lambda found, by: registrations.decline(found, by), _("The next person is asked."))


def _act(public_id: str, rule: Any, said: str) -> ResponseReturnValue:
    found = visibility.registration(public_id, visitor())
    by = _party(found.webinar).by
    try:
        write(lambda: rule(visibility.registration(public_id, visitor()), by))
    except Refusal as refusal:
        return _page(visibility.registration(public_id, visitor()), refusal), refusal.status
    flash(said)
    return redirect(url_for("webinars.registration", public_id=public_id))


def _register(public_id: str, form: RegistrationForm, party: Party) -> tuple[str, int, bool]:
    webinar = visibility.shown(public_id, visitor())
    wish = Wish(
        name=form.name.data or "",
        language=languages.current(),
        email=form.email.data or "",
        phone=form.phone.data or "",
        places=form.places.data or 1,
        answers=answers_of(form, webinar.questions),
        person_id=party.person_id,
        registered_by=party.booked_by,
    )
    made = registrations.register(webinar, wish, key=(form.token.data or "")[:255])
    return made.public_id, made.link_version, party.person is not None or party.on_behalf


def _party(webinar: Webinar) -> Party:
    return party_for(visitor(), webinar.office_id)


def _form(webinar: Webinar) -> RegistrationForm:
    person = _party(webinar).person
    form = form_for(webinar.questions)(data={"name": person.name, "places": 1} if person else {"places": 1})
    form.region = webinar.office.region
    form.token.data = form.token.data or pace.stamp(webinar.public_id)
    return form


def _form_page(webinar: Webinar, form: RegistrationForm) -> str:
    return render_template(
        "webinars/register.html",
        webinar=webinar,
        form=form,
        party=_party(webinar),
        left=catalogue.seats_left(webinar),
        asked=[form[f"q_{one.public_id}"] for one in webinar.questions],
    )


def _page(found: Registration, refusal: Refusal | None = None) -> str:
    return render_template(
        "webinars/registration.html",
        registration=found,
        webinar=found.webinar,
        office=found.webinar.office,
        code=links.code_of(found),
        party=_party(found.webinar),
        refusal=refusal,
        answers=[(one.words, found.answers.get(one.public_id, "")) for one in found.webinar.questions],
    )
