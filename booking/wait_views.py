"""Nothing free: join the waitlist, ask to be called, take or leave an offered time."""

from __future__ import annotations

from contextlib import suppress
from datetime import date, timedelta

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from wtforms.fields.choices import SelectChoice

from accounts.access import EVERYONE, HOLDER, allow, remember_link, visitor
from foundation import clock, languages, times
from foundation.db import write
from foundation.errors import Refusal
from virtual_office.callbacks import callbacks

from . import agreed, appointments, openings, pace, waitlist
from .calendar_views import Wish, wish_from
from .forms import CallbackForm, WaitlistForm
from .hold_views import QUICKEST
from .parties import party_for
from .views import blueprint


@blueprint.get("/book/<service_id>/waitlist")
@allow(EVERYONE)
def ask_waitlist(service_id: str) -> ResponseReturnValue:
    """Who waits, and for which days."""
    wish = wish_from(service_id, request.args)
    return _waitlist_page(wish, _waitlist_form(wish))


@blueprint.post("/book/<service_id>/waitlist")
@allow(EVERYONE)
def join_waitlist(service_id: str) -> ResponseReturnValue:
    """Put them on the waitlist."""
    wish = wish_from(service_id, request.args)
    form = _waitlist_form(wish)
    if not form.validate_on_submit():
        return _waitlist_page(wish, form), 422
    party = party_for(visitor(), wish.service.office_id)
    try:
        pace.check(form.token.data or "", service_id, at_least=QUICKEST)
        pace.limit("20 per minute", "waitlist")
        write(lambda: _join(wish, form, party.person_id))
    except Refusal as refusal:
        form.refuse(refusal)
        return _waitlist_page(wish, form), refusal.status
    return redirect(wish.address("booking.waiting"))


@blueprint.get("/book/<service_id>/waiting")
@allow(EVERYONE)
def waiting(service_id: str) -> ResponseReturnValue:
    """What happens next for somebody who waits."""
    return render_template("booking/waiting.html", wish=wish_from(service_id, request.args))


@blueprint.get("/book/<service_id>/callback")
@allow(EVERYONE)
def ask_callback(service_id: str) -> ResponseReturnValue:
    """Who wants to be called, and when."""
    wish = wish_from(service_id, request.args)
    return _callback_page(wish, _callback_form(wish))


@blueprint.post("/book/<service_id>/callback")
@allow(EVERYONE)
def join_callback(service_id: str) -> ResponseReturnValue:
    """Put the call on the office's list."""
    wish = wish_from(service_id, request.args)
    form = _callback_form(wish)
    if not form.validate_on_submit():
        return _callback_page(wish, form), 422
    party = party_for(visitor(), wish.service.office_id)
    try:
        pace.check(form.token.data or "", service_id, at_least=QUICKEST)
        pace.limit("20 per minute", "callback")
        write(lambda: _ask(wish, form, party.person_id))
    except Refusal as refusal:
        form.refuse(refusal)
        return _callback_page(wish, form), refusal.status
    return redirect(wish.address("booking.called"))


@blueprint.get("/book/<service_id>/called")
@allow(EVERYONE)
def called(service_id: str) -> ResponseReturnValue:
    """What happens next for somebody who will be called."""
    return render_template("booking/called.html", wish=wish_from(service_id, request.args))


@blueprint.get("/o/<public_id>/<token>")
@allow(HOLDER)
def offer(public_id: str, token: str) -> ResponseReturnValue:
    """An offered time from a letter: shown until when, taken or left by a button."""
    entry, hold = waitlist.offered(public_id, token)
    party = party_for(visitor(), entry.office_id)
    return render_template("booking/offer.html", entry=entry, hold=hold, party=party, link=request.path)


@blueprint.post("/o/<public_id>/<token>")
@allow(HOLDER)
def accept_offer(public_id: str, token: str) -> ResponseReturnValue:
    """Take the offered time."""
    try:
        appointment_id, version = write(lambda: _accept(public_id, token))
    except (waitlist.OfferOver, openings.SlotTaken):
        return redirect(request.path)
    remember_link(appointment_id, "manage", version)
    return redirect(url_for("booking.confirmation", public_id=appointment_id))


@blueprint.post("/o/<public_id>/<token>/refusal")
@allow(HOLDER)
def decline_offer(public_id: str, token: str) -> ResponseReturnValue:
    """Leave the offered time to the next one."""
    with suppress(waitlist.OfferOver):
        write(lambda: waitlist.decline(waitlist.offered(public_id, token)[0]))
    return redirect(url_for("booking.offer", public_id=public_id, token=token))


def _accept(public_id: str, token: str) -> tuple[str, int]:
    entry, hold = waitlist.offered(public_id, token)
    appointment = waitlist.accept(entry)
    appointments.ensure_told(appointment)
    if hold is not None:
        # The same button again does not undo that somebody took their yes back.
        agreed.give(appointment, by_voice=party_for(visitor(), entry.office_id).on_behalf)
    return appointment.public_id, appointment.link_version


def _join(wish: Wish, form: WaitlistForm, person_id: int | None) -> None:
    waitlist.join(
        wish.service,
        name=form.name.data or "",
        language=wish.query.language or languages.current(),
        email=form.email.data or "",
        phone=form.phone.data or "",
        modalities=[wish.query.modality] if wish.query.modality else [],
        needs=wish.query.needs,
        first_day=_day_or_none(form.first_day.data),
        last_day=_day_or_none(form.last_day.data),
        person_id=person_id,
    )


def _ask(wish: Wish, form: CallbackForm, person_id: int | None) -> None:
    callbacks.ask(
        wish.service.office,
        name=form.name.data or "",
        phone=form.phone.data or "",
        language=languages.current(),
        topic=wish.service.name,
        best_time=form.best_time.data or "any",
        note=form.note.data or "",
        person_id=person_id,
    )


def _days(wish: Wish) -> list[date]:
    today = times.local(clock.now(), wish.service.office.zone).date()
    return [today + timedelta(days=n) for n in range(wish.service.horizon_days + 1)]


def _waitlist_form(wish: Wish) -> WaitlistForm:
    person = party_for(visitor(), wish.service.office_id).person
    form = WaitlistForm(data={"name": person.name} if person else {})
    form.region = wish.service.office.region
    choices = [SelectChoice(day.isoformat(), times.day(day)) for day in _days(wish)]
    form.first_day.choices = [SelectChoice("", _("As soon as possible")), *choices]
    form.last_day.choices = [SelectChoice("", _("Any day")), *choices]
    form.token.data = form.token.data or pace.stamp(wish.service.public_id)
    return form


def _waitlist_page(wish: Wish, form: WaitlistForm) -> str:
    return render_template(
        "booking/waitlist.html", wish=wish, form=form, party=party_for(visitor(), wish.service.office_id)
    )


def _callback_form(wish: Wish) -> CallbackForm:
    person = party_for(visitor(), wish.service.office_id).person
    form = CallbackForm(data={"name": person.name, "best_time": "any"} if person else None)
    form.region = wish.service.office.region
    form.token.data = form.token.data or pace.stamp(wish.service.public_id)
    return form


def _callback_page(wish: Wish, form: CallbackForm) -> str:
    return render_template(
        "booking/callback.html", wish=wish, form=form, party=party_for(visitor(), wish.service.office_id)
    )


def _day_or_none(raw: str | None) -> date | None:
    return date.fromisoformat(raw) if raw else None
