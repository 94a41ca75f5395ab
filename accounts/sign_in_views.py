"""The ways in and out: a code or link by letter, a password for staff, a new password."""

from __future__ import annotations

from collections.abc import Callable

from flask import Blueprint, flash, redirect, render_template, request, session, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from foundation.db import write
from foundation.errors import InputWrong, Refusal
from foundation.security import limiter

from . import browsers, codes, passing, passkeys, passwords, people, provider, sign_ins
from .access import EVERYONE, allow
from .forms import AskForm, DigitsForm, NewPasswordForm, PasswordSignInForm
from .models import CodePurpose, Person

blueprint = Blueprint("sign_in", __name__)
ASKED = "asked_code"
LINK = "sign_in_link"
PASSWORD_LINK = "password_link"
ASKS = "60 per hour"
"""Letters that one network address may ask for; an office shares one address."""
PASSWORD_LINKS = (CodePurpose.RESET, CodePurpose.INVITE)


class LinkDead(InputWrong):
    """Unknown, used, old, guessed at too often, or of another browser: the same words."""

    code = "link_dead"
    message = _l("This does not work, or not any more. Ask for a new letter.")


@blueprint.route("/sign-in", methods=["GET", "POST"])
@allow(EVERYONE)
@limiter.limit(ASKS, methods=["POST"])
def show() -> ResponseReturnValue:
    """Ask for a code; the answer is the same for every address."""
    browsers.keep_next(request.args.get("next"))
    form = AskForm()
    if form.is_submitted() and form.validate():
        code = write(lambda: codes.ask(form.email.data or "").public_id)
        session[ASKED] = code
        return redirect(url_for(".code"))
    return _page("sign_in", form)


@blueprint.route("/sign-in/code", methods=["GET", "POST"])
@allow(EVERYONE)
@limiter.limit(ASKS, methods=["POST"])
def code() -> ResponseReturnValue:
    """Type the code, in the browser that asked for it."""
    asked = session.get(ASKED)
    if not asked:
        return redirect(url_for(".show"))
    form = DigitsForm()
    if form.is_submitted() and form.validate():
        if _come_in(lambda: codes.use_digits(asked, form.digits.data or "")):
            return redirect(passing.next_page())
        form.refuse(InputWrong(_("This code does not work. Check it, or ask for a new one."), field="digits"))
    return _page("code", form)


@blueprint.get("/sign-in/link/<public_id>/<token>")
@allow(EVERYONE)
def open_link(public_id: str, token: str) -> ResponseReturnValue:
    """Take the secret out of the address; mail scanners open links, so nothing is used up here."""
    session[LINK] = [public_id[:64], token[:64]]
    return redirect(url_for(".link"))


@blueprint.route("/sign-in/link", methods=["GET", "POST"])
@allow(EVERYONE)
def link() -> ResponseReturnValue:
    """One button that signs in, in the browser that asked."""
    opened = session.get(LINK)
    if not opened:
        return redirect(url_for(".show"))
    public_id, token = opened
    if public_id != session.get(ASKED):
        return render_template("accounts/link.html", elsewhere=True)
    if request.method == "GET":
        return render_template("accounts/link.html", elsewhere=False)
    if _come_in(lambda: codes.use_link(public_id, token, CodePurpose.SIGN_IN)):
        return redirect(passing.next_page())
    session.pop(LINK, None)
    raise LinkDead


@blueprint.route("/sign-in/password", methods=["GET", "POST"])
@allow(EVERYONE)
def password() -> ResponseReturnValue:
    """E-mail address and password, for staff."""
    browsers.keep_next(request.args.get("next"))
    form = PasswordSignInForm()
    if form.is_submitted() and form.validate():
        email, words = form.email.data or "", form.password.data or ""
        try:
            person_id = sign_ins.check_password(email, words, request.remote_addr or "", browsers.known_browser(email))
        except Refusal as no:
            form.refuse(no)
            return _page("password", form, no.status, provider=provider.name(), passkeys_possible=passkeys.possible())
        write(lambda: passing.arrive(people.get(person_id), "password"))
        return redirect(passing.next_page())
    return _page("password", form, provider=provider.name(), passkeys_possible=passkeys.possible())


@blueprint.route("/sign-in/forgotten", methods=["GET", "POST"])
@allow(EVERYONE)
@limiter.limit(ASKS, methods=["POST"])
def forgotten() -> ResponseReturnValue:
    """Ask for a letter with a link to a new password; the answer is the same for every address."""
    form = AskForm()
    if form.is_submitted() and form.validate():
        write(lambda: codes.ask_reset(form.email.data or ""))
        return render_template("accounts/letter_sent.html")
    return _page("forgotten", form)


@blueprint.get("/new-password/<public_id>/<token>")
@allow(EVERYONE)
def open_password_link(public_id: str, token: str) -> ResponseReturnValue:
    """Take the secret out of the address."""
    session[PASSWORD_LINK] = [public_id[:64], token[:64]]
    return redirect(url_for(".new_password"))


@blueprint.route("/new-password", methods=["GET", "POST"])
@allow(EVERYONE)
def new_password() -> ResponseReturnValue:
    """Choose a password with the link of a letter, and be signed in."""
    public_id, token = session.get(PASSWORD_LINK, ("", ""))
    found = codes.look(public_id, token, *PASSWORD_LINKS)
    if found is None or found.person is None:
        raise LinkDead
    form = NewPasswordForm()
    if form.is_submitted() and form.validate():
        try:
            made = passwords.make(form.password.data or "", people.own_words(found.person))
        except InputWrong as no:
            form.refuse(no)
            return _page("new_password", form)
        if not _come_in(lambda: codes.use_link(public_id, token, *PASSWORD_LINKS), made):
            raise LinkDead
        return redirect(passing.next_page())
    return _page("new_password", form, person=found.person)


@blueprint.post("/sign-out")
@allow(EVERYONE)
def leave() -> ResponseReturnValue:
    """Sign this browser out."""
    write(browsers.leave)
    flash(_("You are signed out."))
    return redirect(url_for("front.show"))


def _come_in(use: Callable[[], Person | None], new_password: str | None = None) -> bool:
    def act() -> bool:
        person = use()
        if person is None:
            return False
        if new_password is not None:
            sign_ins.set_password(person, new_password)
        for secret in (ASKED, LINK, PASSWORD_LINK):
            session.pop(secret, None)
        passing.arrive(person, "letter")
        return True

    return write(act)


def _page(
    name: str, form: AskForm | DigitsForm | PasswordSignInForm | NewPasswordForm, status: int = 422, **more: object
) -> ResponseReturnValue:
    words = render_template(f"accounts/{name}.html", form=form, **more)
    return words, status if form.is_submitted() else 200
