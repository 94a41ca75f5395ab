"""Colleagues: who works here with which role; inviting, changing roles, leaving."""

from __future__ import annotations

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from foundation.db import write
from foundation.errors import Refusal

from . import leaving, places, second_factors, staffing
from .access import allow, visitor
from .forms import ROLE_NAMES, InviteForm, RoleForm
from .models import Role

blueprint = Blueprint("people", __name__, url_prefix="/staff/people")
LEADERS = (Role.ADMIN, Role.TEAM_LEADER)


@blueprint.get("")
@allow(*LEADERS)
def index() -> ResponseReturnValue:
    """Everybody who works at the visitor's offices."""
    return render_template("accounts/people.html", colleagues=staffing.listed(visitor()))


@blueprint.route("/new", methods=["GET", "POST"])
@allow(*LEADERS, fresh=True)
def invite() -> ResponseReturnValue:
    """Invite a colleague with one role."""
    form = InviteForm().offer(visitor())
    if form.is_submitted() and form.validate():
        try:
            person = write(
                lambda: staffing.invite(
                    visitor(), form.name.data, form.email.data, form.language.data, Role(form.role.data), form.office_id
                )
            )
            flash(_("%(name)s gets a letter with a link.", name=person.name))
            return redirect(url_for(".show", public_id=person.public_id))
        except Refusal as no:
            form.refuse(no)
    return render_template("accounts/invite.html", form=form), 422 if form.is_submitted() else 200


@blueprint.get("/<public_id>")
@allow(*LEADERS)
def show(public_id: str) -> ResponseReturnValue:
    """One colleague, their roles, and what can be changed."""
    return _colleague(public_id, RoleForm().offer(visitor()))


@blueprint.post("/<public_id>/roles")
@allow(*LEADERS, fresh=True)
def give(public_id: str) -> ResponseReturnValue:
    """One more role."""
    form = RoleForm().offer(visitor())
    if not form.validate():
        return _colleague(public_id, form), 422
    write(
        lambda: staffing.give(
            visitor(), staffing.get(public_id, visitor()).person, Role(form.role.data), form.office_id
        )
    )
    return redirect(url_for(".show", public_id=public_id))


@blueprint.post("/<public_id>/roles/removal")
@allow(*LEADERS, fresh=True)
def take(public_id: str) -> ResponseReturnValue:
    """Take a role back."""
    held = request.form.get("held", "")
    write(lambda: staffing.take(visitor(), staffing.get(public_id, visitor()).person, held))
    flash(_("The role is gone."))
    return redirect(url_for(".index"))


@blueprint.post("/<public_id>/leaving")
@allow(*LEADERS, fresh=True)
def dismiss(public_id: str) -> ResponseReturnValue:
    """A colleague leaves; straight on to what somebody must take over."""
    person = staffing.get(public_id, visitor()).person
    write(lambda: staffing.dismiss(visitor(), person))
    flash(_("This account is closed. Appointments and notes stay."))
    left = leaving.left_by(person, visitor())
    return redirect(left[0].path if left else url_for(".index"))


@blueprint.post("/<public_id>/invitation")
@allow(*LEADERS)
def invite_again(public_id: str) -> ResponseReturnValue:
    """The invitation once more."""
    write(lambda: staffing.invite_again(visitor(), staffing.get(public_id, visitor()).person))
    flash(_("A new letter is on its way. The old link does not work any more."))
    return redirect(url_for(".show", public_id=public_id))


@blueprint.post("/<public_id>/second-factors/removal")
@allow(Role.ADMIN, fresh=True)
def reset_second_factors(public_id: str) -> ResponseReturnValue:
    """A colleague lost their phone and codes: they start again."""
    write(lambda: second_factors.reset(visitor(), staffing.get(public_id, visitor()).person))
    flash(
        _("They are signed out everywhere, and a letter tells them. At the next sign-in they set up a new second step.")
    )
    return redirect(url_for(".show", public_id=public_id))


def _colleague(public_id: str, form: RoleForm) -> str:
    colleague = staffing.get(public_id, visitor())
    return render_template(
        "accounts/colleague.html",
        form=form,
        colleague=colleague,
        may_give=lambda held: staffing.may_give(visitor(), Role(held.role), held.office_id),
        left=leaving.left_by(colleague.person, visitor()),
        all_theirs=staffing.is_all_theirs(visitor(), colleague.person),
        factors=second_factors.of(colleague.person) if second_factors.may_reset(visitor(), colleague.person) else None,
    )


def role_name(role: str) -> str:
    """The role in words."""
    return str(ROLE_NAMES[Role(role)])


def place_name(office_id: int | None) -> str:
    """An office's name, or words for every office."""
    if office_id is None:
        return _("Every office")
    return next((place.name for place in places.all_places({office_id})), _("An office"))
