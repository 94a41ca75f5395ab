"""From a held time to an appointment: who and how, check answers, book; the hold is shown and can be made longer once."""

from __future__ import annotations

from typing import Any

from flask import redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from accounts.access import HOLDER, allow, remember_link, visitor
from accounts.models import ContactKind
from foundation import clock, languages
from foundation.db import write
from foundation.errors import NotFound, Refusal

from . import agreed, appointments, catalogue, finder, holds, pace, tongues, without_voice
from .calendar_views import Wish, moment_of
from .forms import AnswersForm, ConfirmForm
from .models import Appointment, Hold, HoldState
from .openings import NeedNotMet, SlotTaken, UnknownTime
from .parties import Party, party_for
from .views import blueprint

QUICKEST = 2
"""Seconds that a person needs at least to fill the form."""
ANSWERS = ("name", "email", "phone")


@blueprint.get("/holds/<hold_id>")
@allow(HOLDER)
def answer(hold_id: str) -> ResponseReturnValue:
    """Who comes, how we reach them, how they meet."""
    hold = _held(hold_id)
    if (elsewhere := _elsewhere(hold)) is not None:
        return redirect(elsewhere)
    form = _answers_form(hold, _known_answers(hold))
    form.token.data = pace.stamp(hold_id)
    return _page("answer", hold, form)


@blueprint.post("/holds/<hold_id>")
@allow(HOLDER)
def keep_answers(hold_id: str) -> ResponseReturnValue:
    """Keep what was typed with the hold, and go on to the check."""
    hold = _held(hold_id)
    if (elsewhere := _elsewhere(hold)) is not None:
        return redirect(elsewhere)
    form = _answers_form(hold)
    if not form.validate_on_submit():
        return _page("answer", hold, form), 422
    try:
        pace.check(form.token.data or "", hold_id, at_least=QUICKEST)
        pace.limit("60 per minute", "answers")
        kept = write(lambda: _keep(hold_id, form))
    except Refusal as refusal:
        hold = _held(hold_id)
        needs = tuple(sorted(form.needs.data or ()))
        _tell(form, hold, refusal, finder.Query(hold.service_id, form.modality.data, form.language.data, needs))
        form.token.data = pace.stamp(hold_id)
        return _page("answer", hold, form), refusal.status
    return redirect(url_for("booking.check", hold_id=kept))


@blueprint.get("/holds/<hold_id>/check")
@allow(HOLDER)
def check(hold_id: str) -> ResponseReturnValue:
    """Everything once more, each with a way to change it."""
    hold = _held(hold_id)
    if (elsewhere := _elsewhere(hold) or _unanswered(hold)) is not None:
        return redirect(elsewhere)
    return _page("check", hold, ConfirmForm())


@blueprint.post("/holds/<hold_id>/appointment")
@allow(HOLDER)
def book(hold_id: str) -> ResponseReturnValue:
    """Book it. Sent twice, it is one appointment."""
    hold = _held(hold_id)
    if (elsewhere := _elsewhere(hold) or _unanswered(hold)) is not None:
        return redirect(elsewhere)
    form, party = ConfirmForm(), party_for(visitor(), hold.service.office_id)
    try:
        pace.limit("60 per minute", "bookings")
        public_id, version = write(lambda: _book(hold_id, form.starts_at.data, party))
    except Refusal as refusal:
        hold = _held(hold_id)
        if refusal.field in {*ANSWERS, "modality", "language", "needs"}:
            return _answers_again(hold, refusal)
        _tell(form, hold, refusal)
        return _page("check", hold, form), refusal.status
    if not party.on_behalf:
        remember_link(public_id, "manage", version)
    return redirect(url_for("booking.confirmation", public_id=public_id))


@blueprint.post("/holds/<hold_id>/extension")
@allow(HOLDER)
def extend(hold_id: str) -> ResponseReturnValue:
    """Keep the time once as long again, and go back to the page that they were on."""
    owner = pace.browser()
    back = {"check": "booking.check", "move": "booking.confirm_move"}.get(
        request.args.get("back", ""), "booking.answer"
    )
    write(lambda: holds.extend(holds.get(hold_id, owner)))
    return redirect(url_for(back, hold_id=hold_id))


@blueprint.get("/holds/<hold_id>/move")
@allow(HOLDER)
def confirm_move(hold_id: str) -> ResponseReturnValue:
    """Move from … to …: nothing moves before they say so."""
    hold = _held(hold_id)
    appointment = _moved_by(hold)
    if hold.state == HoldState.USED:
        return redirect(url_for("booking.show", public_id=appointment.public_id))
    return _page("move", hold, ConfirmForm(), appointment=appointment)


@blueprint.post("/holds/<hold_id>/move")
@allow(HOLDER)
def move(hold_id: str) -> ResponseReturnValue:
    """Claim the new time and let the old one go, in one act."""
    hold = _held(hold_id)
    appointment = _moved_by(hold)
    public_id = appointment.public_id
    if hold.state == HoldState.USED:
        return redirect(url_for("booking.show", public_id=public_id))
    form, party = ConfirmForm(), party_for(visitor(), appointment.office_id)
    try:
        pace.limit("60 per minute", "bookings")
        write(lambda: _move(hold_id, form.starts_at.data, party))
    except Refusal as refusal:
        hold = _held(hold_id)
        _tell(form, hold, refusal)
        return _page("move", hold, form, appointment=_moved_by(hold)), refusal.status
    return redirect(url_for("booking.show", public_id=public_id, done="moved"))


def _held(hold_id: str) -> Hold:
    return holds.get(hold_id, pace.browser())


def _live(hold_id: str, another: str | None) -> Hold:
    """The hold; taken again if its time ran out, or the other time that they chose instead. Raises SlotTaken."""
    hold = holds.get(hold_id, pace.browser())
    if not another:
        return holds.renew(hold)
    at, answers = moment_of(another, hold.service), dict(hold.answers)
    taken = holds.take(holds.query_of(hold), at, hold.owner, hold.person_id, hold.moves)
    holds.keep_answers(taken, answers)
    return taken


def _elsewhere(hold: Hold) -> str | None:
    """Where somebody belongs who comes back to a hold that became an appointment, or that moves one."""
    if hold.moves_id is not None:
        return url_for("booking.confirm_move", hold_id=hold.public_id)
    if hold.state == HoldState.USED:
        return url_for("booking.confirmation", public_id=appointments.of_hold(hold).public_id)
    return None


def _unanswered(hold: Hold) -> str | None:
    return None if hold.answers.get("name") else url_for("booking.answer", hold_id=hold.public_id)


def _moved_by(hold: Hold) -> Appointment:
    if hold.moves is None:
        raise NotFound
    return appointments.get_visible(hold.moves.public_id, visitor(), "manage")


def _known_answers(hold: Hold) -> dict[str, Any]:
    """What the form starts with: what they typed before, else what we know of somebody signed in."""
    person = party_for(visitor(), hold.service.office_id).person
    email, phone = (person.contact(kind) if person else None for kind in (ContactKind.EMAIL, ContactKind.PHONE))
    spoken = catalogue.languages_spoken(hold.service)
    here = languages.current()
    only = hold.service.modalities[0] if len(hold.service.modalities) == 1 else ""
    return {
        "name": person.name if person else "",
        "email": email.value if email else "",
        "phone": phone.value if phone else "",
        **hold.answers,
        "modality": hold.modality or only,
        "language": hold.language or (here if here in spoken else spoken[0]),
        "needs": hold.needs,
    }


def _answers_form(hold: Hold, data: dict[str, Any] | None = None) -> AnswersForm:
    form = AnswersForm(data=data)
    form.region = hold.service.office.region
    form.offer(_ways(hold, form), catalogue.languages_spoken(hold.service))
    return form


def _ways(hold: Hold, form: AnswersForm) -> list[str]:
    """Ways to meet: no phone for somebody who reads or signs, unless they chose it themselves."""
    needs = form.needs.data or hold.needs
    chosen = form.modality.data or hold.modality
    proposed = without_voice.proposed(hold.service.modalities, needs)
    return [code for code in hold.service.modalities if code in proposed or code == chosen]


def _answers_again(hold: Hold, refusal: Refusal) -> ResponseReturnValue:
    """A rule says no to an answer only now (the office changed something): back to the form, with the message at the field."""
    form = AnswersForm(formdata=None, data=_known_answers(hold))
    form.offer(_ways(hold, form), catalogue.languages_spoken(hold.service))
    form.token.data = pace.stamp(hold.public_id)
    form.refuse(refusal)
    return _page("answer", hold, form), refusal.status


def _tell(form: ConfirmForm, hold: Hold, refusal: Refusal, asked: finder.Query | None = None) -> None:
    """Show a rule's no, with the times that are free instead. `asked` is what the answers ask for, if they changed."""
    if isinstance(refusal, SlotTaken | UnknownTime | NeedNotMet):
        others = finder.alternatives(asked or holds.query_of(hold), hold.starts_at)
        if asked is not None and hold.expires > clock.seconds():
            words = _(
                "At this time nobody is free who fits these answers. Change them, choose another time, or call us."
            )
            refusal = Refusal(words, alternatives=others)
        form.offer_times(others, hold.service.office.zone)
        refusal.field = "starts_at" if others else None
    form.refuse(refusal)


def _keep(hold_id: str, form: AnswersForm) -> str:
    hold = holds.get(hold_id, pace.browser())
    typed = {name: form[name].data or "" for name in ANSWERS}
    modality, language, needs = form.modality.data, form.language.data, tuple(sorted(form.needs.data or ()))
    if form.starts_at.data:
        query = finder.Query(hold.service_id, modality, language, needs)
        hold = holds.take(query, moment_of(form.starts_at.data, hold.service), hold.owner, hold.person_id)
    else:
        holds.renew(hold)
        holds.change(hold, modality, needs, language)
    holds.keep_answers(hold, typed)
    return hold.public_id


def _book(hold_id: str, another: str | None, party: Party) -> tuple[str, int]:
    hold = _live(hold_id, another)
    wish = appointments.BookingWish(
        hold=hold,
        name=hold.answers["name"],
        email=hold.answers.get("email", ""),
        phone=hold.answers.get("phone", ""),
        language=hold.language,
        needs=tuple(hold.needs),
        modality=hold.modality,
        person_id=party.person_id,
        booked_by=party.booked_by,
    )
    appointment = appointments.book(wish, idempotency=("page", hold.public_id))
    appointments.ensure_told(appointment, "read_aloud" if party.on_behalf else "shown")
    agreed.give(appointment, by_voice=party.on_behalf)
    return appointment.public_id, appointment.link_version


def _move(hold_id: str, another: str | None, party: Party) -> None:
    hold = _live(hold_id, another)
    agreed.give(appointments.move(_moved_by(hold), hold, party.by), by_voice=party.on_behalf)


def _page(name: str, hold: Hold, form: ConfirmForm, **more: Any) -> str:
    wish = Wish(hold.service, holds.query_of(hold), hold.moves, hold.public_id)
    return render_template(
        f"booking/{name}.html",
        hold=hold,
        form=form,
        party=party_for(visitor(), hold.service.office_id),
        now=clock.seconds(),
        change_time=wish.day_address(hold.starts_at),
        understood=tongues.shared(hold),
        change_service=url_for("booking.choose"),
        **more,
    )
