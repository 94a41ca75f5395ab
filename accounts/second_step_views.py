"""The second step at sign-in: a code, a passkey, or setting one up; and signing in with a passkey alone."""

from __future__ import annotations

from flask import Blueprint, current_app, flash, redirect, render_template, request, session
from flask.typing import ResponseReturnValue
from flask_babel import ngettext

from foundation.db import write
from foundation.errors import Refusal
from foundation.security import limiter

from . import browsers, fresh, passing, passkeys, people, second_factors
from .access import EVERYONE, PASSING, SIGNED_IN, allow, visitor
from .forms import ConfirmForm, FactorForm, PasskeyAnswerForm
from .models import Person

blueprint = Blueprint("second_step", __name__, url_prefix="/sign-in")
CHALLENGE = fresh.CHALLENGE
ASKS = "120 per hour"
"""Passkeys that one network address may begin to use; an office shares one address."""


@blueprint.route("/second-step", methods=["GET", "POST"])
@allow(PASSING)
def show() -> ResponseReturnValue:
    """Ask for the second factor, or lead to the first one."""
    if visitor().person is not None:
        return redirect(browsers.next_page())
    person = passing.somebody()
    factors, form = second_factors.of(person), FactorForm()
    if not factors.any:
        return render_template("accounts/second_step_choose.html", passkeys_possible=passkeys.possible())
    if form.is_submitted() and form.validate():
        try:
            passing.enter_by_code(person, form.code.data or "")
        except Refusal as no:
            form.refuse(no)
            return _page(form, factors, no.status)
        return _go_on()
    return _page(form, factors, 422 if form.is_submitted() else 200)


@blueprint.post("/second-step/passkey")
@allow(PASSING)
def use_passkey() -> ResponseReturnValue:
    """The second step with one of the person's passkeys."""
    person, form = passing.somebody(), FactorForm()
    try:
        person_id = passkeys.use(session.pop(CHALLENGE, ""), PasskeyAnswerForm().answer.data or "", person)
        write(lambda: passing.enter(people.get(person_id), "passkey"))
    except Refusal as no:
        form.refuse(no)
        return _page(form, second_factors.of(passing.somebody()), no.status)
    return _go_on()


@blueprint.post("/passkey")
@allow(EVERYONE)
def enter_by_passkey() -> ResponseReturnValue:
    """Sign in with a passkey alone: it is both factors, because the device asks for a finger, a face or its PIN."""
    person_id = passkeys.use(session.pop(CHALLENGE, ""), PasskeyAnswerForm().answer.data or "")
    write(lambda: browsers.enter(people.get(person_id), "passkey", proven=True))
    return _go_on()


@blueprint.post("/passkey/options")
@allow(EVERYONE)
@limiter.limit(ASKS)
def options() -> ResponseReturnValue:
    """What the browser needs to use a passkey: of whoever is asked for one, else of anybody."""
    at_the_door = visitor()
    person: Person | None = at_the_door.passing or at_the_door.person
    session[CHALLENGE], told = write(lambda: passkeys.begin_use(person))
    return current_app.response_class(told, mimetype="application/json")


@blueprint.route("/confirmation", methods=["GET", "POST"])
@allow(SIGNED_IN)
def confirm() -> ResponseReturnValue:
    """The second factor once more, before a page that wants it."""
    browsers.keep_next(request.args.get("next"))
    if not fresh.is_due():
        return redirect(browsers.next_page())
    form = ConfirmForm()
    if form.is_submitted():
        try:
            fresh.prove(form)
            return redirect(browsers.next_page())
        except Refusal as no:
            form.refuse(no)
    return fresh.page(form, []), 422 if form.is_submitted() else 200


def _go_on() -> ResponseReturnValue:
    person = visitor().person
    left = second_factors.of(person) if person else None
    if left and left.few_codes:
        flash(
            ngettext(
                "You have %(num)s recovery code left. Make new ones in your account.",
                "You have %(num)s recovery codes left. Make new ones in your account.",
                left.codes_left,
            )
        )
    return redirect(browsers.next_page())


def _page(form: FactorForm, factors: second_factors.Factors, status: int) -> ResponseReturnValue:
    words = render_template(
        "accounts/second_step.html", form=form, factors=factors, passkeys_possible=passkeys.possible()
    )
    return words, status
