"""Follow-ups for somebody who has an appointment: proposals first, then booked all or none, or those that are free; the series."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import datetime
from typing import Any

from flask import Blueprint, Flask, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import ngettext

from accounts.access import HOLDER, allow, visitor
from accounts.models import Role
from foundation import clock, times
from foundation.db import write
from foundation.errors import NotFound, Refusal

from .. import appointments, catalogue, collective, finder, follow_ups, openings, replays, series, without_voice
from ..desk_models import Series
from ..follow_ups import Proposal
from ..models import Appointment, Resource, Service
from ..parties import party_for
from ..series import SeriesNotFree, SeriesWish
from .follow_up_forms import ANYBODY, SAME, FollowUpForm

blueprint = Blueprint("series", __name__)
BOOKERS = (Role.COUNSELOR, Role.OPERATOR, Role.TEAM_LEADER, Role.ADMIN)
ASKED = ("service", "modality", "first_day", "at", "times", "every", "with_whom", "beside")


@blueprint.get("/appointments/<public_id>/follow-ups")
@allow(*BOOKERS)
def ask(public_id: str) -> ResponseReturnValue:
    """What is wished; with an answer, a proposal for each date. Nothing is booked or kept here."""
    like = _like(public_id)
    if "first_day" not in request.args:
        return _page(like, _form(like))
    form = _form(like, request.args)
    if not form.validate():
        return _page(like, form), 422
    try:
        query, preferred = _wanted(like, form)
        wanted = follow_ups.dates(form.first_day.data, form.at.data, form.every.data, form.times.data, like.office.zone)
        return _page(like, form, follow_ups.propose(query, wanted, preferred))
    except Refusal as refusal:
        form.refuse(refusal)
        return _page(like, form), refusal.status


@blueprint.post("/appointments/<public_id>/follow-ups")
@allow(*BOOKERS)
def book(public_id: str) -> ResponseReturnValue:
    """Book the dates that were chosen: all or none, or (`how` is `free`) those that are free. Sent twice, it is one series."""
    like, form = _like(public_id), _form(_like(public_id), request.form)
    if not form.validate():
        return _page(like, form), 422
    chosen: list[datetime] = []
    try:
        chosen = _chosen(like)
        key = replays.read_key(request.form.get("key", ""))
        made = write(lambda: _book(public_id, form, tuple(chosen), key, request.form.get("how") == "free"))
        return redirect(url_for(".show", public_id=made))
    except Refusal as refusal:
        form.refuse(refusal)
        query, preferred = _wanted(_like(public_id), form)
        found = follow_ups.propose(query, chosen, preferred)
        if isinstance(refusal, SeriesNotFree):
            found = [replace(one, refusal=one.refusal or refusal.why.get(one.number)) for one in found]
        return _page(_like(public_id), form, found), refusal.status


@blueprint.get("/series/<public_id>")
@allow(HOLDER)
def show(public_id: str) -> ResponseReturnValue:
    """Every date of a series: booked, moved, cancelled, or not booked with the nearest times instead."""
    return _series_page(series.get(public_id, visitor()))


@blueprint.post("/series/<public_id>/dates/<int:number>")
@allow(*BOOKERS)
def fill(public_id: str, number: int) -> ResponseReturnValue:
    """Book another time for a date that was not free."""
    found = _staffed(public_id)
    try:
        at = openings.read_moment(request.form.get("starts_at", ""), found.office.zone)
        write(lambda: series.fill(_staffed(public_id), number, at, visitor().person_id))
        flash(_("The appointment is booked."))
    except Refusal as refusal:
        return _series_page(_staffed(public_id), refusal), refusal.status
    return redirect(url_for(".show", public_id=public_id))


@blueprint.post("/series/<public_id>/end")
@allow(HOLDER)
def end(public_id: str) -> ResponseReturnValue:
    """Cancel what is left of a series, in one act; a second time changes nothing."""
    found = series.get(public_id, visitor())
    by = party_for(visitor(), found.office_id).by
    cancelled = write(lambda: len(series.end(series.get(public_id, visitor()), by)))
    flash(ngettext("%(num)s appointment is cancelled.", "%(num)s appointments are cancelled.", cancelled))
    return redirect(url_for(".show", public_id=public_id))


def register(app: Flask) -> None:
    """The pages."""
    app.register_blueprint(blueprint)


def _like(public_id: str) -> Appointment:
    """The appointment that the next ones are like; only for the desk of its office."""
    appointment = appointments.get_visible(public_id, visitor(), "manage")
    if not visitor().may(*BOOKERS, office_id=appointment.office_id):
        raise NotFound
    return appointment


def _staffed(public_id: str) -> Series:
    found = series.get(public_id, visitor())
    if not visitor().may(*BOOKERS, office_id=found.office_id):
        raise NotFound
    return found


def _services(like: Appointment) -> list[Service]:
    return [one for one in catalogue.offered() if one.office_id == like.office_id]


def _form(like: Appointment, sent: Any = None) -> FollowUpForm:
    local = times.local(like.starts_at, like.zone)
    first = max(local, times.local(clock.now(), like.zone)).date()
    while first.weekday() != local.weekday() or first <= times.local(clock.now(), like.zone).date():
        first = first.fromordinal(first.toordinal() + 1)
    services = _services(like)
    known = next((one for one in services if one.public_id == (sent or {}).get("service")), like.service)
    modalities = without_voice.proposed(known.modalities, like.needs)
    usual = {
        "service": like.service.public_id,
        "modality": like.modality if like.modality in modalities else next(iter(modalities), ""),
        "first_day": first,
        "at": local.time(),
        "times": 6 if "six" in request.args else 1,
        "every": 1,
        "with_whom": SAME,
        "beside": [one.public_id for one in collective.beside(like)],
    }
    form = FollowUpForm(formdata=sent, data=usual)
    form.offer(services, like.counselor, _colleagues(like), modalities)
    return form


def _colleagues(like: Appointment) -> list[Resource]:
    return collective.colleagues(visitor(), like.office_id)


def _wanted(like: Appointment, form: FollowUpForm) -> tuple[finder.Query, int | None]:
    """What to look for, and which counselor comes first."""
    service = catalogue.get(form.service.data)
    beside = tuple(one.id for one in _colleagues(like) if one.public_id in (form.beside.data or ()))
    only = like.counselor_id if form.with_whom.data != ANYBODY else 0
    needs = tuple(sorted(like.needs))
    query = finder.Query(service.id, form.modality.data, like.language, needs, only, beside)
    return query, like.counselor_id


def _chosen(like: Appointment) -> list[datetime]:
    """The moments that were chosen on the page of proposals, in their order; what was left out is not there."""
    raw = (request.form.get(f"at-{number}", "") for number in range(1, follow_ups.MOST + 1))
    return [openings.read_moment(one, like.office.zone) for one in raw if one]


def _book(public_id: str, form: FollowUpForm, chosen: tuple[datetime, ...], key: str, partly: bool) -> str:
    like = _like(public_id)
    query, preferred = _wanted(like, form)
    wish = SeriesWish(like, query, chosen, form.every.data, visitor().person_id, preferred)
    return series.book(wish, key, partly).public_id


def _page(like: Appointment, form: FollowUpForm, proposals: list[Proposal] | None = None) -> str:
    asked = {name: form[name].raw_data or [] for name in ASKED}
    return render_template(
        "series/ask.html",
        like=like,
        form=form,
        proposals=proposals,
        asked=asked,
        key=secrets.token_urlsafe(16),
        zone=like.office.zone,
    )


def _series_page(found: Series, refusal: Refusal | None = None) -> str:
    works_here = visitor().may(*BOOKERS, office_id=found.office_id)
    missing = [part for part in found.parts if part.appointment is None and part.wanted_at > clock.now()]
    query = series.query_like(found) if missing and works_here else None
    way = query.modality if query else ""
    others = {part.number: follow_ups.nearest(query, part.wanted_at) for part in missing} if query else {}
    return render_template(
        "series/show.html",
        series=found,
        others=others,
        way=way,
        ahead=series.coming(found),
        works_here=works_here,
        refusal=refusal,
        zone=found.office.zone,
    )
