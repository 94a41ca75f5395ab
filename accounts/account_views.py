"""One's own account: name, language, phone numbers, password, every browser signed out."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from foundation.db import write
from foundation.errors import Refusal

from . import browsers, passkeys, passwords, people, places, second_factors, sign_ins
from .access import SIGNED_IN, allow
from .forms import ChangePasswordForm, DetailsForm, PhoneForm
from .models import ContactKind, Person

blueprint = Blueprint("account", __name__, url_prefix="/account")


@blueprint.route("", methods=["GET", "POST"])
@allow(SIGNED_IN)
def show() -> ResponseReturnValue:
    """Name and language, and the way to everything else."""
    form = DetailsForm(obj=_me()).offer()
    if form.is_submitted() and form.validate():
        write(lambda: people.describe(_me(), form.name.data, form.language.data))
        flash(_("Saved."))
        return redirect(url_for(".show"))
    factors = second_factors.of(_me()) if _me().grants else None
    return render_template(
        "accounts/account.html", form=form, person=_me(), factors=factors, passkeys_possible=passkeys.possible()
    ), 422 if form.is_submitted() else 200


@blueprint.route("/phone", methods=["GET", "POST"])
@allow(SIGNED_IN)
def phone() -> ResponseReturnValue:
    """One more phone number."""
    form = PhoneForm()
    if form.is_submitted() and form.validate():
        try:
            write(lambda: people.add_contact(_me(), ContactKind.PHONE, form.phone.data, places.region()))
            return redirect(url_for(".show"))
        except Refusal as no:
            form.refuse(no)
    return render_template("accounts/phone.html", form=form), 422 if form.is_submitted() else 200


@blueprint.route("/password", methods=["GET", "POST"])
@allow(SIGNED_IN)
def password() -> ResponseReturnValue:
    """The old password for a new one; every other browser is signed out."""
    form = ChangePasswordForm()
    if form.is_submitted() and form.validate():
        email = _me().address
        try:
            own_words = people.own_words(_me())
            known = browsers.known_browser(email)
            sign_ins.check_password(email, form.current.data, request.remote_addr or "", known)
            made = passwords.make(form.password.data, own_words)
        except sign_ins.WrongSignIn as no:
            no.field, no.message = "current", _("This is not your password")
            form.refuse(no)
        except Refusal as no:
            form.refuse(no)
        else:
            write(lambda: _change(made))
            flash(_("Your new password is saved. Other browsers are signed out."))
            return redirect(url_for(".show"))
    return render_template("accounts/change_password.html", form=form), 422 if form.is_submitted() else 200


@blueprint.post("/sign-outs")
@allow(SIGNED_IN)
def sign_out_everywhere() -> ResponseReturnValue:
    """Sign every other browser out; with `here`, this one too. Open pages of theirs close within seconds."""
    if request.form.get("here"):
        write(_leave_everywhere)
        flash(_("You are signed out everywhere."))
        return redirect(url_for("front.show"))
    write(_stay_alone)
    flash(_("Other browsers are signed out."))
    return redirect(url_for(".show"))


def _me() -> Person:
    person: Person = current_user._get_current_object()
    return person


def _change(made: str) -> None:
    sign_ins.set_password(_me(), made)
    browsers.enter_again(_me())


def _stay_alone() -> None:
    sign_ins.end_all(_me())
    browsers.enter_again(_me())


def _leave_everywhere() -> None:
    sign_ins.end_all(_me())
    browsers.leave()
