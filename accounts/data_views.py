"""A person's own data: a copy of it, what they agreed to, and the wish to be erased; and the staff who do this for them."""

from __future__ import annotations

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from foundation import privacy_sources
from foundation.db import write
from foundation.errors import Refusal

from . import consents, copies, erasures, people, privacy
from .access import SIGNED_IN, allow, visitor
from .data_forms import EraseForm, FindPersonForm
from .models import Person, Role

blueprint = Blueprint("data", __name__)
KEEPERS = (Role.ADMIN, Role.OPERATOR)
"""Who finds a person and prints what is kept about them; erasing is for administrators."""


@blueprint.get("/account/data")
@allow(SIGNED_IN)
def mine() -> ResponseReturnValue:
    """What one may do with one's own data."""
    return render_template("accounts/my_data.html", yeses=consents.standing(_me()), asked=erasures.of(_me()), me=_me())


@blueprint.post("/account/data/copy")
@allow(SIGNED_IN)
def copy_mine() -> ResponseReturnValue:
    """Everything about oneself, as a file."""
    return _zip(_me())


@blueprint.post("/account/data/consent-withdrawal")
@allow(SIGNED_IN)
def withdraw() -> ResponseReturnValue:
    """Take one yes back."""
    consent_id = request.form.get("consent", 0, type=int)
    write(lambda: consents.withdraw_one(_me(), consent_id))
    flash(_("You took your yes back."))
    return redirect(url_for(".mine"))


@blueprint.post("/account/data/erasure")
@allow(SIGNED_IN)
def ask() -> ResponseReturnValue:
    """Ask to be erased; staff act on it."""
    write(lambda: erasures.ask(_me()))
    return redirect(url_for(".mine"))


@blueprint.post("/account/data/erasure-withdrawal")
@allow(SIGNED_IN)
def keep_me() -> ResponseReturnValue:
    """Not any more."""
    write(lambda: erasures.take_back(_me()))
    return redirect(url_for(".mine"))


@blueprint.route("/staff/data", methods=["GET", "POST"])
@allow(*KEEPERS)
def find() -> ResponseReturnValue:
    """Find a person by reference, e-mail address or phone number; and who asked to be erased."""
    form = FindPersonForm()
    if form.is_submitted() and form.validate():
        try:
            return redirect(url_for(".show", public_id=copies.find(form.words.data or "", visitor()).public_id))
        except Refusal as no:
            form.refuse(no)
    asked = [(row, person) for row, person in erasures.asked() if copies.may(person, visitor())]
    return render_template("accounts/find_person.html", form=form, asked=asked), 422 if form.is_submitted() else 200


@blueprint.get("/staff/data/<public_id>")
@allow(*KEEPERS)
def show(public_id: str) -> ResponseReturnValue:
    """How much is kept about a person, and what can be done with it."""
    return _page(copies.get(public_id, visitor()), EraseForm(formdata=None))


@blueprint.post("/staff/data/<public_id>/copy")
@allow(*KEEPERS, fresh=True)
def copy(public_id: str) -> ResponseReturnValue:
    """Everything about a person: a file, or a page to print (`as=print`)."""
    person = copies.get(public_id, visitor())
    if request.form.get("as") == "print":
        return Response(copies.readable(write(lambda: privacy.copy_of(person))), mimetype="text/html")
    return _zip(person)


@blueprint.post("/staff/data/<public_id>/erasure")
@allow(Role.ADMIN, fresh=True)
def erase(public_id: str) -> ResponseReturnValue:
    """Erase a person for good; asked once more by a tick."""
    person = copies.get(public_id, visitor(), Role.ADMIN)
    form = EraseForm()
    if form.validate():
        try:
            write(lambda: erasures.erase(person, visitor().person_id, cancel=bool(form.cancel.data)))
            erasures.finish()
            flash(_("The person is erased."))
            return redirect(url_for(".find"))
        except Refusal as no:
            form.refuse(no)
    return _page(copies.get(public_id, visitor(), Role.ADMIN), form), 422


def _page(person: Person, form: EraseForm) -> str:
    ids = privacy.same_ids(person)
    return render_template(
        "accounts/person_data.html",
        form=form,
        person=person,
        asked=erasures.of(person),
        standing=privacy_sources.standing(ids),
        kept=[(held.title, len(rows)) for held, rows in privacy_sources.rows(ids) if rows],
        may_erase=visitor().may(Role.ADMIN, office_id=None) or Role.ADMIN in visitor().roles,
        settings=current_app.config["VO"],
    )


def _zip(person: Person) -> Response:
    answer = Response(copies.zipped(write(lambda: privacy.copy_of(person))), mimetype="application/zip")
    answer.headers["Content-Disposition"] = 'attachment; filename="my-data.zip"'
    return answer


def _me() -> Person:
    person: Person = people.get(current_user.id)
    return person
