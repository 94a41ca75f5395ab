"""Is it still you: before exports, role changes and resets the second factor is asked for again, unless it was shown just now.

A door declares it with `@allow(…, fresh=True)`. A page that was asked for is opened after a confirmation; a form that was sent is
kept in the confirmation page and goes on its way with the code, so nobody types anything twice.
"""

from __future__ import annotations

from flask import current_app, g, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue

from foundation import clock
from foundation.db import write
from foundation.errors import Refusal
from foundation.pages import here

from . import browsers, passkeys, provider, second_factors, sign_ins
from .access import policy_of, visitor
from .forms import ConfirmForm

WINDOW = 10 * 60
"""Seconds that a second factor counts as just shown."""
OWN_FIELDS = frozenset({"csrf_token", "confirm_code", "confirm_passkey"})
CHALLENGE = "passkey_use"


def ask_again() -> ResponseReturnValue | None:
    """Before every request, after the guard: the confirmation where the door wants one."""
    policy = policy_of(current_app.view_functions[request.endpoint], request.method) if request.endpoint else None
    if policy is None or not policy.fresh or not is_due():
        return None
    if request.method in {"GET", "HEAD"}:
        return redirect(url_for("second_step.confirm", next=here()))
    form = ConfirmForm()
    if form.confirm_code.data or form.confirm_passkey.data:
        try:
            prove(form)
        except Refusal as no:
            form.refuse(no)
        else:
            return None
    kept = [(name, value) for name, value in request.form.items(multi=True) if name not in OWN_FIELDS]
    return page(form, kept), 422


def is_due() -> bool:
    """Whether somebody who can be asked stands at the door, and was not asked for ten minutes."""
    person, proven = visitor().person, browsers.proven_at()
    if person is None or visitor().token is not None or not person.grants:
        return False
    if proven is not None and clock.seconds() - proven < WINDOW:
        return False
    return second_factors.has_any(person) or proven is not None


def prove(form: ConfirmForm) -> None:
    """What was typed, or the passkey's answer, counts for this browser from now on; opens transactions of its own."""
    person, sign_in_id = visitor().person, browsers.sign_in_id()
    assert person is not None and sign_in_id is not None
    if form.confirm_passkey.data:
        passkeys.use(session.pop(CHALLENGE, ""), form.confirm_passkey.data, person)
    else:
        try:
            second_factors.check_typed(person.id, form.confirm_code.data or "")
        except Refusal as no:
            no.field = "confirm_code"
            raise
    write(lambda: sign_ins.prove(sign_in_id))
    g.sign_in_proven = clock.seconds()


def page(form: ConfirmForm, kept: list[tuple[str, str]]) -> str:
    """The confirmation, with what was sent before as hidden fields."""
    person = visitor().person
    assert person is not None
    return render_template(
        "accounts/confirm.html",
        form=form,
        kept=kept,
        factors=second_factors.of(person),
        passkeys_possible=passkeys.possible(),
        provider=provider.name() if browsers.came_by() == "provider" else "",
    )
