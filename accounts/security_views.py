"""The security of one's own account: the app with codes, passkeys, recovery codes, and where one is signed in."""

from __future__ import annotations

import secrets

from flask import Blueprint, current_app, flash, redirect, render_template, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from foundation import clock
from foundation.db import write
from foundation.errors import Refusal

from . import browsers, code_apps, passing, passkeys, people, second_factors, sign_ins
from .access import PASSING, SIGNED_IN, STAFF, allow
from .factor_models import Passkey
from .forms import CodeAppForm, PasskeyForm
from .models import Person

blueprint = Blueprint("security", __name__, url_prefix="/account")
SEED = "code_app_seed"
CHALLENGE = "passkey_new"


@blueprint.route("/code-app", methods=["GET", "POST"])
@allow(PASSING, fresh=True)
def code_app() -> ResponseReturnValue:
    """Set up the app that shows codes; the first code confirms it."""
    person, on_the_way_in = passing.candidate()
    form = CodeAppForm()
    session.setdefault(SEED, secrets.token_urlsafe(16))
    secret = code_apps.offer(person, session[SEED])
    if form.is_submitted() and form.validate():
        person_id, typed = person.id, form.code.data or ""
        try:
            write(lambda: _keep_app(people.get(person_id), secret, typed, on_the_way_in))
        except Refusal as no:
            form.refuse(no)
        else:
            session.pop(SEED, None)
            return redirect(url_for(".codes", first="yes"))
    return render_template(
        "accounts/code_app.html",
        form=form,
        picture=code_apps.picture(person, secret),
        secret=code_apps.groups(secret),
        on_the_way_in=on_the_way_in,
    ), 422 if form.is_submitted() else 200


@blueprint.post("/code-app/removal")
@allow(STAFF, fresh=True)
def remove_code_app() -> ResponseReturnValue:
    """The app goes."""
    write(lambda: second_factors.remove_app(_me()))
    flash(_("The app's codes do not work any more."))
    return redirect(url_for("account.show"))


@blueprint.route("/passkeys", methods=["GET", "POST"])
@allow(PASSING, fresh=True)
def add_passkey() -> ResponseReturnValue:
    """One more passkey, with a name to know it by."""
    person, on_the_way_in = passing.candidate()
    form = PasskeyForm()
    if form.is_submitted() and form.validate():
        try:
            made = passkeys.finish_new(person, session.pop(CHALLENGE, ""), form.answer.data or "")
            write(lambda: _keep_passkey(people.get(made.person_id), made, form.label.data or "", on_the_way_in))
        except Refusal as no:
            form.refuse(no)
        else:
            return redirect(url_for(".codes", first="yes") if on_the_way_in else url_for("account.show"))
    status = 422 if form.is_submitted() else 200
    possible = passkeys.possible()
    return render_template(
        "accounts/passkey_new.html", form=form, possible=possible, on_the_way_in=on_the_way_in
    ), status


@blueprint.post("/passkeys/options")
@allow(PASSING, fresh=True)
def passkey_options() -> ResponseReturnValue:
    """What the browser needs to make a passkey."""
    person_id = passing.candidate()[0].id
    session[CHALLENGE], told = write(lambda: passkeys.begin_new(people.get(person_id)))
    return current_app.response_class(told, mimetype="application/json")


@blueprint.post("/passkeys/<public_id>/removal")
@allow(STAFF, fresh=True)
def remove_passkey(public_id: str) -> ResponseReturnValue:
    """A passkey goes."""
    write(lambda: second_factors.remove_passkey(_me(), public_id))
    flash(_("The passkey does not work any more."))
    return redirect(url_for("account.show"))


@blueprint.get("/recovery-codes")
@allow(STAFF)
def codes() -> ResponseReturnValue:
    """How many are left, and a button for new ones."""
    factors = second_factors.of(_me())
    return render_template("accounts/recovery_codes.html", factors=factors, made=None)


@blueprint.post("/recovery-codes")
@allow(STAFF, fresh=True)
def renew_codes() -> ResponseReturnValue:
    """Ten new codes, this once; the old ones end."""
    made = write(lambda: second_factors.renew_codes(_me()))
    return render_template("accounts/recovery_codes.html", factors=second_factors.of(_me()), made=made)


@blueprint.get("/sign-ins")
@allow(SIGNED_IN)
def sign_in_list() -> ResponseReturnValue:
    """Every browser in which one is signed in."""
    return render_template(
        "accounts/sign_ins.html", sign_ins=sign_ins.open_of(_me()), mine=browsers.sign_in_id(), now=clock.now()
    )


@blueprint.post("/sign-ins/<public_id>/end")
@allow(SIGNED_IN)
def end_sign_in(public_id: str) -> ResponseReturnValue:
    """Sign one of them out."""
    write(lambda: sign_ins.end_one(_me(), public_id))
    flash(_("That browser is signed out."))
    return redirect(url_for(".sign_in_list") if _still_here() else url_for("front.show"))


def _me() -> Person:
    person: Person = current_user._get_current_object()
    return person


def _still_here() -> bool:
    return sign_ins.is_open(browsers.sign_in_id())


def _keep_app(person: Person, secret: str, typed: str, on_the_way_in: bool) -> None:
    second_factors.claim(person, on_the_way_in)
    code_apps.set_up(person, secret, typed)
    _count_as_shown(person, "code_app", on_the_way_in)


def _keep_passkey(person: Person, made: Passkey, label: str, on_the_way_in: bool) -> None:
    second_factors.claim(person, on_the_way_in)
    passkeys.keep(made, label)
    _count_as_shown(person, "passkey", on_the_way_in)


def _count_as_shown(person: Person, how: str, on_the_way_in: bool) -> None:
    sign_in_id = browsers.sign_in_id()
    if on_the_way_in:
        passing.enter(person, how)
    elif sign_in_id is not None:
        sign_ins.prove(sign_in_id)
