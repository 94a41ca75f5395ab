"""The page that a new installation starts with; gone once there is an administrator."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template
from flask.typing import ResponseReturnValue

from foundation.db import write
from foundation.errors import NotFound, Refusal
from foundation.languages import current

from . import first_run, passing, passwords
from .access import EVERYONE, allow
from .forms import FirstRunForm

blueprint = Blueprint("first_run", __name__, url_prefix="/first-run")


@blueprint.route("", methods=["GET", "POST"])
@allow(EVERYONE)
def show() -> ResponseReturnValue:
    """Make the first administrator."""
    if not first_run.is_open():
        raise NotFound
    form = FirstRunForm()
    file = first_run.prepare()
    if form.is_submitted() and form.validate():
        try:
            first_run.check_code(form.code.data)
            made = passwords.make(form.password.data, (form.name.data, form.email.data))
        except Refusal as no:
            form.refuse(no)
        else:
            write(lambda: _begin(form, made))
            first_run.finish()
            return redirect(passing.next_page())
    return render_template("accounts/first_run.html", form=form, file=file), 422 if form.is_submitted() else 200


def _begin(form: FirstRunForm, made: str) -> None:
    passing.arrive(first_run.become_admin(form.name.data, form.email.data, current(), made), "password")
